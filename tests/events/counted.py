"""Events whose steps a test tells, and some hundreds of made ones in two streets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from events.models import Category, Department, Event, EventStep
from events.workflow import MOVES, OVER, Action, Status
from fixtures import event_load
from fixtures.event_days import Entry, Ground, Spot, Unit
from grids.codes import prefix
from grids.models import Division, Grid
from tests.events.town import COMMUNITY, Town, make_event

ZONE = ZoneInfo("Asia/Shanghai")
OTHER_COMMUNITY = "140107002001"


def at(text: str) -> datetime:
    """A moment of 2026 by the district's clock: "03-01 08:30"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@transaction.atomic
def lived(entry: Category, due: str, *story: Sequence[str], **values: Any) -> Event:
    """An event with a deadline and these steps after its report, each (moment, action), or (moment,
    action, new deadline), or (moment, action, "", level).
    """
    (reported, _action), *steps = story
    event = make_event(entry, at=at(reported), close_due=at(due), **values)
    for moment, action, *told in steps:
        before, event.state = event.state, (MOVES[Action(action)].after or event.state)
        event.close_due = at(told[0]) if told and told[0] else event.close_due
        event.level = told[1] if len(told) > 1 else event.level
        event.filed_at = event.filed_at or (at(moment) if action == "file" else None)
        is_over = Status(event.state) in OVER
        event.closed_at, event.closed_level = (at(moment), event.level) if is_over else (None, "")
        event.last_step_id = EventStep.objects.create(
            event=event, at=at(moment), action=action, before=before, after=event.state,
            level=event.level, close_due=event.close_due,
        ).pk  # fmt: skip
    if event.state != Status.MERGED:  # which needs another event
        event.save()
    return event


def two_streets(town: Town) -> Ground:
    """Ground for made events: a grid in a community of each of two streets."""
    street = Division.objects.create(
        code="140107002000", name="另一街道", level="street", kind="street_office",
        parent=town.district,
    )  # fmt: skip
    other = Division.objects.create(
        code=OTHER_COMMUNITY, name="另一社区", level="community", kind="community", parent=street
    )
    divisions = [town.district, town.street, town.community, street, other]
    spots = []
    for number, community in enumerate((town.community, other)):
        code = f"{community.code}001"
        grid = Grid.objects.create(code=code, name=f"网格{number}", community=community)
        spots.append(Spot(112.5 + number / 50, 37.9, grid.pk, code, grid.name, f"{number}号", 1.0))
    entries = [
        Entry(one.pk, one.kind, one.name, severity)
        for one, severity in ((town.entry, "minor"), (town.other_entry, "difficult"))
    ]
    offices = [
        *(Department.objects.create(name=f"单位{n}", area="140107") for n in range(3)),
        town.department,
    ]
    units = {prefix(one.code): Unit(one.pk, one.name, prefix(one.code), False) for one in divisions}
    departments = [Unit(one.pk, one.name, one.area, True) for one in offices]
    return Ground(spots, entries, units, departments, ["甲"])


def fill(town: Town, until: datetime, events: int, days: int = 60) -> None:
    event_load.fill(until, events, days=days, ground=two_streets(town))


__all__ = ["COMMUNITY", "OTHER_COMMUNITY", "ZONE", "at", "fill", "lived", "two_streets"]
