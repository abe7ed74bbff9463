"""The words for people: states, steps, stages of repair orders."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cameras.repairs.workflow import Action, Stage, Status

STATES: dict[Status, str | Promise] = {
    Status.OPEN: pgettext_lazy("order", "Not accepted"),
    Status.ACCEPTED: pgettext_lazy("order", "Accepted"),
    Status.ON_SITE: pgettext_lazy("order", "On site"),
    Status.REPAIRED: pgettext_lazy("order", "Repaired, to be proved"),
    Status.VERIFIED: pgettext_lazy("order", "Verified"),
    Status.CLOSED: pgettext_lazy("order", "Closed"),
    Status.REFUSED: pgettext_lazy("order", "Refused"),
    Status.WAITING: pgettext_lazy("order", "Waiting"),
    Status.WITHDRAWN: pgettext_lazy("order", "Withdrawn"),
}
BADGES: dict[Status, str] = {
    Status.OPEN: "bad",
    Status.ACCEPTED: "warn",
    Status.ON_SITE: "warn",
    Status.REPAIRED: "warn",
    Status.VERIFIED: "good",
    Status.CLOSED: "off",
    Status.REFUSED: "bad",
    Status.WAITING: "off",
    Status.WITHDRAWN: "off",
}
STEPS: dict[Action, str | Promise] = {
    Action.OPENED: pgettext_lazy("step", "Order opened"),
    Action.ACCEPT: pgettext_lazy("step", "Accepted"),
    Action.ARRIVE: pgettext_lazy("step", "Arrived on site"),
    Action.REPAIR: pgettext_lazy("step", "Reported as repaired"),
    Action.REFUSE: pgettext_lazy("step", "Refused"),
    Action.WAIT: pgettext_lazy("step", "Put to wait"),
    Action.RESUME: pgettext_lazy("step", "Taken up again"),
    Action.ROUTE: pgettext_lazy("step", "Given to a team"),
    Action.AGREE: pgettext_lazy("step", "Agreed to the refusal: order ended"),
    Action.WITHDRAW: pgettext_lazy("step", "Withdrawn"),
    Action.ASK: pgettext_lazy("step", "Asked that people confirm the repair"),
    Action.GRANT: pgettext_lazy("step", "Confirmed the repair in the machine's place"),
    Action.DECLINE: pgettext_lazy("step", "Did not confirm the repair"),
    Action.VERIFY: pgettext_lazy("step", "Proved to be repaired"),
    Action.RECOVER: pgettext_lazy("step", "Recovered by itself"),
    Action.DISPROVE: pgettext_lazy("step", "Still down: back to the team"),
    Action.RELAPSE: pgettext_lazy("step", "Failed again: order opened anew"),
    Action.CLOSE: pgettext_lazy("step", "Closed after 24 hours without a relapse"),
    Action.ABSORB: pgettext_lazy("step", "Taken into the order of the shared fault"),
    Action.ESCALATE: pgettext_lazy("step", "Overdue: told to the leaders"),
    Action.JOIN: pgettext_lazy("step", "More cameras joined"),
    Action.LEAVE: pgettext_lazy("step", "Cameras with a fault of their own left"),
    Action.NOTE: pgettext_lazy("step", "Note"),
    Action.HAND_OVER: pgettext_lazy("step", "Handed over: the team was removed"),
}
STAGES: dict[Stage, str | Promise] = {
    Stage.RESPOND: pgettext_lazy("deadline", "Acceptance"),
    Stage.ARRIVE: pgettext_lazy("deadline", "Arrival"),
    Stage.FIX: pgettext_lazy("deadline", "Repair"),
}
# What a button says.
BUTTONS: dict[Action, str | Promise] = {
    Action.ACCEPT: _("Accept the order"),
    Action.ARRIVE: _("I am on site"),
    Action.REPAIR: _("Repaired"),
    Action.REFUSE: _("Refuse the order"),
    Action.WAIT: _("Put to wait"),
    Action.RESUME: _("Take up again"),
    Action.ROUTE: _("Give to a team"),
    Action.AGREE: _("Agree and end the order"),
    Action.WITHDRAW: _("Withdraw the order"),
    Action.ASK: _("Ask for confirmation by people"),
    Action.GRANT: _("Confirm the repair"),
    Action.DECLINE: _("Do not confirm"),
    Action.NOTE: _("Add a note"),
}


def state_name(value: str) -> str:
    return str(STATES[Status(value)])


def step_name(value: str) -> str:
    return str(STEPS[Action(value)])


def stage_name(value: str) -> str:
    return str(STAGES[Stage(value)])
