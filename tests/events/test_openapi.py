"""The description for other systems says what the views do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from events.exchange import document, records
from events.models import Event
from gis_server.edge import PUBLIC
from gis_server.openapi.schemas import JSON
from tests.events.test_event_api import step, system
from tests.events.town import Town, make_event

__all__ = ["system"]
METHODS = {"get", "post"}


def resolved(schema: Any) -> Any:
    """The schema with every reference followed."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return resolved(records.SCHEMAS[schema["$ref"].rsplit("/", 1)[1]])
        return {name: resolved(value) for name, value in schema.items()}
    return [resolved(one) for one in schema] if isinstance(schema, list) else schema


KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def wrong(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """Where a value is not as its schema says: as much of JSON Schema as the document uses."""
    if "allOf" in schema:
        return [line for one in schema["allOf"] for line in wrong(value, one, at)]
    if "anyOf" in schema:
        found = [wrong(value, one, at) for one in schema["anyOf"]]
        return [] if [] in found else found[0]
    if not isinstance(value, KINDS[schema["type"]]):
        return [f"{at}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is not listed"]
    return list(wrong_within(value, schema, at))


def wrong_within(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    if schema["type"] == "array":
        for one in value:
            yield from wrong(one, schema["items"], f"{at}[]")
    if schema["type"] == "object":
        yield from (f"{at}.{name} is missing" for name in schema["required"] if name not in value)
        for name, one in schema["properties"].items():
            if name in value:
                yield from wrong(value[name], one, f"{at}.{name}")


def answered(path: str, method: str, status: int) -> dict[str, Any]:
    found = document.PATHS[path][method]["responses"][str(status)]["content"][JSON]
    return dict(resolved(found["schema"]))


def test_anybody_may_read_it_and_it_names_its_own_server() -> None:
    told = Client().get("/api/events/openapi.json", SERVER_NAME="localhost").json()

    assert told["openapi"].startswith("3.1")
    assert told["servers"] == [{"url": "http://localhost"}]
    assert told["security"] == [{"token": []}]


@pytest.mark.parametrize("path", document.PATHS)
def test_every_path_is_a_guarded_route_that_takes_its_methods(path: str) -> None:
    match = resolve(re.sub(r"\{\w+\}", "1", path))

    assert getattr(match.func, "edge_rule", PUBLIC) != PUBLIC
    assert set(document.PATHS[path]) <= METHODS
    names = {
        one["name"] for op in document.PATHS[path].values() for one in op.get("parameters", [])
    }
    assert set(re.findall(r"\{(\w+)\}", path)) <= names


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/events/", "/api/events/?tab=all"),
        ("/api/events/{event_id}/", "/api/events/{pk}/"),
        ("/api/events/{event_id}/units/", "/api/events/{pk}/units/"),
        ("/api/events/categories/", "/api/events/categories/"),
    ],
)
def test_answers_are_as_described(system: Client, event: Event, path: str, address: str) -> None:
    answer = system.get(address.format(pk=event.pk))

    assert answer.status_code == 200
    assert wrong(answer.json(), answered(path, "get", 200)) == []


def test_steps_and_refusals_are_as_described(system: Client, event: Event) -> None:
    path = "/api/events/{event_id}/steps/"
    done = step(system, event, action="accept", seen=event.last_step_id)
    refused = step(system, event, action="accept", seen=event.last_step_id)

    assert wrong(done.json(), answered(path, "post", 200)) == []
    assert refused.status_code == 409
    assert wrong(refused.json(), answered(path, "post", 409)) == []


def test_what_the_checker_of_these_tests_finds(town: Town, system: Client) -> None:
    told = system.get(f"/api/events/{make_event(town.entry).pk}/").json()
    schema = answered("/api/events/{event_id}/", "get", 200)

    assert wrong(told | {"state": "asleep"}, schema) != []
    assert wrong({name: told[name] for name in told if name != "steps"}, schema) != []
    assert wrong(told | {"lon": "east"}, schema) != []
