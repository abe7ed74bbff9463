"""Places of the poller: so many in all and at one host, and none for those who stay silent."""

import asyncio

import pytest

from cameras.processes import lanes as lanes_module
from cameras.processes.lanes import Lanes


def test_places_hold_in_all_and_per_host() -> None:
    async def scenario() -> tuple[int, int]:
        lanes = Lanes(total=6, per_host=2)
        running: dict[str, int] = {}
        most_in_all = most_at_one = 0

        async def one(host: str) -> None:
            nonlocal most_in_all, most_at_one
            async with lanes.turn(host):
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
        lanes = Lanes(total=1, per_host=1)
        async with lanes.turn("a"):
            waiting = asyncio.create_task(hold(lanes))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), lanes.turn("a"):
            pass
        assert not lanes.hosts  # nothing piles up for hosts long gone

    async def hold(lanes: Lanes) -> None:
        async with lanes.turn("a"):
            await asyncio.sleep(60)

    asyncio.run(scenario())


def test_a_silent_camera_gives_its_place_to_others_and_keeps_its_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes_module, "ASIDE_AFTER_S", 0.01)

    async def scenario() -> tuple[int, int]:
        lanes = Lanes(total=1, per_host=1)
        async with lanes.turn("silent"):
            async with asyncio.timeout(5), lanes.turn("living"):
                aside = lanes.aside
            behind = asyncio.create_task(lanes.turn("silent").__aenter__())
            await asyncio.sleep(0)
            waiting = lanes.waiting
            behind.cancel()
            await asyncio.gather(behind, return_exceptions=True)
        assert lanes.aside == 0
        async with asyncio.timeout(5), lanes.turn("silent"):
            return aside, waiting

    assert asyncio.run(scenario()) == (1, 1)


def test_a_camera_that_was_down_before_takes_no_place_at_all() -> None:
    async def scenario() -> tuple[int, int]:
        lanes = Lanes(total=1, per_host=1)
        async with lanes.turn("down", is_down=True), asyncio.timeout(5), lanes.turn("living"):
            aside = lanes.aside
        return aside, lanes.aside

    assert asyncio.run(scenario()) == (1, 0)


def test_those_aside_are_not_without_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "MOST_ASIDE", 1)

    async def scenario() -> bool:
        lanes = Lanes(total=1, per_host=1)
        async with lanes.turn("a", is_down=True), lanes.turn("b", is_down=True):
            third = asyncio.create_task(lanes.turn("c", is_down=True).__aenter__())
            await asyncio.sleep(0.01)
            waits = not third.done()
            third.cancel()
            await asyncio.gather(third, return_exceptions=True)
        return waits

    assert asyncio.run(scenario())
