"""Every route says who may call it, and a stranger gets through none that is not public."""

import pytest
from django.test import Client
from django.urls import URLPattern

from gis_server.edge import PUBLIC
from gis_server.models import User
from gis_server.roles import Permission
from gis_server.route_table import routes

# Whoever adds a route that anybody may call writes it here too.
OPEN_TO_ALL = {
    "healthz",
    "readyz",
    # By a token or network of its own: tests/gis_server/test_watch.py.
    "metrics",
    "sign-in/",
    "sign-in/code/",
    "sign-out/",
    "language/",
    "jsi18n/",
    # The shell of the phone's page: it holds nothing of anybody, and opens without a session.
    "m/",
    "m/worker.js",
    "m/manifest.webmanifest",
    # What other systems may ask, and the catalogue for citizens' apps: nothing of anybody.
    "api/events/openapi.json",
    "api/openapi.json",
    *(
        f"api/open311/v2/{what}.{form}"
        for what in ("discovery", "services", "services/<str:code>")
        for form in ("json", "xml")
    ),
}
SAMPLES = {"int": "1", "str": "x", "slug": "x", "path": "x", "uuid": "0" * 32}


def filled(route: str) -> str:
    """A route with something in each of its places."""
    for kind, sample in SAMPLES.items():
        while f"<{kind}:" in route:
            before, rest = route.split(f"<{kind}:", 1)
            route = before + sample + rest.split(">", 1)[1]
    while "<" in route:
        before, rest = route.split("<", 1)
        route = before + "1" + rest.split(">", 1)[1]
    return "/" + route


ROUTES = list(routes())
GUARDED = [
    filled(route) for route, item in ROUTES if getattr(item.callback, "edge_rule", None) != PUBLIC
]


@pytest.mark.parametrize(("route", "item"), ROUTES, ids=[route for route, _ in ROUTES])
def test_a_route_says_who_may_call_it(route: str, item: URLPattern) -> None:
    rule = getattr(item.callback, "edge_rule", None)

    assert isinstance(rule, Permission) or (rule == PUBLIC and route in OPEN_TO_ALL)


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_a_stranger_gets_nothing(stranger: Client, method: str) -> None:
    answers = [(path, getattr(stranger, method)(path)) for path in GUARDED]

    assert [
        (path, answer.status_code) for path, answer in answers if answer.status_code != 401
    ] == []
    assert [path for path, answer in answers if set(answer.json()) != {"error"}] == []


def test_a_role_that_may_nothing_gets_nothing(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gis_server.edge.may", lambda role, permission: False)
    client.force_login(User.objects.create_user("nobody", scope=["140107"]))

    answers = [(path, client.get(path).status_code) for path in GUARDED]
    assert [(path, status) for path, status in answers if status != 403] == []
