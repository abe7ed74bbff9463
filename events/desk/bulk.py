"""The same step for many events at once: each by itself, with a result for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Event
from events.queries import event_for
from events.rights import DIGITS
from events.services.acting import Told, act
from events.units import divisions_for
from events.workflow import Action, Level
from gis_server.errors import DomainError, Invalid
from gis_server.models import User

MOST_AT_ONCE = 100
IN_BULK = (Action.ACCEPT, Action.FILE, Action.DISPATCH)


@dataclass(frozen=True, slots=True)
class Wish:
    """An event, and the newest step of it that the page showed."""

    event_id: int
    seen: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one; said: why not, in words, "" where it was done."""

    event_id: int
    number: str
    done: bool
    said: str = ""


def act_on_all(
    *, by: User, action: str, wishes: Sequence[Wish], unit: str = "", now: datetime
) -> list[Outcome]:
    """Take the step with each event in a transaction of its own: who loses one race goes on.

    unit: a key of `units.Unit`, for a dispatch; "" sends each to the division at its own level.

    Raises:
        Invalid: no step that is done in bulk, no event, or too many.
    """
    if action not in IN_BULK:
        raise Invalid(_("Only accepting, filing and dispatching are done for many at once."))
    known = {wish.event_id: wish for wish in wishes}
    if not 1 <= len(known) <= MOST_AT_ONCE:
        raise Invalid(_("Choose 1 to %(most)d events.") % {"most": MOST_AT_ONCE})
    # In one order, so that two who press at once do not wait for each other crosswise.
    return [_one(by, action, known[key], unit, now) for key in sorted(known)]


def _one(by: User, action: str, wish: Wish, unit: str, now: datetime) -> Outcome:
    number = f"#{wish.event_id}"
    try:
        event = event_for(by, wish.event_id)
        number = event.number or number
        units = [unit or own_unit(event)] if action == Action.DISPATCH else []
        told = Told(seen=wish.seen, units=units)
        act(by=by, event_id=event.pk, action=action, told=told, now=now)
    except DomainError as refused:
        return Outcome(wish.event_id, number, done=False, said=str(refused.message))
    return Outcome(wish.event_id, number, done=True)


def own_unit(event: Event) -> str:
    """The key of the division that answers for the event at its level.

    Raises:
        Invalid: the territory has none.
    """
    digits = next(most for most, level in DIGITS if level is Level(event.level))
    found = (one.key for one in divisions_for(event.scope_code) if len(one.code) == digits)
    key = next(found, None)
    if key is None:
        raise Invalid(_("There is no division at its level to send it to: choose a unit."))
    return key
