"""The hub: nothing is lost, nothing is heard that should not be, slow readers are let go."""

import asyncio

import pytest

from gis_server.live_hub import (
    BEAT,
    CLOSE,
    CUT,
    PART_BYTES,
    QUEUE_SIZE,
    RESET,
    FeedRow,
    Hub,
    feed_row,
)


def rows(first: int, last: int, scope: str = "140107") -> list[FeedRow]:
    return [feed_row(i, "camera", str(i), scope, {}, "now") for i in range(first, last + 1)]


def everything(row: FeedRow) -> bool:
    return True


def drained(queue: asyncio.Queue[bytes]) -> list[bytes]:
    return [queue.get_nowait() for _ in range(queue.qsize())]


def ids(messages: list[bytes]) -> list[int]:
    return [int(message.split(b"\nid: ")[1].split(b"\n")[0]) for message in messages]


def test_a_client_gets_what_comes_after_it_joined() -> None:
    hub = Hub()
    client = hub.join(everything, since=0)

    hub.publish(rows(1, 3))

    assert ids(drained(client.queue)) == [1, 2, 3]


def test_a_client_that_comes_back_gets_what_it_missed_once() -> None:
    hub = Hub()
    hub.publish(rows(1, 5))

    client = hub.join(everything, since=3)
    hub.publish(rows(6, 6))

    assert ids(drained(client.queue)) == [4, 5, 6]


@pytest.mark.parametrize(
    ("since", "why"), [(2, "forgotten"), (11, "from a future that was taken back")]
)
def test_a_client_whose_place_is_unknown_loads_everything_anew(since: int, why: str) -> None:
    hub = Hub(ring_size=5)
    hub.publish(rows(1, 10))

    assert drained(hub.join(everything, since).queue) == [RESET], why


def test_the_oldest_place_still_at_hand_needs_no_reset() -> None:
    hub = Hub(ring_size=5)
    hub.publish(rows(1, 10))

    assert ids(drained(hub.join(everything, since=5).queue)) == [6, 7, 8, 9, 10]


def test_a_hub_that_starts_late_knows_what_it_has_not_read() -> None:
    hub = Hub()
    hub.load(rows(101, 110), forgotten_id=100)

    assert drained(hub.join(everything, since=99).queue) == [RESET]
    assert len(drained(hub.join(everything, since=100).queue)) == 10


def test_a_client_hears_only_what_it_may() -> None:
    hub = Hub()
    client = hub.join(lambda row: row.scope.startswith("140107001"), since=0)

    hub.publish(rows(1, 1, "140107002") + rows(2, 2, "140107001003"))

    assert ids(drained(client.queue)) == [2]


def test_a_slow_reader_is_let_go_and_the_others_stay() -> None:
    hub = Hub()
    slow, fast = hub.join(everything, 0), hub.join(everything, 0)
    for batch in range(0, QUEUE_SIZE + 1, 100):
        hub.publish(rows(batch + 1, batch + 100))
        if batch < QUEUE_SIZE:
            drained(fast.queue)

    assert drained(slow.queue) == [CLOSE]
    assert slow not in hub.clients
    assert len(drained(fast.queue)) == 100


def test_those_who_hear_alike_are_asked_once() -> None:
    asked: list[int] = []

    def mine(row: FeedRow) -> bool:
        asked.append(row.id)
        return row.scope.startswith("140107001")

    hub = Hub()
    clients = [hub.join(mine, since=0) for _ in range(50)]
    other = hub.join(everything, since=0)

    hub.publish(rows(1, 2, "140107001") + rows(3, 3, "140107002"))

    assert asked == [1, 2, 3]
    assert [ids(drained(client.queue)) for client in clients] == [[1, 2]] * 50
    assert ids(drained(other.queue)) == [1, 2, 3]


def test_a_burst_is_a_few_parts_and_none_is_lost() -> None:
    hub = Hub()
    client = hub.join(everything, since=0)
    told = rows(1, 1_000)
    hub.publish(told)

    async def read() -> list[tuple[bytes, bool]]:
        parts = []
        while not client.queue.empty():
            parts.append(await client.next_part())
        return parts

    parts = asyncio.run(read())

    assert b"".join(body for body, _ends in parts) == b"".join(row.message for row in told)
    longest = max(len(row.message) for row in told)
    assert all(len(body) < PART_BYTES + longest for body, _ends in parts)
    assert len(parts) <= 1_000 * longest / PART_BYTES + 1
    assert not any(ends for _body, ends in parts)


def test_what_waits_before_the_end_is_told() -> None:
    hub = Hub()
    client = hub.join(everything, since=0, ends=lambda row: row.id == 2)
    hub.publish(rows(1, 3))

    body, ends = asyncio.run(client.next_part())

    assert (ids(body.split(b"event: ")[1:]), ends) == ([1, 2], True)


def test_more_missed_than_a_queue_holds_is_a_reset() -> None:
    hub = Hub()
    hub.publish(rows(1, QUEUE_SIZE + 5))

    assert drained(hub.join(everything, since=1).queue) == [RESET]


def test_clients_are_told_once_when_the_database_is_lost_and_when_it_is_back() -> None:
    hub = Hub()
    hub.set_current(True)
    client = hub.join(everything, 0)

    for current in (True, False, False, True):
        hub.set_current(current)

    assert drained(client.queue) == [CUT, BEAT]


def test_a_message_is_one_event_whatever_the_data_holds() -> None:
    row = feed_row(7, "camera", "1", "", {"name": "a\n\nevent: reset\ndata: 东"}, "now")

    assert row.message.count(b"\n\n") == 1
    assert "东".encode() in row.message
