"""Runs ladders: one deadline for each, every step timed and kept as evidence.  How many run at once
is `cameras.processes.lanes`' business.

Cancelling a probe cancels it: nothing here catches CancelledError.
"""

import asyncio
import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any, cast

from cameras.probe.alarms import Alarms
from cameras.probe.net import Net, OneLine, Stage
from cameras.probe.reason import DEGRADES, Reason
from cameras.probe.result import ASIDES, ClockOffset, StepResult
from cameras.probe.steps import Step
from cameras.probe.target import Target

STALL_S = 1.0
"""A deadline noticed so much too late means that this process stood still: not the device."""

LATE: dict[Stage, StepResult] = {
    Stage.RESOLVING: StepResult(Reason.OWN_TROUBLE, "no name server answered in time"),
    Stage.CONNECTING: StepResult(Reason.CONNECT_TIMEOUT, "no answer to the connection attempt"),
    Stage.SECURING: StepResult(Reason.TLS_FAILED, "no answer to the TLS handshake"),
    Stage.CONNECTED: StepResult(Reason.SILENT, "accepted the connection and did not answer"),
}


OnRung = Callable[[StepResult], None]


async def probe(
    target: Target,
    steps: Sequence[Step],
    net: Net,
    *,
    budget_s: float,
    on_rung: OnRung | None = None,
) -> list[StepResult]:
    """Climb one ladder, as `Prober.climb`."""
    return await Prober(net, budget_s=budget_s).climb(target, steps, on_rung)


def collect_seldom() -> None:
    """Have this process look for garbage in cycles rarely, once all is loaded that it needs: a
    ladder leaves none.  For processes that climb many.
    """
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


class Prober:
    """Climbs ladders over one network, each under a deadline of the same length.  Belongs to the
    event loop that it is first used in.
    """

    def __init__(self, net: Net, *, budget_s: float) -> None:
        self._net = net
        self._deadlines = Alarms(budget_s)

    async def climb(
        self, target: Target, steps: Sequence[Step], on_rung: OnRung | None = None
    ) -> list[StepResult]:
        """Climb the ladder until a rung breaks or the time is over; the results, in order.

        Each is told to `on_rung` as soon as it is there.  What one rung finds out (the device's
        clock) the next one may use.
        """
        results: list[StepResult] = []
        line = OneLine(self._net)
        name, began = "", monotonic()
        deadline = Deadline()
        self._deadlines.set(deadline, began)
        try:
            for step in steps:
                name = step_name(step)
                result = await step(target, line)
                now = monotonic()
                results.append(timed(result, name, now - began))
                began = now
                if on_rung:
                    on_rung(results[-1])
                if result.reason is not Reason.OK and ends(result, name):
                    break
                if isinstance(result.found, ClockOffset):
                    target = replace(target, clock_offset_s=result.found.seconds)
        except asyncio.CancelledError:
            if not deadline.is_the_cause():
                raise
            now = monotonic()
            results.append(timed(late(line.stage, now - deadline.at), name, now - began))
            if on_rung:
                on_rung(results[-1])
        finally:
            deadline.is_off = True
            line.hang_up()
        return results


class Deadline:
    """When the current task has to have climbed its ladder: it is cancelled then."""

    __slots__ = ("_cancelling", "_task", "at", "has_rung", "is_off")

    at: float
    is_off: bool

    def __init__(self) -> None:
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self.has_rung = False

    def ring(self) -> None:
        self.has_rung = True
        self._task.cancel()

    def is_the_cause(self) -> bool:
        """Whether a cancellation that has just arrived is the deadline's, and nobody else's too."""
        return self.has_rung and self._task.uncancel() <= self._cancelling


def timed(result: StepResult, name: str, seconds: float) -> StepResult:
    reason, detail, login, _, _, found = result
    return StepResult(reason, detail, login, name, seconds * 1000, found)


def step_name(step: Step) -> str:
    return getattr(step, "__name__", type(step).__name__)


def ends(result: StepResult, name: str) -> bool:
    """Whether a rung that is not good is the last one.  A clock that is off, or shown only to those
    with a login, keeps nobody from asking what the device is.
    """
    reason = result.reason
    if reason in DEGRADES:
        return False
    return reason is not Reason.LOGIN_NEEDED or name not in ASIDES


def late(stage: Stage, late_s: float) -> StepResult:
    """What a passed deadline says, noticed `late_s` too late."""
    if late_s > STALL_S:
        return StepResult(Reason.OWN_TROUBLE, f"this machine stood still for {late_s:.1f} s")
    return LATE[stage]
