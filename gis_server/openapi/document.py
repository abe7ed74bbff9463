"""/api/openapi.json: every route below /api/ and /ogc/, made from the URLconf and the marks of the
views, so that it cannot leave one out.
"""

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from gis_server.edge import json_ok, public
from gis_server.openapi.operations import operations, path_of
from gis_server.openapi.schemas import REASON, Schema, record, ref
from gis_server.route_table import routes

ROOTS = ("api/", "ogc")


def document(base: str) -> Schema:
    paths, schemas = parts()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gis-server",
            "version": "1",
            "description": "All that other programs may ask for.  Maps for GIS programs are "
            "described at /ogc/api too, for each reader with the layers that they may see; "
            "Open311 GeoReport v2 is spoken at /api/open311/v2/.",
        },
        "servers": [{"url": base}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {"Reason": REASON, "Error": record({"error": ref("Reason")})} | schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def parts() -> tuple[Schema, Schema]:
    """Paths and schemas.  What an app has described by hand counts, with whatever it says more."""
    paths: dict[str, Schema] = {}
    by_hand: dict[str, Any] = {}
    schemas: Schema = {}
    for route, item in routes():
        if route.startswith(ROOTS):
            paths[path_of(route)] = dict(operations(route, item))
            told, named = getattr(item.callback, "openapi_describes", ({}, {}))
            by_hand, schemas = by_hand | told, schemas | named
    for path, told in by_hand.items():
        paths[path] |= told
    return dict(sorted(paths.items())), schemas


@public
@require_GET
def openapi(request: HttpRequest) -> JsonResponse:
    """This document; most of what it describes asks for a token."""
    return json_ok(document(request.build_absolute_uri("/").rstrip("/")))
