"""Figures over HTTP, for the wall and whoever draws a map; numbers alone, no words."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import allow, parse_choice, user_of
from gis_server.errors import Invalid, NotAllowed
from gis_server.models import User
from gis_server.openapi.marks import needs
from gis_server.openapi.schemas import words
from gis_server.roles import Permission, may
from maps.figures import grids
from maps.figures.classes import GridFigure
from maps.figures.headlines import headlines as headlines_of
from maps.figures.kept import kept
from maps.packing import pack

GRIDS_LAST_S = 5
"""The page waits a second longer after a change, so it never gets an answer of before."""
HEADLINES_LAST_S = 30
SHOWN_BY = (
    Permission.SEE_EVENTS, Permission.SEE_CAMERAS, Permission.SEE_RATES, Permission.SEE_PATROLS,
    Permission.SEE_COVERAGE,
)  # fmt: skip


@allow(Permission.SEE_MAP)
@require_safe
def headlines(request: HttpRequest) -> HttpResponse:
    """Answer the headline figures of the reader's reach; at most half a minute old."""
    user, now = user_of(request), timezone.now()
    sees = "".join("1" if may(user.role, one) else "0" for one in SHOWN_BY)
    turn = int(now.timestamp() // HEADLINES_LAST_S)
    body = kept(
        f"headlines:{sees}", user.reach, turn, HEADLINES_LAST_S,
        lambda: headlines_of(user, now, timezone.get_default_timezone()),
    )  # fmt: skip
    return _answered(request, body)


@allow(Permission.SEE_MAP)
@require_safe
@needs(figure=words(GridFigure))
def by_grid(request: HttpRequest) -> HttpResponse:
    """Answer the value of every grid in reach by one figure (`figure`)."""
    figure, user, now = _figure(request), user_of(request), timezone.now()
    _check(user, figure)
    body = kept(
        f"grids:{figure}", user.reach, int(now.timestamp() // GRIDS_LAST_S), GRIDS_LAST_S,
        lambda: grids.values(figure, user.reach, now),
    )  # fmt: skip
    return _answered(request, body)


def _figure(request: HttpRequest) -> GridFigure:
    name = parse_choice(request, "figure", list(GridFigure))
    if not name:
        raise Invalid(_("%(name)s must not be empty.") % {"name": "figure"})
    return GridFigure(name)


def _check(user: User, figure: GridFigure) -> None:
    if not may(user.role, grids.MAY_SEE[figure]):
        raise NotAllowed(_("Your role does not include this figure."))


def _answered(request: HttpRequest, body: bytes) -> HttpResponse:
    """The answer, or that it is still the same; a browser keeps it and asks each time."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag=tag) or HttpResponse(
        body, content_type="application/json"
    )
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    answer["Vary"] = "Cookie"
    pack(request, answer)
    return answer
