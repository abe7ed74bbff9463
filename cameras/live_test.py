"""A ladder that tells of every rung while it runs.  No database; the network is an argument."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import wraps

from cameras.probe.net import Net, OneLine
from cameras.probe.result import StepResult, Verdict, verdict_of
from cameras.probe.runner import probe, step_name
from cameras.probe.steps import Step, steps_for
from cameras.probe.target import Target


@dataclass(frozen=True, slots=True)
class Begun:
    """A question is being asked."""

    step: str


@dataclass(frozen=True, slots=True)
class Answered:
    """It was answered, or ran into the deadline."""

    result: StepResult


Event = Begun | Answered | Verdict


async def climb(target: Target, net: Net, *, budget_s: float) -> AsyncIterator[Event]:
    """Ask what a sweep asks, and clock and device where there is an ONVIF port, under one deadline;
    the verdict comes last.
    """
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    has_onvif = target.onvif_port is not None
    steps = [announced(step, events) for step in steps_for(clock=has_onvif, device=has_onvif)]

    def tell(result: StepResult) -> None:
        events.put_nowait(Answered(result))

    asking = asyncio.create_task(probe(target, steps, net, budget_s=budget_s, on_rung=tell))
    asking.add_done_callback(lambda _task: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        yield verdict_of(asking.result())
    finally:
        asking.cancel()


def announced(step: Step, events: "asyncio.Queue[Event | None]") -> Step:
    """The same step; it puts into `events` that it begins."""

    @wraps(step)
    async def announcing(target: Target, line: OneLine) -> StepResult:
        events.put_nowait(Begun(step_name(step)))
        return await step(target, line)

    return announcing
