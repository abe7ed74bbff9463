"""Time and cancellation belong to the runner."""

import asyncio
import time

import pytest

from cameras.probe.net import Net
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult
from cameras.probe.runner import probe
from cameras.probe.steps import LADDER
from cameras.probe.target import Target
from tests.cameras.scripted_net import ScriptedNet

GATE = Target("10.0.0.9")


def test_one_deadline_covers_the_whole_ladder() -> None:
    async def slow(_target: Target, _net: Net) -> StepResult:
        await asyncio.sleep(0.03)
        return StepResult(Reason.OK)

    results = asyncio.run(probe(GATE, [slow] * 20, ScriptedNet(), budget_s=0.1))

    assert len(results) <= 4
    assert results[-1].reason is not Reason.OK
    assert sum(result.took_ms for result in results) < 200


def test_a_process_that_stood_still_blames_itself() -> None:
    async def stall(_target: Target, _net: Net) -> StepResult:
        time.sleep(1.2)  # noqa: ASYNC251 - standing still is what is tested
        await asyncio.sleep(0)
        await asyncio.sleep(1)
        return StepResult(Reason.OK)

    results = asyncio.run(probe(GATE, [stall], ScriptedNet(), budget_s=0.1))

    assert results[-1].reason is Reason.OWN_TROUBLE


def test_cancelling_a_probe_cancels_it() -> None:
    async def scenario() -> None:
        task = asyncio.create_task(probe(GATE, LADDER, ScriptedNet([None]), budget_s=60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
