"""The wall, and the tiles it is drawn from."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server import passes
from gis_server.edge import allow, json_ok, user_of
from gis_server.errors import NotAllowed, NotFound
from gis_server.roles import Permission, may
from maps import answers, queries, store
from maps.answers import NOT_KEPT
from maps.base import drawing
from maps.door import ASKED_AT
from maps.figures.classes import GridFigure
from maps.figures.grids import MAY_SEE
from maps.layers import LAYERS, Layer
from maps.outline import lines
from maps.then.asked import noon_of, past_day
from maps.tiles import Tile
from patrols.seen.texts import definition
from patrols.seen.views.asked import question_of

# The page's scripts; each is known to the others as maps/<name>, wherever its hashed file lies.
MODULES = (
    "address",
    "alarms/alarms",
    "alarms/jump",
    "alarms/recoveries",
    "alarms/row",
    "api",
    "around",
    "banner",
    "burst",
    "cameras",
    "card",
    "clock",
    "display/dialog",
    "display/display",
    "display/fit",
    "display/screen",
    "display/seams",
    "display/tokens",
    "display/tour",
    "display/turns",
    "element",
    "events",
    "figures/classes",
    "figures/colours",
    "figures/grids",
    "figures/headlines",
    "find",
    "first",
    "fold",
    "grid",
    "icons",
    "kept",
    "keys",
    "live",
    "map",
    "outages",
    "page",
    "panel",
    "patrols/coverage",
    "patrols/coverage_style",
    "patrols/map",
    "patrols/panel",
    "patrols/patrols",
    "patrols/people",
    "patrols/people_icons",
    "patrols/person",
    "patrols/replay",
    "patrols/sending",
    "patrols/style",
    "patrols/track",
    "patrols/tracks",
    "picture",
    "player",
    "points",
    "style",
)
# What the wall opens with comes first: a browser fetches them in this order.
OPENING = (
    "display/screen", "display/display", "display/tokens",
    "kept", "first", "api", "cameras", "icons",
)  # fmt: skip
WALL_MODULES = (*OPENING, *(name for name in MODULES if name not in OPENING), "wall")
# As many as the wall loads at once (static/maps/points.js); of more it draws heaps first.
FIRST_CAMERAS = 5_000
# A wall does not go through more by itself; a district has a dozen.
MOST_STREETS = 500


@allow(Permission.SEE_MAP)
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    return redirect("wall")


@allow(Permission.SEE_MAP)
@require_safe
def wall(request: HttpRequest) -> HttpResponseBase:
    """The page alone; its scripts ask for cameras and tiles."""
    day, scope = timezone.localdate(), _scope(request)
    seen = queries.territory(scope, day)
    context = {
        "territory": seen,
        "config": config_of(request, seen, queries.edition(scope, day)),
        "modules": WALL_MODULES,
    }
    response = render(request, "maps/wall.html", context)
    response["Cache-Control"] = NOT_KEPT
    return response


def config_of(request: HttpRequest, seen: queries.Territory, edition: str) -> dict[str, Any]:
    """What the scripts of wall and desk must know; nothing secret, it stands in the page."""
    user = request.user
    return {
        "base": drawing.config(),
        "coverage_rules": [definition(), _bare()],
        "csrf": get_token(request),
        "edition": edition,
        "extent": seen.extent,
        "grid_figures": [one for one in GridFigure if may(user.role, MAY_SEE[one])],  # type: ignore[union-attr]
        "layers": _zooms(request),
        "sees_cameras": may(user.role, Permission.SEE_CAMERAS),  # type: ignore[union-attr]
        "sees_events": may(user.role, Permission.SEE_EVENTS),  # type: ignore[union-attr]
        "sees_pictures": may(user.role, Permission.SEE_PICTURES),  # type: ignore[union-attr]
        "sees_patrols": may(user.role, Permission.SEE_PATROLS),  # type: ignore[union-attr]
        "sends_patrols": may(user.role, Permission.SEND_PATROLS),  # type: ignore[union-attr]
        "takes_pictures": may(user.role, Permission.TAKE_PICTURES),  # type: ignore[union-attr]
        "time_zone": settings.TIME_ZONE,
        "user": user.pk,
        "urls": {
            "alarms": reverse("alarms"),
            "cameras": reverse("cameras").removesuffix(".geojson"),
            "edition": reverse("edition"),
            "first_cameras": f"{reverse('cameras')}?limit={FIRST_CAMERAS}",
            "events": reverse("event-card", args=[0]).removesuffix("/0/card/"),
            "find": reverse("find"),
            "recoveries": reverse("recoveries"),
            "rounds": reverse("api-video-seen").removesuffix("/seen.geojson"),
            "grid_figures": reverse("grid-figures"),
            "grid_pages": reverse("grid-page", args=["0"]).removesuffix("0/"),
            "outline": reverse("outline", args=[edition]),
            "grids": reverse("grid", args=["0"]).removesuffix("/0/"),
            "headlines": reverse("headlines"),
            "patrols": reverse("patrol-positions").removesuffix("/positions/"),
            "sign_in": f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}",
            "event_pages": reverse("event", args=[0]).removesuffix("0/"),
            "then": reverse("map-then"),
            "streets": reverse("map-streets"),
            "ticket": reverse("live-ticket"),
            "tiles": "/tiles",
        },
    }


def _bare() -> str:
    return _("A grid without streets, buildings or shops (hills) counts whole.")


@allow(Permission.SEE_MAP)
@require_safe
def edition(request: HttpRequest) -> HttpResponseBase:
    """The name under which this user's tiles are to be asked for now, and their layers' zooms."""
    present = queries.edition(_scope(request), timezone.localdate())
    return json_ok({"edition": present, "layers": _zooms(request)})


@allow(Permission.SEE_MAP)
@require_safe
def streets(request: HttpRequest) -> HttpResponseBase:
    """The streets that the wall can go through by itself, with the box of what is the user's."""
    found = queries.streets(_scope(request), timezone.localdate(), MOST_STREETS)
    return json_ok({"items": [asdict(street) for street in found]})


def _zooms(request: HttpRequest) -> dict[str, dict[str, int]]:
    return {
        layer.name: {"minzoom": layer.min_zoom, "maxzoom": layer.max_zoom}
        for layer in LAYERS.values()
        if _sees(request, layer)
    }


@allow(Permission.SEE_MAP)
@require_safe
def tile(
    request: HttpRequest, edition: str, layer: str, z: int, x: int, y: int
) -> HttpResponseBase:
    """One tile, cut to the user's scope: 204 where nothing lies, 404 where no tile can be.

    The address names the edition.  Under the present one the answer may be kept for ever; under any
    other the user gets the present tile, to be forgotten at once.  Of a layer that changes with
    more than the territory it may be kept, but must be asked for again each time.  With `day` it is
    the territory of that day, under its edition.
    """
    drawn, place = _layer(request, layer), _place(layer, z, x, y)
    now, scope, asked = timezone.now(), _scope(request), answers.Asked.of(request.META)
    if not drawn.lasts:
        return _answered(answers.passing(asked, _drawn(request, drawn, place, now)))
    # Asked before drawing: should the territory change in between, a newer tile stands under a
    # name that nobody will ask for again; never an older one under a new name.
    day = past_day(request, "day", now)
    present = queries.edition(scope, day or timezone.localdate(now))
    if day is None:
        _let_through(request, present, now)
    else:
        now = noon_of(day)
    if edition != present:
        draw = partial(queries.draw, drawn, place, scope, now)
        return _answered(answers.moved(present, asked, draw))
    return _answered(answers.kept_tile(present, asked, drawn, place, scope, now))


@allow(Permission.SEE_MAP)
@require_safe
def outline(request: HttpRequest, edition: str) -> HttpResponseBase:
    """Borders for the first picture (`maps.outline`), kept as tiles are: see `tile`."""
    day, scope, asked = timezone.localdate(), _scope(request), answers.Asked.of(request.META)
    present = queries.edition(scope, day)
    if edition == present:
        slot = store.slot(present, "outline", Tile(0, 0, 0))
        response = _answered(answers.kept(present, asked, slot, lambda _: [lines(scope, day)]))
    else:
        response = _answered(answers.moved(present, asked, partial(lines, scope, day)))
    response["Content-Type"] = "application/json"
    return response


def _let_through(request: HttpRequest, edition: str, now: datetime) -> None:
    """The next tiles of this session may take the short way: see `maps.door`."""
    asked_at, key = request.META.get(ASKED_AT), request.session.session_key
    if asked_at and key and not getattr(request, "by_token", False):
        store.in_use(edition)
        passes.remember(key, user_of(request), told=edition, now=now, asked_at=asked_at)


def _answered(answer: answers.Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name] = value
    return response


def _drawn(request: HttpRequest, layer: Layer, tile: Tile, now: datetime) -> bytes:
    """A tile of now; of a day, shift and window where the query names them and the layer asks."""
    if layer.draws is None:
        return queries.draw(layer, tile, _scope(request), now)
    question = question_of(request, user_of(request), now)
    return queries.draw_of(layer, tile, _scope(request), question, now)


def _scope(request: HttpRequest) -> list[str]:
    return list(request.user.reach)  # type: ignore[union-attr]


def _sees(request: HttpRequest, layer: Layer) -> bool:
    return may(request.user.role, layer.permission)  # type: ignore[union-attr]


def _layer(request: HttpRequest, name: str) -> Layer:
    if name not in LAYERS:
        names = ", ".join(LAYERS)
        raise NotFound(_("There is no such map layer; there are %(names)s.") % {"names": names})
    if not _sees(request, LAYERS[name]):
        raise NotAllowed(_("Your role does not include this map layer."))
    return LAYERS[name]


def _place(layer: str, z: int, x: int, y: int) -> Tile:
    low, high = LAYERS[layer].min_zoom, LAYERS[layer].max_zoom
    if not low <= z <= high:
        message = _("The layer %(layer)s has the zooms %(low)d to %(high)d.")
        raise NotFound(message % {"layer": layer, "low": low, "high": high})
    try:
        return Tile(z, x, y)
    except ValueError:
        raise NotFound(_("There is no tile with this number.")) from None
