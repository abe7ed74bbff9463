"""What of a track is believed, and what is joined."""

import numpy as np
import pytest

from patrols.track import Fixes, Flag, Means, Track, track
from tests.patrols.walks import NOW, START, drift, fixes, walk


def flags(found: Track) -> list[int]:
    return [int(one) for one in found.flags]


def test_a_walk_is_one_way_as_long_as_it_is() -> None:
    found = track(walk(61), Means.FOOT, NOW)

    assert flags(found) == [0] * 61
    assert found.joined.all()
    assert found.length_m == pytest.approx(600 * 1.2)


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        pytest.param({"is_nowhere": [False, True, False]}, Flag.NOWHERE, id="0,0"),
        pytest.param({"is_mock": [False, True, False]}, Flag.MOCK, id="made up"),
        pytest.param({"accuracy_m": [8, 51, 8]}, Flag.INACCURATE, id="inexact"),
        pytest.param({"accuracy_m": [8, -1, 8]}, Flag.INACCURATE, id="a radius below nothing"),
    ],
)
def test_a_fix_is_doubted_by_itself_and_the_others_are_joined(
    given: dict[str, object], flag: Flag
) -> None:
    found = track(fixes([0, 10, 20], [0, 12, 24], 0, **given), Means.FOOT, NOW)

    assert flags(found) == [0, flag, 0]
    assert found.length_m == pytest.approx(24)


def test_an_accuracy_of_50_m_or_none_at_all_is_good_enough() -> None:
    found = track(fixes([0, 10], [0, 12], 0, [50.0, np.nan]), Means.FOOT, NOW)

    assert flags(found) == [0, 0]


def test_five_minutes_ahead_is_a_clock_and_more_is_the_future() -> None:
    found = track(fixes([0, 300, 301], [0, 12, 24], 0), Means.FOOT, START)

    assert flags(found) == [0, 0, Flag.FUTURE]


def test_of_one_second_the_most_exact_counts_in_whatever_order_they_come() -> None:
    found = track(fixes([10, 0, 10.4, 10], [40, 0, 12, 50], 0, [20, 8, 9, 5]), Means.FOOT, NOW)

    assert flags(found) == [Flag.REPEATED, 0, Flag.REPEATED, 0]


def test_the_order_of_arrival_and_repeats_change_nothing() -> None:
    way = walk(40, noise_m=4)
    order = np.random.default_rng(3).permutation(40)
    mixed = np.concatenate([order, order[:15]])
    columns = (way.t, way.x, way.y, way.accuracy_m, way.is_mock, way.is_nowhere)

    again = track(Fixes(*(column[mixed] for column in columns)), Means.FOOT, NOW)
    once = track(way, Means.FOOT, NOW)

    assert again.length_m == once.length_m
    assert (again.x == once.x).all()
    assert int((again.flags == Flag.REPEATED).sum()) == 15


def test_a_single_leap_is_flagged_and_the_way_goes_on_over_it() -> None:
    way = walk(11)
    x = way.x.copy()
    x[5] += 400

    found = track(fixes(way.t - START, x, 0), Means.FOOT, NOW)

    assert flags(found) == [0] * 5 + [Flag.TOO_FAST] + [0] * 5
    assert found.length_m == pytest.approx(100 * 1.2)


def test_a_few_fixes_together_off_the_way_are_a_leap_too() -> None:
    way = walk(20)
    y = np.zeros(20)
    y[8:12] = 900

    found = track(fixes(way.t - START, way.x, y), Means.FOOT, NOW)

    assert [n for n, flag in enumerate(flags(found)) if flag] == [8, 9, 10, 11]


def test_a_ride_is_no_patrol_on_foot_but_one_by_bike() -> None:
    t = np.arange(30) * 10.0
    x = np.concatenate(
        [np.arange(10) * 12.0, 108 + np.arange(1, 11) * 70.0, 808 + np.arange(10) * 12]
    )

    on_foot = track(fixes(t, x, 0), Means.FOOT, NOW)
    by_bike = track(fixes(t, x, 0), Means.BIKE, NOW)

    assert sum(flag == Flag.TOO_FAST for flag in flags(on_foot)) >= 8
    assert on_foot.length_m < 2 * 9 * 12 + 70
    assert not by_bike.flags.any()


def test_noise_within_the_accuracy_is_no_speed() -> None:
    """A fix a second, 20 m to and fro, and the phone says 15 m: nobody ran."""
    x = np.tile([0.0, 20.0], 30) + np.arange(60) * 1.2

    found = track(fixes(np.arange(60), x, 0, 15.0), Means.FOOT, NOW)

    assert not (found.flags & Flag.TOO_FAST).any()


def test_half_an_hour_of_lying_still_walks_nowhere() -> None:
    still = drift(180)
    walked = float(np.hypot(np.diff(still.x), np.diff(still.y)).sum())

    found = track(still, Means.FOOT, NOW)

    assert walked > 1_000
    assert found.length_m == 0
    assert set(flags(found)) == {Flag.STILL}
    assert len(found.x) == 1
    assert found.t_end[0] - found.t[0] == 179 * 10


def test_a_stay_between_two_walks_is_one_point_of_the_way() -> None:
    t = np.arange(150) * 10.0
    x = np.concatenate([np.arange(45) * 12, np.full(60, 540.0), 540 + np.arange(1, 46) * 12])

    found = track(fixes(t, x, 0), Means.FOOT, NOW)

    stays = np.flatnonzero(found.t_end - found.t > 0)
    assert len(stays) == 1
    # A window may hold a little of the way before and after and still keep within its radius.
    assert 590 <= found.t_end[stays[0]] - found.t[stays[0]] <= 750
    assert found.x[stays[0]] == pytest.approx(540, abs=15)
    assert found.length_m == pytest.approx(1080, abs=5)
    assert found.joined.all()


def test_a_slow_walk_is_no_stay() -> None:
    found = track(walk(60, speed_ms=0.5), Means.FOOT, NOW)

    assert not found.flags.any()


@pytest.mark.parametrize(
    ("seconds", "metres", "joined"),
    [
        pytest.param(120, 200, True, id="at both limits"),
        pytest.param(121, 100, False, id="too long a pause"),
        pytest.param(100, 201, False, id="too far"),
        pytest.param(30, 120, False, id="too fast"),
    ],
)
def test_what_is_too_far_apart_is_not_joined(seconds: float, metres: float, joined: bool) -> None:
    found = track(fixes([0, seconds], [0, metres], 0), Means.FOOT, NOW)

    assert list(found.joined) == [joined]
    assert flags(found) == [0, 0]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_anything_is_a_track_too(count: int) -> None:
    found = track(walk(count), Means.FOOT, NOW)

    assert len(found.x) == count
    assert len(found.joined) == max(count - 1, 0)


def test_nothing_but_doubt_leaves_no_track() -> None:
    found = track(fixes([0, 10], 0, 0, is_mock=True), Means.FOOT, NOW)

    assert len(found.x) == len(found.joined) == 0
    assert found.length_m == 0
