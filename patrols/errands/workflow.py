"""Which step of an errand may follow which, and whose it is.  Pure: no Django, no clock.

Every move lives in MOVES and nowhere else.
"""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """SENT: nobody knows whether it was read.  SEEN: it was shown on the member's phone."""

    SENT = "sent"
    SEEN = "seen"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DONE = "done"
    WITHDRAWN = "withdrawn"


OPEN_STATES = frozenset({State.SENT, State.SEEN, State.ACCEPTED})
"""Somebody has still something to do."""


class Action(StrEnum):
    """SEE is what the phone says by itself when it shows the errand."""

    SEE = "see"
    ACCEPT = "accept"
    DECLINE = "decline"
    DONE = "done"
    WITHDRAW = "withdraw"


class Who(StrEnum):
    """MEMBER: who was sent.  SENDER: whoever may send people at that post."""

    MEMBER = "member"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Move:
    """From any of `before` to `after`.  at: the column that keeps when.  needs_note: an answer must
    be told.
    """

    before: frozenset[State]
    after: State
    who: Who
    at: str
    needs_note: bool = False


_UNANSWERED = frozenset({State.SENT, State.SEEN})

MOVES: dict[Action, Move] = {
    Action.SEE: Move(frozenset({State.SENT}), State.SEEN, Who.MEMBER, "seen_at"),
    Action.ACCEPT: Move(_UNANSWERED, State.ACCEPTED, Who.MEMBER, "answered_at"),
    Action.DONE: Move(OPEN_STATES, State.DONE, Who.MEMBER, "done_at"),
    # Something may come up after it was accepted, too.
    Action.DECLINE: Move(OPEN_STATES, State.DECLINED, Who.MEMBER, "answered_at", needs_note=True),
    Action.WITHDRAW: Move(OPEN_STATES, State.WITHDRAWN, Who.SENDER, "withdrawn_at"),
}
"""The one table."""


def can(action: Action, state: State) -> bool:
    return state in MOVES[action].before


def actions(state: State, who: Who) -> list[Action]:
    """What one side may do now, in the order of the buttons; SEE is none."""
    return [
        action
        for action, move in MOVES.items()
        if move.who is who and state in move.before and action is not Action.SEE
    ]
