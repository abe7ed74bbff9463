"""Bad input to plans: each gets its word from the closed list and a place, and changes nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from fixtures.plan_edits import CELL_DEG, DAY, small_territories
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
from grids.plan.lines import SNAP_DEG
from tests.grids.test_plan_operations import (
    ABROAD,
    EVERYTHING,
    NEW,
    A,
    B,
    C,
    D,
    at,
    cell,
    line,
    shape_of,
)
from tests.grids.test_plan_operations import plan as plan  # noqa: PLC0414 - a fixture

MM = 1e-5  # of a cell: 2 mm


def split(*points: tuple[float, float], grid: str = A, code: str = NEW) -> Split:
    return Split(grid, line(*points), "left", code, "new")


def redraw(*drawn: Drawn, ended: str = "") -> Redraw:
    return Redraw(drawn, ((ended, ()),) if ended else (), "file")


def fine(*points: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Like `line`, with two digits more: a millimetre is finer than what is stored."""
    west, south = at(0, 0)
    return tuple((round(west + x * CELL_DEG, 9), round(south + y * CELL_DEG, 9)) for x, y in points)


def strip(south: float, north: float) -> shapely.Polygon:
    """Of A, from west to east."""
    return shapely.Polygon(fine((0, south), (1, south), (1, north), (0, north)))


def new(shape: shapely.Polygon) -> Drawn:
    return replace(shape_of(NEW, shape), kind="basic")


def strip_made_new(north: float) -> Redraw:
    """A grid of its own in the south of A; B gets a corner at its end."""
    corner = shapely.Polygon(fine((1, 0), (2, 0), (2, 1), (1, 1), (1, north)))
    return redraw(shape_of(A, strip(north, 1)), shape_of(B, corner), new(strip(0, north)))


# A and B, as one.
BAR = shapely.Polygon(line((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)))
BAD = [
    pytest.param(split((0.5, 0.5)), Flaw.TOO_FEW_POINTS, id="a line of one point"),
    pytest.param(split(), Flaw.TOO_FEW_POINTS, id="no line"),
    pytest.param(split((3, 3), (4, 4)), Flaw.DOES_NOT_CROSS, id="a line elsewhere"),
    pytest.param(split((0.2, 0.2), (0.8, 0.8)), Flaw.ENDS_INSIDE, id="a line inside"),
    pytest.param(split((-1, 0.5), (0.5, 0.5)), Flaw.ENDS_INSIDE, id="a line that ends inside"),
    pytest.param(
        split((-1, 0.2), (2, 0.2), (2, 0.8), (-1, 0.8)), Flaw.CROSSES_TOO_OFTEN, id="through twice"
    ),
    pytest.param(
        split((-1, 0.2), (2, 0.2), (2, 0.8), (0.5, 0.8)), Flaw.ENDS_INSIDE, id="three crossings"
    ),
    pytest.param(split((0, 0), (1, 0)), Flaw.RUNS_ALONG_BORDER, id="along a border"),
    pytest.param(
        Split(A, fine((0, MM / 2), (1, MM / 2)), "left", NEW, "n"),
        Flaw.RUNS_ALONG_BORDER,
        id="1 mm off a border",
    ),
    pytest.param(split((0, 1e-4), (1, 1e-4)), Flaw.RUNS_ALONG_BORDER, id="2 cm beside a border"),
    pytest.param(
        split((0, 0.5), (0.5, 0.5), (0.5, 0), (1, 0)), Flaw.RUNS_ALONG_BORDER, id="half along"
    ),
    pytest.param(split((-1, 1), (1, -1)), Flaw.TOUCHES_BORDER, id="touches a node from outside"),
    pytest.param(
        split((0.2, 0), (0.5, 1), (0.8, 0)), Flaw.TOUCHES_BORDER, id="touches a border within"
    ),
    pytest.param(
        split((-1, 0.2), (0.8, 0.8), (0.2, 0.8), (2, 0.2)), Flaw.CROSSES_ITSELF, id="a bow tie"
    ),
    pytest.param(split((0, 0.002), (1, 0.002)), Flaw.SLIVER, id="a strip of 40 cm"),
    pytest.param(split((0, 0.01), (0.01, 0)), Flaw.SLIVER, id="a corner of 2 m²"),
    pytest.param(
        Split(A, ((37.9, 112.5), (37.9, 112.6)), "left", NEW, "n"), Flaw.NOT_DEGREES, id="swapped"
    ),
    pytest.param(
        Split(A, ((float("nan"), 37.9), (112.5, 37.9)), "left", NEW, "n"),
        Flaw.NOT_DEGREES,
        id="NaN",
    ),
    pytest.param(split((-1, 0.5), (2, 0.5), grid="x"), Flaw.UNKNOWN_GRID, id="an unknown grid"),
    pytest.param(split((-1, 0.5), (2, 0.5), code=B), Flaw.CODE_TAKEN, id="a code of another"),
    pytest.param(split((-1, 0.5), (2, 0.5), code="12"), Flaw.BAD_CODE, id="no code"),
    pytest.param(
        split((-1, 0.5), (2, 0.5), code="140107001001000"), Flaw.BAD_CODE, id="grid number zero"
    ),
    pytest.param(
        split((-1, 0.5), (2, 0.5), code="140107001003001"), Flaw.OTHER_COMMUNITY, id="abroad"
    ),
    pytest.param(
        Split(A, line((-1, 0.5), (2, 0.5)), "left", NEW, " "), Flaw.BAD_NAME, id="no name"
    ),
    pytest.param(Merge((A, D), A), Flaw.NOT_NEIGHBOURS, id="a corner in common only"),
    pytest.param(Merge((A, B), C), Flaw.MALFORMED, id="into somebody else"),
    pytest.param(Merge((A,), A), Flaw.SAME_GRID, id="one alone"),
    pytest.param(Merge((D, ABROAD), D), Flaw.OTHER_COMMUNITY, id="merge over the border"),
    pytest.param(Reshape(A, D, line((0.5, 1), (1.5, 1))), Flaw.NOT_NEIGHBOURS, id="no border"),
    pytest.param(Reshape(A, A, line((0.5, 1), (1.5, 1))), Flaw.SAME_GRID, id="with itself"),
    pytest.param(Reshape(A, B, line((1, 0.2), (1, 0.8))), Flaw.RUNS_ALONG_BORDER, id="as it was"),
    pytest.param(
        Reshape(A, B, line((1, 0.2), (1.5, 0.5))), Flaw.ENDS_NOT_ON_BORDER, id="a free end"
    ),
    pytest.param(
        Reshape(A, B, line((0.5, 0.5), (1.5, 0.5))), Flaw.ENDS_NOT_ON_BORDER, id="two free ends"
    ),
    pytest.param(Reshape(A, B, line((3, 3), (4, 4))), Flaw.DOES_NOT_CROSS, id="border elsewhere"),
    pytest.param(
        Reshape(A, B, line((1, 0.2), (1.5, 0), (1, 0.8))), Flaw.TOUCHES_BORDER, id="touches a third"
    ),
    pytest.param(
        Reshape(A, B, line((1, 0.2), (1.5, -0.5), (1.8, 0.5), (1, 0.8))),
        Flaw.CROSSES_TOO_OFTEN,
        id="leaves and comes back",
    ),
    pytest.param(
        HandOver(A, D, line((0.5, 0.5), (2, 0.5), (2, 2))), Flaw.NOT_NEIGHBOURS, id="at a corner"
    ),
    pytest.param(
        HandOver(A, B, line((0.2, 0.2), (0.4, 0.2), (0.4, 0.4))),
        Flaw.NOT_NEIGHBOURS,
        id="an island",
    ),
    pytest.param(
        HandOver(A, B, line((0.3, -1), (0.6, -1), (0.6, 2), (0.3, 2))),
        Flaw.NOT_ONE_PIECE,
        id="the middle",
    ),
    pytest.param(
        HandOver(A, B, line((-1, -1), (3, -1), (3, 3), (-1, 3))), Flaw.TAKES_ALL, id="everything"
    ),
    pytest.param(
        HandOver(A, B, line((3, 3), (4, 3), (4, 4))), Flaw.DOES_NOT_CROSS, id="a ring elsewhere"
    ),
    pytest.param(
        HandOver(A, B, line((0.5, 0.2), (1.5, 0.8), (1.5, 0.2), (0.5, 0.8))),
        Flaw.CROSSES_ITSELF,
        id="a ring like a bow tie",
    ),
    pytest.param(HandOver(A, B, line((1, 1), (1, 1))), Flaw.TOO_FEW_POINTS, id="a ring of a point"),
    pytest.param(Move(()), Flaw.TOO_FEW_POINTS, id="no vertex"),
    pytest.param(Move(((at(0.5, 0.5), at(1, 1)),)), Flaw.NO_SUCH_VERTEX, id="nothing there"),
    pytest.param(Move(((at(0, 0), at(0.1, 0.1)),)), Flaw.OUTER_BORDER, id="the outer border"),
    pytest.param(
        Move(((at(2, 1.5), at(2.1, 1.5)),)), Flaw.OUTER_BORDER, id="the community's border"
    ),
    pytest.param(Move(((at(1, 1), at(1, 1)),)), Flaw.CHANGES_NOTHING, id="not moved"),
    pytest.param(Move(((at(1, 1), at(3, 0.5)),)), Flaw.BREAKS_PARTITION, id="over a neighbour"),
    pytest.param(
        Move(((at(1, 1), at(1.1, 1)), (at(1, 1), at(1.2, 1)))), Flaw.MALFORMED, id="moved twice"
    ),
    pytest.param(
        Add(A, None, "140107001002007", "n"), Flaw.COMMUNITY_IS_OLD, id="an old community"
    ),
    pytest.param(Retire(A, B), Flaw.SAME_COMMUNITY, id="within the community"),
    pytest.param(Retire(A, ABROAD), Flaw.NOT_NEIGHBOURS, id="retire to no neighbour"),
    pytest.param(Retire(A, "x"), Flaw.UNKNOWN_GRID, id="retire to nobody"),
    pytest.param(Renumber(((A, B),)), Flaw.CODE_TAKEN, id="a number that is taken"),
    pytest.param(Renumber(((A, NEW), (B, NEW))), Flaw.CODE_TAKEN, id="one number for two"),
    pytest.param(Renumber(((A, NEW), (A, B))), Flaw.MALFORMED, id="two numbers for one"),
    pytest.param(Renumber(((A, ABROAD[:12] + "009"),)), Flaw.OTHER_COMMUNITY, id="number abroad"),
    pytest.param(Renumber(((A, A),)), Flaw.CHANGES_NOTHING, id="the same number"),
    pytest.param(Rename(A, "A"), Flaw.CHANGES_NOTHING, id="the same name"),
    pytest.param(Rename(A, "x" * 81), Flaw.BAD_NAME, id="a long name"),
    pytest.param(Assign("x", ("W1",)), Flaw.UNKNOWN_GRID, id="people of nobody"),
    pytest.param(redraw(), Flaw.MALFORMED, id="nothing redrawn"),
    pytest.param(redraw(Drawn(A, A, "1"), Drawn(A, A, "2")), Flaw.MALFORMED, id="redrawn twice"),
    pytest.param(redraw(Drawn(A, A, "1"), ended=A), Flaw.MALFORMED, id="redrawn and ended"),
    pytest.param(redraw(Drawn(A, A, "A")), Flaw.CHANGES_NOTHING, id="redrawn as it is"),
    pytest.param(redraw(shape_of(A, BAR)), Flaw.BREAKS_PARTITION, id="redrawn over a neighbour"),
    pytest.param(
        redraw(shape_of(A, cell(0, 0, (0.5, 0)).buffer(-1e-4))),
        Flaw.BREAKS_PARTITION,
        id="redrawn with a gap",
    ),
    pytest.param(redraw(ended=A), Flaw.BREAKS_PARTITION, id="ended, and nobody gets its land"),
    pytest.param(
        redraw(shape_of(A, shapely.Polygon(line((0, 0), (1, 1), (1, 0), (0, 1))))),
        Flaw.BREAKS_PARTITION,
        id="redrawn as a bow tie",
    ),
    pytest.param(
        redraw(shape_of(A, cell(0, 0, (1, 0.5)))), Flaw.BREAKS_PARTITION, id="a node for one only"
    ),
    # Narrower than 0.1 m it is a gap, whoever has it.
    pytest.param(strip_made_new(MM / 2), Flaw.BREAKS_PARTITION, id="1 mm is new"),
    pytest.param(strip_made_new(0.002), Flaw.SLIVER, id="40 cm are new"),
    pytest.param(redraw(shape_of(A, strip(MM / 2, 1))), Flaw.BREAKS_PARTITION, id="a gap of 1 mm"),
    pytest.param(redraw(new(cell(0, 0))), Flaw.BREAKS_PARTITION, id="the shape of another"),
    pytest.param(redraw(shape_of(B, cell(0, 0))), Flaw.BREAKS_PARTITION, id="one shape for two"),
    pytest.param(redraw(Drawn(A, "x", "n")), Flaw.BAD_CODE, id="redrawn under no code"),
    pytest.param(redraw(Drawn("x", NEW, "n")), Flaw.UNKNOWN_GRID, id="redrawn and unknown"),
    pytest.param(redraw(ended="x"), Flaw.UNKNOWN_GRID, id="ended and unknown"),
    pytest.param(redraw(Drawn(A, B, "n")), Flaw.CODE_TAKEN, id="redrawn as another"),
    pytest.param(redraw(Drawn(A, B, "n"), ended=B), Flaw.CODE_TAKEN, id="as one that ends"),
    pytest.param(
        redraw(Drawn(A, ABROAD[:12] + "009", "n")), Flaw.OTHER_COMMUNITY, id="redrawn abroad"
    ),
    pytest.param(redraw(Drawn(A, A, "")), Flaw.BAD_NAME, id="redrawn without a name"),
    pytest.param(redraw(Drawn(NEW, NEW, "n", kind="basic")), Flaw.MALFORMED, id="new, no shape"),
    pytest.param(
        redraw(replace(shape_of(B, cell(1, 0)), kind="basic")), Flaw.CODE_TAKEN, id="new, and old"
    ),
]


@pytest.mark.parametrize(("operation", "flaw"), BAD)
def test_bad_operations_are_told_apart(plan: Plan, operation: Operation, flaw: Flaw) -> None:
    with pytest.raises(Refused) as told:
        apply(plan, operation)

    assert told.value.flaw is flaw
    assert plan.steps == ()


WITHOUT_PLACE = {
    Flaw.TOO_FEW_POINTS, Flaw.NOT_DEGREES, Flaw.UNKNOWN_GRID, Flaw.CODE_TAKEN, Flaw.BAD_CODE,
    Flaw.OTHER_COMMUNITY, Flaw.BAD_NAME, Flaw.MALFORMED, Flaw.SAME_GRID, Flaw.CHANGES_NOTHING,
    Flaw.COMMUNITY_IS_OLD, Flaw.SAME_COMMUNITY,
}  # fmt: skip


@pytest.mark.parametrize(("operation", "flaw"), BAD)
def test_what_lies_somewhere_says_where(plan: Plan, operation: Operation, flaw: Flaw) -> None:
    with pytest.raises(Refused) as told:
        apply(plan, operation)

    if flaw not in WITHOUT_PLACE:
        place = told.value.place
        assert place is not None
        assert at(-2, -2) < place < at(5, 5)


def test_a_line_from_outside_to_a_hole_divides_nothing() -> None:
    plan = small_territories()["islands"]
    ring = next(k for k, g in plan.grids.items() if len(g.shape.interiors))
    hole = plan.grids[ring].shape.interiors[0]
    west = plan.grids[ring].shape.bounds[0]
    x, y = hole.centroid.coords[0]
    code = plan.grids[ring].community + "099"

    with pytest.raises(Refused) as told:
        apply(plan, Split(ring, ((west - 1e-3, y), (x, y)), "left", code, "n"))

    assert told.value.flaw is Flaw.HOLE_IN_THE_WAY
    assert told.value.place is not None
    assert hole.distance(shapely.Point(told.value.place)) < SNAP_DEG
    assert plan.steps == ()


def test_an_island_is_handed_back_to_what_lies_around_it() -> None:
    plan = small_territories()["islands"]
    around = next(k for k, g in plan.grids.items() if len(g.shape.interiors))
    inside = shapely.Polygon(plan.grids[around].shape.interiors[0])
    island = next(k for k, g in plan.grids.items() if g.shape.equals(inside))
    if plan.grids[island].community != plan.grids[around].community:
        with pytest.raises(Refused, match="different communities"):
            apply(plan, Merge((around, island), around))
        return
    after = apply(plan, Merge((around, island), around))
    assert len(after.grids[around].shape.interiors) == 0


def test_shapes_of_a_hundred_thousand_vertices_are_refused_at_once() -> None:
    turns = np.linspace(0, 2 * np.pi, 100_001)[:-1]
    disc = shapely.Polygon(np.column_stack([112.5 + np.cos(turns) / 9, 37.9 + np.sin(turns) / 9]))
    plan = begin(DAY, [Grid(A, "A", disc)])

    with pytest.raises(Refused) as told:
        apply(plan, Split(A, ((112, 37.9), (113, 37.91)), "left", NEW, "n"))

    assert told.value.flaw is Flaw.TOO_MANY_VERTICES


def test_lines_have_a_limit(plan: Plan) -> None:
    long = tuple((112.5 + k * 1e-6, 37.9) for k in range(2_001))

    with pytest.raises(Refused) as told:
        apply(plan, Split(A, long, "left", NEW, "n"))

    assert told.value.flaw is Flaw.TOO_MANY_POINTS


@pytest.mark.parametrize(
    ("grids", "flaw"),
    [
        pytest.param([Grid("1", "n", cell(0, 0))], Flaw.BAD_CODE, id="no code"),
        pytest.param([Grid(A, "n", cell(0, 0))] * 2, Flaw.CODE_TAKEN, id="one twice"),
        pytest.param([Grid(A, "n", shapely.Polygon())], Flaw.BREAKS_PARTITION, id="empty"),
        pytest.param(
            [Grid(A, "n", shapely.Polygon(line((0, 0), (1, 1), (1, 0), (0, 1))))],
            Flaw.BREAKS_PARTITION,
            id="a bow tie",
        ),
    ],
)
def test_a_plan_begins_with_sound_grids(grids: list[Grid], flaw: Flaw) -> None:
    with pytest.raises(Refused) as told:
        begin(DAY, grids)

    assert told.value.flaw is flaw


def test_nothing_to_undo_or_redo(plan: Plan) -> None:
    for way, flaw in ((Plan.undo, Flaw.NOTHING_TO_UNDO), (redo, Flaw.NOTHING_TO_REDO)):
        with pytest.raises(Refused) as told:
            way(plan)
        assert told.value.flaw is flaw


def test_a_community_without_grids_has_no_preview(plan: Plan) -> None:
    with pytest.raises(Refused, match="no such grid"):
        preview(plan, "140107001099")


@pytest.mark.parametrize("operation", EVERYTHING, ids=lambda one: one.do)
def test_operations_come_back_from_json(operation: Operation) -> None:
    assert read(written(operation)) == operation


GOOD = written(EVERYTHING[0])
REDRAWN = written(redraw(shape_of(A, cell(0, 0))))
DRAWN = REDRAWN["drawn"][0]


def redrawn(**other: Any) -> dict[str, Any]:
    return REDRAWN | {"drawn": [DRAWN | other]}


HOSTILE: list[Any] = [
    None, [], "split", {}, {"do": []}, {"do": "fly"}, {"do": "split"}, GOOD | {"more": 1},
    GOOD | {"grid": 5}, GOOD | {"grid": "x" * 81}, GOOD | {"name": "a\0b"}, GOOD | {"keeps": "up"},
    GOOD | {"line": "abc"}, GOOD | {"line": [[1]]}, GOOD | {"line": [[1, 2, 3]]},
    GOOD | {"line": [["1", "2"]]}, GOOD | {"line": [[True, 1]]}, GOOD | {"line": {"0": [1, 2]}},
    {"do": "hand over", "grid": A, "into": B, "ring": None},
    {"do": "renumber", "codes": [[A]]}, {"do": "assign", "grid": A, "people": [1]},
    {"do": "move", "moves": [[[1, 2]]]},
    REDRAWN | {"drawn": [1]}, REDRAWN | {"drawn": [{}]}, REDRAWN | {"ended": [A]},
    redrawn(more=1), redrawn(kind="round"), redrawn(kind=None), redrawn(of=A), redrawn(staff=["W"]),
    redrawn(staff=[["W", "king"]]), redrawn(rings=5), redrawn(rings=[[]]),
    redrawn(rings=[[[1, 2], [3, 4], [1, 2]]]), redrawn(rings=[[[0, 0], [1, 0], [1, 1], [0, 1]]]),
]  # fmt: skip


@pytest.mark.parametrize("given", HOSTILE, ids=repr)
def test_what_is_no_operation_is_refused(given: Any) -> None:
    with pytest.raises(Refused) as told:
        read(given)

    assert told.value.flaw is Flaw.MALFORMED


def test_numbers_beyond_numbers_are_no_degrees() -> None:
    with pytest.raises(Refused) as told:
        read(GOOD | {"line": [[10**400, 1], [1, 2]]})

    assert told.value.flaw is Flaw.NOT_DEGREES


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        {"version": 2},
        {"version": 1, "day": "x", "seen": {}, "done": [], "undone": []},
    ],
)
def test_what_is_no_plan_is_refused(plan: Plan, given: Any) -> None:
    with pytest.raises(Refused) as told:
        load(given, plan.base.grids.values())

    assert told.value.flaw is Flaw.MALFORMED


@pytest.mark.parametrize("number", [200.0, float("nan"), float("inf")])
def test_rings_are_degrees(number: float) -> None:
    ring = [[number, 1], [1, 0], [1, 1], [number, 1]]

    with pytest.raises(Refused) as told:
        read(redrawn(rings=[ring]))

    assert told.value.flaw is Flaw.NOT_DEGREES


def test_a_redrawing_has_a_limit(plan: Plan) -> None:
    many = shapely.segmentize(cell(0, 0), CELL_DEG / 20_000)
    one = shape_of(A, many)

    for attempt in (lambda: apply(plan, redraw(one)), lambda: read(written(redraw(one)))):
        with pytest.raises(Refused) as told:
            attempt()
        assert told.value.flaw is Flaw.TOO_MANY_VERTICES


def test_a_plan_has_a_limit(plan: Plan) -> None:
    given = dump(plan) | {"done": [written(Rename(A, "x"))] * 2_001}

    with pytest.raises(Refused) as told:
        load(given, plan.base.grids.values())

    assert told.value.flaw is Flaw.TOO_MANY_OPERATIONS
