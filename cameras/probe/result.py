"""What an answer comes to: results of steps, and the verdict of a ladder.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from cameras.probe.reason import Reason

MAX_DETAIL_CHARS = 200
"""A detail may quote the device, and the device may be hostile: it is cut to this many characters.
"""


class LoginOutcome(StrEnum):
    """What became of the password in one step."""

    NOT_SENT = "not_sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One rung, in words a technician can use; the runner fills in `step` and `took_ms`."""

    reason: Reason
    detail: str = ""
    login: LoginOutcome = LoginOutcome.NOT_SENT
    step: str = ""
    took_ms: float = 0.0


class Rung(TypedDict):
    """A step as it is stored and shown."""

    step: str
    reason: str
    detail: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A whole ladder: the last rung decides, the rungs are the evidence."""

    reason: Reason
    detail: str
    took_ms: float
    login: LoginOutcome
    rungs: tuple[Rung, ...]


def verdict_of(results: Sequence[StepResult]) -> Verdict:
    """The verdict of a ladder.  An empty ladder has asked nothing, which is our own trouble."""
    if not results:
        return verdict_of([StepResult(Reason.OWN_TROUBLE, "no question was asked")])
    last = results[-1]
    return Verdict(
        reason=last.reason,
        detail=plain(last.detail),
        took_ms=round(sum(result.took_ms for result in results), 2),
        login=next(
            (r.login for r in results if r.login is not LoginOutcome.NOT_SENT),
            LoginOutcome.NOT_SENT,
        ),
        rungs=tuple(
            Rung(
                step=r.step,
                reason=r.reason.value,
                detail=plain(r.detail),
                took_ms=round(r.took_ms, 2),
            )
            for r in results
        ),
    )


def plain(text: str) -> str:
    """`text` in one printable line of bounded length (no control characters, no NUL for the
    database).
    """
    return "".join(c if c.isprintable() else " " for c in text[:MAX_DETAIL_CHARS])
