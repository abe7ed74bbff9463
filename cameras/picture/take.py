"""From a target to a picture: DESCRIBE first, the capture only after it succeeded.  No Django."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from cameras.picture.capture import CaptureFailed, Picture, capture
from cameras.probe.net import Net, NetError
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import rtsp_describe, tcp_connect
from cameras.probe.target import Target

DESCRIBE_BUDGET_S = 3.0
Capture = Callable[[Target, str], Picture]


def take(
    target: Target,
    net: Net,
    *,
    note_login: Callable[[LoginOutcome], None],
    capture: Capture = capture,
) -> Picture:
    """A picture of `target`.

    Asking first costs milliseconds, finds almost every fault with its right reason, and spares a
    device that would not send anyway.  What became of the login is told to `note_login` in any
    case.

    Raises:
        CaptureFailed: with the reason of the rung that broke, or of the capture.
    """
    results, address = asyncio.run(describe(target, net))
    verdict = verdict_of(results)
    note_login(verdict.login)
    if verdict.reason is not Reason.OK:
        raise CaptureFailed(verdict.reason, verdict.detail)
    return capture(target, address)


async def describe(target: Target, net: Net) -> tuple[list[StepResult], str]:
    """The ladder's results, and the address that was checked (the capture must not ask again)."""
    try:
        address = await net.resolve(target.host)
    except NetError as error:
        return [StepResult(error.reason, str(error))], ""
    at_address = replace(target, host=address)
    steps = [tcp_connect, rtsp_describe]
    return await probe(at_address, steps, net, budget_s=DESCRIBE_BUDGET_S), address
