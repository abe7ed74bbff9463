"""What people do with orders.  Each verb checks who may, moves the order by compare-and-set, and
writes its step in the same transaction; the loser of a race is told who was first.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.models import Team
from cameras.repairs.models import MAX_NOTE, RepairOrder, RepairPhoto
from cameras.repairs.queries import order_for, teams_seen
from cameras.repairs.rights import actions_of
from cameras.repairs.services.deadlines import rules_at
from cameras.repairs.services.steps import (
    changes_of,
    move,
    note_steps,
    passed,
    step_of,
)
from cameras.repairs.workflow import Action, Stage, Status, can
from gis_server import live
from gis_server.errors import Invalid, NotAllowed
from gis_server.models import User

MAX_PARTS, MAX_PART_NAME, MAX_PART_COUNT = 20, 60, 999
MAX_PHOTOS = 6
LONGEST_WAIT = timedelta(days=365)


def ready(by: User, order_id: int, action: Action) -> RepairOrder:
    """The order, if this user may do this with it now.

    Raises:
        NotFound: there is no such order in the user's reach.
        Conflict: the order has moved on; it says who was first.
        NotAllowed: it is another team's, or only a leader's to do.
    """
    order = order_for(by, order_id)
    if action in actions_of(by, order):
        return order
    if not follows(action, Status(order.state)):
        raise passed(order)
    raise NotAllowed(
        _("This order is another team's, or this step is not yours: ask whoever leads the repairs.")
    )


def follows(action: Action, status: Status) -> bool:
    """Whether the state alone allows it."""
    if action in (Action.ASK, Action.DECLINE):
        return status is Status.REPAIRED
    return action is Action.NOTE or can(action, status)


def accept(*, by: User, order_id: int, now: datetime) -> RepairOrder:
    """Take an order on.  Of two who press the button together one has it.  Raises: see `ready`."""
    order = ready(by, order_id, Action.ACCEPT)
    values = {"accepted_by": by, "accepted_at": now}
    return move(order, Action.ACCEPT, by=by, now=now, values=values)


def arrive(*, by: User, order_id: int, now: datetime) -> RepairOrder:
    order = ready(by, order_id, Action.ARRIVE)
    return move(order, Action.ARRIVE, by=by, now=now, values={"arrived_at": now})


@transaction.atomic
def repair(
    *,
    by: User,
    order_id: int,
    note: str,
    parts: Sequence[Mapping[str, Any]],
    photos: Sequence[int],
    now: datetime,
) -> RepairOrder:
    """Say that it is repaired, with what was done and used; the machine proves it from now on.

    photos: ids of photos that were uploaded to this order before.

    Raises:
        Invalid: parts or photos that are none, or too many.
        And see `ready`.
    """
    order = ready(by, order_id, Action.REPAIR)
    used = check_parts(parts)
    use_photos(by, order, photos)
    return move(
        order,
        Action.REPAIR,
        by=by,
        now=now,
        values={"repaired_by": by, "repaired_at": now},
        note=check_note(note),
        parts=used,
        photos=list(photos),
    )


def refuse(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    """Give an order back with a reason; a leader routes it anew or ends it."""
    order = ready(by, order_id, Action.REFUSE)
    return move(order, Action.REFUSE, by=by, now=now, note=check_note(note, needed=True))


def wait(
    *, by: User, order_id: int, waits_for: str, review_on: date, note: str, now: datetime
) -> RepairOrder:
    """Let an order wait for somebody else until a day; the clocks stand still until then.

    Raises:
        Invalid: for nobody known, or until a day that has begun or is more than a year away.
        And see `ready`.
    """
    order = ready(by, order_id, Action.WAIT)
    if waits_for not in RepairOrder.WaitsFor.values:
        raise Invalid(_("An order waits for the owner or for the power company."))
    today = timezone.localdate(now)
    if not today < review_on <= today + LONGEST_WAIT:
        raise Invalid(_("Choose a day of review from tomorrow on, within a year."))
    values = {"waits_for": waits_for, "waiting_since": now, "review_on": review_on}
    detail = {"waits_for": waits_for, "review_on": review_on.isoformat()}
    told = check_note(note, needed=True)
    return move(order, Action.WAIT, by=by, now=now, values=values, note=told, detail=detail)


def resume(*, by: User, order_id: int, now: datetime) -> RepairOrder:
    order = ready(by, order_id, Action.RESUME)
    return move(order, Action.RESUME, by=by, now=now)


def agree(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    """Agree to a refusal, which ends the order."""
    order = ready(by, order_id, Action.AGREE)
    values = {"closed_at": now}
    return move(order, Action.AGREE, by=by, now=now, values=values, note=check_note(note))


def withdraw(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    """End an order without a repair, with a reason."""
    order = ready(by, order_id, Action.WITHDRAW)
    told = check_note(note, needed=True)
    return move(order, Action.WITHDRAW, by=by, now=now, values={"closed_at": now}, note=told)


def route(*, by: User, order_id: int, team_id: int, note: str, now: datetime) -> RepairOrder:
    """Give an order to a team, which has its own time to accept it; the rest is due as before.

    Raises:
        Invalid: there is no such team that `by` may see.
        And see `ready`.
    """
    order = ready(by, order_id, Action.ROUTE)
    team = team_for(by, team_id)
    detail = {"team": [order.team_name, team.name]}
    values = given_to(order, team, now)
    told = check_note(note)
    return move(order, Action.ROUTE, by=by, now=now, values=values, note=told, detail=detail)


def team_for(by: User, team_id: int) -> Team:
    team = teams_seen(by).filter(pk=team_id).first()
    if team is None:
        raise Invalid(_("There is no such team in your area (any more): choose another."))
    return team


def given_to(order: RepairOrder, team: Team, now: datetime) -> dict[str, Any]:
    """The columns of an order that begins anew with a team."""
    minutes = rules_at(now)[order.priority]
    return {
        "team": team,
        "team_name": team.name,
        "accepted_by": None,
        "accepted_at": None,
        "arrived_at": None,
        "respond_due": max(order.respond_due, now + timedelta(minutes=minutes.respond_min)),
        "escalated": [one for one in order.escalated if one != Stage.RESPOND],
    }


@transaction.atomic
def add_note(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    order = ready(by, order_id, Action.NOTE)
    told = check_note(note, needed=True)
    note_steps([step_of(order, Action.NOTE, by=by, now=now, note=told)])
    live.record(*changes_of([order]))
    return order


@transaction.atomic
def ask_override(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    """Ask that people say what the machine cannot see: another person decides.

    Raises:
        Conflict: somebody else has asked already, or the order has moved.
        And see `ready`.
    """
    order, told = ready(by, order_id, Action.ASK), check_note(note, needed=True)
    seen = RepairOrder.objects.filter(pk=order.pk, state=Status.REPAIRED.value, override_by=None)
    if seen.update(override_by=by, override_at=now, override_reason=told) != 1:
        raise passed(order)
    note_steps([step_of(order, Action.ASK, by=by, now=now, note=told)])
    live.record(*changes_of([order]))
    return RepairOrder.objects.get(pk=order.pk)


@transaction.atomic
def grant_override(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    """Verify in the machine's place what another asked for and another repaired."""
    order = ready(by, order_id, Action.GRANT)
    told = check_note(note, needed=True)
    held = RepairOrder.objects.filter(
        pk=order.pk, override_by=order.override_by_id, repaired_by=order.repaired_by_id
    )
    if not held.select_for_update().exists():
        raise passed(order)
    values = {"verified_at": now, "verified_how": RepairOrder.How.PEOPLE.value}
    return move(order, Action.GRANT, by=by, now=now, values=values, note=told)


@transaction.atomic
def decline_override(*, by: User, order_id: int, note: str, now: datetime) -> RepairOrder:
    """Say no to what was asked for; the order stays with the machine."""
    order = ready(by, order_id, Action.DECLINE)
    told = check_note(note, needed=True)
    held = RepairOrder.objects.filter(
        pk=order.pk, state=Status.REPAIRED.value, override_by=order.override_by_id
    )
    if held.update(override_by=None, override_at=None, override_reason="") != 1:
        raise passed(order)
    note_steps([step_of(order, Action.DECLINE, by=by, now=now, note=told)])
    live.record(*changes_of([order]))
    return RepairOrder.objects.get(pk=order.pk)


def check_note(note: str, *, needed: bool = False) -> str:
    """Raises Invalid: none where one is needed, too long, or not a text."""
    text = note.strip()
    if len(text) > MAX_NOTE or "\0" in text:
        raise Invalid(_("Write at most %(most)d characters.") % {"most": MAX_NOTE})
    if needed and not text:
        raise Invalid(_("Say why: a reason belongs to this step."))
    return text


def check_parts(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Parts with their names trimmed.  Raises Invalid."""
    if len(parts) > MAX_PARTS:
        raise Invalid(_("At most %(most)d kinds of parts.") % {"most": MAX_PARTS})
    return [check_part(str(one.get("name", "")).strip(), one.get("count")) for one in parts]


def check_part(name: str, count: object) -> dict[str, Any]:
    """Raises Invalid."""
    if not name or len(name) > MAX_PART_NAME or "\0" in name:
        rule = _("A part has a name of at most %(most)d characters.")
        raise Invalid(rule % {"most": MAX_PART_NAME})
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_PART_COUNT:
        raise Invalid(_("Of a part 1 to %(most)d pieces are used.") % {"most": MAX_PART_COUNT})
    return {"name": name, "count": count}


def use_photos(by: User, order: RepairOrder, photos: Sequence[int]) -> None:
    """Mark photos as used, in the caller's transaction.

    Raises:
        Invalid: too many, not of this order and user, or used before.
    """
    if len(photos) > MAX_PHOTOS:
        raise Invalid(_("At most %(most)d photos.") % {"most": MAX_PHOTOS})
    rows = RepairPhoto.objects.filter(pk__in=photos, order=order, by=by, is_used=False)
    if rows.update(is_used=True) != len(set(photos)) or len(set(photos)) != len(photos):
        raise Invalid(_("A photo is not there (any more): take it again."))
