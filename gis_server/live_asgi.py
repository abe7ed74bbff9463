"""The live process: one LISTEN connection, and the change feed over SSE to every browser.

    uvicorn gis_server.live_asgi:app

A bare ASGI route, because Django's async views cost a thread and a database connection a client
(1,000 listeners: 6 threads here, 1,006 there).
"""

import asyncio
import json
import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

import django
import psycopg2

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import translation  # noqa: E402
from django.utils.translation import gettext as _  # noqa: E402
from django.utils.translation.trans_real import (  # noqa: E402
    get_supported_language_variant,
    parse_accept_lang_header,
)

from gis_server.direct import need_direct_connection  # noqa: E402
from gis_server.errors import Invalid  # noqa: E402
from gis_server.live import (  # noqa: E402
    CHANNEL,
    OWN_TOPICS,
    REACH_TOPIC,
    TOPICS,
)
from gis_server.live_hub import BEAT, CUT, RING_SIZE, Client, FeedRow, Hub, feed_row  # noqa: E402
from gis_server.live_ticket import TICKET_COOKIE, Listener, read_ticket  # noqa: E402
from gis_server.logs import HEADER, request_id, taken_or_made  # noqa: E402
from gis_server.plain_numbers import whole_of  # noqa: E402
from gis_server.roles import Permission, covers, may, touches  # noqa: E402
from gis_server.watch import meters  # noqa: E402

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

logger = logging.getLogger(__name__)
BEAT_EVERY_S = 10.0
# After this long a browser comes back with a new ticket: who lost a right stops hearing.
STREAM_MAX_S = 900.0
TAKES_S = 20.0
"""A browser that has taken nothing for so long is cut off: beats alone come every 10 s."""
LOOK_EVERY_S = 5.0
RETRY_S = 1.0
ANSWER_S = 8.0
"""The database answers or refuses (statement_timeout) within 5 s; later, it has fallen silent."""
MAX_CLIENTS, MAX_PHONES = 2_000, 1_500
"""Phones of people on duty take at most so many of the places: the others are for walls."""
BATCH = 1_000
LARGEST_ID = 10**18 - 1
LONGEST_LANGUAGES = 200

COLUMNS = """id, topic, subject, scope, data,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), parts"""
AFTER = f"SELECT {COLUMNS} FROM gis_server_change WHERE id > %s ORDER BY id LIMIT %s"  # noqa: S608
NEWEST = f"SELECT {COLUMNS} FROM gis_server_change ORDER BY id DESC LIMIT %s"  # noqa: S608


def connect() -> Any:
    """A connection of its own that listens; never Django's, which belongs to requests."""
    params = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    params["options"] = "-c statement_timeout=5s"
    link = psycopg2.connect(application_name="gis-server live", **params)
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    return link


def read(link: Any, sql: str, args: list[int]) -> list[FeedRow]:
    with link.cursor() as cursor:
        cursor.execute(sql, args)
        return [feed_row(*row) for row in cursor.fetchall()]


async def ask(link: Any, sql: str, args: list[int]) -> list[FeedRow]:
    """`read` in a thread of its own; a database that has fallen silent is hung up on.

    Raises:
        psycopg2.Error: hung up on either side, or it did not answer in time.
    """
    reading = asyncio.create_task(asyncio.to_thread(read, link, sql, args))
    try:
        await asyncio.wait({reading}, timeout=ANSWER_S)
    finally:
        if not reading.done():
            hang_up(link)
    return await reading


def hang_up(link: Any) -> None:
    """Cut the line below a connection that a thread waits on: only then does the thread go on."""
    with socket.socket(fileno=os.dup(link.fileno())) as line, suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


async def follow(hub: Hub) -> None:
    """Keep the hub in step with the table, for ever; reconnect when PostgreSQL went away.

    Whatever goes wrong, clients are told that nothing is heard: beats that go on would be a lie.
    """
    while True:
        link = None
        try:
            link = await asyncio.to_thread(connect)
            await _follow_link(hub, link)
        except psycopg2.Error as error:
            if hub.current:
                logger.warning("the change feed is cut off: %s", type(error).__name__)
            hub.set_current(False)
            note(hub)
            await asyncio.sleep(RETRY_S)
        except Exception:
            logger.exception("the change feed is cut off by a fault of ours")
            hub.set_current(False)
            note(hub)
            await asyncio.sleep(RETRY_S)
        finally:
            if link is not None:
                link.close()


def note(hub: Hub) -> None:
    """Tell those who watch this server how the feed fares."""
    meters.note_live(
        clients=len(hub.clients), heard=hub.current, last_id=hub.last_id, now_s=time.time()
    )


async def _follow_link(hub: Hub, link: Any) -> None:
    loop, wake = asyncio.get_running_loop(), asyncio.Event()
    if not hub.loaded:
        rows = (await ask(link, NEWEST, [RING_SIZE]))[::-1]
        hub.load(rows, forgotten_id=rows[0].id - 1 if rows else 0)
    # Kept, because a broken link no longer tells its own number.
    socket_fd = link.fileno()
    loop.add_reader(socket_fd, wake.set)
    try:
        while True:
            wake.clear()
            link.poll()
            link.notifies.clear()
            # A full batch means that there may be more: do not wait for the next notice.
            while len(rows := await ask(link, AFTER, [hub.last_id, BATCH])):
                hub.publish(rows)
            if not hub.current:
                logger.info("the change feed is heard, last id %d", hub.last_id)
            hub.set_current(True)
            note(hub)
            # Not `wait_for`: that of Python 3.11 forgets a cancellation that comes with a notice.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await wake.wait()
    finally:
        loop.remove_reader(socket_fd)


@dataclass(eq=False)
class Refused(Exception):
    """A stream that is not opened, as callers are told of it; origin: whose page may read that."""

    status: int
    kind: str
    message: str
    origin: str = ""

    def body(self) -> bytes:
        told = {"error": {"kind": self.kind, "message": self.message}}
        return json.dumps(told, ensure_ascii=False).encode()


class LiveApp:
    """ASGI: the stream at /live, the process's health at /healthz."""

    def __init__(self) -> None:
        need_direct_connection("The live process")
        self.hub = Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            # A request is a task of its own, with variables of its own.
            request_id.set(taken_or_made(header_of(scope, HEADER)))
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/live" and scope["method"] == "GET":
            await self._stream(scope, receive, send)
        elif scope["path"] == "/healthz":
            status = 200 if self.hub.current else 503
            await answer(
                send, status, b'{"status": "ok"}' if status == 200 else b'{"status": "not ready"}'
            )
        else:
            with translation.override(language_of(header_of(scope, "accept-language"))):
                none = Refused(404, "NotFound", _("There is no such address."))
            await answer(send, none.status, none.body())

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        follower = asyncio.create_task(follow(self.hub))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        follower.cancel()
        with suppress(asyncio.CancelledError):
            await follower
        await send({"type": "lifespan.shutdown.complete"})

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            with translation.override(language_of(headers.get("accept-language", ""))):
                listener, since, topics = self._asked(headers, scope["query_string"])
        except Refused as refused:
            await answer(send, refused.status, refused.body(), refused.origin)
            return
        client = self.hub.join(
            ears_of(listener, topics),
            since,
            lambda row: outdates(listener, row),
        )
        most_s = longest_s(listener, time.time())
        sender = asyncio.create_task(pump(self.hub, client, listener.origin, send, most_s))
        leaver = asyncio.create_task(left(receive))
        try:
            await asyncio.wait({sender, leaver}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.hub.leave(client)
            for task in (sender, leaver):
                task.cancel()
            await asyncio.gather(sender, leaver, return_exceptions=True)

    def _asked(self, headers: dict[str, str], query: bytes) -> tuple[Listener, int, frozenset[str]]:
        """Who listens, to what follows which change, and to which topics.  Raises Refused."""
        try:
            listener = listener_of(headers, time.time())
            self._refuse_old(listener)
        except Invalid:
            message = _("The ticket of the stream is missing or out of date. Load the page again.")
            origin = headers.get("origin", "")
            raise Refused(401, "not_signed_in", message, origin) from None
        try:
            since, topics = since_of(headers, query), topics_of(query)
        except Invalid as error:
            raise Refused(422, "Invalid", str(error.message), listener.origin) from None
        if len(self.hub.clients) >= most_clients(listener):
            message = _("As many listen as can. Try again in a minute.")
            raise Refused(503, "Unavailable", message, listener.origin)
        return listener, since, topics

    def _refuse_old(self, listener: Listener) -> None:
        """
        Raises:
            Invalid: where the listener may look has changed since the ticket was written.
        """
        if self.hub.last_id > listener.last_id and self.hub.holds(partial(outdates, listener)):
            raise Invalid("the ticket is out of date")


def outdates(listener: Listener, row: FeedRow) -> bool:
    """Whether a change makes another ticket necessary: something was lent, or taken back."""
    mine = row.topic == REACH_TOPIC and row.subject == str(listener.user)
    return mine and row.id > listener.last_id


def longest_s(listener: Listener, now_s: float) -> float:
    """How long a stream may last: no longer than what is lent to its listener."""
    if listener.ends_at is None:
        return STREAM_MAX_S
    return min(STREAM_MAX_S, listener.ends_at - now_s)


def ears_of(
    listener: Listener, topics: frozenset[str] = frozenset(TOPICS)
) -> Callable[[FeedRow], bool]:
    """What tells whether a listener hears a change; the same for all who hear alike, so that the
    hub asks once for all of them.
    """
    permitted = frozenset(topic for topic in topics if may(listener.role, TOPICS[topic]))
    user = str(listener.user) if permitted & OWN_TOPICS else ""
    return _ears(permitted, tuple(listener.scope), user)


@lru_cache(maxsize=4_096)
def _ears(topics: frozenset[str], scope: tuple[str, ...], user: str) -> Callable[[FeedRow], bool]:
    prefixes = list(scope)

    def hears(row: FeedRow) -> bool:
        if row.topic not in topics:
            return False
        if row.topic in OWN_TOPICS:
            return row.subject == user
        if not row.scope or covers(prefixes, row.scope):
            return True
        return any(touches(prefixes, part) for part in row.parts)

    return hears


def listener_of(headers: dict[str, str], now_s: float) -> Listener:
    """Who asks, from the ticket; a page of another origin must not listen with somebody's cookie.

    Raises:
        Invalid: no ticket, a bad one, one that a grant's end has overtaken, or another origin's
            page.
    """
    cookies = SimpleCookie()
    with suppress(CookieError):
        cookies.load(headers.get("cookie", ""))
    if TICKET_COOKIE not in cookies:
        raise Invalid("no ticket")
    listener = read_ticket(cookies[TICKET_COOKIE].value)
    if headers.get("origin", listener.origin) != listener.origin:
        raise Invalid("another origin")
    if listener.ends_at is not None and listener.ends_at <= now_s:
        raise Invalid("a grant in the ticket has ended")
    return listener


def most_clients(listener: Listener) -> int:
    """How many may be connected for one more of its kind to be let in."""
    role = listener.role
    is_phone = may(role, Permission.DO_PATROLS) and not may(role, Permission.SEE_PATROLS)
    return MAX_PHONES if is_phone else MAX_CLIENTS


def topics_of(query: bytes) -> frozenset[str]:
    """The topics that the page asks for, all of them where it names none: a phone pays for what it
    hears.

    Raises:
        Invalid: one that there is not.
    """
    asked = parse_qs(query.decode("latin-1")).get("topics", [""])[0]
    topics = frozenset(asked.split(",")) if asked else frozenset(TOPICS)
    if not topics <= frozenset(TOPICS):
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": "topics", "choices": ", ".join(sorted(TOPICS))})
    return topics


def since_of(headers: dict[str, str], query: bytes) -> int:
    """The last id the browser saw: what it says on reconnecting, else what the page asked for.

    Raises:
        Invalid: not a whole number.
    """
    asked = parse_qs(query.decode("latin-1")).get("since", ["0"])[0]
    text = headers.get("last-event-id") or asked
    number = whole_of(text)
    if number is None or not 0 <= number <= LARGEST_ID:
        rule = _("%(name)s must be a whole number from %(low)d to %(high)d.")
        raise Invalid(rule % {"name": "since", "low": 0, "high": LARGEST_ID})
    return number


def language_of(accepted: str) -> str:
    """The first language of an Accept-Language that we speak, else ours."""
    for code, _weight in parse_accept_lang_header(accepted[:LONGEST_LANGUAGES]):
        with suppress(LookupError):
            return get_supported_language_variant(code)
    return settings.LANGUAGE_CODE


async def pump(hub: Hub, client: Client, origin: str, send: Send, most_s: float) -> None:
    """Send what the hub has for the client, and every ten seconds whether the database is heard.

    `cut` in place of a beat: the page then says that it is not live.
    """
    loop = asyncio.get_running_loop()
    until, next_beat = loop.time() + most_s, loop.time()
    await send({"type": "http.response.start", "status": 200, "headers": stream_headers(origin)})
    await send_part(send, b"retry: 2000\n\n")
    while loop.time() < until:
        try:
            next_look = min(next_beat, until)
            async with asyncio.timeout_at(next_look):
                part, ends = await client.next_part()
        except TimeoutError:
            if loop.time() >= until:
                break
            next_beat = loop.time() + BEAT_EVERY_S
            part, ends = BEAT if hub.current else CUT, False
        if part:
            await send_part(send, part)
        if ends:
            break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_part(send: Send, body: bytes) -> None:
    """Hand a part over; a reader that takes nothing for `TAKES_S` is cut off, not waited for.

    Raises:
        TimeoutError: it was; what it did not take it asks for when it comes back.
    """
    try:
        async with asyncio.timeout(TAKES_S):
            await send({"type": "http.response.body", "body": body, "more_body": True})
    except TimeoutError:
        drop(send)
        raise


def drop(send: Send) -> None:
    """Drop the connection with all that is still to be sent: ASGI knows no way, and to close it
    would wait for a reader that may never read again.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()


async def left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def stream_headers(origin: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        own_id(),
        *cors_headers(origin),
    ]


def cors_headers(origin: str) -> list[tuple[bytes, bytes]]:
    if not origin:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def own_id() -> tuple[bytes, bytes]:
    return HEADER.lower().encode(), request_id.get().encode()


def header_of(scope: Scope, name: str) -> str:
    wanted = name.lower().encode()
    found = (value for key, value in scope["headers"] if key == wanted)
    return str(next(found, b"").decode("latin-1"))


async def answer(send: Send, status: int, body: bytes, origin: str = "") -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), own_id()]
    headers += cors_headers(origin)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = LiveApp()
