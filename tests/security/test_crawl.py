"""Everybody follows every link and sends every form of every page that they are shown.

Nothing fails; no page leads its reader to what their role may not see, or to nothing; no page shows
a secret; and none holds what the content security policy forbids.  What is sent is undone.
"""

import logging
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from gis_server.models import User
from gis_server.roles import Role, may
from gis_server.route_table import methods_of
from tests.house import samples
from tests.house.streets import Street
from tests.house.test_routes import ROUTES
from tests.security.page import Form, Page
from tests.security.world import World, found_in

STARTS = (
    "/",
    "/wall/",
    "/account/",
    "/m/",
    "/map/",
    "/api/events/openapi.json",
    "/api/openapi.json",
)
MOST_OF_A_ROUTE = 1
"""Addresses of one route that one reader asks: lists lead to hundreds that differ in a number."""
POLICY = {
    "default-src": "'self'", "style-src": "'self'", "object-src": "'none'", "base-uri": "'none'",
    "form-action": "'self'", "frame-ancestors": "'none'",
}  # fmt: skip
FILES = re.compile(r"\.(pdf|png|docx|xlsx|gpkg|pmtiles|mvt)($|\?)")
"""They take seconds to make, have tests of their own and lead nowhere."""


@dataclass
class Walk:
    client: Client
    cookies: SimpleCookie
    user: User
    secrets: dict[str, str]
    wrong: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    pages: int = 0

    def run(self, street: Street) -> None:
        """Along all links, then from the pages that none has led to."""
        self.follow(STARTS)
        for route in self.left():
            self.follow([address_of(route, street)])

    def left(self) -> list[str]:
        """Pages that this reader may see and has not asked for."""
        return [
            route
            for route, item in ROUTES
            if not route.startswith("api/")
            and "GET" in (methods_of(item.callback) or ["GET"])
            and not self.asked[f"GET {route}"]
            and not is_refused_by_role_at(item.callback, self.user)
        ]

    def follow(self, starts: Iterable[str]) -> None:
        todo = deque((start, "the start") for start in starts)
        while todo:
            address, came_from = todo.popleft()
            if self.is_new("GET", address):
                todo.extend((one, address) for one in self.look(address, came_from))

    def is_new(self, method: str, address: str) -> bool:
        """Whether it is to be asked: not yet, and not as one of many of its route."""
        path = address.partition("?")[0]
        try:
            route = resolve(unquote(path)).route
        except Resolver404:
            route = path
        key = f"{method} {route}"
        if f"{method} {address}" in self.seen or self.asked[key] >= MOST_OF_A_ROUTE:
            return False
        self.seen.add(f"{method} {address}")
        self.asked[key] += 1
        return not FILES.search(address) and not path.startswith("/static/")

    def look(self, address: str, came_from: str) -> Iterator[str]:
        answer, text = self.ask(address)
        where = f"{address} (from {came_from}): {answer.status_code}"
        self.judge(where, answer, text)
        if answer.status_code in (403, 404) and came_from != "the start":
            self.wrong.append(f"{where}: leads where this reader may not go, or to nothing")
        if 300 <= answer.status_code < 400:
            yield from Page(address, f'<a href="{answer["Location"]}">', "").links
        if not answer.get("Content-Type", "").startswith("text/html"):
            return
        self.pages += 1
        page = Page(address, text, nonce_of(answer))
        self.wrong += [f"{where}: {one}" for one in page.wrong]
        self.wrong += [f"{where}: {one}" for one in policy_faults(answer)]
        yield from page.links
        for form in page.forms:
            if form.method == "get":
                yield form.asked
            elif form.action:
                self.send(form, address)

    def ask(self, address: str) -> tuple[Any, str]:
        self.client.cookies = deepcopy(self.cookies)
        with transaction.atomic():
            answer = self.client.get(address, headers={"Accept": "text/html"})
            text = body_of(answer)
            transaction.set_rollback(True)
        return answer, text

    def send(self, form: Form, page: str) -> None:
        """A form as it stands on the page: most lack something, which is told and is no fault."""
        if form.method == "dialog" or not self.is_new("POST", form.action):
            return
        self.client.cookies = deepcopy(self.cookies)
        with transaction.atomic():
            data: dict[str, list[str]] = {}
            for name, value in form.fields:
                data.setdefault(name, []).append(value)
            answer: Any = self.client.post(form.action, data, headers={"Accept": "text/html"})
            text = body_of(answer)
            transaction.set_rollback(True)
        where = f"POST {form.action} (on {page}): {answer.status_code}"
        self.judge(where, answer, text)
        if answer.status_code in (404, 405) or is_refused_by_role(form.action, self.user):
            self.wrong.append(f"{where}: a form that this reader cannot send")

    def judge(self, where: str, answer: Any, text: str) -> None:
        if answer.status_code >= 500:
            self.wrong.append(f"{where}: it failed")
        told = f"{text}\n{answer.headers}"
        self.wrong += [f"{where}: shows {what}" for what in found_in(told, self.secrets)]


def address_of(route: str, street: Street) -> str:
    return next(iter(samples.addresses(route, street)))[0] if "<" in route else f"/{route}"


def is_refused_by_role(address: str, user: User) -> bool:
    return is_refused_by_role_at(resolve(unquote(address.partition("?")[0])).func, user)


def is_refused_by_role_at(view: Any, user: User) -> bool:
    rule = getattr(view, "edge_rule", None)
    return not isinstance(rule, str) or (rule != "public" and not may(user.role, rule))  # type: ignore[arg-type]


def body_of(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode("utf-8", "replace"))


def nonce_of(answer: Any) -> str:
    found = re.search(r"'nonce-([\w-]+)'", answer.get("Content-Security-Policy", ""))
    return found[1] if found else ""


def policy_faults(answer: Any) -> Iterator[str]:
    """What the headers of a page lack."""
    text = answer.get("Content-Security-Policy", "")
    parts = {one.split()[0]: one.split()[1:] for one in text.split(";") if one.strip()}
    if "unsafe" in text or "*" in text:
        yield f"the policy allows too much: {text}"
    for name, value in POLICY.items():
        if parts.get(name) != [value]:
            yield f"the policy says {name} {parts.get(name)}"
    scripts = parts.get("script-src", [])
    if scripts[:1] != ["'self'"] or any(not one.startswith("'nonce-") for one in scripts[1:]):
        yield f"the policy says script-src {scripts}"
    if answer.get("X-Content-Type-Options") != "nosniff":
        yield "no X-Content-Type-Options"
    if answer.get("X-Frame-Options") != "DENY":
        yield "no X-Frame-Options"
    if answer.get("Referrer-Policy") != "same-origin":
        yield "no Referrer-Policy"


@pytest.mark.parametrize("role", Role)
def test_everything_a_role_is_led_to_answers_and_shows_no_secret(
    world: World,
    cookies: dict[int, SimpleCookie],
    caplog: pytest.LogCaptureFixture,
    role: Role,
) -> None:
    caplog.set_level(logging.INFO)
    user = next(one for one in world.people if one.role == role.value)
    client = Client(raise_request_exception=False)

    walk = Walk(client, cookies[user.pk], user, world.secrets)
    walk.run(world.street)

    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert walk.wrong == []
    assert found_in(logged, world.secrets) == []
    assert walk.left() == []


def test_a_stranger_is_led_to_nothing_but_signing_in(world: World) -> None:
    client = Client(raise_request_exception=False)
    stranger = User(role="")

    walk = Walk(client, SimpleCookie(), stranger, world.secrets)
    for start in STARTS:
        list(walk.look(start, "the start"))

    assert walk.wrong == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param('<p style="color:red">', "style", id="style"),
        pytest.param("<a onclick=x()>", "onclick", id="handler"),
        pytest.param("<script>x()</script>", "nonce", id="script"),
        pytest.param('<script nonce="other">x()</script>', "nonce", id="another nonce"),
        pytest.param('<a href="javascript:x()">', "javascript", id="address"),
        pytest.param('<img src="https://elsewhere.example/x.png">', "another server", id="image"),
        pytest.param("<iframe>", "iframe", id="frame"),
    ],
)
def test_what_this_finds(text: str, wrong: str) -> None:
    found = Page("/", text, "the-nonce").wrong

    assert len(found) == 1
    assert wrong in found[0]


def test_what_a_form_would_send() -> None:
    text = """<form action="?x=1"><input name="q" value="a b"><select name="s"><option value="1">
        <option value="2" selected></select><input type="checkbox" name="c"></form>"""

    form = Page("/list/", text, "").forms[0]

    assert (form.method, form.asked) == ("get", "/list/?q=a+b&s=2")
