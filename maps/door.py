"""The short way to a tile, in front of Django: for a browser that has just been let through.

Everything that is not plain (no pass, a token, another edition, a fault) goes the long way, through
`maps.views.tile`, which answers the same and gives the pass.
"""

import logging
import re
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
Start = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class TileDoor:
    """A WSGI application around Django's."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        name = re.escape(settings.SESSION_COOKIE_NAME)
        self.cookie = re.compile(rf"(?:^|; *){name}=([a-z0-9]+)(?:;|$)")

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
        place = ADDRESS.fullmatch(environ["PATH_INFO"])
        cookie = self.cookie.search(environ.get("HTTP_COOKIE", ""))
        if not place or not cookie or environ["REQUEST_METHOD"] != "GET":
            return None
        # What is of another day goes the long way.
        if environ.get("QUERY_STRING"):
            return None
        # Who shows a token is not whom the cookie names.
        known = None if "HTTP_AUTHORIZATION" in environ else passes.find(cookie[1])
        edition, name, z, x, y = place.groups()
        layer = LAYERS.get(name)
        if known is None or layer is None or known.told != edition:
            return None
        # What follows the time is asked for the long way.
        if not layer.lasts or not layer.min_zoom <= int(z) <= layer.max_zoom:
            return None
        if not (may(known.role, Permission.SEE_MAP) and may(known.role, layer.permission)):
            return None
        return self._drawn(environ, known, layer, (int(z), int(x), int(y)))

    def _drawn(
        self, environ: dict[str, Any], known: passes.Pass, layer: Layer, place: tuple[int, int, int]
    ) -> answers.Answer | None:
        try:
            tile = Tile(*place)
            asked = answers.Asked.of(environ)
            now = timezone.now()
            return answers.kept_tile(known.told, asked, layer, tile, known.reach, now)
        except (ValueError, DomainError):
            return None
        except (DatabaseError, InterfaceError):
            # The long way finds a new connection, or says what is wrong.
            connection.close_if_unusable_or_obsolete()
            return None
