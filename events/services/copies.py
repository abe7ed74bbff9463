"""Copies to those whom an event passes by (抄送): 急事直报区级, street and community know of it."""

from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Event, EventCopy
from events.queries import event_for
from events.rights import leads_at
from events.workflow import COPIES, Level, Severity
from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.roles import within_q

DIGITS = {Level.DISTRICT: 6, Level.STREET: 9, Level.COMMUNITY: 12}


def copy_below(event: Event, now: datetime) -> None:
    """Tell the levels that the event goes past, each once.  One query where there is one."""
    EventCopy.objects.bulk_create(copies_below(event, now), ignore_conflicts=True)


def copies_below(event: Event, now: datetime) -> list[EventCopy]:
    """The copies for the levels that the event goes past; not stored yet."""
    most = [DIGITS[level] for level in COPIES.get(Severity(event.severity), ())]
    codes = [event.scope_code[:digits] for digits in most if len(event.scope_code) >= digits]
    return [EventCopy(event=event, code=code, at=now) for code in codes]


def see_copy(*, by: User, event_id: int, now: datetime) -> int:
    """Say that those who lead there have seen it; how many copies that were.

    Raises:
        NotFound: the user sees no such event, or no copy of it is theirs.
    """
    event = event_for(by, event_id)
    mine = EventCopy.objects.filter(within_q(by.reach, "code"), event=event)
    if leads_at(by, event.scope_code) is None or not mine.exists():
        raise NotFound(_("No copy of this event has come to you."))
    return mine.filter(seen_at=None).update(seen_at=now, seen_by=by)
