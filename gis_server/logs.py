"""One structured line per request, and its id on every line that is written meanwhile.

Query strings are not logged: a search may hold a name, and other systems put tokens there.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger("gis_server.requests")
request_id: ContextVar[str] = ContextVar("request_id", default="-")
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = ("/static/", "/healthz", "/readyz")


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class RequestLog:
    """Outermost middleware: takes over or makes X-Request-Id, and writes the line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-Id", "")
        name = given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(name)
        began = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = name
            self._write(request, response.status_code, time.monotonic() - began)
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
