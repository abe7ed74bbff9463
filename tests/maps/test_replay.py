"""A shift in whole numbers: what is joined, thinned, and read back to the metre."""

import numpy as np
import pytest

from maps.onduty.replay import packed, runs, unpacked
from patrols.track import Means, track
from tests.patrols.walks import NOW, START, drift, fixes, walk


def test_a_way_without_gaps_is_one_run_with_its_ends() -> None:
    way = track(walk(361), Means.FOOT, NOW)

    [(t, x, y)] = runs(way, 30)

    # An hour in steps of half a minute: the first of each, and the last.
    assert t[0] == START
    assert t[-1] == START + 3600
    assert len(t) == 121
    assert (np.diff(t) <= 30).all()
    assert x[-1] == pytest.approx(3600 * 1.2)
    assert len(y) == len(t)


def test_nothing_is_told_between_what_is_not_joined() -> None:
    there = np.concatenate([np.arange(0, 600, 10), np.arange(1200, 1800, 10)])

    first, second = runs(track(fixes(there, there * 1.2, there * 0), Means.FOOT, NOW), 30)

    assert first[0][-1] == START + 590
    assert second[0][0] == START + 1200


def test_who_stands_is_there_from_the_beginning_of_the_stay_to_its_end() -> None:
    [(t, x, _y)] = runs(track(drift(181), Means.FOOT, NOW), 30)

    assert t.tolist() == [START, START + 1800]
    assert x[0] == x[1]


def test_of_no_track_there_is_no_run() -> None:
    assert list(runs(track(fixes([], [], []), Means.FOOT, NOW), 30)) == []


def test_numbers_say_the_same_to_the_metre() -> None:
    t = START + np.array([0.0, 31.4, 64.0, 3600.6])
    lon, lat = 112.57 + np.array([0, 1e-4, -3e-4, 0.02]), 37.88 + np.array([0, 2e-5, 4e-5, -0.01])
    origin = (112.5, 37.8)

    numbers = packed(t, lon, lat, START, origin)
    read = unpacked(numbers, START, origin)

    assert all(type(one) is int for one in numbers)
    assert np.abs(read[:, 0] - t).max() <= 0.5
    assert np.abs(read[:, 1] - lon).max() <= 0.5e-5 + 1e-9
    assert np.abs(read[:, 2] - lat).max() <= 0.5e-5 + 1e-9
