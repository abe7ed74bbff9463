"""The process that takes positions: phone apps by the OsmAnd protocol, programs in batches.

    uvicorn patrols.intake.asgi:app

A bare ASGI route, because a request through Django's views costs 2 ms, and a district's phones send
hundreds a second.  What it answers, and why, stands in docs/design/taking-positions.md: in short,
200 for whatever need not come again, and a refusal only where coming again can help.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import tzinfo
from typing import Any
from urllib.parse import parse_qsl

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from gis_server.logs import HEADER, request_id, taken_or_made  # noqa: E402
from gis_server.origin import NO_ADDRESS, counted_as  # noqa: E402
from gis_server.watch import meters  # noqa: E402
from patrols import osmand  # noqa: E402
from patrols.intake import batch, rows  # noqa: E402
from patrols.intake.limits import LARGEST_BATCH  # noqa: E402
from patrols.intake.taking import Taken  # noqa: E402
from patrols.intake.throttle import Throttle  # noqa: E402
from patrols.intake.tokens import hash_of, is_token  # noqa: E402
from patrols.intake.told import told_batch  # noqa: E402
from patrols.intake.writer import Away, Broken, Sent, Writer, WrongToken  # noqa: E402

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

logger = logging.getLogger(__name__)
OSMAND = ("/", "/osmand", "/osmand/")
BATCHES = ("/api/patrols/fixes/", "/osmand/fixes/")
"""The second lies under /osmand, for a proxy that has one host name for everything."""
ROUTES = {
    "/healthz": "positions: healthz",
    **dict.fromkeys(OSMAND, "positions: osmand"),
    **dict.fromkeys(BATCHES, "positions: fixes"),
}
"""By what requests are counted: a device's token may stand in the address."""
ID_HEADER = HEADER.lower().encode()
READ_S = 15.0
"""How long a body may take to come."""
MOST_FIELDS = 50
RETRY_S = 10
WRONG, AWAY, BROKEN = 401, 503, 422


class TooLarge(Exception):
    """A body beyond the limit; the rest of it was not read."""


class Slow(Exception):
    """A body that does not come to an end, or a client that has gone."""


class PositionsApp:
    """ASGI: positions at / and /osmand and in batches, the process's health at /healthz."""

    def __init__(self) -> None:
        self.throttle = Throttle()
        self.writer: Writer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            # A request is a task of its own, with variables of its own.
            request_id.set(taken_or_made(header(scope, ID_HEADER)))
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.monotonic(), 500

        async def noted(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._answer(scope, receive, noted)
        finally:
            route = ROUTES.get(scope["path"], "positions: none")
            meters.count_request(route, scope["method"], status, time.monotonic() - began)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.writer = Writer()
        running = [asyncio.create_task(self.writer.run()), asyncio.create_task(self.writer.live())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(self.writer.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        try:
            if path == "/healthz":
                await self._health(send)
            elif path in BATCHES and method == "POST":
                await self._batch(scope, receive, send)
            elif path in OSMAND and method in ("GET", "POST"):
                await self._osmand(scope, receive, send)
            elif path in BATCHES or path in OSMAND:
                await answer(send, 405)
            else:
                await answer(send, 404)
        except TooLarge:
            await answer(send, 413)
        except Slow:
            await answer(send, 408)

    async def _health(self, send: Send) -> None:
        well = self.writer is not None and await self.writer.look()
        told = b'{"status": "ok"}' if well else b'{"status": "not ready"}'
        await answer(send, 200 if well else 503, told)

    async def _osmand(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive, osmand.LARGEST_BODY)
        token, position, trouble = read_osmand(scope, body, time.time(), zone())
        fixes = rows.columns_of([position] if position else [])
        status, _taken, wait = await self._take(scope, token, fixes, trouble)
        # An app would send what can never be written for ever, and nothing that comes after it.
        await answer(send, 200 if status == BROKEN else status, wait_s=wait)

    async def _batch(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind, _space, token = header(scope, b"authorization").partition(" ")
        if kind.lower() != "bearer" or not is_token(token.strip()):
            token = ""
        body = await read_body(receive, LARGEST_BATCH)
        try:
            sent = batch.read(body, zone())
        except batch.BadBatch as error:
            # Nobody's guess at a token is answered by how its body looks.
            await answer(send, *told_error(400, str(error)) if token else told_error(401, ""))
            return
        trouble = next(iter(sent.unreadable.values()), "")
        status, taken, wait = await self._take(scope, token.strip(), sent.fixes, trouble)
        if taken is None:
            await answer(send, *told_error(401 if status == 403 else status, ""), wait_s=wait)
        else:
            await answer(send, 200, json.dumps(told_batch(sent, taken)).encode())

    async def _take(
        self, scope: Scope, token: str, fixes: rows.Array, trouble: str
    ) -> tuple[int, Taken | None, int]:
        """Status, what was taken, and how many seconds to wait before coming again."""
        address, token_hash, now_s = address_of(scope), hash_of(token), time.monotonic()
        if wait := self.throttle.wait_s(address, token_hash, now_s):
            return 429, None, wait
        taken, status = await self._written(token, Sent(token_hash, fixes, trouble))
        if taken is not None:
            self.throttle.note_right(token_hash)
        elif status == WRONG:
            self.throttle.note_wrong(address, token_hash, now_s)
        return status, taken, RETRY_S if status == AWAY else 0

    async def _written(self, token: str, sent: Sent) -> tuple[Taken | None, int]:
        if self.writer is None:
            return None, AWAY
        if not is_token(token):
            return None, WRONG
        try:
            return await self.writer.take(sent), 200
        except WrongToken:
            return None, WRONG
        except Away:
            return None, AWAY
        except Broken:
            return None, BROKEN


def zone() -> tzinfo:
    return timezone.get_default_timezone()


def read_osmand(
    scope: Scope, body: bytes, now: float, at_zone: tzinfo
) -> tuple[str, osmand.Position | None, str]:
    """The token, the position, and why there is none."""
    query = scope["query_string"]
    if not query and body[:1] == b"{":
        return _of_json(body, now, at_zone)
    told = query or body
    try:
        fields = dict(parse_qsl(told.decode("ascii", "replace"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return "", None, str(osmand.BadFix(osmand.Flaw.TOO_MANY, "fields"))
    token = (fields.get("id") or fields.get("deviceid") or "").strip()
    try:
        return token, osmand.from_fields(fields, now, at_zone), ""
    except osmand.BadFix as error:
        return token, None, str(error)


def _of_json(body: bytes, now: float, at_zone: tzinfo) -> tuple[str, osmand.Position | None, str]:
    try:
        position = osmand.from_json(body, now, at_zone)
    except osmand.BadFix as error:
        return _token_in(body), None, str(error)
    return position.device, position, ""


def _token_in(body: bytes) -> str:
    """Whose unreadable position it is, if that at least can be read."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(told.get("device_id", "")).strip() if isinstance(told, dict) else ""


async def read_body(receive: Receive, most: int) -> bytes:
    """
    Raises:
        TooLarge: more than `most` bytes.
        Slow: it does not come to an end.
    """
    message = await receive()
    if not message.get("more_body"):
        return _within(message.get("body", b""), most)
    try:
        async with asyncio.timeout(READ_S):
            return await _read_on(receive, message.get("body", b""), most)
    except TimeoutError:
        raise Slow from None


async def _read_on(receive: Receive, first: bytes, most: int) -> bytes:
    parts, size = [first], len(first)
    while size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Slow
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body"):
            break
    return _within(b"".join(parts), most)


def _within(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise TooLarge
    return body


def header(scope: Scope, name: bytes) -> str:
    found = (value for key, value in scope["headers"] if key == name)
    return str(next(found, b"").decode("latin-1"))


def address_of(scope: Scope) -> str:
    """See `gis_server.origin.address_of`."""
    texts = [scope["client"][0] if scope["client"] else ""]
    if settings.BEHIND_TLS:
        texts.insert(0, header(scope, b"x-forwarded-for").rsplit(",", 1)[-1])
    return next((counted for text in texts if (counted := counted_as(text))), NO_ADDRESS)


KINDS = {400: "Invalid", 401: "not_signed_in", 429: "TooMany", 503: "Unavailable", 422: "Invalid"}
MESSAGES = {
    401: "The device token is missing, wrong, or was replaced or revoked.",
    429: "Too many wrong tokens came from this address.",
    503: "Nothing of this was kept; send it again.",
    422: "This could not be written and need not come again.",
}


def told_error(status: int, message: str) -> tuple[int, bytes]:
    told = {"kind": KINDS[status], "message": message or MESSAGES[status]}
    return status, json.dumps({"error": told}).encode()


EMPTY = [(b"content-length", b"0")]
JSON = (b"content-type", b"application/json")


async def answer(send: Send, status: int, body: bytes = b"", *, wait_s: int = 0) -> None:
    headers = [JSON, (b"content-length", str(len(body)).encode())] if body else list(EMPTY)
    headers.append((ID_HEADER, request_id.get().encode()))
    if wait_s:
        headers.append((b"retry-after", str(wait_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = PositionsApp()
