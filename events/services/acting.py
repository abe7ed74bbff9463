"""One door to all verbs, for pages and programs that get an action as a word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event
from events.services import checking, consulting, extending, handling, leading, merging, sending
from events.workflow import Action
from gis_server.errors import Invalid
from gis_server.models import User


@dataclass(frozen=True, slots=True)
class Told:
    """What comes with an action; each verb takes its part of it.

    seen: the newest step that the page showed.  units: keys of `units.Unit`.  photos: ids.
    """

    seen: int = 0
    note: str = ""
    units: Sequence[str] = ()
    photos: Sequence[int] = ()
    task_id: int = 0
    party_id: int = 0
    until: datetime | None = None
    into: int = 0
    category_id: int = 0
    severity: str = ""


Verb = Callable[..., Event]
PLAIN = ("seen", "note")
VERBS: dict[Action, tuple[Verb, tuple[str, ...]]] = {
    Action.ACCEPT: (leading.accept, PLAIN),
    Action.REFUSE: (leading.refuse, PLAIN),
    Action.FILE: (leading.file, PLAIN),
    Action.DISPATCH: (sending.dispatch, (*PLAIN, "units")),
    Action.ADD_UNIT: (sending.add_unit, (*PLAIN, "units")),
    Action.RECALL: (sending.recall, PLAIN),
    Action.TAKE: (handling.take, (*PLAIN, "task_id")),
    Action.FINISH: (handling.finish, (*PLAIN, "task_id", "photos")),
    Action.FINISH_PART: (handling.finish, (*PLAIN, "task_id", "photos")),
    Action.HAND_BACK: (handling.give_up, (*PLAIN, "task_id")),
    Action.GIVE_UP_PART: (handling.give_up, (*PLAIN, "task_id")),
    Action.VERIFY: (checking.verify, (*PLAIN, "photos")),
    Action.REWORK: (checking.rework, (*PLAIN, "photos")),
    Action.CLOSE: (checking.close, PLAIN),
    Action.REOPEN: (leading.reopen, PLAIN),
    Action.RECONSIDER: (leading.reconsider, PLAIN),
    Action.WITHDRAW: (leading.withdraw, PLAIN),
    Action.ESCALATE: (leading.escalate, PLAIN),
    Action.CONSULT: (consulting.consult, (*PLAIN, "units")),
    Action.OPINE: (consulting.opine, ("note", "party_id")),
    Action.DECIDE: (consulting.decide, PLAIN),
    Action.SUPERVISE: (leading.supervise, PLAIN),
    Action.ASK_TIME: (extending.ask_time, (*PLAIN, "until")),
    Action.GRANT_TIME: (extending.grant_time, PLAIN),
    Action.DECLINE_TIME: (extending.decline_time, PLAIN),
    Action.MERGE: (merging.merge, (*PLAIN, "into")),
    Action.UNMERGE: (merging.unmerge, PLAIN),
    Action.CLASSIFY: (leading.classify, (*PLAIN, "category_id", "severity")),
    Action.NOTE: (leading.add_note, ("note", "photos")),
}
"""What people do; the machine's own steps are not among it."""


def act(*, by: User, event_id: int, action: str, told: Told, now: datetime) -> Event:
    """Do what the word says.

    Raises:
        Invalid: no such action, or something that it needs was not told.
        And what the verb raises.
    """
    try:
        verb, names = VERBS[Action(action)]
    except (ValueError, KeyError):
        raise Invalid(_("There is no such step of an event.")) from None
    given: dict[str, Any] = {name: getattr(told, name) for name in names}
    if "until" in given and given["until"] is None:
        raise Invalid(_("Say until when."))
    return verb(by=by, event_id=event_id, now=now, **given)
