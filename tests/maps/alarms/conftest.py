"""A town of two streets, its operators, and things that go wrong in it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

import pytest
from django.contrib.gis.geos import Point
from django.core.cache import cache
from django.utils import timezone

from cameras.health import State
from cameras.models import Camera, CameraState, Outage, OutageMember, Owner, Team
from events.models import Event
from gis_server.models import User
from gis_server.roles import Role
from tests.events.town import OTHER_STREET, STREET, Town, make_event, make_person, make_town

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REASON = "connect_timeout"
_numbers = count(1)


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    cache.clear()


@pytest.fixture
def now() -> datetime:
    """Of this moment, since pages ask the clock."""
    return timezone.now().astimezone(UTC)


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def operator(town: Town) -> User:
    return make_person("op", Role.OPERATOR, "140107")


@pytest.fixture
def street_leader(town: Town) -> User:
    return make_person("shen", Role.STREET_LEADER, STREET)


@pytest.fixture
def neighbour(town: Town) -> User:
    """Leads the other street."""
    return make_person("lin", Role.STREET_LEADER, OTHER_STREET)


class MakeUrgent(Protocol):
    def __call__(self, at: datetime, **values: Any) -> Event: ...


@pytest.fixture
def urgent(town: Town) -> MakeUrgent:
    """An urgent event that nobody has accepted."""

    def make(at: datetime, **values: Any) -> Event:
        values = {"severity": "urgent", "level": "district", "state": "reported"} | values
        return make_event(town.entry, at=at, **values)

    return make


class Fallen(Protocol):
    def __call__(self, at: datetime, *scopes: str, suspect: str = "", **values: Any) -> Outage: ...


def make_camera(scope: str, **values: Any) -> Camera:
    number = next(_numbers)
    camera = Camera.objects.create(
        code=f"A{number:04}",
        name=values.pop("name", f"Gate {number}"),
        point=Point(112.56 + number / 10_000, 37.88, srid=4326),
        scope_code=scope,
        host=f"10.9.{number // 250}.{number % 250 + 1}",
        owner=Owner.objects.get_or_create(name="Water works")[0],
        team=Team.objects.get_or_create(name="Team 1")[0],
        **values,
    )
    when = datetime(2026, 3, 1, tzinfo=UTC)
    CameraState.objects.create(
        camera=camera, state=State.OFFLINE, reason=REASON, since=when, due_at=when
    )
    return camera


@pytest.fixture
def fallen(town: Town) -> Fallen:
    """An outage with one camera in each of these territories."""

    def make(at: datetime, *scopes: str, suspect: str = "", **values: Any) -> Outage:
        outage = Outage.objects.create(
            opened_at=at, told_at=at, reason=REASON, suspect_name=suspect,
            suspect_kind="switch" if suspect else "",
        )  # fmt: skip
        for scope in scopes:
            OutageMember.objects.create(
                outage=outage, camera=make_camera(scope, **values), joined_at=at, reason=REASON
            )
        return outage

    return make
