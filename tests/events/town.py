"""A street with two communities, its people and its events, for the tests of this folder."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.gis.geos import Point
from django.db import transaction

from events.models import Category, Department, DepartmentMember, Event, EventStep
from events.services.steps import note_step
from events.workflow import Action
from gis_server.models import User
from gis_server.roles import Role
from grids.models import Division

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""A Monday, nine in the morning in Taiyuan."""
MINUTE = timedelta(minutes=1)
DISTRICT, STREET, COMMUNITY = "140107", "140107001", "140107001001"
OTHER_STREET = "140107002"
GRID = f"{COMMUNITY}001"
_numbers = count(1)


@dataclass
class Town:
    """The divisions, one department, and an entry of the catalogue."""

    district: Division
    street: Division
    community: Division
    department: Department
    entry: Category
    other_entry: Category


def make_town() -> Town:
    district = _division(DISTRICT, "杏花岭区", "district", None)
    street = _division(STREET, "鼓楼街道", "street", district)
    community = _division(COMMUNITY, "鼓楼社区", "community", street)
    group = _entry("T-01", "井盖与道路", None)
    return Town(
        district,
        street,
        community,
        Department.objects.create(name="区城市管理局", area=DISTRICT),
        _entry("T-0101", "井盖缺失", group),
        _entry("T-0102", "路面破损", group),
    )


def _division(code: str, name: str, level: str, parent: Division | None) -> Division:
    kind = {"district": "district", "street": "street_office", "community": "community"}[level]
    return Division.objects.create(
        code=code.ljust(12, "0"), name=name, level=level, kind=kind, parent=parent
    )


def _entry(code: str, name: str, parent: Category | None) -> Category:
    return Category.objects.create(kind="service", code=code, name=name, parent=parent)


def make_person(name: str, role: Role, *scope: str, department: Department | None = None) -> User:
    user = User.objects.create_user(
        name, role=role.value, scope=list(scope), display_name=name.title()
    )
    if department:
        DepartmentMember.objects.create(user=user, department=department)
    return user


def make_event(entry: Category, *, at: datetime = NOW, **values: Any) -> Event:
    """An event as it was reported, minor and the community's, due in 2 hours, 3 and 5 days."""
    number = next(_numbers)
    known: dict[str, Any] = {
        "number": f"SJ20260302-{number:07}",
        "client_id": uuid4(),
        "kind": entry.kind,
        "severity": "minor",
        "source": "worker",
        "level": "community",
        "text": f"Cover {number} is missing",
        "point": Point(112.56, 37.88, srid=4326),
        "scope_code": GRID,
        "grid_then_code": GRID,
        "reported_at": at,
        "received_at": at,
        "accept_due": at + timedelta(hours=2),
        "handle_due": at + timedelta(days=3),
        "close_due": at + timedelta(days=5),
        "amber_at": at + timedelta(hours=1),
    }
    with transaction.atomic():
        event = Event.objects.create(category=entry, **(known | values))
        note_step(event, Action.REPORT, by=None, now=at)
    return event


def actions(event: Event) -> list[str]:
    return list(EventStep.objects.filter(event=event).values_list("action", flat=True))


def state_of(event: Event) -> str:
    event.refresh_from_db()
    return event.state


def as_(by: User, event: Event) -> dict[str, Any]:
    """Who does it to which event, as every verb is told."""
    return {"by": by, "event_id": event.pk}
