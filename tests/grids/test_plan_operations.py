"""What each operation makes of a plan: whose land is whose, to the vertex."""

import json
from dataclasses import replace

import pytest
import shapely

from fixtures.plan_edits import (
    CELL_DEG,
    DAY,
    SOUTH,
    WEST,
    at_once,
    moved_land_m2,
    small_territories,
)
from gis_server.ellipsoid import area_m2
from grids.plan import (
    Add,
    Assign,
    Drawn,
    Flaw,
    Grid,
    HandOver,
    Merge,
    Move,
    Operation,
    Plan,
    Redraw,
    Refused,
    Rename,
    Renumber,
    Reshape,
    Retire,
    Split,
    apply,
    begin,
    dump,
    load,
    preview,
    read,
    redo,
    written,
)
from grids.plan.nodes import edges, on_edge, rings
from grids.topology import prove_territory

A, B, C, D = (f"14010700100100{n}" for n in (1, 2, 3, 4))
ABROAD = "140107001002001"
NEW = "140107001001009"


def at(x: float, y: float) -> tuple[float, float]:
    """A point by cells from the south-west corner."""
    return round(WEST + x * CELL_DEG, 7), round(SOUTH + y * CELL_DEG, 7)


def line(*points: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple(at(*point) for point in points)


def cell(x: float, y: float, *more: tuple[float, float]) -> shapely.Geometry:
    """A square cell, with more points on its sides."""
    ring = shapely.LinearRing(line((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)))
    for point in more:
        ring = shapely.snap(ring, shapely.Point(at(*point)), 1e-9)
    return shapely.Polygon(ring)


@pytest.fixture
def plan() -> Plan:
    """C D and, to the east of D, a grid of another community; below them A and B.

    C D E
    A B
    """
    return begin(
        DAY,
        [
            Grid(A, "A", cell(0, 0)),
            Grid(B, "B", cell(1, 0)),
            Grid(C, "C", cell(0, 1)),
            Grid(D, "D", cell(1, 1)),
            Grid(ABROAD, "E", cell(2, 1)),
        ],
    )


def areas(plan: Plan) -> dict[str, float]:
    """In cells."""
    return {grid.name: round(grid.shape.area / CELL_DEG**2, 6) for grid in plan.grids.values()}


def holds(before: Plan, after: Plan) -> None:
    """The partition is proven, the outside is where it was, and nobody else's land moved."""
    old = {key: grid.shape for key, grid in before.grids.items()}
    new = {key: grid.shape for key, grid in after.grids.items()}
    assert (
        prove_territory(new, {"140107000000": shapely.coverage_union_all(list(old.values()))}) == []
    )
    assert moved_land_m2(old.values(), new.values()) < 1e-6
    step = after.steps[-1]
    for key in step.noded:
        assert area_m2(new[key]) == pytest.approx(area_m2(old[key]), abs=1e-3)


def test_split_keeps_the_side_that_it_names(plan: Plan) -> None:
    after = apply(plan, Split(A, line((0.25, -0.5), (0.25, 1.5)), "left", NEW, "A2"))

    assert areas(after) == {"A": 0.25, "A2": 0.75, "B": 1, "C": 1, "D": 1, "E": 1}
    assert after.steps[-1].sides == [A, NEW]
    holds(plan, after)


def test_a_split_puts_its_node_into_the_third_neighbour(plan: Plan) -> None:
    after = apply(plan, Split(A, line((0.25, -0.5), (0.25, 1.5)), "left", NEW, "A2"))

    assert after.steps[-1].noded == {C}
    assert shapely.get_num_coordinates(after.grids[C].shape) == 6
    holds(plan, after)


def test_a_split_from_corner_to_corner_needs_no_node(plan: Plan) -> None:
    after = apply(plan, Split(A, line((0, 0), (1, 1)), "right", NEW, "A2"))

    assert areas(after)["A"] == areas(after)["A2"] == 0.5
    assert after.steps[-1].noded == frozenset()
    holds(plan, after)


def test_a_line_that_ends_a_centimetre_short_is_drawn_to_the_border(plan: Plan) -> None:
    south, north = at(0.5, 0), at(0.5, 1)
    drawn = ((south[0], south[1] + 1e-7), (north[0] + 1e-7, north[1] - 2e-7))

    holds(plan, apply(plan, Split(A, drawn, "left", NEW, "A2")))


def test_merge_of_three_is_one_grid(plan: Plan) -> None:
    after = apply(plan, Merge((A, B, D), D))

    assert areas(after) == {"C": 1, "D": 3, "E": 1}
    assert after.changed[A][1] is None
    holds(plan, after)


def test_reshape_replaces_the_border_between_its_meetings(plan: Plan) -> None:
    after = apply(plan, Reshape(A, B, line((1, 0.25), (1.5, 0.5), (1, 0.75))))

    assert areas(after)["A"] == 1.125
    assert areas(after)["B"] == 0.875
    holds(plan, after)


def test_reshape_may_wander_over_the_border_and_stick_out(plan: Plan) -> None:
    after = apply(
        plan,
        Reshape(A, B, line((0.8, 0.2), (1.2, 0.2), (1.2, 0.5), (0.8, 0.5), (0.8, 0.8), (1.2, 0.8))),
    )

    assert areas(after)["A"] == pytest.approx(1 + 0.06 - 0.06)
    assert after.grids[A].shape != plan.grids[A].shape
    holds(plan, after)


def test_reshape_from_outside_to_outside_moves_the_whole_border(plan: Plan) -> None:
    after = apply(plan, Reshape(A, B, line((1.25, -0.5), (1.25, 1.0))))

    assert areas(after)["A"] == 1.25
    assert D in after.steps[-1].noded
    holds(plan, after)


def test_hand_over_takes_only_what_is_the_givers(plan: Plan) -> None:
    after = apply(plan, HandOver(A, B, line((0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5))))

    assert areas(after) == {"A": 0.75, "B": 1.25, "C": 1, "D": 1, "E": 1}
    holds(plan, after)


def test_all_grids_at_a_vertex_move_along(plan: Plan) -> None:
    after = apply(plan, Move(((at(1, 1), at(1.2, 1.1)),)))

    assert after.steps[-1].sides == [A, B, C, D]
    holds(plan, after)


def test_a_place_on_a_border_becomes_a_vertex_and_moves(plan: Plan) -> None:
    after = apply(plan, Move(((at(1, 0.5), at(1.2, 0.5)),)))

    assert areas(after)["A"] == 1.1
    assert areas(after)["B"] == 0.9
    holds(plan, after)


def test_a_side_moves_with_both_its_ends(plan: Plan) -> None:
    both = apply(plan, Split(A, line((0.5, 0), (0.5, 0.5), (1, 0.5)), "left", NEW, "A2"))
    after = apply(both, Move(((at(0.5, 0.5), at(0.4, 0.6)), (at(1, 1), at(1.1, 1.1)))))

    holds(both, after)


def test_a_new_community_is_founded_on_a_piece(plan: Plan) -> None:
    code = "140107001901001"
    after = apply(plan, Add(A, line((-1, -1), (0.5, -1), (0.5, 2), (-1, 2)), code, "N"))

    assert areas(after)["N"] == areas(after)["A"] == 0.5
    assert after.reformed == {"140107001001", "140107001901"}
    holds(plan, after)


def test_a_new_community_takes_over_a_whole_grid(plan: Plan) -> None:
    after = apply(plan, Add(A, None, "140107001901001", "N"))

    assert A not in after.grids
    holds(plan, after)


def test_the_last_grid_of_a_dissolved_community_retires(plan: Plan) -> None:
    after = apply(plan, Retire(ABROAD, D))

    assert areas(after)["D"] == 2
    assert after.half_dissolved == []
    holds(plan, after)


def test_a_half_dissolved_community_is_told(plan: Plan) -> None:
    assert apply(plan, Retire(D, ABROAD)).half_dissolved == ["140107001001"]


def test_renumbering_follows_its_preview(plan: Plan) -> None:
    codes = preview(plan, "140107001001")
    after = apply(plan, Renumber(tuple((key, new) for key, (_, new) in codes.items())))

    assert list(codes) == [C, D, A, B]
    assert {key: after.grids[key].code for key in codes} == {C: A, D: B, A: C, B: D}
    assert preview(after, "140107001001") == {key: (new, new) for key, (_, new) in codes.items()}


def test_rename_and_assign_change_no_shape(plan: Plan) -> None:
    after = apply(apply(plan, Rename(A, " North ")), Assign(A, ("W1", "W2", "W1")))

    assert after.grids[A] == Grid(A, "North", plan.grids[A].shape, ("W1", "W2"))


EVERYTHING: list[Operation] = [
    Split(A, line((0.3333, -0.5), (0.41, 1.5)), "left", NEW, "A2"),
    Reshape(B, D, line((1.21, 1), (1.5, 1.3), (1.77, 1))),
    HandOver(C, D, line((0.7, 1.2), (1.3, 1.2), (1.3, 1.6), (0.7, 1.6))),
    Merge((A, NEW), A),
    Move(((at(1, 1), at(1.05, 1.07)),)),
    Renumber(((A, B), (B, A))),
    Rename(C, "三号"),
    Assign(C, ("W7",)),
    Add(D, None, "140107001901001", "N"),
    Retire("140107001901001", ABROAD),
    Redraw((Drawn(A, A, "A"), Drawn(B, B, "B", staff=(("W8", "chief"),))), (), "file"),
]


@pytest.mark.parametrize("number", range(len(EVERYTHING) - 1), ids=lambda n: EVERYTHING[n].do)
def test_what_any_operation_makes_is_made_at_once_too(plan: Plan, number: int) -> None:
    for operation in EVERYTHING[:number]:
        plan = apply(plan, operation)
    drawn = apply(plan, EVERYTHING[number])
    if EVERYTHING[number].do == "assign":
        pytest.skip("people are posted by their roles, not drawn")

    step = at_once(drawn.steps[-1])
    whole = apply(plan, read(json.loads(json.dumps(written(step)))))

    assert whole.grids == drawn.grids
    assert whole.steps[-1].noded == drawn.steps[-1].noded
    assert whole.reformed == drawn.reformed
    assert whole.undo().grids == plan.grids
    assert redo(whole.undo()) == whole


def shape_of(grid: str, shape: shapely.Geometry, **more: str) -> Drawn:
    return Drawn(
        grid, more.get("code", grid), more.get("name", "n"), tuple(map(tuple, rings(shape)))
    )


def test_a_code_that_is_freed_at_once_may_be_a_new_grids(plan: Plan) -> None:
    west, east = cell(0, 0), cell(1, 0)
    do = Redraw(
        (
            Drawn(A, NEW, "A", ()),
            replace(shape_of("14010700100100 2nd", east, code=A), kind="special", of=(B,)),
        ),
        ((B, ("14010700100100 2nd",)),),
        "file",
    )

    after = apply(plan, do)

    assert (after.grids[A].code, after.grids[A].shape) == (NEW, west)
    assert after.grids["14010700100100 2nd"] == Grid(A, "n", east)
    assert B not in after.grids
    assert after.undo().grids == plan.grids


def test_undo_gives_back_the_identical_plan_and_redo_the_later_one(plan: Plan) -> None:
    plans = [plan]
    for operation in EVERYTHING:
        plans.append(apply(plans[-1], operation))
    back = plans[-1]
    for earlier in reversed(plans[:-1]):
        back = back.undo()
        assert back.grids == earlier.grids
        assert list(back.grids) == list(earlier.grids)
        assert back.steps == earlier.steps
    for later in plans[1:]:
        back = redo(back)
        assert replace(back, undone=()) == later
    assert back == plans[-1]


def test_a_plan_comes_back_from_json_identical_and_is_undone_tomorrow(plan: Plan) -> None:
    done = plan
    for operation in EVERYTHING:
        done = apply(done, operation)
    done = done.undo().undo()

    text = json.dumps(dump(done))
    again = load(json.loads(text), plan.base.grids.values())

    assert again == done
    assert redo(again) == redo(done)
    assert again.undo().grids == done.undo().grids


def test_something_new_forgets_what_was_undone(plan: Plan) -> None:
    undone = apply(plan, Rename(A, "X")).undo()

    with pytest.raises(Refused) as told:
        redo(apply(undone, Rename(A, "Y")))

    assert told.value.flaw is Flaw.NOTHING_TO_REDO


def test_a_plan_does_not_go_on_over_shapes_that_have_changed(plan: Plan) -> None:
    text = dump(apply(plan, Rename(A, "X")))
    grids = [*plan.base.grids.values()]
    grids[0] = Grid(A, "A", cell(0, 0, (0.5, 0)))

    with pytest.raises(Refused) as told:
        load(text, grids)

    assert (told.value.flaw, told.value.grids) == (Flaw.BASE_CHANGED, (A,))


@pytest.mark.parametrize("name", list(small_territories()))
def test_the_small_territories_are_partitions(name: str) -> None:
    plan = small_territories()[name]
    shapes = {key: grid.shape for key, grid in plan.grids.items()}

    faults = {str(finding.fault) for finding in prove_territory(shapes, {})}

    assert faults <= {"too narrow"}
    assert len(shapes) >= 2


def test_a_node_lies_a_hundred_times_closer_to_the_border_than_rounding() -> None:
    a, b = (112.5012345, 37.9012345), (112.5098765, 37.9054321)
    side = (a, b)

    for share in (0.1, 0.37, 0.5, 0.93):
        near = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
        node = on_edge(side, near)
        with_node = shapely.Polygon([a, b, (112.5, 38)])
        assert moved_land_m2([with_node], [shapely.Polygon([a, node, b, (112.5, 38)])]) < 2e-8
        assert side in set(edges(with_node))
