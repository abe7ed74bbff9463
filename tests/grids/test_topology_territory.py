"""The proof of a whole territory at every level, of an edit, and what a repair would move."""

import numpy as np
import pytest
import shapely

from fixtures.district import drawn
from gis_server.ellipsoid import area_m2
from grids.topology import Fault, Finding, keeper, prove_edit, prove_territory, repair
from tests.grids.test_plan_operations import ABROAD, A, B, C, D, at, cell

DISTRICT = "140107000000"
COMMUNITY, OTHER = "140107001001", "140107001002"
CELL_M2 = area_m2(cell(0, 0))

Shapes = dict[str, shapely.Geometry]


@pytest.fixture
def grids() -> Shapes:
    return {A: cell(0, 0), B: cell(1, 0), C: cell(0, 1), D: cell(1, 1), ABROAD: cell(2, 1)}


@pytest.fixture
def outlines(grids: Shapes) -> Shapes:
    return stated(grids)


def stated(grids: Shapes) -> Shapes:
    """What the divisions of all levels are when their grids make them up."""
    levels: dict[str, list[shapely.Geometry]] = {}
    for code, shape in grids.items():
        for digits in (6, 9, 12):
            levels.setdefault(code[:digits].ljust(12, "0"), []).append(shape)
    return {code: shapely.coverage_union_all(shapes) for code, shapes in levels.items()}


def found(findings: list[Finding]) -> set[tuple[str, Fault]]:
    return {(finding.code, finding.fault) for finding in findings}


def test_an_exact_territory_is_proven(grids: Shapes, outlines: Shapes) -> None:
    assert prove_territory(grids, outlines) == []


def test_no_territory_is_no_fault() -> None:
    assert prove_territory({}, {}) == []


def test_outlines_that_lack_nodes_are_equal_all_the_same(grids: Shapes, outlines: Shapes) -> None:
    bare = {code: shapely.simplify(shape, 0) for code, shape in outlines.items()}

    assert shapely.get_num_coordinates(bare[DISTRICT]) < shapely.get_num_coordinates(
        outlines[DISTRICT]
    )
    assert prove_territory(grids, bare) == []


def test_a_missing_grid_is_told_at_every_level_with_its_size(
    grids: Shapes, outlines: Shapes
) -> None:
    del grids[A]

    findings = prove_territory(grids, outlines)

    levels = {COMMUNITY, "140107001000", DISTRICT}
    assert found(findings) == {(code, Fault.UNCOVERED) for code in levels}
    assert all(finding.size == pytest.approx(CELL_M2) for finding in findings)
    assert all(cell(0, 0).contains(shapely.Point(finding.place)) for finding in findings)


def test_a_community_without_any_grid_is_uncovered(grids: Shapes, outlines: Shapes) -> None:
    del grids[ABROAD]

    assert (OTHER, Fault.UNCOVERED) in found(prove_territory(grids, outlines))


def test_a_grid_of_one_community_in_another_is_told(grids: Shapes, outlines: Shapes) -> None:
    grids[D], grids[ABROAD] = grids[ABROAD], grids[D]

    findings = prove_territory(grids, outlines)

    assert {(D, Fault.OUTSIDE_COMMUNITY), (ABROAD, Fault.OUTSIDE_COMMUNITY)} <= found(findings)
    assert {code for code, _ in found(findings)} == {D, ABROAD, COMMUNITY, OTHER}


def test_an_overlap_is_told_by_the_length_of_border_in_metres(grids: Shapes) -> None:
    grids[A] = shapely.Polygon([at(0, 0), at(1.1, 0), at(1.1, 1), at(0, 1)])

    findings = prove_territory(grids, {})

    assert {A, B} <= {code for code, fault in found(findings) if fault is Fault.GAP_OR_OVERLAP}
    assert all(100 < finding.size < 2_000 for finding in findings)


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        pytest.param(shapely.Polygon(), Fault.EMPTY, id="empty"),
        pytest.param(
            shapely.Polygon([at(1, 0), at(2, 1), at(2, 0), at(1, 1)]), Fault.INVALID, id="a bow tie"
        ),
        pytest.param(
            shapely.MultiPolygon([cell(1, 0), cell(5, 0)]), Fault.NOT_ONE_PIECE, id="two pieces"
        ),
    ],
)
def test_broken_shapes_are_told_first(grids: Shapes, shape: shapely.Geometry, fault: Fault) -> None:
    grids[B] = shape

    assert found(prove_territory(grids, {})) == {(B, fault)}


def test_declared_exclaves_may_be_several_pieces(grids: Shapes) -> None:
    grids[B] = shapely.MultiPolygon([cell(1, 0), cell(5, 0)])

    assert prove_territory(grids, stated(grids), exclaves={B}) == []


def test_slivers_are_told_with_area_or_width() -> None:
    x = 1.98  # 3.5 m wide
    strip = shapely.Polygon([at(x, 0), at(2, 0), at(2, 1), at(x, 1)])
    corner = shapely.Polygon([at(4, 0), at(4.02, 0), at(4, 0.02)])

    findings = prove_territory({A: strip, C: corner}, {})

    narrow, small = findings
    assert (narrow.code, narrow.fault) == (A, Fault.TOO_NARROW)
    assert narrow.size == pytest.approx(3.52, abs=0.2)
    assert (small.code, small.fault) == (C, Fault.TOO_SMALL)
    assert small.size == pytest.approx(CELL_M2 * 0.0002, rel=1e-2)


def test_grids_within_grids_divide_their_grid(grids: Shapes) -> None:
    west = shapely.Polygon([at(0, 0), at(0.5, 0), at(0.5, 1), at(0, 1)])
    east = shapely.Polygon([at(0.5, 0), at(1, 0), at(1, 1), at(0.5, 1)])

    assert prove_territory({**grids, A + "01": west, A + "02": east}, {}) == []
    (finding,) = prove_territory({**grids, A + "01": west}, {})
    assert (finding.code, finding.fault) == (A, Fault.UNCOVERED)
    assert finding.size == pytest.approx(CELL_M2 / 2)


def test_the_model_district_is_proven_at_every_level() -> None:
    grids = drawn.read().grids

    assert prove_territory(grids, stated(grids)) == []


def test_of_the_model_district_each_grid_is_missed() -> None:
    grids = drawn.read().grids
    outlines = stated(grids)
    for code in list(grids)[::90]:
        rest = {one: shape for one, shape in grids.items() if one != code}
        assert (code[:12], Fault.UNCOVERED) in found(prove_territory(rest, outlines))


def test_an_edit_that_keeps_the_land_is_proven(grids: Shapes) -> None:
    whole = shapely.coverage_union_all([grids[A], grids[B]])
    around = {code: grids[code] for code in (C, D)}

    assert prove_edit({A: grids[A], B: grids[B]}, {A: whole}, around) == []


def test_an_edit_that_loses_land_is_told(grids: Shapes) -> None:
    (finding,) = prove_edit({A: grids[A], B: grids[B]}, {A: grids[A]}, {C: grids[C]})

    assert finding.fault is Fault.UNCOVERED
    assert finding.size == pytest.approx(CELL_M2)


def test_an_edit_that_leaves_the_third_neighbour_without_a_node_is_told(grids: Shapes) -> None:
    west = shapely.Polygon([at(0, 0), at(0.3, 0), at(0.3, 1), at(0, 1)])
    east = shapely.Polygon([at(0.3, 0), at(1, 0), at(1, 1), at(0.3, 1)])

    findings = prove_edit({A: grids[A]}, {A: west, B + "9": east}, {C: grids[C]})

    assert (C, Fault.GAP_OR_OVERLAP) in found(findings)


def test_what_was_thin_before_is_no_fault_of_the_edit() -> None:
    strip = shapely.Polygon([at(0, 0), at(0.02, 0), at(0.02, 1), at(0, 1)])
    thinner = shapely.Polygon([at(0, 0), at(0.01, 0), at(0.01, 1), at(0, 1)])
    rest = shapely.Polygon([at(0.01, 0), at(0.02, 0), at(0.02, 1), at(0.01, 1)])

    assert prove_edit({A: strip}, {A: strip}, {}) == []
    assert (A, Fault.TOO_NARROW) in found(prove_edit({A: strip}, {A: thinner, B: rest}, {}))


def test_a_repair_says_what_each_grid_would_win_and_lose(grids: Shapes) -> None:
    grids[A] = shapely.Polygon([at(0, 0), at(1.01, 0), at(1.01, 1), at(0, 1)])
    before = dict(grids)

    made = repair(grids, prove_territory(grids, {}))

    assert grids == before
    moved = sum(made.losses_m2.values())
    assert moved == pytest.approx(0.01 * CELL_M2, rel=0.01)
    assert ABROAD not in made.shapes
    mended = {**grids, **made.shapes}
    assert shapely.coverage_is_valid(np.array(list(mended.values())), gap_width=1e-6)


def test_there_is_nothing_to_repair_where_all_is_well(grids: Shapes) -> None:
    made = repair(grids, prove_territory(grids, {}))

    assert (made.shapes, made.gains_m2, made.losses_m2) == ({}, {}, {})


@pytest.mark.parametrize(
    ("point", "code"),
    [
        pytest.param(at(0.5, 0.5), A, id="inside"),
        pytest.param(at(1, 0.5), A, id="on the border of two"),
        pytest.param(at(1, 1), A, id="where four meet"),
        pytest.param(at(2, 1.5), D, id="on the border of a community"),
        pytest.param(at(9, 9), None, id="outside"),
    ],
)
def test_every_point_belongs_to_one_grid(
    grids: Shapes, point: tuple[float, float], code: str | None
) -> None:
    assert keeper(point, grids) == code


def test_a_point_belongs_to_the_grid_within_the_grid(grids: Shapes) -> None:
    assert keeper(at(0.5, 0.5), {**grids, A + "01": grids[A]}) == A + "01"
