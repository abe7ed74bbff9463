"""Shapes that do not divide their parent exactly are found out, with place and size."""

import pytest
import shapely
from shapely import Polygon, box

from grids.topology import Fault, prove

WEST, EAST, WHOLE = box(0, 0, 1, 1), box(1, 0, 2, 1), box(0, 0, 2, 1)
T_WEST = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])
T_NORTH, T_SOUTH = box(1, 0.5, 2, 1), box(1, 0, 2, 0.5)
BOW_TIE = Polygon([(1, 0), (2, 1), (2, 0), (1, 1)])
TWO_PIECES = shapely.MultiPolygon([box(1, 0, 2, 0.4), box(1, 0.6, 2, 1)])


@pytest.mark.parametrize(
    ("shapes", "faults"),
    [
        pytest.param([WEST, EAST], set(), id="exact"),
        pytest.param([WEST, box(1.1, 0, 2, 1)], {Fault.UNCOVERED}, id="a gap"),
        pytest.param([WEST], {Fault.UNCOVERED}, id="one missing altogether"),
        pytest.param([], {Fault.UNCOVERED}, id="none at all"),
        pytest.param([WEST, box(0.9, 0, 2, 1)], {Fault.GAP_OR_OVERLAP}, id="an overlap"),
        pytest.param([WEST, EAST, EAST], {Fault.GAP_OR_OVERLAP}, id="the same twice"),
        pytest.param([WEST, box(1, 0, 2.5, 1)], {Fault.OUTSIDE}, id="beyond the parent"),
        pytest.param([T_WEST, T_NORTH, T_SOUTH], {Fault.GAP_OR_OVERLAP}, id="a T not noded"),
        pytest.param([WEST, Polygon()], {Fault.EMPTY}, id="an empty shape"),
        pytest.param([WEST, BOW_TIE], {Fault.INVALID}, id="a bow tie"),
        pytest.param([WEST, TWO_PIECES], {Fault.NOT_ONE_PIECE}, id="two pieces"),
    ],
)
def test_faults_are_found(shapes: list[shapely.Geometry], faults: set[Fault]) -> None:
    named = {str(number): shape for number, shape in enumerate(shapes)}

    findings = prove(named, ("whole", WHOLE), tolerance=1e-9)

    assert {finding.fault for finding in findings} == faults


def test_a_gap_is_given_its_area() -> None:
    (gap,) = prove({"w": WEST, "e": box(1.25, 0, 2, 1)}, ("whole", WHOLE), tolerance=1e-9)

    assert gap.code == "whole"
    assert gap.size == pytest.approx(0.25)
    assert gap.where.equals(box(1, 0, 1.25, 1))


def test_a_narrow_gap_is_a_fault_of_both_neighbours() -> None:
    findings = prove(
        {"w": WEST, "e": box(1.001, 0, 2, 1)}, ("whole", WHOLE), tolerance=0.1, gap_width=0.01
    )

    assert {(f.code, f.fault) for f in findings} == {
        ("w", Fault.GAP_OR_OVERLAP),
        ("e", Fault.GAP_OR_OVERLAP),
    }


def test_what_is_smaller_than_the_tolerance_is_put_up_with() -> None:
    assert prove({"w": WEST, "e": box(1, 0, 1.999, 1)}, ("whole", WHOLE), tolerance=0.01) == []


def test_a_finding_reads_as_one_line() -> None:
    (finding,) = prove({"w": WEST}, ("140107", WHOLE), tolerance=0.0)

    assert str(finding).startswith("140107: uncovered at [[")
