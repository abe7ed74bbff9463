"""Parts of the server that work unseen say that they live."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from cameras import services
from gis_server import beats
from gis_server.beats import Part
from gis_server.jobs import say_alive
from gis_server.models import ProcessBeat
from patrols.seen.process import Coverer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def seen(part: Part, place: str = "") -> datetime:
    return ProcessBeat.objects.get(part=part.value, place=place).seen_at


def test_the_newest_sign_counts() -> None:
    for seconds in (0, 20, 10):
        beats.beat(Part.COVER, NOW + timedelta(seconds=seconds))

    assert seen(Part.COVER) == NOW + timedelta(seconds=20)


def test_a_sign_of_before_the_clock_was_set_back_hides_no_silence() -> None:
    beats.beat(Part.COVER, NOW + timedelta(hours=1))
    beats.beat(Part.COVER, NOW)

    assert seen(Part.COVER) == NOW


def test_jobs_say_so_themselves() -> None:
    began = timezone.now()
    say_alive()

    assert began <= seen(Part.JOBS) <= timezone.now()


def test_coverage_says_so_every_quarter_of_a_minute() -> None:
    coverer = Coverer()
    for seconds in (0, 5, 14):
        coverer.once(NOW + timedelta(seconds=seconds))
    assert seen(Part.COVER) == NOW

    coverer.once(NOW + timedelta(seconds=15))
    assert seen(Part.COVER) == NOW + timedelta(seconds=15)

    coverer.once(NOW - timedelta(hours=1))
    assert seen(Part.COVER) == NOW - timedelta(hours=1), "the clock was set back"


def test_pictures_say_so_for_their_site() -> None:
    services.picture_beat(name="p", site="east", started_at=NOW, in_flight=0, taken=0, now=NOW)

    assert seen(Part.PICTURES, "east") == NOW
