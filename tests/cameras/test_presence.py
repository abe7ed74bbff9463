"""Whether anybody is there: a site that nobody asks is told once, and no longer when one comes."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from cameras import services
from cameras.models import Notice, PollerBeat, Site
from cameras.services import Beat
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.cameras.threads import together

MINUTE = timedelta(minutes=1)


def poller(now: datetime, name: str = "p", site: str = "main") -> None:
    values: dict[str, Any] = dict.fromkeys(
        ("in_flight", "asked", "lag_ms", "canaries_up", "canaries"), 0
    )
    beat = Beat(name=name, site=site, started_at=now, suspects_itself=False, **values)
    services.beat(beat, now=now)


def open_notices() -> list[tuple[str, str]]:
    return list(Notice.objects.filter(closed_at=None).values_list("site", "kind"))


def test_a_site_that_nobody_asks_is_told_once(make_camera: MakeCamera, now: datetime) -> None:
    make_camera()
    Site.objects.create(name="empty")
    poller(now)

    assert services.note_absent_pollers(now + MINUTE / 2) == []
    for seconds in (31, 41):
        assert services.note_absent_pollers(now + timedelta(seconds=seconds)) == ["main"]

    assert open_notices() == [("main", "not_asked")]
    assert ChangeRow.objects.filter(topic="notice").count() == 1


def test_a_poller_that_comes_back_ends_it_with_its_first_beat(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera()
    services.note_absent_pollers(now)

    poller(now + MINUTE)

    assert open_notices() == []
    assert ChangeRow.objects.filter(topic="notice").count() == 2


def test_a_site_without_cameras_needs_nobody(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    services.note_absent_pollers(now)
    camera.delete()

    assert services.note_absent_pollers(now) == []
    assert open_notices() == []


def test_who_takes_pictures_is_no_poller(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    services.picture_beat(name="x", site="main", started_at=now, in_flight=0, taken=5, now=now)

    assert services.note_absent_pollers(now) == ["main"]
    assert services.takes_pictures(camera, now + MINUTE / 2)
    assert not services.takes_pictures(camera, now + MINUTE)
    assert PollerBeat.objects.get().kind == "pictures"


def test_a_store_that_is_full_is_told_once_and_its_end_too(db: None, now: datetime) -> None:
    assert services.note_store("main", "No space left on device", now)
    assert not services.note_store("main", "No space left on device", now)
    assert open_notices() == [("main", "no_store")]
    assert services.note_store("main", "", now + MINUTE)
    assert open_notices() == []


@pytest.mark.django_db(transaction=True)
def test_of_jobs_that_see_it_together_one_says_it(make_camera: MakeCamera, now: datetime) -> None:
    make_camera()

    together(*(partial(services.note_absent_pollers, now) for _ in range(4)))

    assert Notice.objects.count() == 1
