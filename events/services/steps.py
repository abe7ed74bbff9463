"""The one way in which an event moves: under a lock of its row, by compare-and-set on its state and
its newest step, with a step and a change for browsers in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.deadlines import late_stages
from events.models import Event, EventPhoto, EventStep, Extension
from events.models.columns import MAX_NOTE
from events.models.event import MAX_PHOTOS
from events.queries import event_for
from events.rights import actions_of, came_too_late
from events.services.deadlines import amber_of, dues_of
from events.texts import MACHINE, state_name
from events.workflow import AT_UNITS, MOVES, OVER, Action, Status, Who, can, next_status
from gis_server import live
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from gis_server.plain_text import shortened

UNIT_LONGEST = 80
# Whose step is about their own part: what others did to the event meanwhile does not matter.
OWN_PART = frozenset({Who.UNIT, Who.PARTY, Who.CONCERNED})


def ready(by: User, event_id: int, action: Action, seen: int = 0) -> Event:
    """The event, locked to the end of the caller's transaction, if this user may do this with it
    now.

    seen: the newest step that the user's page showed; 0: it does not tell.

    Raises:
        NotFound: there is no such event that the user may see.
        Conflict: the event has moved on; it says who was first.
        NotAllowed: it is not this user's to do.
    """
    return ready_for_one(by, event_id, [action], seen)[0]


def ready_for_one(
    by: User, event_id: int, actions: Sequence[Action], seen: int = 0
) -> tuple[Event, Action]:
    """The same for one of several; which one it is.  Raises: see `ready`."""
    known = event_for(by, event_id)
    event = Event.objects.select_for_update(of=("self",)).get(pk=known.pk)
    follows = [one for one in actions if can(one, Status(event.state))]
    if not follows or is_old(event, follows[0], seen):
        raise passed(event)
    allowed = actions_of(by, event)
    doing = next((one for one in follows if one in allowed), None)
    if doing is not None:
        return event, doing
    if came_too_late(by, event, follows[0]):
        raise passed(event)
    raise NotAllowed(
        _(
            "This step is not yours to do: it is another unit's or level's, "
            "or belongs to somebody who has not handled the event."
        )
    )


def is_old(event: Event, action: Action, seen: int) -> bool:
    """Whether the page that the step comes from is of a time before the event's last step."""
    return bool(seen) and seen != event.last_step_id and MOVES[action].who not in OWN_PART


@transaction.atomic
def move(
    event: Event,
    action: Action,
    *,
    by: User | None,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    note: str = "",
    unit: str = "",
    photos: Sequence[int] = (),
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """Take the event from the state it was read in to where the action leads.

    by: None for the machine.  values: columns that change with it.  The rest is the step's.

    Raises:
        Conflict: the action does not follow from its state, or somebody else was first.
        Invalid: a reason is missing or too long, or a photo is not there.
    """
    before = Status(event.state)
    if not can(action, before):
        raise passed(event)
    after = next_status(action, before)
    told = check_note(note, needed=MOVES[action].needs_note and by is not None)
    columns = leaving(event, before, after, now) | dict(values or {}) | {"state": after.value}
    columns["overdue"] = bool(late_stages(after, dues_of(event, columns), now))
    step = step_of(event, action, by=by, now=now, before=before, columns=columns)
    step.unit = shortened(unit, UNIT_LONGEST)
    step.note, step.detail = told, dict(detail or {})
    step.photos = list(photos)
    step.save(force_insert=True)
    columns["last_step_id"] = step.pk
    same = Event.objects.filter(pk=event.pk, state=before.value, last_step_id=event.last_step_id)
    if same.update(**columns) != 1:
        raise passed(event, but=step.pk)
    for name, value in columns.items():
        setattr(event, name, value)
    keep_photos(event, step, by, photos)
    live.record(change_of(event, action))
    return event


def note_step(
    event: Event,
    action: Action,
    *,
    by: User | None,
    now: datetime,
    note: str = "",
    photos: Sequence[int] = (),
    detail: Mapping[str, Any] | None = None,
) -> EventStep:
    """The first step of an event that was just entered (REPORT), in the caller's transaction; tells
    browsers.  What comes later is `move`.
    """
    step = step_of(event, action, by=by, now=now, before=None, columns={})
    step.note, step.photos, step.detail = note, list(photos), dict(detail or {})
    step.save(force_insert=True)
    Event.objects.filter(pk=event.pk).update(last_step_id=step.pk)
    event.last_step_id = step.pk
    live.record(change_of(event, action))
    return step


def leaving(event: Event, before: Status, after: Status, now: datetime) -> dict[str, Any]:
    """What changing its state changes by itself: the next deadline, and what was asked for."""
    if before is after:
        return {}
    if before in AT_UNITS and after not in AT_UNITS:
        open_ones = Extension.objects.filter(event=event, granted=None)
        open_ones.update(granted=False, decided_at=now)
    ends = {"closed_at": now} if after in OVER else {}
    begins = {"closed_at": None} if before in OVER and after not in OVER else {}
    return ends | begins | amber_of(event, after, now)


def step_of(
    event: Event,
    action: Action,
    *,
    by: User | None,
    now: datetime,
    before: Status | None,
    columns: Mapping[str, Any],
) -> EventStep:
    """A step, not stored yet; columns: what it changes in the event."""
    return EventStep(
        event=event,
        at=now,
        user_id=by.pk if by else None,
        who=by.get_full_name() if by else "",
        action=action.value,
        before=before.value if before else "",
        after=columns.get("state", event.state),
        level=columns.get("level", event.level),
        close_due=columns.get("close_due", event.close_due),
    )


def passed(event: Event, but: int = 0) -> Conflict:
    """Why a step came too late, and who was first; but: the step itself, where it is written."""
    row = Event.objects.get(pk=event.pk)
    last = EventStep.objects.filter(event=event).exclude(pk=but).order_by("-id").first()
    state = state_name(row.state)
    if last is None:
        return Conflict(
            _("This event is “%(state)s”: this step does not follow.") % {"state": state}
        )
    rule = _("%(who)s was first: since %(at)s this event is “%(state)s”.  Look at it anew.")
    at = timezone.localtime(last.at)
    who = last.who or MACHINE
    return Conflict(rule % {"who": who, "at": f"{at:%m-%d %H:%M:%S}", "state": state})


def check_note(note: str, *, needed: bool = False) -> str:
    """Raises Invalid: none where one is needed, too long, or not a text."""
    text = note.strip()
    if len(text) > MAX_NOTE or "\0" in text:
        raise Invalid(_("Write at most %(most)d characters.") % {"most": MAX_NOTE})
    if needed and not text:
        raise Invalid(_("Say why: a reason belongs to this step."))
    return text


def keep_photos(event: Event, step: EventStep, by: User | None, photos: Sequence[int]) -> None:
    """Bind photos that `by` has sent to the step.

    Raises:
        Invalid: too many, not of this user, or used before.
    """
    if not photos:
        return
    if len(photos) > MAX_PHOTOS:
        raise Invalid(_("At most %(most)d photos.") % {"most": MAX_PHOTOS})
    rows = EventPhoto.objects.filter(pk__in=photos, by=by, event=None)
    if len(set(photos)) != len(photos) or rows.update(event=event, step_id=step.pk) != len(photos):
        raise Invalid(_("A photo is not there (any more): take it again."))


def change_of(event: Event, action: Action) -> live.Change:
    """What browsers hear: no more than who may see the place may know."""
    return live.Change(
        "event",
        str(event.pk),
        event.scope_code,
        {
            "number": event.number,
            "state": event.state,
            "severity": event.severity,
            "level": event.level,
            "action": action.value,
        },
    )
