"""What whoever leads does with an event: accept, file, pass on, supervise, classify, end, reopen.

Each verb locks the event, checks who may, moves it, and writes its step in the same transaction;
the loser of a race is told who was first.  Raises, all of them: see `steps.ready`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events.deadlines import Case
from events.models import Category, Event
from events.services.copies import copy_below
from events.services.deadlines import begun_anew, classified, filed
from events.services.steps import move, ready
from events.workflow import LEVELS, ROUTES, Action, Level, Severity, Stage, above
from gis_server.errors import Invalid
from gis_server.models import User


@transaction.atomic
def accept(*, by: User, event_id: int, seen: int = 0, note: str = "", now: datetime) -> Event:
    event = ready(by, event_id, Action.ACCEPT, seen)
    return move(event, Action.ACCEPT, by=by, now=now, values={"accepted_at": now}, note=note)


@transaction.atomic
def refuse(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Say that it is not ours to handle, and why."""
    event = ready(by, event_id, Action.REFUSE, seen)
    return move(event, Action.REFUSE, by=by, now=now, values=closed(event), note=note)


def closed(event: Event) -> dict[str, Any]:
    """The columns of an event that is over; `move` says when."""
    return {"closed_level": event.level}


@transaction.atomic
def file(*, by: User, event_id: int, seen: int = 0, note: str = "", now: datetime) -> Event:
    """Make a case of it (立案): from now on its handling has a deadline."""
    event = ready(by, event_id, Action.FILE, seen)
    values = {"filed_at": now} | filed(event, now)
    return move(event, Action.FILE, by=by, now=now, values=values, note=note)


@transaction.atomic
def escalate(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Pass it to the level above; units that have it go on, and its deadlines stay."""
    event = ready(by, event_id, Action.ESCALATE, seen)
    return move(event, Action.ESCALATE, by=by, now=now, note=note, **upwards(event))


def upwards(event: Event) -> dict[str, Any]:
    """The columns and the detail of a step to the level above."""
    level = above(Level(event.level)) or Level.DISTRICT
    values = {"level": level.value, "escalated": event.escalated + 1}
    return {"values": values, "detail": {"level": [event.level, level.value]}}


@transaction.atomic
def supervise(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Put it under supervision (督办): it is counted, and stands out."""
    event = ready(by, event_id, Action.SUPERVISE, seen)
    values = {"supervised": event.supervised + 1}
    return move(event, Action.SUPERVISE, by=by, now=now, values=values, note=note)


@transaction.atomic
def reopen(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Open a closed case again; its clocks begin anew, and what was done stays told."""
    event = ready(by, event_id, Action.REOPEN, seen)
    values = {
        "reopened": event.reopened + 1,
        "filed_at": now,
        "done_at": None,
        "verified_at": None,
        "closed_level": "",
    }
    values |= begun_anew(event, now, Stage.HANDLE)
    return move(event, Action.REOPEN, by=by, now=now, values=values, note=note)


@transaction.atomic
def reconsider(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Take up again what was refused; its clocks begin anew."""
    event = ready(by, event_id, Action.RECONSIDER, seen)
    values = {"accepted_at": None, "closed_level": ""} | begun_anew(event, now)
    return move(event, Action.RECONSIDER, by=by, now=now, values=values, note=note)


@transaction.atomic
def withdraw(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Take back one's own report before anybody has accepted it."""
    event = ready(by, event_id, Action.WITHDRAW, seen)
    return move(event, Action.WITHDRAW, by=by, now=now, values=closed(event), note=note)


@transaction.atomic
def add_note(
    *, by: User, event_id: int, note: str, photos: Sequence[int] = (), now: datetime
) -> Event:
    event = ready(by, event_id, Action.NOTE)
    return move(event, Action.NOTE, by=by, now=now, note=note, photos=photos)


@transaction.atomic
def classify(
    *,
    by: User,
    event_id: int,
    category_id: int,
    severity: str,
    seen: int = 0,
    note: str = "",
    now: datetime,
) -> Event:
    """Give it another entry of the catalogue or another severity, before anybody handles it.

    Its deadlines are those it would have had from the beginning.  Another severity takes its own
    route; what was escalated does not go down again.

    Raises:
        Invalid: no entry in use, no severity, or nothing that would change.
        And see `steps.ready`.
    """
    event = ready(by, event_id, Action.CLASSIFY, seen)
    entry, weight = entry_for(category_id), severity_for(severity)
    level = routed(event, weight).value
    if (entry.pk, weight.value) == (event.category_id, event.severity):
        raise Invalid(_("This is how it is classified: choose another entry or severity."))
    values = {
        "kind": entry.kind,
        "category": entry,
        "severity": weight.value,
        "level": level,
    }
    detail = {
        "category": [event.category.name, entry.name],
        "kind": [event.kind, entry.kind],
        "severity": [event.severity, weight.value],
        "level": [event.level, level],
    }
    values |= classified(event, Case(entry.pk, weight.value, level, event.control))
    event = move(event, Action.CLASSIFY, by=by, now=now, values=values, note=note, detail=detail)
    copy_below(event, now)
    return event


def entry_for(category_id: int) -> Category:
    """Raises Invalid: it is a group, out of use, or not there."""
    entry = Category.objects.filter(pk=category_id, is_active=True, parent__isnull=False).first()
    if entry is None:
        raise Invalid(_("Choose an entry of the catalogue that is in use."))
    return entry


def severity_for(severity: str) -> Severity:
    """Raises Invalid."""
    try:
        return Severity(severity)
    except ValueError:
        raise Invalid(_("Choose a severity: minor, major, urgent or difficult.")) from None


def routed(event: Event, severity: Severity) -> Level:
    """Who answers for it with this severity."""
    level, route = Level(event.level), ROUTES[severity]
    if severity.value == event.severity:
        return level
    return max(level, route, key=LEVELS.index) if event.escalated else route
