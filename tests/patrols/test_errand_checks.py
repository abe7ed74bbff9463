"""Calling at a checkpoint: near enough, long enough, and only where positions are joined."""

import numpy as np
import pytest

from patrols.errands.checks import Circle, Stay, stays
from patrols.track import Track

CIRCLE = Circle(0.0, 0.0, 30.0, 30.0)


def track_of(points: list[tuple[float, float, float]], joined: list[bool] | None = None) -> Track:
    """Of (t, x, y) points, all joined unless told otherwise."""
    t, x, y = (np.array([point[n] for point in points], float) for n in range(3))
    links = np.array(joined if joined is not None else [True] * (len(points) - 1), np.bool_)
    return Track(np.zeros(len(points), np.int64), x, y, t, t, links)


def test_who_walks_through_at_a_walking_pace_has_called() -> None:
    # 60 m of circle at 1.5 m/s are 40 s.
    walk = track_of([(0, -150, 0), (100, 0, 0), (200, 150, 0)])
    (stay,) = stays(walk, CIRCLE)
    assert (stay.begin, stay.end) == pytest.approx((80, 120))


def test_who_rides_through_has_not() -> None:
    # 60 m at 6 m/s are 10 s.
    assert stays(track_of([(0, -150, 0), (50, 150, 0)]), CIRCLE) == []


def test_two_positions_that_are_not_joined_are_no_stay() -> None:
    there = [(0.0, 5.0, 0.0), (300.0, 5.0, 0.0)]
    assert stays(track_of(there, [False]), CIRCLE) == []
    assert stays(track_of(there, [True]), CIRCLE) == [Stay(0, 300)]


def test_a_stay_that_is_one_point_counts_with_its_length() -> None:
    one = track_of([(0, 10, 10)])
    long = Track(one.flags, one.x, one.y, one.t, one.t_end + 600, one.joined)
    assert stays(long, CIRCLE) == [Stay(0, 600)]


def test_passing_by_outside_the_radius_is_nothing() -> None:
    assert stays(track_of([(0, -100, 31), (100, 100, 31)]), CIRCLE) == []


def test_coming_back_later_is_a_second_stay() -> None:
    east = [0.0, 0.0, 100.0, 0.0, 0.0]
    walk = [(60.0 * number, x, 0.0) for number, x in enumerate(east)]
    assert len(stays(track_of(walk), CIRCLE)) == 2


def test_no_positions_are_no_stays() -> None:
    assert stays(track_of([], []), CIRCLE) == []
