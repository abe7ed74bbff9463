"""Which step of a repair order may follow which, and whose it is.  Pure: no Django, no clock.

Every move lives in MOVES and nowhere else; docs/design/repairs.md draws its diagram from it (a test
holds that).  Nobody verifies their own repair: REPAIRED is left for VERIFIED by the machine, or by
a second person who neither repaired nor asked (`may_grant`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """Where an order stands.

    REPAIRED: somebody says so.  VERIFIED: the machine has seen it; open to relapse for RELAPSE.
    REFUSED: the team will not do it; a leader decides.  WITHDRAWN: ended without a repair.
    """

    OPEN = "open"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    REPAIRED = "repaired"
    VERIFIED = "verified"
    CLOSED = "closed"
    REFUSED = "refused"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


OPEN_STATES = frozenset(
    {
        Status.OPEN,
        Status.ACCEPTED,
        Status.ON_SITE,
        Status.REPAIRED,
        Status.REFUSED,
        Status.WAITING,
    }
)
"""Somebody has still something to do; a camera is in one of these at most."""
LIVE_STATES = OPEN_STATES | {Status.VERIFIED}
"""Not over: what relapses, or falls behind the same thing, comes back to it."""
UNREPAIRED = OPEN_STATES - {Status.REPAIRED}


class Action(StrEnum):
    """What a step of an order was.  Those that MOVES leaves out change no state."""

    OPENED = "opened"
    ACCEPT = "accept"
    ARRIVE = "arrive"
    REPAIR = "repair"
    REFUSE = "refuse"
    WAIT = "wait"
    RESUME = "resume"
    ROUTE = "route"
    AGREE = "agree"
    WITHDRAW = "withdraw"
    ASK = "ask"
    GRANT = "grant"
    DECLINE = "decline"
    VERIFY = "verify"
    RECOVER = "recover"
    DISPROVE = "disprove"
    RELAPSE = "relapse"
    CLOSE = "close"
    ABSORB = "absorb"
    ESCALATE = "escalate"
    JOIN = "join"
    LEAVE = "leave"
    NOTE = "note"
    HAND_OVER = "hand_over"


class Who(StrEnum):
    """TEAM: a member of the order's team, or a leader.  LEADER: whoever may lead repairs."""

    TEAM = "team"
    LEADER = "leader"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Move:
    """From any of `before` to `after`; needs_note: a reason must be told."""

    before: frozenset[Status]
    after: Status
    who: Who
    needs_note: bool = False


S, W = Status, Who
MOVES: dict[Action, Move] = {
    Action.ACCEPT: Move(frozenset({S.OPEN}), S.ACCEPTED, W.TEAM),
    Action.ARRIVE: Move(frozenset({S.ACCEPTED}), S.ON_SITE, W.TEAM),
    Action.REPAIR: Move(frozenset({S.ACCEPTED, S.ON_SITE}), S.REPAIRED, W.TEAM),
    Action.REFUSE: Move(frozenset({S.OPEN, S.ACCEPTED, S.ON_SITE}), S.REFUSED, W.TEAM, True),
    Action.WAIT: Move(frozenset({S.ACCEPTED, S.ON_SITE}), S.WAITING, W.TEAM, True),
    Action.RESUME: Move(frozenset({S.WAITING}), S.ACCEPTED, W.TEAM),
    Action.ROUTE: Move(
        frozenset({S.OPEN, S.ACCEPTED, S.ON_SITE, S.REFUSED, S.WAITING}), S.OPEN, W.LEADER
    ),
    Action.AGREE: Move(frozenset({S.REFUSED}), S.WITHDRAWN, W.LEADER),
    Action.WITHDRAW: Move(frozenset(UNREPAIRED), S.WITHDRAWN, W.LEADER, True),
    Action.GRANT: Move(frozenset({S.REPAIRED}), S.VERIFIED, W.LEADER, True),
    Action.VERIFY: Move(frozenset({S.REPAIRED}), S.VERIFIED, W.MACHINE),
    Action.RECOVER: Move(frozenset(UNREPAIRED), S.VERIFIED, W.MACHINE),
    Action.DISPROVE: Move(frozenset({S.REPAIRED}), S.ACCEPTED, W.MACHINE),
    Action.RELAPSE: Move(frozenset({S.VERIFIED}), S.OPEN, W.MACHINE),
    Action.CLOSE: Move(frozenset({S.VERIFIED}), S.CLOSED, W.MACHINE),
    Action.ABSORB: Move(frozenset({S.OPEN}), S.WITHDRAWN, W.MACHINE),
}
"""The one table.  RESUME is also the machine's, on the review date."""

GOOD_PROBES = 3
"""So many good answers after the repair, or after it came back by itself, are a proof."""
RELAPSE = timedelta(hours=24)
"""What fails again sooner after it was verified was not repaired: the same order goes on."""
PROVE_WITHIN = timedelta(minutes=30)
"""What is still seen to be down so long after "repaired" goes back to the team."""


class Stage(StrEnum):
    """What has a deadline."""

    RESPOND = "respond"
    ARRIVE = "arrive"
    FIX = "fix"


RUNS_IN: dict[Stage, frozenset[Status]] = {
    Stage.RESPOND: frozenset({S.OPEN, S.REFUSED}),
    Stage.ARRIVE: frozenset({S.OPEN, S.REFUSED, S.ACCEPTED}),
    Stage.FIX: frozenset({S.OPEN, S.REFUSED, S.ACCEPTED, S.ON_SITE}),
}
"""In which states each clock runs; waiting stops them all."""


def can(action: Action, status: Status) -> bool:
    move = MOVES.get(action)
    return move is not None and status in move.before


def may_grant(*, user_id: int, asked_by: int | None, repaired_by: int | None) -> bool:
    """Whether somebody may say in the machine's place that an order is repaired: it was asked for,
    by another person, and the repair is another person's too.
    """
    return asked_by is not None and user_id not in (asked_by, repaired_by)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when an order is to be accepted, reached and repaired."""

    respond: datetime
    arrive: datetime
    fix: datetime

    def later(self, by: timedelta) -> "Deadlines":
        """After a wait: the clock stood still."""
        return Deadlines(self.respond + by, self.arrive + by, self.fix + by)

    def missed(self, status: Status, now: datetime) -> Iterator[Stage]:
        """The stages that are late in this state, the earliest first."""
        for stage, until in zip(Stage, (self.respond, self.arrive, self.fix), strict=True):
            if status in RUNS_IN[stage] and now > until:
                yield stage


def diagram() -> str:
    """The table as a Mermaid diagram of states."""
    lines = [
        f"    {before.value} --> {move.after.value}: {action.value} ({move.who.value})"
        for action, move in MOVES.items()
        for before in Status
        if before in move.before
    ]
    return "\n".join(["stateDiagram-v2", "    [*] --> open: opened (machine)", *lines])
