"""The OpenAPI 3.0 definition: made from the table of collections, of those the reader may see."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from maps.ogc.asking import AT_ONCE, LONGEST_VALUE, MOST, OF_A_FEATURE, OF_A_PAGE, OF_FEATURES
from maps.ogc.crs import CRS84, known
from maps.ogc.table import Collection, Column, Kind
from maps.ogc.told import CSV, GEOJSON, HTML, JSON, OPENAPI, SCHEMA, schema_of

Schema = dict[str, Any]
FORM = {"style": "form", "explode": False}


def document(request: HttpRequest, mine: Iterable[Collection]) -> Schema:
    paths: Schema = {
        "/": _operation("getLandingPage", _("Where to begin"), [JSON, HTML]),
        "/api": _operation("getDefinition", _("This definition"), [OPENAPI, HTML]),
        "/conformance": _operation("getConformance", _("What it conforms to"), [JSON, HTML]),
        "/collections": _operation("getCollections", _("The layers"), [JSON, HTML]),
    }
    for one in mine:
        paths |= _of_collection(one)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": _("District map: OGC API - Features"),
            "version": "1.0.0",
            "description": _("The layers that this token, or this user, may see."),
        },
        "servers": [{"url": request.build_absolute_uri("/ogc")}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": _("Any name, and an API token as the password."),
                },
            },
            "parameters": _parameters(),
            "schemas": {"Error": ERROR},
            "responses": {code: _error(said) for code, said in _failures().items()},
        },
    }


ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "message"],
            "properties": {"kind": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


def _failures() -> dict[str, str]:
    return {
        "400": _("A parameter cannot be read; the message says which and why."),
        "401": _("No API token, or a wrong one."),
        "403": _("The token does not lend the permission."),
        "404": _("There is no such thing in your territory."),
        "405": _("Only GET and HEAD are taken."),
        "429": _("Too many wrong tokens; the header Retry-After says how long to wait."),
        "503": _("A part of the server is away, or the question took too long."),
    }


def _error(said: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": said, "content": {JSON: {"schema": schema}}}


def _operation(
    name: str,
    summary: str,
    media: list[str],
    parameters: Iterable[Schema] = (),
    asked: Iterable[str] = OF_A_PAGE,
) -> Schema:
    known_ones = [{"$ref": f"#/components/parameters/{one}"} for one in asked]
    ok = {
        "description": _("Done."),
        "content": {one: {"schema": _body(one)} for one in media},
    }
    responses = {"200": ok} | {
        code: {"$ref": f"#/components/responses/{code}"} for code in _failures()
    }
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [*known_ones, *parameters],
            "responses": responses,
        }
    }


def _body(media: str) -> Schema:
    return {"type": "string"} if media in (HTML, CSV) else {"type": "object"}


def _of_collection(one: Collection) -> Schema:
    path, title = f"/collections/{one.id}", str(one.title)
    name = one.id.replace("-", "_")
    fid = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    columns = [_filter(column) for column in one.columns]
    return {
        path: _operation(f"describe_{name}", title, [JSON, HTML]),
        f"{path}/queryables": _operation(f"properties_of_{name}", title, [SCHEMA, HTML]),
        f"{path}/items": _operation(
            f"get_{name}", title, [GEOJSON, HTML, CSV], columns, OF_FEATURES
        ),
        f"{path}/items/{{featureId}}": _operation(
            f"get_one_of_{name}", title, [GEOJSON, HTML], [fid], OF_A_FEATURE
        ),
    }


def _filter(column: Column) -> Schema:
    schema = schema_of(column)
    said = str(schema.pop("title"))
    if column.kind in (Kind.DAY, Kind.TIME):
        schema = {"type": "string"}  # a time, or an interval as of `datetime`
    return {"name": column.name, "in": "query", "description": said, "schema": schema} | FORM


def _parameters() -> Schema:
    uris = list(known())
    text = {"type": "string", "maxLength": LONGEST_VALUE}
    crs = {"type": "string", "format": "uri", "enum": uris, "default": CRS84}
    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": AT_ONCE}
    told: list[tuple[str, Schema, str]] = [
        ("f", {"type": "string", "enum": ["json", "html", "csv"]}, _("Form of the answer.")),
        ("limit", limit, _("So many features at most; of more, the largest number is taken.")),
        ("after", {"type": "integer"}, _("Goes on after this id; links of “next” have it.")),
        ("bbox", numbers, _("Features that meet this box.")),
        ("bbox-crs", crs, _("What the numbers of bbox are in.")),
        ("datetime", text, _("A time, a day, or an interval; “..” leaves one side open.")),
        ("crs", crs, _("What coordinates of the answer are in.")),
    ]
    return {
        name: {"name": name, "in": "query", "description": said, "schema": schema} | FORM
        for name, schema, said in told
    }
