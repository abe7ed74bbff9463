"""From the grids of one day to those of another.  Pure; the figures are squares to be counted."""

import numpy as np
import pytest
import shapely

from grids.crosswalk import Points, Share, crosswalk, on_new_ground

BEFORE = {"a": shapely.box(0, 0, 2, 2), "b": shapely.box(2, 0, 4, 2)}
AFTER = {"a": shapely.box(0, 0, 3, 2), "c": shapely.box(3, 0, 4, 2)}


def points(*places: tuple[float, float, float]) -> Points:
    at = np.array(places, dtype=float).reshape(-1, 3)
    return Points(shapely.points(at[:, :2]), at[:, 2])


def test_ground_and_households_go_to_their_new_grids() -> None:
    homes = points((1, 1, 10), (2.5, 1, 30), (3.5, 1, 5))

    assert crosswalk(BEFORE, AFTER, {"households": homes}) == [
        Share("a", "a", 4.0, {"households": 10.0}),
        Share("b", "a", 2.0, {"households": 30.0}),
        Share("b", "c", 2.0, {"households": 5.0}),
    ]


def test_all_ground_is_accounted_for_where_the_outline_changes() -> None:
    after = {"a": shapely.box(1, 0, 2, 2), "n": shapely.box(4, 0, 5, 2)}

    shares = crosswalk(BEFORE, after, {})

    assert [(one.old, one.new, one.area) for one in shares] == [
        ("", "n", 2.0), ("a", "", 2.0), ("a", "a", 2.0), ("b", "", 4.0),
    ]  # fmt: skip


def test_a_point_on_a_border_counts_once_for_the_lowest_code() -> None:
    shares = crosswalk(BEFORE, AFTER, {"events": points((2, 1, 1), (3, 1, 1))})

    assert sum(one.counts["events"] for one in shares) == 2
    assert {(one.old, one.new): one.counts["events"] for one in shares} == {
        ("a", "a"): 1, ("b", "a"): 1, ("b", "c"): 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"), [({}, {}), ({}, AFTER), (BEFORE, {})], ids=["none", "new", "gone"]
)
def test_days_without_grids(
    before: dict[str, shapely.Geometry], after: dict[str, shapely.Geometry]
) -> None:
    shares = crosswalk(before, after, {"events": points((1, 1, 1))})

    assert sum(one.area for one in shares) == 8 * bool(before or after)


def test_slivers_are_left_out_unless_somebody_lives_there() -> None:
    after = {"a": shapely.box(0, 0, 2.001, 2), "b": shapely.box(2.001, 0, 4, 2)}

    quiet = crosswalk(BEFORE, after, {}, least_area=0.01)
    lived_in = crosswalk(BEFORE, after, {"households": points((2.0005, 1, 1))}, least_area=0.01)

    assert [(one.old, one.new) for one in quiet] == [("a", "a"), ("b", "b")]
    assert ("b", "a") in [(one.old, one.new) for one in lived_in]


def test_figures_are_put_on_new_ground() -> None:
    shares = crosswalk(BEFORE, AFTER, {"households": points((2.5, 1, 30), (3.5, 1, 10))})
    events = {"a": 8.0, "b": 4.0}

    # By area b is halved; by households three quarters of it lie in the new a.
    assert on_new_ground(events, shares) == {"a": 10.0, "c": 2.0}
    assert on_new_ground(events, shares, by="households") == {"a": 11.0, "c": 1.0}
