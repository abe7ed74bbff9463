"""Time and cancellation belong to the runner."""

import asyncio
import time

import pytest

from cameras.probe.net import OneLine
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult
from cameras.probe.runner import Prober, probe
from cameras.probe.steps import LADDER
from cameras.probe.target import Target
from tests.cameras.scripted_net import ScriptedNet

GATE = Target("10.0.0.9")


def test_one_deadline_covers_the_whole_ladder() -> None:
    async def slow(_target: Target, _line: OneLine) -> StepResult:
        await asyncio.sleep(0.03)
        return StepResult(Reason.OK)

    results = asyncio.run(probe(GATE, [slow] * 20, ScriptedNet(), budget_s=0.1))

    assert len(results) <= 4  # of twenty
    assert results[-1].reason is not Reason.OK


def test_a_process_that_stood_still_blames_itself() -> None:
    async def stall(_target: Target, _line: OneLine) -> StepResult:
        time.sleep(1.2)  # noqa: ASYNC251 - standing still is what is tested
        await asyncio.sleep(0)
        await asyncio.sleep(1)
        return StepResult(Reason.OK)

    results = asyncio.run(probe(GATE, [stall], ScriptedNet(), budget_s=0.1))

    assert results[-1].reason is Reason.OWN_TROUBLE


def test_many_ladders_share_a_timer_and_each_keeps_its_own_deadline() -> None:
    async def scenario() -> list[tuple[Reason, float]]:
        prober = Prober(ScriptedNet(*[[None]] * 3), budget_s=2)
        loop = asyncio.get_running_loop()

        async def climb(pause_s: float) -> tuple[Reason, float]:
            await asyncio.sleep(pause_s)
            began = loop.time()
            results = await prober.climb(GATE, LADDER)
            return results[-1].reason, loop.time() - began

        return [*await asyncio.gather(climb(0), climb(0.1), climb(1.9))]

    ended = asyncio.run(scenario())

    assert [reason for reason, _ in ended] == [Reason.SILENT] * 3
    # With the last one's deadline for all, the first would end after 3.9 s.
    assert all(2 <= seconds < 3.8 for _, seconds in ended)


def test_a_ladder_that_ends_in_time_is_not_cancelled_later() -> None:
    async def scenario() -> str:
        prober = Prober(ScriptedNet(), budget_s=0.05)
        await prober.climb(GATE, LADDER)
        await asyncio.sleep(0.1)  # the deadline of the ladder passes
        return "undisturbed"

    assert asyncio.run(scenario()) == "undisturbed"


def test_a_cancellation_beside_the_deadline_is_not_swallowed() -> None:
    async def scenario() -> None:
        prober = Prober(ScriptedNet([None]), budget_s=0.05)
        task = asyncio.create_task(prober.climb(GATE, LADDER))
        await asyncio.sleep(0)

        # Both in one turn of the loop: the deadline's timer was set earlier.
        asyncio.get_running_loop().call_later(0.05, task.cancel)
        time.sleep(0.1)  # noqa: ASYNC251 - so that both are due
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_cancelling_a_probe_cancels_it() -> None:
    async def scenario() -> None:
        task = asyncio.create_task(probe(GATE, LADDER, ScriptedNet([None]), budget_s=60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
