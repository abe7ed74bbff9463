"""What an answer comes to: results of steps, and the verdict of a ladder.  Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, TypedDict

from cameras.probe.reason import DEGRADES, Reason
from cameras.probe.wire_soap import DeviceInfo

MAX_DETAIL_CHARS = 200
"""A detail may quote the device, and the device may be hostile: it is cut to this many characters.
"""
ASIDES = frozenset({"onvif_clock", "onvif_device"})
"""Steps whose failure is evidence only: a camera with good video is not down for want of ONVIF."""


class LoginOutcome(StrEnum):
    """What became of the password in one step."""

    NOT_SENT = "not_sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ClockOffset(NamedTuple):
    """The device's clock less ours, in seconds."""

    seconds: float


class StepResult(NamedTuple):
    """One rung, in words a technician can use; the runner fills in `step` and `took_ms`."""

    reason: Reason
    detail: str = ""
    login: LoginOutcome = LoginOutcome.NOT_SENT
    step: str = ""
    took_ms: float = 0.0
    found: ClockOffset | DeviceInfo | None = None


class Rung(TypedDict):
    """A step as it is stored and shown."""

    step: str
    reason: str
    detail: str
    took_ms: float


class Verdict(NamedTuple):
    """A whole ladder: the rung that decides, and all rungs as the evidence.

    login: what became of it at the stream.  onvif_login: and at ONVIF, whose users are other ones
    on some makes.  clock_offset_s: the device's clock less ours.  The last two and `device` are
    None where they were not asked or not told.
    """

    reason: Reason
    detail: str
    took_ms: float
    login: LoginOutcome
    results: tuple[StepResult, ...]
    onvif_login: LoginOutcome = LoginOutcome.NOT_SENT
    clock_offset_s: float | None = None
    device: DeviceInfo | None = None

    @property
    def rungs(self) -> list[Rung]:
        """The rungs to be stored or shown; of most verdicts neither is done."""
        return [rung_of(result) for result in self.results]


def verdict_of(results: Sequence[StepResult]) -> Verdict:
    """The verdict of a ladder.  An empty ladder has asked nothing, which is our own trouble."""
    if not results:
        return verdict_of([StepResult(Reason.OWN_TROUBLE, "no question was asked")])
    last = results[-1]
    took_ms = round(sum([result.took_ms for result in results]), 2)
    if last.step not in ASIDES:
        # Nearly all ladders: the two questions to ONVIF, which come last, are asked seldom.
        return Verdict(last.reason, plain(last.detail), took_ms, login_of(results), tuple(results))
    asides = [r for r in results if r.step in ASIDES]
    stream = results[: len(results) - len(asides)]
    deciding = decider(stream, asides)
    return Verdict(
        deciding.reason,
        plain(deciding.detail),
        took_ms,
        login_of(stream),
        tuple(results),
        onvif_login=login_of(asides),
        clock_offset_s=next(
            (r.found.seconds for r in asides if isinstance(r.found, ClockOffset)), None
        ),
        device=next((r.found for r in asides if isinstance(r.found, DeviceInfo)), None),
    )


def decider(stream: Sequence[StepResult], asides: Sequence[StepResult]) -> StepResult:
    """The rung that decides where ONVIF was asked: the last one about the stream, or the one that
    degrades a camera whose stream is good.
    """
    if stream and stream[-1].reason is not Reason.OK:
        return stream[-1]
    degraded = next((r for r in asides if r.reason in DEGRADES), None)
    return degraded or (stream[-1] if stream else asides[-1])


def login_of(results: Sequence[StepResult]) -> LoginOutcome:
    for result in results:
        if result.login is not LoginOutcome.NOT_SENT:
            return result.login
    return LoginOutcome.NOT_SENT


def rung_of(result: StepResult) -> Rung:
    return {
        "step": result.step,
        "reason": result.reason.value,
        "detail": plain(result.detail),
        "took_ms": round(result.took_ms, 2),
    }


def plain(text: str) -> str:
    """`text` in one printable line of bounded length (no control characters, no NUL for the
    database).
    """
    text = text[:MAX_DETAIL_CHARS]
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
