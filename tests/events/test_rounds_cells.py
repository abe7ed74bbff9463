"""What video rounds have shown, as cells of the plane."""

from datetime import datetime, timedelta

import numpy as np
import pytest
import shapely

from cameras.models import Camera
from events.models import VideoSeen
from events.rounds.cells import shown_in
from events.rounds.services import note_seen
from gis_server.geo import to_metric
from patrols.plane import Times
from patrols.seen import video
from patrols.seen.windows import Window
from tests.events.test_rounds import make_camera
from tests.events.town import NOW, Town

HOUR = timedelta(hours=1)
REACH = 8
"""Cells on each side of a camera."""


@pytest.fixture
def camera(town: Town) -> Camera:
    """It looks to the east, 60 degrees wide."""
    return make_camera(direction_deg=90, view_angle_deg=60)


def around(camera: Camera) -> tuple[int, int, int, int]:
    here = to_metric(shapely.Point(camera.point.x, camera.point.y))
    return int(here.x // 10) - REACH, int(here.y // 10) - REACH, 2 * REACH + 1, 2 * REACH + 1


def shown(camera: Camera, begins: datetime | None = None, until: datetime = NOW) -> Times:
    return shown_in(around(camera), begins, until)


def test_the_cells_of_a_sector_have_the_time_of_the_picture(camera: Camera) -> None:
    note_seen(camera, NOW - HOUR)

    found = shown(camera)

    # A sector of 50 m and 60 degrees has 1,309 square metres, 13 cells.
    assert 10 <= np.count_nonzero(found) <= 16
    assert set(found[found > 0]) == {int((NOW - HOUR).timestamp())}
    assert found[REACH, REACH + 3] > 0
    assert not found[:, :REACH].any()


def test_the_newest_picture_in_the_time_counts(camera: Camera) -> None:
    for hours in (1, 5, 30):
        note_seen(camera, NOW - hours * HOUR)

    times = ((None, NOW), (NOW - 40 * HOUR, NOW - 3 * HOUR), (NOW - 3 * HOUR, NOW - 2 * HOUR))
    at = [int(shown(camera, *time)[REACH, REACH + 3]) for time in times]

    ages = [(NOW.timestamp() - t) / 3600 if t else None for t in at]
    assert ages == [1, 5, None]


def test_a_camera_that_was_turned_has_shown_both_sectors(camera: Camera) -> None:
    note_seen(camera, NOW - 2 * HOUR)
    camera.direction_deg = 270
    note_seen(camera, NOW - HOUR)

    found = shown(camera)

    assert found[REACH, REACH + 3] == int((NOW - 2 * HOUR).timestamp())
    assert found[REACH, REACH - 3] == int((NOW - HOUR).timestamp())


def test_a_box_elsewhere_and_nothing_looked_at_are_empty(camera: Camera) -> None:
    assert not shown(camera).any()
    note_seen(camera, NOW)
    x0, y0, width, height = around(camera)
    assert not shown_in((x0 + 1000, y0, width, height), None, NOW).any()
    assert shown_in((x0, y0, 0, 0), None, NOW).shape == (0, 0)


def test_pages_of_patrols_hear_of_it_and_of_what_is_taken_back(camera: Camera) -> None:
    note_seen(camera, NOW - 30 * HOUR)
    window = Window(NOW)

    assert video.times_in(around(camera), window).any()
    # Drawn is what was shown within a day, or in the time that was asked for.
    assert not video.shown(around(camera), window).any()
    assert video.shown(around(camera), Window(NOW, NOW - 40 * HOUR)).any()
    VideoSeen.objects.all().delete()
    assert not video.times_in(around(camera), window).any()
