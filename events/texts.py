"""The words for people: states, steps, severities, levels, deadlines of events."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.deadlines import Colour
from events.workflow import Action, Level, Severity, Stage, Status, Task

STATES: dict[Status, str | Promise] = {
    Status.REPORTED: pgettext_lazy("event", "Reported"),
    Status.ACCEPTED: pgettext_lazy("event", "Accepted"),
    Status.REFUSED: pgettext_lazy("event", "Refused"),
    Status.FILED: pgettext_lazy("event", "Filed"),
    Status.CONSULTING: pgettext_lazy("event", "In consultation"),
    Status.DISPATCHED: pgettext_lazy("event", "Dispatched"),
    Status.HANDLING: pgettext_lazy("event", "Being handled"),
    Status.DONE: pgettext_lazy("event", "Done, to be verified"),
    Status.VERIFIED: pgettext_lazy("event", "Verified"),
    Status.CLOSED: pgettext_lazy("event", "Closed"),
    Status.MERGED: pgettext_lazy("event", "Merged"),
    Status.WITHDRAWN: pgettext_lazy("event", "Withdrawn"),
}
BADGES: dict[Status, str] = {
    Status.REPORTED: "bad",
    Status.ACCEPTED: "warn",
    Status.REFUSED: "off",
    Status.FILED: "warn",
    Status.CONSULTING: "warn",
    Status.DISPATCHED: "warn",
    Status.HANDLING: "warn",
    Status.DONE: "warn",
    Status.VERIFIED: "good",
    Status.CLOSED: "off",
    Status.MERGED: "off",
    Status.WITHDRAWN: "off",
}
SEVERITIES: dict[Severity, str | Promise] = {
    Severity.MINOR: pgettext_lazy("severity", "Minor"),
    Severity.MAJOR: pgettext_lazy("severity", "Major"),
    Severity.URGENT: pgettext_lazy("severity", "Urgent"),
    Severity.DIFFICULT: pgettext_lazy("severity", "Difficult"),
}
LEVELS: dict[Level, str | Promise] = {
    Level.COMMUNITY: pgettext_lazy("level of an event", "Community"),
    Level.STREET: pgettext_lazy("level of an event", "Street"),
    Level.DISTRICT: pgettext_lazy("level of an event", "District"),
}
STAGES: dict[Stage, str | Promise] = {
    Stage.ACCEPT: pgettext_lazy("deadline of an event", "Acceptance and filing"),
    Stage.HANDLE: pgettext_lazy("deadline of an event", "Handling"),
    Stage.CLOSE: pgettext_lazy("deadline of an event", "Closing"),
}
COLOURS: dict[Colour, str | Promise] = {
    Colour.GREEN: pgettext_lazy("deadline of an event", "In time"),
    Colour.AMBER: pgettext_lazy("deadline of an event", "Due soon"),
    Colour.RED: pgettext_lazy("deadline of an event", "About to run out"),
    Colour.LATE: pgettext_lazy("deadline of an event", "Overdue"),
}
TASKS: dict[Task, str | Promise] = {
    Task.WAITING: pgettext_lazy("task", "Not begun"),
    Task.TAKEN: pgettext_lazy("task", "Begun"),
    Task.DONE: pgettext_lazy("task", "Done"),
    Task.GIVEN_UP: pgettext_lazy("task", "Handed back"),
    Task.RECALLED: pgettext_lazy("task", "Called back"),
}
STEPS: dict[Action, str | Promise] = {
    Action.REPORT: pgettext_lazy("event step", "Reported"),
    Action.ACCEPT: pgettext_lazy("event step", "Accepted"),
    Action.REFUSE: pgettext_lazy("event step", "Refused"),
    Action.FILE: pgettext_lazy("event step", "Filed as a case"),
    Action.DISPATCH: pgettext_lazy("event step", "Dispatched"),
    Action.ADD_UNIT: pgettext_lazy("event step", "Dispatched to more units"),
    Action.TAKE: pgettext_lazy("event step", "Taken on"),
    Action.FINISH_PART: pgettext_lazy("event step", "Its part done"),
    Action.FINISH: pgettext_lazy("event step", "Reported as done"),
    Action.GIVE_UP_PART: pgettext_lazy("event step", "Handed its part back"),
    Action.HAND_BACK: pgettext_lazy("event step", "Handed back"),
    Action.RECALL: pgettext_lazy("event step", "Called back from the units"),
    Action.VERIFY: pgettext_lazy("event step", "Verified"),
    Action.REWORK: pgettext_lazy("event step", "Sent back for rework"),
    Action.CLOSE: pgettext_lazy("event step", "Closed"),
    Action.REOPEN: pgettext_lazy("event step", "Opened again"),
    Action.RECONSIDER: pgettext_lazy("event step", "Taken up again after the refusal"),
    Action.WITHDRAW: pgettext_lazy("event step", "Withdrawn by the reporter"),
    Action.ESCALATE: pgettext_lazy("event step", "Passed to the level above"),
    Action.CONSULT: pgettext_lazy("event step", "Consultation called"),
    Action.OPINE: pgettext_lazy("event step", "Gave an opinion"),
    Action.DECIDE: pgettext_lazy("event step", "Consultation decided"),
    Action.SUPERVISE: pgettext_lazy("event step", "Put under supervision"),
    Action.ASK_TIME: pgettext_lazy("event step", "Asked for more time"),
    Action.GRANT_TIME: pgettext_lazy("event step", "Granted more time"),
    Action.DECLINE_TIME: pgettext_lazy("event step", "Declined more time"),
    Action.MERGE: pgettext_lazy("event step", "Merged into another event"),
    Action.UNMERGE: pgettext_lazy("event step", "Taken apart again"),
    Action.CLASSIFY: pgettext_lazy("event step", "Classified anew"),
    Action.NOTE: pgettext_lazy("event step", "Note"),
    Action.OVERDUE: pgettext_lazy("event step", "A deadline has passed"),
}
# What a button says, in the order of the buttons.
BUTTONS: dict[Action, str | Promise] = {
    Action.ACCEPT: pgettext_lazy("event button", "Accept"),
    Action.FILE: pgettext_lazy("event button", "File as a case"),
    Action.DISPATCH: pgettext_lazy("event button", "Dispatch"),
    Action.TAKE: pgettext_lazy("event button", "Take on"),
    Action.FINISH_PART: pgettext_lazy("event button", "Our part is done"),
    Action.FINISH: pgettext_lazy("event button", "Done"),
    Action.VERIFY: pgettext_lazy("event button", "Verify"),
    Action.CLOSE: pgettext_lazy("event button", "Close the case"),
    Action.OPINE: pgettext_lazy("event button", "Give an opinion"),
    Action.DECIDE: pgettext_lazy("event button", "Enter the decision"),
    Action.GRANT_TIME: pgettext_lazy("event button", "Grant more time"),
    Action.DECLINE_TIME: pgettext_lazy("event button", "Decline more time"),
    Action.CONSULT: pgettext_lazy("event button", "Call a consultation"),
    Action.ADD_UNIT: pgettext_lazy("event button", "Add a unit"),
    Action.RECALL: pgettext_lazy("event button", "Call back"),
    Action.REWORK: pgettext_lazy("event button", "Send back for rework"),
    Action.ESCALATE: pgettext_lazy("event button", "Pass to the level above"),
    Action.SUPERVISE: pgettext_lazy("event button", "Supervise"),
    Action.ASK_TIME: pgettext_lazy("event button", "Ask for more time"),
    Action.HAND_BACK: pgettext_lazy("event button", "Hand back"),
    Action.GIVE_UP_PART: pgettext_lazy("event button", "Hand our part back"),
    Action.CLASSIFY: pgettext_lazy("event button", "Classify anew"),
    Action.MERGE: pgettext_lazy("event button", "Merge into another event"),
    Action.UNMERGE: pgettext_lazy("event button", "Take apart again"),
    Action.REFUSE: pgettext_lazy("event button", "Refuse"),
    Action.RECONSIDER: pgettext_lazy("event button", "Take up again"),
    Action.REOPEN: pgettext_lazy("event button", "Open again"),
    Action.WITHDRAW: pgettext_lazy("event button", "Withdraw"),
    Action.NOTE: pgettext_lazy("event button", "Add a note"),
}
MACHINE = _("The clock")


def state_name(value: str) -> str:
    return str(STATES[Status(value)])


def step_name(value: str) -> str:
    return str(STEPS[Action(value)])


def due_name(value: str) -> str:
    """How near a deadline is."""
    return str(COLOURS[Colour(value)])


def severity_name(value: str) -> str:
    return str(SEVERITIES[Severity(value)])


def level_name(value: str) -> str:
    return str(LEVELS[Level(value)])


def stage_name(value: str) -> str:
    return str(STAGES[Stage(value)])


def task_name(value: str) -> str:
    return str(TASKS[Task(value)])


def button_name(action: Action) -> str:
    return str(BUTTONS[action])
