"""Sending somebody on duty somewhere, and what becomes of it: each step by compare-and-set, told to
browsers in the same transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gis_server import live
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.json_body import is_storable
from gis_server.models import User
from gis_server.roles import Permission, may
from patrols.errands.duties import duty_to_send, own_member
from patrols.errands.queries import errands_seen
from patrols.errands.sent import Order
from patrols.errands.workflow import MOVES, OPEN_STATES, Action, State, Who, can
from patrols.models import Duty, Errand, ErrandState, Member
from patrols.models.errands import MAX_ANSWER

OWN_TOPIC = "own_errand"
MOST_OPEN = 10
"""So many errands one person may have at a time; more is a mistake, or a crowd of senders."""
ANSWERS = {action.value: action for action, move in MOVES.items() if move.who is Who.MEMBER}
"""What whoever was sent may say."""


@transaction.atomic
def send(*, by: User, order: Order, now: datetime) -> tuple[Errand, bool]:
    """Send whoever has a duty somewhere; the errand, and whether it is new.

    The same client_id again is the errand that it was, whoever else presses meanwhile.

    Raises:
        NotFound, Conflict: see `duties.duty_to_send`.
        Conflict: the person has too many errands, or the client_id is another sender's.
    """
    known = Errand.objects.filter(client_id=order.client_id).first()
    if known is None:
        duty = duty_to_send(by, order.duty_id, now)
        # Senders to one person stand in a row, so that none of them passes the limit.
        Member.objects.select_for_update().get(pk=duty.member_id)
        check_not_too_many(duty)
        row, is_new = Errand.objects.get_or_create(
            client_id=order.client_id, defaults=columns_of(by, duty, order, now)
        )
        if is_new:
            live.record(change_of(row), *calls_of(row))
            return row, True
        known = row
    if known.sent_by_id != by.pk:
        raise Conflict(_("This client_id is another sender's."))
    return known, False


def columns_of(by: User, duty: Duty, order: Order, now: datetime) -> dict[str, Any]:
    target = order.target
    return {
        "member": duty.member,
        "duty": duty,
        "scope_code": duty.post.scope_code,
        "point": target.point,
        "place": target.place,
        "about_kind": target.about_kind.value,
        "about": target.about,
        "message": order.message,
        "sent_by": by,
        "sender_name": by.get_full_name(),
        "sent_at": now,
    }


def check_not_too_many(duty: Duty) -> None:
    states = [state.value for state in OPEN_STATES]
    count = Errand.objects.filter(member=duty.member_id, state__in=states).count()
    if count >= MOST_OPEN:
        rule = _("%(name)s has %(count)d open errands already: withdraw one, or choose another.")
        raise Conflict(rule % {"name": duty.member.name, "count": count})


def withdraw(*, by: User, errand_id: int, now: datetime) -> Errand:
    """Take an errand back.

    Raises:
        NotFound: there is none at a post in the user's reach.
        Conflict: it is over already.
    """
    errand = errands_seen(by).filter(pk=errand_id).first()
    if errand is None:
        raise NotFound(_("There is no such errand in your area."))
    if not may(by.role, Permission.SEND_PATROLS):
        raise NotAllowed(_("Your role sends nobody."))
    values = {"withdrawn_name": by.get_full_name()}
    return move(errand, Action.WITHDRAW, now=now, values=values)


def answer(*, by: User, errand_id: int, verb: str, note: str, now: datetime) -> Errand:
    """What the person who was sent does with it.  SEE again, after it was seen, changes nothing.

    Raises:
        NotFound: it is nobody's, or another person's; or there is no such step.
        Invalid: no reason is told where one must be.
        Conflict: it is over already, or was withdrawn meanwhile.
    """
    errand = Errand.objects.filter(pk=errand_id, member=own_member(by)).first()
    if errand is None:
        raise NotFound(_("You have no such errand."))
    action = action_of(verb)
    if action is Action.SEE and errand.state != State.SENT:
        return errand
    if len(note) > MAX_ANSWER or not is_storable(note):
        raise Invalid(_("At most %(most)d characters.") % {"most": MAX_ANSWER})
    if MOVES[action].needs_note and not note.strip():
        raise Invalid(_("Say why."))
    values = {"answer": note.strip()} if note.strip() else {}
    return move(errand, action, now=now, values=values)


def action_of(verb: str) -> Action:
    """Raises NotFound: it is no step of whoever was sent."""
    if verb not in ANSWERS:
        raise NotFound(_("There is no such step of an errand."))
    return ANSWERS[verb]


@transaction.atomic
def move(
    errand: Errand, action: Action, *, now: datetime, values: Mapping[str, Any] | None = None
) -> Errand:
    """Take it from the state it was read in to where the action leads.

    Raises:
        Conflict: that does not follow, or somebody else was first.
    """
    before, after = State(errand.state), MOVES[action]
    if not can(action, before):
        raise passed(errand)
    columns = {"state": after.after.value, after.at: now} | dict(values or {})
    if Errand.objects.filter(pk=errand.pk, state=before.value).update(**columns) != 1:
        errand.refresh_from_db()
        if action is Action.SEE:
            # Two pages showed it together, or it has moved on: whatever it is, it was seen.
            return errand
        # It was shown on the phone meanwhile: that takes nobody's step away.
        if errand.state == State.SEEN and before is State.SENT:
            return move(errand, action, now=now, values=values)
        raise passed(errand)
    for name, value in columns.items():
        setattr(errand, name, value)
    # Whose own step it is knows of it.
    live.record(change_of(errand), *(calls_of(errand) if after.who is not Who.MEMBER else []))
    return errand


def passed(errand: Errand) -> Conflict:
    state = ErrandState(errand.state).label
    return Conflict(_("This errand is “%(state)s” by now.") % {"state": state})


def change_of(errand: Errand) -> live.Change:
    """What browsers hear: no more than whoever may see the post may know."""
    data = {"state": errand.state, "duty": errand.duty_id}
    return live.Change("errand", str(errand.pk), errand.scope_code, data)


def calls_of(errand: Errand) -> list[live.Change]:
    """What the phone of whoever is sent hears: no more than that it has to ask."""
    user = errand.member.user_id
    return [] if user is None else [live.Change(OWN_TOPIC, str(user), live.NOWHERE)]


def drop_before(moment: datetime) -> int:
    """Forget errands that were sent before a moment: who was sent where is kept no longer than
    where they were; how many.
    """
    return Errand.objects.filter(sent_at__lt=moment).delete()[0]
