"""A ladder that tells of every rung while it runs.  No database; the network is an argument."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import wraps

from cameras.probe.net import Net
from cameras.probe.result import StepResult, Verdict, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import LADDER, Step
from cameras.probe.target import Target


@dataclass(frozen=True, slots=True)
class Begun:
    """A question is being asked."""

    step: str


@dataclass(frozen=True, slots=True)
class Answered:
    """It was answered; one that ran into the deadline shows in the verdict alone."""

    step: str
    result: StepResult
    took_ms: float


Event = Begun | Answered | Verdict


async def climb(
    target: Target, net: Net, *, budget_s: float, steps: Sequence[Step] = LADDER
) -> AsyncIterator[Event]:
    """Ask what a sweep asks, under one deadline; the verdict comes last."""
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    telling = [told(step, events) for step in steps]
    asking = asyncio.create_task(probe(target, telling, net, budget_s=budget_s))
    asking.add_done_callback(lambda _task: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        yield verdict_of(asking.result())
    finally:
        asking.cancel()


def told(step: Step, events: "asyncio.Queue[Event | None]") -> Step:
    """The same step; it puts into `events` when it begins and what it found."""
    name = getattr(step, "__name__", type(step).__name__)

    @wraps(step)
    async def telling(target: Target, net: Net) -> StepResult:
        clock = asyncio.get_running_loop().time
        began = clock()
        events.put_nowait(Begun(name))
        result = await step(target, net)
        events.put_nowait(Answered(name, result, (clock() - began) * 1000))
        return result

    return telling
