"""Who listens to the change feed, and what each gets.  Pure: no Django, no socket, no clock.

One hub serves all browsers of a process from memory: a ring of the newest changes for those who
come back, and a bounded queue for each that is connected.  A reader too slow for its queue is let
go; it reconnects and resumes from the last id it saw.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

RING_SIZE = 20_000
QUEUE_SIZE = 5_000
"""Changes that wait for one browser, which a burst of some thousands is no reason to let go."""
PART_BYTES = 32_768
RESET = b"event: reset\ndata: {}\n\n"
BEAT = b"event: beat\ndata: {}\n\n"
CUT = b"event: cut\ndata: {}\n\n"
CLOSE = b""


@dataclass(frozen=True)
class FeedRow:
    """One committed change; `message` is its SSE form, made once for all listeners.

    parts: who hears it besides those of its scope; not in the message.
    """

    id: int
    topic: str
    subject: str
    scope: str
    message: bytes
    parts: tuple[str, ...] = ()


def feed_row(
    id: int,
    topic: str,
    subject: str,
    scope: str,
    data: object,
    at: str,
    parts: Iterable[str] = (),
) -> FeedRow:
    body = {"topic": topic, "subject": subject, "at": at, "data": data}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    message = f"event: change\nid: {id}\ndata: {text}\n\n".encode()
    return FeedRow(id, topic, subject, scope, message, tuple(parts))


@dataclass(eq=False)
class Client:
    """A connected browser: what it may hear, what ends its stream, what waits to be sent to it."""

    hears: Callable[[FeedRow], bool]
    ends: Callable[[FeedRow], bool]
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_SIZE))

    async def next_part(self) -> tuple[bytes, bool]:
        """What waits, up to about `PART_BYTES`, and whether the stream ends with it.

        A burst costs each browser some writes, and not one for every change.
        """
        messages = [await self.queue.get()]
        size = len(messages[0])
        while messages[-1] != CLOSE and size < PART_BYTES and not self.queue.empty():
            messages.append(self.queue.get_nowait())
            size += len(messages[-1])
        return b"".join(messages), messages[-1] == CLOSE


class Hub:
    """Fans committed changes out to clients.  `current`: whether the database is being heard."""

    def __init__(self, ring_size: int = RING_SIZE) -> None:
        self.ring: deque[FeedRow] = deque(maxlen=ring_size)
        self.clients: set[Client] = set()
        self.last_id = 0
        self.forgotten_id = 0
        self.loaded = False
        self.current = False

    def load(self, rows: Iterable[FeedRow], forgotten_id: int) -> None:
        """Start, once, from the newest rows of the table; up to `forgotten_id` none is at hand.

        Never again after a cut: connected clients would not hear what was read that way.
        """
        self.loaded = True
        self.forgotten_id = self.last_id = forgotten_id
        for row in rows:
            self._remember(row)

    def publish(self, rows: Iterable[FeedRow]) -> None:
        """Hand changes out.  Those who hear alike have one `hears`, which is asked once a row."""
        for row in rows:
            self._remember(row)
            heard: dict[Callable[[FeedRow], bool], bool] = {}
            for client in list(self.clients):
                if client.hears not in heard:
                    heard[client.hears] = client.hears(row)
                if heard[client.hears]:
                    self._send(client, row.message)
                if client.ends(row):
                    self.leave(client)
                    self._send(client, CLOSE)

    def set_current(self, current: bool) -> None:
        """Whether the database is heard; clients are told at once when that changes."""
        if current == self.current:
            return
        self.current = current
        for client in list(self.clients):
            self._send(client, BEAT if current else CUT)

    def join(
        self,
        hears: Callable[[FeedRow], bool],
        since: int,
        ends: Callable[[FeedRow], bool] = lambda row: False,
    ) -> Client:
        """A client that has seen everything up to `since`; it starts with what it missed.

        Where that is no longer at hand, or more than a queue holds, it is told to load everything
        anew (`reset`).
        """
        client = Client(hears, ends)
        missed = list(self._after(since, hears))
        if since > self.last_id or since < self.forgotten_id or len(missed) >= QUEUE_SIZE:
            client.queue.put_nowait(RESET)
        else:
            for row in missed:
                client.queue.put_nowait(row.message)
        self.clients.add(client)
        return client

    def holds(self, sought: Callable[[FeedRow], bool]) -> bool:
        """Whether such a row is among those at hand."""
        return any(sought(row) for row in self.ring)

    def leave(self, client: Client) -> None:
        self.clients.discard(client)

    def _after(self, since: int, hears: Callable[[FeedRow], bool]) -> Iterator[FeedRow]:
        return (row for row in self.ring if row.id > since and hears(row))

    def _remember(self, row: FeedRow) -> None:
        if len(self.ring) == self.ring.maxlen:
            self.forgotten_id = self.ring[0].id
        self.ring.append(row)
        self.last_id = row.id

    def _send(self, client: Client, message: bytes) -> None:
        try:
            client.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.leave(client)
            # Nothing half-told: the client resumes from the last id that it did receive.
            while not client.queue.empty():
                client.queue.get_nowait()
            client.queue.put_nowait(CLOSE)
