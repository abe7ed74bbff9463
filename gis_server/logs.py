"""One structured line per request and per whatever else is worth one, in every process; the id of
the request stands on every line that is written meanwhile, and goes with the jobs it hands over.

Query strings are not logged: a search may hold a name, and other systems put tokens there.  What
is secret is not written by anybody; should it stand in a text of others (an exception of a driver),
the formatters take it out.
"""

import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from pythonjsonlogger.json import JsonFormatter

logger = logging.getLogger("gis_server.requests")
NO_REQUEST = "-"
request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
HEADER = "X-Request-Id"
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
HIDDEN = "[hidden]"
SHORTEST_SECRET = 8
SECRETS = ("SECRET_KEY", "VAULT_KEY", "METRICS_TOKEN", "OIDC_RP_CLIENT_SECRET",
           "EMAIL_HOST_PASSWORD", "BASE_MAP_KEY")  # fmt: skip
LOOKS_SECRET = (
    # A name and a password in an address.
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@\"'\\]{0,200}:[^\s/@\"'\\]{1,200}@"), r"\1"),
    (re.compile(r"(\b(?:Bearer|Basic|Digest)\s+)[A-Za-z0-9._~+/=-]{12,}"), r"\1"),
    # A token of this server (`accounts.tokens`).
    (re.compile(r"(\bgis_)(?=[A-Za-z0-9-]*[A-Z0-9])[A-Za-z0-9-]{20,}"), r"\1"),
    (re.compile(r"(?i)([?&;](?:token|key|tk|secret|password|api_key)=)[^&\s\"'\\]+"), r"\1"),
)


def taken_or_made(given: str) -> str:
    """The id that a proxy has given to a request where it is harmless, else one of our own."""
    return given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        record.part = part_of(tuple(sys.argv))
        return True


@lru_cache(4)
def part_of(argv: tuple[str, ...]) -> str:
    """Which process this is, as the Procfile names them: by how it was called."""
    program = Path(argv[0]).name if argv else ""
    words = argv[1:]
    if program == "granian":
        return "web"
    if program == "celery":
        return "jobs"
    if program == "uvicorn":
        return "live" if any("live_asgi" in word for word in words) else "positions"
    if program == "manage.py" and words:
        return {"poll": "poller"}.get(words[0], words[0])[:30]
    return "other"


class Lines(JsonFormatter):
    """A line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record))


class Text(logging.Formatter):
    """A line for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record))


def hide(text: str) -> str:
    """The text without our secrets, and without what looks like one of others."""
    if own := _pattern(tuple(_secrets())):
        text = own.sub(HIDDEN, text)
    for pattern, kept in LOOKS_SECRET:
        text = pattern.sub(rf"{kept}{HIDDEN}", text)
    return text


def _secrets() -> Iterator[str]:
    """The secrets of the settings, each as it is."""
    for name in SECRETS:
        yield from str(getattr(settings, name, "") or "").split(",")
    yield str(settings.DATABASES["default"].get("PASSWORD") or "")
    yield unquote(urlsplit(settings.REDIS_URL).password or "")


@lru_cache(8)
def _pattern(secrets: Sequence[str]) -> re.Pattern[str] | None:
    """What finds them, also as JSON writes them."""
    found = {one.strip() for one in secrets if len(one.strip()) >= SHORTEST_SECRET}
    written = found | {json.dumps(one)[1:-1] for one in found}
    # The longest first: one may be the beginning of another.
    texts = sorted(written, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, texts))) if texts else None


def log_what_ends_us() -> None:
    """Write what ends a process as a line like all others; Python would write a trace in words."""
    logging.captureWarnings(capture=True)
    if settings.LOG_FORMAT == "json":
        sys.excepthook = _last_words


def _last_words(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("gis_server").critical("ended by a fault", exc_info=(kind, error, trace))


class RequestLog:
    """Outermost middleware: takes over or makes X-Request-Id, counts, and writes the line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        from gis_server.watch import meters  # noqa: PLC0415 - logging is set up before settings

        name = taken_or_made(request.headers.get(HEADER, ""))
        token = request_id.set(name)
        began = time.monotonic()
        try:
            response = self.get_response(request)
            response[HEADER] = name
            took_s = time.monotonic() - began
            meters.count_request(
                route_of(request), request.method or "", response.status_code, took_s
            )
            self._write(request, response.status_code, took_s)
            return response
        finally:
            request_id.reset(token)

    def _write(self, request: HttpRequest, status: int, took_s: float) -> None:
        if request.path.startswith(QUIET) and status < 500:
            return
        # Only a user that the request has asked for: a log line must not need the database.
        user = getattr(request, "_cached_user", None)
        logger.info(
            "%s %s %d",
            request.method,
            request.path,
            status,
            extra={"took_ms": round(took_s * 1000, 1), "user": getattr(user, "pk", None)},
        )


def route_of(request: HttpRequest) -> str:
    """The template of the route; one word for static files, one for whatever there is not."""
    if request.resolver_match is not None:
        return str(request.resolver_match.route) or "/"
    return "static" if request.path.startswith("/static/") else "none"


LONGEST_STATEMENT = 500


def time_statements(connection: Any, **_: object) -> None:
    """Called for each new connection; the object that stands for it outlives it."""
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(
    execute: Callable[..., Any], sql: object, params: object, many: bool, context: object
) -> Any:
    """Around every statement but COPY: tells of those that take long, without their values."""
    began = time.monotonic()
    try:
        return execute(sql, params, many, context)
    finally:
        took_s = time.monotonic() - began
        if took_s * 1000 >= settings.SLOW_STATEMENT_MS:
            _tell_slow(str(sql), took_s)


def _tell_slow(sql: str, took_s: float) -> None:
    from gis_server.watch import meters  # noqa: PLC0415 - as above

    meters.count_slow(part_of(tuple(sys.argv)))
    logging.getLogger("gis_server.statements").warning(
        "slow statement: %s",
        " ".join(sql[:LONGEST_STATEMENT].split()),
        extra={"took_ms": round(took_s * 1000, 1)},
    )
