"""Taking alarms: one of those who press wins, the others are told who has it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cameras.models import OutageMember
from events.models import Event
from events.models.event import OPEN_VALUES
from gis_server import audit, beats, live
from gis_server.errors import Conflict, NotFound
from gis_server.models import User
from maps.alarms import sql
from maps.alarms.queries import Alarm, alarm_of
from maps.alarms.ranks import Kind
from maps.models import AlarmTake

KEPT_FOR = timedelta(days=1)
"""So long who took an alarm is remembered at least; after it, while the alarm stands."""
DARK_KEPT_FOR = timedelta(days=14)
LONGEST_NOTE = 200


@transaction.atomic
def take(
    *, by: User, kind: Kind, subject: str, raised_at: datetime, note: str, over: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Say that one has an alarm; of all who say so at once one does.

    raised_at: since when it stood when it was looked at.  over: from whom it is taken over; None
    for one that nobody has.

    Raises:
        NotFound: it is over, or not in the reader's view.
        Conflict: it has grown since it was looked at, or somebody else was first.
    """
    alarm = _seen(by, kind, subject, raised_at, now)
    had = alarm.taken
    if over is None:
        if had is not None:
            raise _has_it(had.who)
        _first(by, alarm, note, now)
    else:
        _from_whom(by, alarm, note, over, now)
    detail = {"note": note} | ({"who": had.who} if had else {})
    _tell(by, alarm, detail, action="alarm.taken")


@transaction.atomic
def say(
    *, by: User, kind: Kind, subject: str, raised_at: datetime, note: str, now: datetime
) -> None:
    """Change one's note of an alarm that one has.  Raises as `take`."""
    alarm = _seen(by, kind, subject, raised_at, now)
    if not _own(by, alarm).update(note=note):
        raise _not_yours(alarm)
    _tell(by, alarm, {"note": note}, action="alarm.noted")


@transaction.atomic
def release(*, by: User, kind: Kind, subject: str, raised_at: datetime, now: datetime) -> None:
    """Give an alarm back that one has.  Raises as `take`."""
    alarm = _seen(by, kind, subject, raised_at, now)
    if not _own(by, alarm).delete()[0]:
        raise _not_yours(alarm)
    _tell(by, alarm, {}, action="alarm.released")


def _seen(by: User, kind: Kind, subject: str, raised_at: datetime, now: datetime) -> Alarm:
    alarm = alarm_of(by, kind, subject, now)
    if alarm is None:
        raise NotFound(_("This alarm is over, or it is not in your area."))
    if alarm.raised_at != raised_at:
        raise Conflict(_("More has come to this alarm since you looked. Look at it again."))
    return alarm


def _first(by: User, alarm: Alarm, note: str, now: datetime) -> None:
    row, is_first = AlarmTake.objects.get_or_create(
        kind=alarm.kind.value,
        subject=alarm.subject,
        raised_at=alarm.raised_at,
        defaults={"by": by, "who": _name(by), "at": now, "note": note},
    )
    if not is_first:
        raise _has_it(row.who)


def _from_whom(by: User, alarm: Alarm, note: str, over: int, now: datetime) -> None:
    if alarm.taken is None:
        raise Conflict(_("Nobody has this alarm any more. Take it."))
    rows = AlarmTake.objects.filter(pk=alarm.taken.id, by=over)
    if not rows.update(by=by, who=_name(by), at=now, note=note):
        # Read anew: between the look and the press somebody else may have been first.
        now_has = AlarmTake.objects.filter(pk=alarm.taken.id).first()
        raise _has_it(now_has.who if now_has else alarm.taken.who)


def _own(by: User, alarm: Alarm) -> QuerySet[AlarmTake]:
    rows = AlarmTake.objects.filter(by=by)
    return rows.filter(pk=alarm.taken.id) if alarm.taken else rows.none()


def _has_it(who: str) -> Conflict:
    return Conflict(_("%(who)s has taken this alarm.") % {"who": who}, {"who": who})


def _not_yours(alarm: Alarm) -> Conflict:
    if alarm.taken is None:
        return Conflict(_("Nobody has this alarm any more. Take it."))
    return _has_it(alarm.taken.who)


def _name(by: User) -> str:
    return by.display_name or by.get_username()


def _tell(by: User, alarm: Alarm, detail: dict[str, str], *, action: str) -> None:
    """Into the audit trail, and to every wall in whose area the alarm lies."""
    audit.note(
        by=by, action=action, subject=f"{alarm.kind} {alarm.subject}", scope=alarm.street,
        detail=detail,
    )  # fmt: skip
    live.record(*_changes(alarm))


def _changes(alarm: Alarm) -> list[live.Change]:
    if not alarm.street:
        return [live.Change("alarm", alarm.kind.value, "")]
    changes = live.by_street("alarm", [alarm.street, *_codes(alarm)])
    # Of which one says nothing: who hears it asks for what they may see.
    return [live.Change("alarm", alarm.kind.value, one.scope, parts=one.parts) for one in changes]


def _codes(alarm: Alarm) -> Iterable[str]:
    """Where it lies, outside of the taker's reach too.  One query at most."""
    if alarm.kind in (Kind.OUTAGE, Kind.CAMERA):
        members = OutageMember.objects.filter(outage=int(alarm.subject), left_at=None)
        return members.order_by().values_list("camera__scope_code", flat=True).distinct()
    if alarm.kind is Kind.URGENT:
        return Event.objects.filter(pk=int(alarm.subject)).values_list("scope_code", flat=True)
    if alarm.kind is Kind.LATE:
        events = Event.objects.filter(
            state__in=OPEN_VALUES, level="district", scope_code__startswith=alarm.street
        )
        return events.order_by().values_list("scope_code", flat=True).distinct()
    return []


_OVER = """
    DELETE FROM maps_alarmtake AS take WHERE take.at < %(before)s AND take.kind <> 'dark'
      AND NOT EXISTS (SELECT FROM alarm WHERE alarm.kind = take.kind
                      AND alarm.subject = take.subject AND alarm.raised_at <= take.raised_at)"""


def prune(now: datetime) -> int:
    """Forget who took alarms that are over, after `KEPT_FOR`; how many.

    Of what is dark, which is not worked out for the whole territory at once, what is old.
    """
    kinds = [kind for kind in Kind if kind is not Kind.DARK]
    branches = sql.united_everywhere([sql.BRANCHES[kind] for kind in kinds])
    values: dict[str, Any] = {
        "at": now,
        "before": now - KEPT_FOR,
        "parts": [part.value for part in beats.Part],
        "after": [beats.SILENT_AFTER[part] for part in beats.Part],
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH alarm ({sql.COLUMNS}) AS ({branches}) {_OVER}", values)
        gone = cursor.rowcount
    dark = AlarmTake.objects.filter(kind=Kind.DARK.value, at__lt=now - DARK_KEPT_FOR)
    return int(gone) + dark.delete()[0]
