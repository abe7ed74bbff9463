"""One door for pages and programs: the name of a step, and what was sent with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from cameras.repairs.models import RepairOrder
from cameras.repairs.services import acting
from cameras.repairs.workflow import Action
from gis_server.errors import Invalid, NotFound
from gis_server.models import User


@dataclass(frozen=True, slots=True)
class Sent:
    """What comes with a step; each takes what it needs and leaves the rest.

    parts: [{"name", "count"}]; photos: ids.
    """

    note: str = ""
    team: int = 0
    waits_for: str = ""
    review_on: date | None = None
    parts: Sequence[Mapping[str, Any]] = ()
    photos: Sequence[int] = ()


Who = Mapping[str, Any]


def _noted(verb: Callable[..., RepairOrder]) -> Callable[[Who, Sent], RepairOrder]:
    return lambda who, sent: verb(**who, note=sent.note)


def _plain(verb: Callable[..., RepairOrder]) -> Callable[[Who, Sent], RepairOrder]:
    return lambda who, _sent: verb(**who)


def _repair(who: Who, sent: Sent) -> RepairOrder:
    return acting.repair(**who, note=sent.note, parts=sent.parts, photos=sent.photos)


def _wait(who: Who, sent: Sent) -> RepairOrder:
    if sent.review_on is None:
        raise Invalid(_("Choose a day of review from tomorrow on, within a year."))
    return acting.wait(**who, waits_for=sent.waits_for, review_on=sent.review_on, note=sent.note)


def _route(who: Who, sent: Sent) -> RepairOrder:
    return acting.route(**who, team_id=sent.team, note=sent.note)


VERBS: dict[Action, Callable[[Who, Sent], RepairOrder]] = {
    Action.ACCEPT: _plain(acting.accept),
    Action.ARRIVE: _plain(acting.arrive),
    Action.REPAIR: _repair,
    Action.REFUSE: _noted(acting.refuse),
    Action.WAIT: _wait,
    Action.RESUME: _plain(acting.resume),
    Action.ROUTE: _route,
    Action.AGREE: _noted(acting.agree),
    Action.WITHDRAW: _noted(acting.withdraw),
    Action.ASK: _noted(acting.ask_override),
    Action.GRANT: _noted(acting.grant_override),
    Action.DECLINE: _noted(acting.decline_override),
    Action.NOTE: _noted(acting.add_note),
}


def perform(*, by: User, order_id: int, verb: str, sent: Sent, now: datetime) -> RepairOrder:
    """
    Raises:
        NotFound: there is no such step, or no such order in the user's reach.
        And what the step raises: see `acting`.
    """
    known = {action.value: work for action, work in VERBS.items()}
    if verb not in known:
        raise NotFound(_("There is no such step of a repair order."))
    return known[verb]({"by": by, "order_id": order_id, "now": now}, sent)
