"""Operations as OpenAPI 3.1 has them: the parts that all share, and one of each route."""

import re
from collections.abc import Iterator
from http import HTTPStatus

from django.urls import URLPattern

from gis_server.edge import PUBLIC
from gis_server.openapi.marks import Said, said_of
from gis_server.openapi.schemas import JSON, MAX_ID, Group, Schema, ref, text, whole
from gis_server.route_table import Row, methods_of, row_of

FAILURES = {
    "400": "The body or the address cannot be read.",
    "401": "No API token, or a wrong one.",
    "403": "The token does not lend the permission.",
    "404": "There is no such thing in the token's territory.",
    "405": "The address does not take this method.",
    "409": "Somebody else was first; the message says who.",
    "413": "The body is too large.",
    "422": "Something is missing or breaks a rule; the message says what.",
    "429": "Too much in one minute; Retry-After says how many seconds to wait.",
    "503": "A part of the server is away; nothing was lost.",
}
FOR_TOKENS = ("401", "403")
PLACE = re.compile(r"<(int|str):(\w+)>")


def answer(said: str, schema: Schema) -> Schema:
    return {"description": said, "content": {JSON: {"schema": schema}}}


def header(schema: Schema, said: str) -> Schema:
    return {"schema": schema, "description": said}


WAIT = header({"type": "integer", "minimum": 0}, "Seconds until it is worth trying again.")
METHODS = header(text(), "The methods that it takes.")


def answers(schema: Schema, *, created: bool = False) -> Schema:
    """Of one operation: its success and every error."""
    found = {"200": answer("Done.", schema)}
    if created:
        found["201"] = answer("Made.", schema)
    return found | failures()


def failures() -> Schema:
    found = {code: answer(said, ref("Error")) for code, said in FAILURES.items()}
    found["405"]["headers"] = {"Allow": METHODS}
    found["429"]["headers"] = {"Retry-After": WAIT}
    return found


def asked(name: str, schema: Schema, said: str = "", place: str = "query") -> Schema:
    parameter: Schema = {"name": name, "in": place, "schema": schema}
    if place == "path":
        parameter["required"] = True
    if place == "query":
        parameter["allowEmptyValue"] = True  # as if it was not asked
    return parameter | ({"description": said} if said else {})


def needed(name: str, schema: Schema, said: str = "") -> Schema:
    """Of a query: it must be there."""
    found: Schema = {"name": name, "in": "query", "schema": schema, "required": True}
    return found | ({"description": said} if said else {})


def body(schema: Schema, media: str = JSON) -> Schema:
    return {"required": True, "content": {media: {"schema": schema}}}


def path_of(route: str) -> str:
    return "/" + PLACE.sub(r"{\2}", route)


def operations(route: str, item: URLPattern) -> Iterator[tuple[str, Schema]]:
    """Each by its method, in small letters.

    Raises:
        LookupError: the view does not say who may call it, or how.
    """
    view = item.callback
    methods = methods_of(view)
    if not methods:
        raise LookupError(f"/{route} does not say which methods it takes")
    for method in methods:
        yield method.lower(), _operation(route, item, method, is_alone=len(methods) == 1)


def _operation(route: str, item: URLPattern, method: str, *, is_alone: bool) -> Schema:
    row, said = row_of(route, item.callback), said_of(item.callback)
    summary, _blank, more = (item.callback.__doc__ or "").partition("\n\n")
    found: Schema = {
        "operationId": f"{method.lower()}-{item.name}",
        "summary": " ".join(summary.split()),
        "description": "\n\n".join((*_told(more), _who(row))),
        "tags": [route.split("/")[1 if route.startswith("api/") else 0].split(".", maxsplit=1)[0]],
        "parameters": list(_parameters(route, said, method)),
        "responses": _responses(row, said, method, is_alone=is_alone),
    }
    if row.who == PUBLIC:
        found["security"] = []
    if method != "GET" and said.sends:
        # No body is an empty one: see `json_body`.
        is_needed = bool(said.sends.get("required"))
        found["requestBody"] = body(said.sends, said.sent_as) | {"required": is_needed}
    return found


def _told(more: str) -> list[str]:
    """Of a docstring what is for callers: not which exceptions it raises."""
    words = " ".join(more.partition("Raises:")[0].split())
    return [words] if words else []


def _who(row: Row) -> str:
    pace = f"  Counted as `{row.pace}` a minute." if row.pace else ""
    return f"For {row.roles}: {row.who}.{pace}" if row.who != PUBLIC else f"For anybody.{pace}"


def _parameters(route: str, said: Said, method: str) -> Iterator[Schema]:
    places: Group = {
        name: whole(1, MAX_ID) if kind == "int" else text(pattern="^[^/]+$")
        for kind, name in PLACE.findall(route)
    }
    for name, schema in places.items():
        yield asked(name, said.asks.get(name, schema), place="path")
    if method == "GET" or not said.sends:
        yield from (asked(one, schema) for one, schema in said.asks.items() if one not in places)
        yield from (needed(name, schema) for name, schema in said.needs.items())


def _responses(row: Row, said: Said, method: str, *, is_alone: bool) -> Schema:
    statuses = said.statuses if is_alone or method != "GET" else (200,)
    found: Schema = {str(one): _success(one, said) for one in statuses}
    told = {
        code: one
        for code, one in failures().items()
        if not (row.who == PUBLIC and code in FOR_TOKENS)
    }
    for one in told.values():
        one["content"] |= {media: {} for media in said.failures}
        if said.failures:
            one["content"][JSON] = {}
    return found | told


def _success(status: int, said: Said) -> Schema:
    found: Schema = {"description": HTTPStatus(status).phrase}
    if status != HTTPStatus.NOT_MODIFIED:
        found["content"] = {media: {} for media in said.media}
    return found
