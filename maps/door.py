"""The short way to a tile, in front of Django: for a browser that has just been let through.

Everything that is not plain (no pass, a token, another edition, a fault) goes the long way, through
`maps.views.tile`, which answers the same and gives the pass.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from gis_server import passes
from gis_server.errors import DomainError
from gis_server.roles import Permission, may
from gis_server.watch import meters
from maps import answers
from maps.layers import LAYERS, Layer
from maps.tiles import Tile

logger = logging.getLogger(__name__)
ADDRESS = re.compile(r"/tiles/([0-9a-f]{16})/([a-z_]{1,30})/(\d{1,2})/(\d{1,8})/(\d{1,8})\.mvt")
ROUTE = "tiles/<str:edition>/<str:layer>/<int:z>/<int:x>/<int:y>.mvt"
"""As in `maps.urls`: both ways are counted together."""
ASKED_AT = "gis_server.passes_asked_at"
START = "/tiles/"
MOST_BYTES = 8_000_000
"""So much of what has been answered lately a process remembers: no answer differs, under its
edition, from the one before."""
SMALL = 1_000
"""And so much more for each: address and headers."""
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Lately:
    """Answers of some megabytes by their address; full, it begins anew."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[Layer, answers.Answer]] = {}

    def find(self, path: str) -> tuple[Layer, answers.Answer] | None:
        return self._answers.get(path)

    def keep(self, path: str, layer: Layer, answer: answers.Answer) -> None:
        size = len(answer.body) + SMALL
        with self._lock:
            if path in self._answers or size > self.most_bytes:
                return
            if self._bytes + size > self.most_bytes:
                self._answers, self._bytes = {}, 0
            self._answers[path] = layer, answer
            self._bytes += size


class TileDoor:
    """A WSGI application around Django's."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        name = re.escape(settings.SESSION_COOKIE_NAME)
        self.cookie = re.compile(rf"(?:^|; *){name}=([a-z0-9]+)(?:;|$)")
        self.lately = Lately(MOST_BYTES)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(START):
            return self.inner(environ, start)
        # Before anybody reads session or user: see `passes.remember`.
        environ[ASKED_AT] = passes.moment()
        began = time.monotonic()
        answer = self._answer(environ)
        if answer is None:
            return self.inner(environ, start)
        status = int(answer.status_line[:3])
        meters.count_request(ROUTE, "GET", status, time.monotonic() - began)
        start(answer.status_line, answer.headers)
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> answers.Answer | None:
        cookie = self.cookie.search(environ.get("HTTP_COOKIE", ""))
        if not cookie or environ["REQUEST_METHOD"] != "GET":
            return None
        # What is of another day goes the long way; and who shows a token is not whom the cookie
        # names.
        if environ.get("QUERY_STRING") or "HTTP_AUTHORIZATION" in environ:
            return None
        known = passes.find(cookie[1])
        if known is None or not may(known.role, Permission.SEE_MAP):
            return None
        path, asked = environ["PATH_INFO"], answers.Asked.of(environ)
        if asked.is_plain and path.startswith(known.told, len(START)):
            there = self.lately.find(path)
            if there and may(known.role, there[0].permission):
                return there[1]
        return self._kept(known, path, asked)

    def _kept(self, known: passes.Pass, path: str, asked: answers.Asked) -> answers.Answer | None:
        place = ADDRESS.fullmatch(path)
        if not place:
            return None
        edition, name, z, x, y = place.groups()
        layer = LAYERS.get(name)
        if layer is None or known.told != edition or not may(known.role, layer.permission):
            return None
        # What follows the time is asked for the long way.
        if not layer.lasts or not layer.min_zoom <= int(z) <= layer.max_zoom:
            return None
        answer = self._drawn(known, layer, (int(z), int(x), int(y)), asked)
        if answer and asked.is_plain:
            self.lately.keep(path, layer, answer)
        return answer

    def _drawn(
        self, known: passes.Pass, layer: Layer, place: tuple[int, int, int], asked: answers.Asked
    ) -> answers.Answer | None:
        try:
            tile = Tile(*place)
            now = timezone.now()
            return answers.kept_tile(known.told, asked, layer, tile, known.reach, now)
        except (ValueError, DomainError):
            return None
        except (DatabaseError, InterfaceError):
            # The long way finds a new connection, or says what is wrong.
            connection.close_if_unusable_or_obsolete()
            return None
