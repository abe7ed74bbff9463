"""Runs ladders: one deadline for each, every step timed and kept as evidence.  How many run at once
is `cameras.lanes`' business.

Cancelling a probe cancels it: nothing here catches CancelledError.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

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


async def probe(
    target: Target,
    steps: Sequence[Step],
    net: Net,
    *,
    budget_s: float,
    on_rung: Callable[[StepResult], None] | None = None,
) -> list[StepResult]:
    """Climb the ladder until a rung breaks or `budget_s` is over; the results, in order.

    Each is told to `on_rung` as soon as it is there.  What one rung finds out (the device's clock)
    the next one may use.
    """
    results: list[StepResult] = []

    def note(result: StepResult, name: str, began: float) -> None:
        took_ms = (clock() - began) * 1000
        reason, detail, login, _, _, found = result
        results.append(StepResult(reason, detail, login, name, took_ms, found))
        if on_rung:
            on_rung(results[-1])

    clock = asyncio.get_running_loop().time
    name, began = "", clock()
    deadline = began + budget_s
    async with OneLine(net) as line:
        try:
            async with asyncio.timeout_at(deadline):
                for step in steps:
                    name, began = step_name(step), clock()
                    result = await step(target, line)
                    note(result, name, began)
                    if ends(result, name):
                        break
                    if isinstance(result.found, ClockOffset):
                        target = replace(target, clock_offset_s=result.found.seconds)
        except TimeoutError:
            note(late(line.stage, clock() - deadline), name, began)
    return results


def step_name(step: Step) -> str:
    return getattr(step, "__name__", type(step).__name__)


def ends(result: StepResult, name: str) -> bool:
    """Whether a rung is the last one.  A clock that is off, or shown only to those with a login,
    keeps nobody from asking what the device is.
    """
    if name in ASIDES and result.reason is Reason.LOGIN_NEEDED:
        return False
    return result.reason is not Reason.OK and result.reason not in DEGRADES


def late(stage: Stage, late_s: float) -> StepResult:
    """What a passed deadline says, noticed `late_s` too late."""
    if late_s > STALL_S:
        return StepResult(Reason.OWN_TROUBLE, f"this machine stood still for {late_s:.1f} s")
    return LATE[stage]
