"""Time, turns and cancellation belong to the runner."""

import asyncio
import time

import pytest

from cameras.probe.net import Net
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult
from cameras.probe.runner import Caps, probe
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


def test_caps_hold_in_all_and_per_host() -> None:
    async def scenario() -> tuple[int, int]:
        caps = Caps(total=6, per_host=2)
        running: dict[str, int] = {}
        most_in_all = most_at_one = 0

        async def one(host: str) -> None:
            nonlocal most_in_all, most_at_one
            async with caps.turn(host):
                running[host] = running.get(host, 0) + 1
                most_in_all = max(most_in_all, sum(running.values()))
                most_at_one = max(most_at_one, *running.values())
                await asyncio.sleep(0.001)
                running[host] -= 1

        await asyncio.gather(*(one(f"10.0.0.{n % 4}") for n in range(40)))
        return most_in_all, most_at_one

    assert asyncio.run(scenario()) == (6, 2)


def test_a_turn_that_is_cancelled_is_given_back() -> None:
    async def scenario() -> None:
        caps = Caps(total=1, per_host=1)
        async with caps.turn("a"):
            waiting = asyncio.create_task(hold(caps))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), caps.turn("a"):
            pass
        assert not caps._hosts  # nothing piles up for hosts long gone

    async def hold(caps: Caps) -> None:
        async with caps.turn("a"):
            await asyncio.sleep(60)

    asyncio.run(scenario())
