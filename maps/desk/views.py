"""The page of the desk, and its search by place."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cameras import page_queries as camera_queries
from events.models.event import OPEN_VALUES
from events.texts import state_name
from gis_server import audit
from gis_server.edge import allow, json_ok, show, user_of
from gis_server.errors import Invalid
from gis_server.file_answers import csv_file, saved_as
from gis_server.models import User
from gis_server.openapi.marks import answers, asks
from gis_server.openapi.schemas import CSV, GEOJSON, GEOPACKAGE
from gis_server.roles import Permission, may
from gis_server.scopes import common_code
from gis_server.throttle import Pace
from grids.queries.tree import divisions_to_choose
from maps import queries
from maps.desk import selecting
from maps.desk.asking import ASKED, Asked, Near, asked_of
from maps.desk.package import package
from maps.desk.selecting import Found, Item
from maps.files.limits import one_file
from maps.views import MODULES, config_of

# Each is known to the others as maps/desk/<name>.
DESK_MODULES = (
    "desk_map",
    "desk_style",
    "drawings",
    "filters",
    "geodesy",
    "layers",
    "measures",
    "passing",
    "results",
    "shapes",
    "sketch",
    "then/compare",
    "then/map",
    "then/past",
    "then/style",
    "then/time",
    "tools",
    "view",
)


@allow(Permission.SEE_MAP)
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The page alone.  What a shared link chooses is read by the scripts; it gives no right."""
    user, day = user_of(request), timezone.localdate()
    seen = queries.territory(user.reach, day)
    config = config_of(request, seen, queries.edition(user.reach, day))
    config["urls"] |= {"select": reverse("map-select")}
    config["divisions"] = [(one.code, one.name) for one in divisions_to_choose(user)]
    if may(user.role, Permission.SEE_CAMERAS):
        config["camera_owners"] = [one.name for one in camera_queries.owners(user)]
        config["camera_teams"] = [one.name for one in camera_queries.teams(user)]
    config["event_states"] = [(state, str(state_name(state))) for state in OPEN_VALUES]
    context = {
        "territory": seen,
        "config": config,
        "modules": [*MODULES, *(f"desk/{name}" for name in DESK_MODULES)],
    }
    return show(request, "maps/desk.html", context)


@allow(Permission.SEE_MAP, Pace.SEARCHES)
@require_safe
@asks(ASKED)
def select(request: HttpRequest) -> HttpResponseBase:
    """What lies inside a shape, or within some metres of it: a page of each layer.

    outline: what was searched, None where that is the very shape that was asked with.  gpkg: the
    address of all that was found, in one file.
    """
    user, now = user_of(request), timezone.now()
    asked = asked_of(request, user)
    place = selecting.place_of(user, asked, now)
    outline = selecting.outline(place, asked.radius_m)
    found = [selecting.select(user, asked, layer, place, now) for layer in asked.layers]
    return json_ok(
        {
            "outline": outline if asked.radius_m or isinstance(asked.place, Near) else None,
            "area_m2": round(selecting.area_m2(outline), 1),
            "gpkg": _address(request, "map-select-gpkg"),
            "layers": [_told(request, asked, one) for one in found],
        }
    )


def _told(request: HttpRequest, asked: Asked, found: Found) -> dict[str, Any]:
    """next, csv, geojson, gpkg: addresses of the rest, and of all as files."""
    layer = found.layer
    after = asked.page.offset + asked.page.limit
    return {
        "layer": layer.name,
        "title": str(layer.collection.title),
        "matched": found.matched,
        "counts": found.counts,
        "items": [_row(item) for item in found.items],
        "next": _address(request, "map-select", layer.name, offset=after) if found.more else None,
        "csv": _address(request, "map-select-csv", layer.name),
        "geojson": _address(request, "map-select-geojson", layer.name),
        "gpkg": _address(request, "map-select-gpkg", layer.name),
    }


def _row(item: Item) -> dict[str, Any]:
    lon, lat = item.middle
    return {
        "id": item.id,
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "distance_m": item.distance_m,
        "properties": item.properties,
    }


def _address(
    request: HttpRequest, route: str, layer: str | None = None, offset: int | None = None
) -> str:
    """layer: the one that is asked for; without it, those that the question names."""
    query = request.GET.copy()
    if layer is not None:
        query["layer"] = layer
    query.pop("offset", None)
    if offset is not None:
        query["offset"] = str(offset)
    elif "limit" in query:
        query.pop("limit")
    return f"{reverse(route)}?{query.urlencode(safe=',;:')}"


@allow(Permission.SEE_MAP, Pace.FILES)
@require_safe
@asks(ASKED)
@answers(media=(CSV,))
def select_csv(request: HttpRequest) -> HttpResponseBase:
    """All of one layer as a table, for a spreadsheet."""
    user, now = user_of(request), timezone.now()
    asked, [found] = _all(request, user, now, most_layers=1)
    _note(user, asked, "csv", len(found.items))
    name = f"{found.layer.name}-{timezone.localtime(now):%Y%m%d-%H%M%S}"
    return csv_file(_table(found, asked.radius_m), name)


@allow(Permission.SEE_MAP, Pace.FILES)
@require_safe
@asks(ASKED)
@answers(media=(GEOJSON,))
def select_geojson(request: HttpRequest) -> HttpResponseBase:
    """All of the layers that are asked for, for a GIS."""
    user, now = user_of(request), timezone.now()
    asked, found = _all(request, user, now)
    features = [_feature(one, item) for one in found for item in one.items]
    _note(user, asked, "geojson", len(features))
    body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/geo+json")
    return saved_as(response, f"map-{timezone.localtime(now):%Y%m%d-%H%M%S}.geojson")


@allow(Permission.SEE_MAP, Pace.FILES)
@require_safe
@asks(ASKED)
@answers(media=(GEOPACKAGE,))
def select_gpkg(request: HttpRequest) -> HttpResponseBase:
    """All of the layers that are asked for, as one GeoPackage."""
    user, now = user_of(request), timezone.now()
    with one_file(user):
        asked, found = _all(request, user, now)
        made = package(user, asked, found, now)
    _note(user, asked, "gpkg", sum(len(one.items) for one in found))
    name = f"map-{timezone.localtime(now):%Y%m%d-%H%M%S}.gpkg"
    return saved_as(FileResponse(made, content_type=GEOPACKAGE), name)


def _all(
    request: HttpRequest, user: User, now: datetime, most_layers: int | None = None
) -> tuple[Asked, list[Found]]:
    asked = asked_of(request, user)
    if most_layers is not None and len(asked.layers) > most_layers:
        raise Invalid(_("A table holds one layer: name it with layer."))
    place = selecting.place_of(user, asked, now)
    return asked, [selecting.all_of(user, asked, layer, place, now) for layer in asked.layers]


def _note(user: User, asked: Asked, form: str, rows: int) -> None:
    """What leaves the house is noted."""
    layers = " ".join(layer.name for layer in asked.layers)
    with transaction.atomic():
        scope = asked.area or common_code(user.reach)
        detail = {"format": form, "rows": rows, "layers": layers}
        audit.note(by=user, action="map.exported", scope=scope, detail=detail)


def _table(found: Found, radius_m: float) -> Iterator[list[object]]:
    columns = found.layer.collection.columns
    ends: Iterable[object] = [_("Longitude"), _("Latitude")]
    distance: list[object] = [_("Distance (m)")] if radius_m else []
    yield ["id", *(column.title for column in columns), *ends, *distance]
    for item in found.items:
        values = [item.properties[column.name] for column in columns]
        row = ["" if value is None else value for value in values]
        far = [item.distance_m] if radius_m else []
        yield [item.id, *row, *(round(degree, 7) for degree in item.middle), *far]


def _feature(found: Found, item: Item) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{found.layer.name}.{item.id}",
        "geometry": item.place,
        "properties": {"layer": found.layer.name, **item.properties}
        | {"distance_m": item.distance_m},
    }
