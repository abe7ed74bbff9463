"""What the OGC API says of itself and of its collections; links are whole addresses."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from gis_server.models import User
from gis_server.roles import may
from maps.ogc.collections import COLLECTIONS
from maps.ogc.crs import CRS84, known
from maps.ogc.table import Collection, Column, Kind

JSON, GEOJSON, HTML, CSV = "application/json", "application/geo+json", "text/html", "text/csv"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONFORMS_TO = [
    *(FEATURES_1 + part for part in ("core", "oas30", "html", "geojson")),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
]
TYPES: dict[Kind, dict[str, str]] = {
    Kind.TEXT: {"type": "string"},
    Kind.WHOLE: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.YES_NO: {"type": "boolean"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.TIME: {"type": "string", "format": "date-time"},
}

Told = dict[str, Any]


def collections_of(user: User) -> list[Collection]:
    """Those that the user's role, and token, lets them see."""
    return [one for one in COLLECTIONS.values() if may(user.role, one.permission)]


def link(request: HttpRequest, rel: str, media: str, title: str, path: str) -> Told:
    return {
        "href": request.build_absolute_uri(path),
        "rel": rel,
        "type": media,
        "title": title,
    }


def itself(request: HttpRequest, media: str = JSON, other: str = HTML) -> list[Told]:
    """This answer, and its other shape."""
    return [
        link(request, "self", media, _("This document"), asked_as(request, "json")),
        link(request, "alternate", other, _("This document as a page"), asked_as(request, "html")),
    ]


def asked_as(request: HttpRequest, form: str, **changed: object) -> str:
    """The address of this request, in another form, with other parameters."""
    query = request.GET.copy()
    query["f"] = form
    for name, value in changed.items():
        query[name] = str(value)
    return f"{request.path}?{query.urlencode(safe='/:,')}"


def landing(request: HttpRequest) -> Told:
    api = reverse("ogc-api")
    return {
        "title": _("District map: OGC API - Features"),
        "description": _(
            "Territory, events, cameras and patrols of your area, as they are now; for QGIS, "
            "ogr2ogr and other programs."
        ),
        "links": [
            *itself(request),
            link(request, "service-desc", OPENAPI, _("The API as OpenAPI 3.0"), f"{api}?f=json"),
            link(request, "service-doc", HTML, _("The API as a page"), f"{api}?f=html"),
            link(
                request, "conformance", JSON, _("What it conforms to"), reverse("ogc-conformance")
            ),
            link(request, "data", JSON, _("The layers"), reverse("ogc-collections")),
        ],
    }


def conformance(request: HttpRequest) -> Told:
    return {"conformsTo": CONFORMS_TO, "links": itself(request)}


def collections(
    request: HttpRequest, mine: Iterable[Collection], extent: tuple[float, ...] | None
) -> Told:
    return {
        "links": itself(request),
        "crs": list(known()),
        "collections": [collection(request, one, extent) for one in mine],
    }


def collection(request: HttpRequest, one: Collection, extent: tuple[float, ...] | None) -> Told:
    """extent: of the reader's territory; a collection's own would cost a look at all of it."""
    here = reverse("ogc-collection", args=[one.id])
    items = reverse("ogc-items", args=[one.id])
    title = str(one.title)
    spans: Told = {}
    if extent is not None:
        spans["spatial"] = {"bbox": [list(extent)], "crs": CRS84}
    if one.when is not None:
        spans["temporal"] = {"interval": [[None, None]], "trs": GREGORIAN}
    return {
        "id": one.id,
        "title": title,
        "description": str(one.about),
        "links": [
            link(request, "self", JSON, title, f"{here}?f=json"),
            link(request, "alternate", HTML, title, f"{here}?f=html"),
            link(request, "items", GEOJSON, title, f"{items}?f=json"),
            link(request, "items", HTML, title, f"{items}?f=html"),
            link(request, "items", CSV, title, f"{items}?f=csv"),
            link(request, QUERYABLES, SCHEMA, _("Its properties"), f"{here}/queryables?f=json"),
        ],
        "extent": spans,
        "itemType": "feature",
        "crs": list(known()),
        "storageCrs": CRS84,
    }


def schema_of(column: Column) -> Told:
    told: Told = {"title": str(column.title)} | TYPES[column.kind]
    if column.choices:
        told["enum"] = list(column.choices)
    return told


def queryables(request: HttpRequest, one: Collection) -> Told:
    """As Part 3 has it (19-079r2): what can be filtered by."""
    shape = "polygon" if "Polygon" in one.geometry else "point"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": request.build_absolute_uri(request.path),
        "type": "object",
        "title": str(one.title),
        "description": str(one.about),
        "properties": {
            "geometry": {"x-ogc-role": "primary-geometry", "format": f"geometry-{shape}-any"}
        }
        | {column.name: schema_of(column) for column in one.columns},
        "additionalProperties": False,
    }
