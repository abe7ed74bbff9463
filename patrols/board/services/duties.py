"""Verbs of the roster: put somebody on duty, elsewhere, or on it no more.

What has been stays answerable.  A duty is never changed in its place, post, shift or person: it is
withdrawn, and another made.  While the shift runs both count from that moment on; once it is over
only a correction with a reason changes who was there, and the audit trail keeps it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from patrols.board.rights import duty_for, members_seen, must_plan
from patrols.board.services.places import (
    Cell,
    Moment,
    Place,
    lock,
    moment_of,
    must_be_as_seen,
    must_have_reason,
)
from patrols.control import HEIGHT, ControlLevel
from patrols.intake import stale
from patrols.models import Duty, Member
from patrols.models.posts import MAX_TASK

MOST_A_DAY = 8
"""Duties of one person that begin on one day: more is a mistake of whoever sends them."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed of a duty besides where, when and who; see `Duty`."""

    task: str = ""
    lowest: ControlLevel = ControlLevel.USUAL
    highest: ControlLevel = ControlLevel.ONE
    stands_in_for: int | None = None


@transaction.atomic
def assign(
    *, by: User, place: Place, member: int, now: datetime, terms: Terms | None = None,
    seen: str | None = None, reason: str = "",
) -> Duty:  # fmt: skip
    """Put somebody on duty; in a shift that runs from now on, in one that is over with a reason.

    Raises:
        NotFound: a post, shift, person or duty to stand in for that the planner cannot see.
        Invalid: a day too far away, somebody no longer in service, no reason where one is needed.
        Conflict: the cell is not as it was seen, the person is there, or somebody stands in.
    """
    must_plan(by)
    agreed = checked(terms or Terms())
    cell = lock(by, [place], now)[0]
    must_be_as_seen(cell, seen)
    said = must_have_reason(moment_of(cell.span, now), reason)
    person = _lock_member(by, member)
    if agreed.stands_in_for is not None:
        agreed = _in_place_of(cell, person, agreed, agreed.stands_in_for)
    row = _insert(by, cell, person, agreed, now)
    if agreed.stands_in_for is not None:
        _covered_anew(agreed.stands_in_for, row.counts_from or cell.span.begin, cell, now)
    _note(by, row, cell, action="duty.assigned", reason=said)
    return row


@transaction.atomic
def withdraw(*, by: User, duty: int, now: datetime, reason: str = "") -> Duty:
    """Take somebody off the roster: a shift that runs has counted until now; one that is over
    never counts again, and asks for a reason.

    Raises: NotFound, Invalid; Conflict: somebody else was first.
    """
    must_plan(by)
    row = duty_for(by, duty)
    cell = lock(by, [_place(row)], now)[0]
    said = must_have_reason(moment_of(cell.span, now), reason)
    _end(row, cell, now)
    _note(by, row, cell, action="duty.withdrawn", reason=said)
    return row


@transaction.atomic
def move(
    *, by: User, duty: int, to: Place, now: datetime, seen: str | None = None, reason: str = ""
) -> Duty:
    """The same person and terms at another place; whoever stood in for somebody no longer does.

    Raises:
        NotFound, Invalid: see `assign`.
        Conflict: the duty is off the roster, the cell not as seen, or somebody stands in for it.
    """
    must_plan(by)
    row = duty_for(by, duty)
    before, after = lock(by, [_place(row), to], now)
    must_be_as_seen(after, seen)
    if Duty.objects.filter(stands_in_for=row, withdrawn_at=None).exists():
        raise Conflict(_("Somebody stands in for this duty: withdraw the stand-in first."))
    moments = {moment_of(cell.span, now) for cell in (before, after)}
    said = must_have_reason(Moment.OVER if Moment.OVER in moments else Moment.AHEAD, reason)
    _end(row, before, now)
    terms = Terms(row.task, *row.as_levels())
    moved = _insert(by, after, _lock_member(by, row.member_id, is_known=True), terms, now)
    _note(by, moved, after, action="duty.moved", reason=said, since=_words(before))
    return moved


@transaction.atomic
def change(
    *, by: User, duty: int, seen: Terms, wanted: Terms, now: datetime, reason: str = ""
) -> Duty:
    """Another task or other control levels for a duty that has not begun; later only the task.

    Raises: NotFound, Invalid; Conflict: it is not (any more) as it was seen.
    """
    must_plan(by)
    agreed = checked(wanted)
    row = duty_for(by, duty)
    cell = lock(by, [_place(row)], now)[0]
    said = must_have_reason(moment_of(cell.span, now), reason)
    levels = (agreed.lowest.value, agreed.highest.value)
    if levels != (row.lowest, row.highest) and moment_of(cell.span, now) is not Moment.AHEAD:
        message = _("The shift has begun: at which control levels it counts stays as it is.")
        raise Invalid(message)
    rows = Duty.objects.filter(
        pk=row.pk, withdrawn_at=None, task=seen.task, lowest=seen.lowest, highest=seen.highest
    )
    if rows.update(task=agreed.task, lowest=levels[0], highest=levels[1]) != 1:
        raise Conflict(_("Somebody else has changed this duty meanwhile: look at it anew."))
    row.refresh_from_db()
    detail = {"task": [seen.task, row.task], "levels": f"{row.lowest}–{row.highest}"}
    _note(by, row, cell, action="duty.changed", reason=said, **detail)
    return row


@transaction.atomic
def mark_absent(*, by: User, duty: int, is_absent: bool, now: datetime) -> Duty:
    """Say that somebody did not come, or that they did after all: hours of service hang on it.

    Raises:
        NotFound; Invalid: the shift has not begun, or is too long ago.
        Conflict: it is so already, or the duty is off the roster.
    """
    must_plan(by)
    row = duty_for(by, duty)
    cell = lock(by, [_place(row)], now)[0]
    if moment_of(cell.span, now) is Moment.AHEAD:
        raise Invalid(_("The shift has not begun yet: withdraw the duty instead."))
    rows = Duty.objects.filter(pk=row.pk, withdrawn_at=None, is_absent=not is_absent)
    if rows.update(is_absent=is_absent) != 1:
        raise Conflict(_("Somebody else has changed this duty meanwhile: look at it anew."))
    row.is_absent = is_absent
    _note(by, row, cell, action="duty.absence", is_absent=is_absent)
    return row


def checked(terms: Terms) -> Terms:
    """Raises Invalid: a task too long, or levels the wrong way round."""
    task = " ".join(terms.task.split())
    if len(task) > MAX_TASK or "\0" in task:
        raise Invalid(_("A task has at most %(most)d characters.") % {"most": MAX_TASK})
    if HEIGHT[terms.lowest] > HEIGHT[terms.highest]:
        raise Invalid(_("The lowest control level is above the highest."))
    return Terms(task, terms.lowest, terms.highest, terms.stands_in_for)


def _place(row: Duty) -> Place:
    return Place(row.post_id, row.shift_id, row.day)


def _lock_member(by: User, member_id: int, *, is_known: bool = False) -> Member:
    """is_known: they are on duty there already, whoever's people they are."""
    rows = Member.objects.all() if is_known else members_seen(by)
    row = rows.select_for_update(no_key=True).filter(pk=member_id).first()
    if row is None:
        raise NotFound(_("There is no such person in your area (any more)."))
    if not row.is_active:
        raise Invalid(_("%(name)s is no longer in service.") % {"name": row.name})
    return row


def _in_place_of(cell: Cell, person: Member, terms: Terms, replaced_id: int) -> Terms:
    """The same with the levels of the duty that is stood in for.

    Raises: NotFound: no such duty in this cell; Invalid: it is their own.
    """
    replaced = Duty.objects.filter(
        pk=replaced_id, post=cell.post, shift=cell.shift, day=cell.day, withdrawn_at=None
    ).first()
    if replaced is None:
        raise NotFound(_("The duty to stand in for is not on this shift (any more)."))
    if replaced.member_id == person.pk:
        raise Invalid(_("Nobody stands in for themselves."))
    return Terms(terms.task or replaced.task, *replaced.as_levels(), replaced.pk)


def _insert(by: User, cell: Cell, person: Member, terms: Terms, now: datetime) -> Duty:
    must_have_room(person, cell.day)
    if not cell.post.is_active or not cell.shift.is_active:
        raise Invalid(_("This post or shift is out of use."))
    try:
        with transaction.atomic():
            row = Duty.objects.create(
                post=cell.post, shift=cell.shift, day=cell.day, member=person, task=terms.task,
                lowest=terms.lowest.value, highest=terms.highest.value,
                stands_in_for_id=terms.stands_in_for, made_by=by, made_at=now,
                counts_from=now if moment_of(cell.span, now) is Moment.RUNNING else None,
            )  # fmt: skip
    except IntegrityError:
        if terms.stands_in_for is not None:
            message = _("Somebody stands in there already, or %(name)s is on this shift.")
        else:
            message = _("%(name)s is on this shift already.")
        raise Conflict(message % {"name": person.name}) from None
    return row


def must_have_room(person: Member, day: date) -> None:
    """Raises Invalid."""
    if Duty.objects.filter(member=person, day=day, withdrawn_at=None).count() >= MOST_A_DAY:
        rule = _("%(name)s has %(most)d duties on this day already.")
        raise Invalid(rule % {"name": person.name, "most": MOST_A_DAY})


def _end(row: Duty, cell: Cell, now: datetime) -> None:
    """Raises Conflict: it is off the roster already."""
    over = moment_of(cell.span, now) is Moment.OVER
    at = cell.span.begin if over else now
    if Duty.objects.filter(pk=row.pk, withdrawn_at=None).update(withdrawn_at=at) != 1:
        raise Conflict(_("Somebody else has taken this duty off the roster already."))
    row.withdrawn_at = at
    _covered_anew(row.pk, at, cell, now)


def _covered_anew(duty: int, since: datetime, cell: Cell, now: datetime) -> None:
    """What somebody has covered counts only as far as their duty does."""
    if moment_of(cell.span, now) is not Moment.AHEAD:
        stale.mark({duty: since}, now)


def _words(cell: Cell) -> str:
    return f"{cell.day.isoformat()} {cell.post.name} {cell.shift.name}"


def _note(by: User, row: Duty, cell: Cell, *, action: str, **more: Any) -> None:
    detail = {"place": _words(cell), "person": row.member.number} | {
        name: value for name, value in more.items() if value != ""
    }
    audit.note(by=by, action=action, subject=row.pk, scope=cell.post.scope_code, detail=detail)
