"""Which step of an event may follow which, and whose it is.  Pure: no Django, no clock.

Every move lives in MOVES and nowhere else; docs/design/events.md draws its diagram from it (a test
holds that).  The rule of the district is four routes, not a ladder: 小事不出社区, 大事街道协调,
急事直报区级, 难事会商解决.  Whoever handles never verifies.  数字城管: 发现 → 立案 → 派遣 → 处理 →
反馈 → 核实 → 结案.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an event stands.

    REFUSED: not ours to handle, with a reason.  FILED: 立案.  CONSULTING: 会商, several parties
    decide together.  DISPATCHED: with the units, none of which has begun.  DONE: all of them say
    so.  MERGED: another event has the same matter.  WITHDRAWN: taken back by its reporter.
    """

    REPORTED = "reported"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FILED = "filed"
    CONSULTING = "consulting"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    DONE = "done"
    VERIFIED = "verified"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


S = Status
OVER = frozenset({S.REFUSED, S.CLOSED, S.MERGED, S.WITHDRAWN})
OPEN = frozenset(Status) - OVER
AT_UNITS = frozenset({S.DISPATCHED, S.HANDLING})
"""While it is here, units have tasks of it."""


class Severity(StrEnum):
    """一般 (小事), 较大 (大事), 紧急 (急事), 疑难 (难事)."""

    MINOR = "minor"
    MAJOR = "major"
    URGENT = "urgent"
    DIFFICULT = "difficult"


class Level(StrEnum):
    """Who answers for an event: community, street or district; the lowest first."""

    COMMUNITY = "community"
    STREET = "street"
    DISTRICT = "district"


LEVELS = tuple(Level)
ROUTES: dict[Severity, Level] = {
    Severity.MINOR: Level.COMMUNITY,
    Severity.MAJOR: Level.STREET,
    Severity.URGENT: Level.DISTRICT,
    Severity.DIFFICULT: Level.STREET,
}
"""小事不出社区, 大事街道协调, 急事直报区级; 难事 begin at the street, which calls the parties."""
COPIES: dict[Severity, tuple[Level, ...]] = {Severity.URGENT: (Level.STREET, Level.COMMUNITY)}
"""Who hears of it at once though it is not theirs: what goes past them from below."""


def above(level: Level) -> Level | None:
    """The level above; None above the district."""
    place = LEVELS.index(level) + 1
    return LEVELS[place] if place < len(LEVELS) else None


class Action(StrEnum):
    """What a step of an event was."""

    REPORT = "report"
    ACCEPT = "accept"
    REFUSE = "refuse"
    FILE = "file"
    DISPATCH = "dispatch"
    ADD_UNIT = "add_unit"
    TAKE = "take"
    FINISH_PART = "finish_part"
    FINISH = "finish"
    GIVE_UP_PART = "give_up_part"
    HAND_BACK = "hand_back"
    RECALL = "recall"
    VERIFY = "verify"
    REWORK = "rework"
    CLOSE = "close"
    REOPEN = "reopen"
    RECONSIDER = "reconsider"
    WITHDRAW = "withdraw"
    ESCALATE = "escalate"
    CONSULT = "consult"
    OPINE = "opine"
    DECIDE = "decide"
    SUPERVISE = "supervise"
    ASK_TIME = "ask_time"
    GRANT_TIME = "grant_time"
    DECLINE_TIME = "decline_time"
    MERGE = "merge"
    UNMERGE = "unmerge"
    CLASSIFY = "classify"
    NOTE = "note"
    OVERDUE = "overdue"


class Who(StrEnum):
    """LEADS: whoever dispatches at the event's level or above.  UNIT: a unit that has a task of it.
    CHECKS: whoever leads and has not handled it.  REPORTER: who reported it.  PARTY: one of those
    called together.  CONCERNED: all of these, and whoever leads below its level.  MACHINE: the
    clock.
    """

    LEADS = "leads"
    UNIT = "unit"
    CHECKS = "checks"
    REPORTER = "reporter"
    PARTY = "party"
    CONCERNED = "concerned"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Move:
    """From any of `before` to `after`, or to nowhere else where that is None.

    needs_note: a reason must be told.
    """

    before: frozenset[Status]
    after: Status | None
    who: Who
    needs_note: bool = False


def _from(*states: Status) -> frozenset[Status]:
    return frozenset(states)


W = Who
MOVES: dict[Action, Move] = {
    Action.ACCEPT: Move(_from(S.REPORTED), S.ACCEPTED, W.LEADS),
    Action.REFUSE: Move(_from(S.REPORTED, S.ACCEPTED), S.REFUSED, W.LEADS, True),
    Action.FILE: Move(_from(S.ACCEPTED), S.FILED, W.LEADS),
    Action.DISPATCH: Move(_from(S.FILED), S.DISPATCHED, W.LEADS),
    Action.ADD_UNIT: Move(AT_UNITS, None, W.LEADS),
    Action.TAKE: Move(AT_UNITS, S.HANDLING, W.UNIT),
    Action.FINISH_PART: Move(_from(S.HANDLING), None, W.UNIT, True),
    Action.FINISH: Move(_from(S.HANDLING), S.DONE, W.UNIT, True),
    Action.GIVE_UP_PART: Move(AT_UNITS, None, W.UNIT, True),
    Action.HAND_BACK: Move(AT_UNITS, S.FILED, W.UNIT, True),
    Action.RECALL: Move(AT_UNITS, S.FILED, W.LEADS, True),
    Action.VERIFY: Move(_from(S.DONE), S.VERIFIED, W.CHECKS),
    Action.REWORK: Move(_from(S.DONE, S.VERIFIED), S.HANDLING, W.CHECKS, True),
    Action.CLOSE: Move(_from(S.VERIFIED), S.CLOSED, W.CHECKS),
    Action.REOPEN: Move(_from(S.CLOSED), S.FILED, W.LEADS, True),
    Action.RECONSIDER: Move(_from(S.REFUSED), S.REPORTED, W.LEADS, True),
    Action.WITHDRAW: Move(_from(S.REPORTED), S.WITHDRAWN, W.REPORTER, True),
    Action.ESCALATE: Move(_from(S.REPORTED, S.ACCEPTED, S.FILED, *AT_UNITS), None, W.LEADS, True),
    Action.CONSULT: Move(_from(S.FILED), S.CONSULTING, W.LEADS, True),
    Action.OPINE: Move(_from(S.CONSULTING), None, W.PARTY, True),
    Action.DECIDE: Move(_from(S.CONSULTING), S.FILED, W.LEADS, True),
    Action.SUPERVISE: Move(OPEN, None, W.LEADS, True),
    Action.ASK_TIME: Move(AT_UNITS, None, W.UNIT, True),
    Action.GRANT_TIME: Move(AT_UNITS, None, W.LEADS),
    Action.DECLINE_TIME: Move(AT_UNITS, None, W.LEADS, True),
    Action.MERGE: Move(_from(S.REPORTED, S.ACCEPTED, S.FILED), S.MERGED, W.LEADS),
    Action.UNMERGE: Move(_from(S.MERGED), S.REPORTED, W.LEADS, True),
    Action.CLASSIFY: Move(_from(S.REPORTED, S.ACCEPTED, S.FILED), None, W.LEADS),
    Action.NOTE: Move(OPEN, None, W.CONCERNED, True),
    Action.OVERDUE: Move(OPEN, None, W.MACHINE),
}
"""The one table.  FINISH is the last unit's; those before it FINISH_PART.  HAND_BACK is that of
the only unit; one of several GIVE_UP_PART.  ESCALATE is the machine's too, when it is overdue; the
units go on meanwhile, for whoever leads above may RECALL what they have.
"""


def can(action: Action, status: Status) -> bool:
    move = MOVES.get(action)
    return move is not None and status in move.before


def next_status(action: Action, status: Status) -> Status:
    """Where the action leads from here.  Raises ValueError: it does not follow."""
    if not can(action, status):
        raise ValueError(f"{action} does not follow from {status}")
    return MOVES[action].after or status


def may_check(user_id: int, handled_by: Iterable[int]) -> bool:
    """Whether somebody may verify, send back or close: whoever handled it never does."""
    return user_id not in set(handled_by)


def must_consult(severity: Severity, consulted: int) -> bool:
    """难事会商解决: what is difficult is dispatched only after a consultation has decided."""
    return severity is Severity.DIFFICULT and not consulted


class Task(StrEnum):
    """Where one unit's part of an event stands."""

    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"
    GIVEN_UP = "given_up"
    RECALLED = "recalled"


OPEN_TASKS = frozenset({Task.WAITING, Task.TAKEN})


class Stage(StrEnum):
    """What has a deadline: to be accepted and filed, to be done, to be closed."""

    ACCEPT = "accept"
    HANDLE = "handle"
    CLOSE = "close"


RUNS_IN: dict[Stage, frozenset[Status]] = {
    Stage.ACCEPT: _from(S.REPORTED, S.ACCEPTED),
    Stage.HANDLE: _from(S.FILED, S.CONSULTING, *AT_UNITS),
    Stage.CLOSE: OPEN,
}
"""In which states each clock runs; CLOSE is what 应结案 and 按期结案 count by."""


def diagram() -> str:
    """The table as a Mermaid diagram of states; moves that lead nowhere else are not drawn."""
    lines = [
        f"    {before.value} --> {move.after.value}: {action.value} ({move.who.value})"
        for action, move in MOVES.items()
        if move.after is not None
        for before in Status
        if before in move.before
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> reported: report", *lines])
