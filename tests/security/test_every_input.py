"""Everything that every route reads is sent what nobody in their right mind would type.

Places in addresses, names in queries, fields of forms, members of JSON: found by listening to the
views (tests/security/inputs.py).  Whatever comes, the answer is none of ours that failed, says what
it is, shows nothing of the program or the machine, runs nothing of what was sent, and a refusal has
changed nothing: a walk through SQL, templates, markup, paths, headers, numbers, times and formulas.
What is particular to files, devices and addresses of others: docs/design/threats.md says where.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote, urlencode
from zlib import crc32

import hypothesis
import pytest
from django.conf import LazySettings, settings
from django.db import connection, transaction
from django.test import Client
from hypothesis import strategies as st

from gis_server.openapi import document
from gis_server.openapi.operations import path_of
from gis_server.route_table import methods_of
from tests.house import samples
from tests.house.test_routes import ROUTES
from tests.security import inputs
from tests.security.test_crawl import body_of
from tests.security.world import World, found_in

PRODUCT = str(31337 * 1000003)
"""What a template or statement would make of the words below; written out nowhere."""
ALL_AT_ONCE = "'\"><zq9 onx=1>{{31337*1000003}}${31337*1000003}'||(31337*1000003)||'"
WORDS = [
    "' OR '1'='1' --",
    "1) UNION SELECT (31337*1000003)::text --",
    "../../../../../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "x\r\nX-Evil: 1\r\n\r\n<zq9>",
    "\x00",
    "=HYPERLINK(\"http://evil.example\")",
    "{% debug %}%(secret)s{0.__class__}",
    "-1", "0", "9" * 30, "1e400", "nan", "-inf", "\u0663", "0x1F", "1.5",
    "\U00020bb7" * 60, "\u202e\ufeff\u200b", "a" * 5000, "[]", "{}",
    "2026-02-30", "0001-01-01", "9999-12-31T23:59:59.999999+00:00", "2026-01-02T08:00:00+19:12",
    "2026-01-02T08:00:00",
    ",,,,", "180,90,-180,-90", "112.6,37.9,112.6,37.9",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, -1, 10**30, 1e308, [], {}, [[[]]], ["x"] * 50, {"$ne": 1}, "\x00",
    {"type": "Point", "coordinates": ["a", None]}, [1e400], ALL_AT_ONCE, 9223372036854775808,
]  # fmt: skip
TURNS = 1
"""Of the words and values for each name, besides ALL_AT_ONCE: of each name others."""
MOST_NAMES, ROUNDS = 24, 4
EXAMPLES = 3
"""Of Hypothesis, for each way of each route."""
RULES = dict(ROUTES)
PATHS, SCHEMAS = document.parts()
# Of pages that show the same list: nothing that other programs are told to ask for.  The others are
# what this walk reads of refusals.
UNSAID = {"before", "error", "message", "description", "code"}
# A request leaves these by itself, refused or not.
ALWAYS_WRITTEN = {"gis_server_session", "axes_accessattempt", "axes_accessfailurelog"}
# What takes seconds to make, and is fuzzed beside: tests/maps/test_files.py, test_plan_files.py.
SLOW: set[str] = set()
FORGED = "X-Evil"
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|COPY)\s+(?:ONLY\s+)?\"?(\w+)\"?")

# Half a second of a processor for each of 340 routes: asked for by name, `EVERY_INPUT=1 bin/test
# tests/security/test_every_input.py`, until it is quick enough for every run.
pytestmark = pytest.mark.skipif("EVERY_INPUT" not in os.environ, reason="EVERY_INPUT is not set")


@pytest.fixture
def listening(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.security.inputs.Listener"]
    settings.EVENT_REPORTS_PER_MINUTE = 1_000_000
    monkeypatch.setattr(json, "loads", inputs.loads)


class Asker:
    """Sends one request after the other to one route, each undone, and judges the answers."""

    def __init__(self, client: Client, world: World) -> None:
        self.client, self.world = client, world
        self.cookies = deepcopy(client.cookies)
        self.wrong: list[str] = []
        self.hashes: dict[str, str] = {}
        self.touched: set[str] = set()

    def ask(self, way: str, address: str, given: dict[str, Any]) -> None:
        """way: get, form or json."""
        self.client.cookies = deepcopy(self.cookies)
        accept = "text/html" if way == "get" and crc32(repr(given).encode()) % 2 else "*/*"
        self.touched.clear()
        with transaction.atomic():
            with connection.execute_wrapper(self.note):
                answer = self.send(way, address, given, {"Accept": accept})
                text = body_of(answer)
            changed = self.changed() if answer.status_code >= 400 else {}
            transaction.set_rollback(True)
        told = f"{way} {address} {str(given)[:300]}: {answer.status_code}"
        self.wrong += [f"{told}: {one}" for one in faults(answer, text, self.world)]
        kind = answer.get("Content-Type", "")
        is_page = kind.startswith("text/html")
        # A page shows its form or filters again, with what is wrong, whoever sent them.
        is_for_programs = accept == "*/*" and address.startswith("/api/")
        if answer.status_code >= 400 and is_for_programs and is_page:
            self.wrong.append(f"{told}: a page for a program")
        for table, hashed in changed.items():
            if hashed != self.base(table):
                self.wrong.append(f"{told}: refused, and yet it changed {table}")

    def send(self, way: str, address: str, given: dict[str, Any], headers: dict[str, str]) -> Any:
        if way == "get":
            query = urlencode({name: str(value) for name, value in given.items()})
            return self.client.get(f"{address}?{query}" if query else address, headers=headers)
        if way == "form":
            fields = {name: "" if value is None else str(value) for name, value in given.items()}
            return self.client.post(address, fields, headers=headers)
        body = json.dumps(given)
        return self.client.post(address, body, content_type="application/json", headers=headers)

    def note(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Remember the tables that a statement writes to."""
        self.touched.update(WRITES.findall(str(sql)))
        return execute(sql, params, many, context)

    def changed(self) -> dict[str, str]:
        """The tables that were written to, taken back or not, with what they hold now."""
        if connection.needs_rollback:
            return {}
        return {name: self.hash_of(name) for name in self.touched - ALWAYS_WRITTEN}

    def base(self, table: str) -> str:
        """What a table holds when nobody has asked anything."""
        if table not in self.hashes:
            self.hashes[table] = self.hash_of(table)
        return self.hashes[table]

    def hash_of(self, table: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [table])
            if cursor.fetchone()[0] is None:
                return "gone"
            cursor.execute(f'SELECT t::text FROM "{table}" AS t ORDER BY 1')
            rows = "\n".join(row[0] for row in cursor.fetchall())
        return hashlib.sha256(rows.encode()).hexdigest()


def faults(answer: Any, text: str, world: World) -> Iterator[str]:
    """What is wrong with an answer, whatever was asked."""
    kind = answer.get("Content-Type", "")
    if answer.status_code >= 500 and not is_away(answer, kind):
        yield "it failed"
    if PRODUCT in text:
        yield "something that was sent was worked out"
    if kind.startswith(("text/html", "image/svg")) and "<zq9" in text:
        yield "markup that was sent stands in the page as it came"
    if "root:x:0" in text:
        yield "it shows a file of the machine"
    if FORGED in answer:
        yield "it sent a header that was in a value"
    if text and not kind:
        yield "it does not say what it is"
    if answer.status_code >= 400 and kind.startswith("application/json"):
        told = json.loads(text)
        # Open311 tells a list of errors.
        error = told[0] if isinstance(told, list) else told.get("error", {})
        if not error.get("message") and "description" not in error and "code" not in error:
            yield "a refusal without a sentence"
    yield from (f"shows {what}" for what in found_in(text, world.secrets))


def is_away(answer: Any, kind: str) -> bool:
    """Whether it says in words that a part of the server is away, such as a font of the system."""
    return bool(answer.status_code == 503 and kind.startswith(("application/json", "text/html")))


def turns(values: list[Any], key: str) -> list[Any]:
    first = crc32(key.encode())
    return [values[(first + turn * 7) % len(values)] for turn in range(TURNS)]


def ways_of(route: str) -> list[str]:
    """By what a route is asked: what its view takes, or both where that is left to the view."""
    methods = methods_of(RULES[route].callback) or ["GET", "POST"]
    ways = ["get"] if "GET" in methods else []
    if {"POST", "PUT", "DELETE"} & set(methods):
        ways.append("form")
        if route.startswith("api/"):
            ways.append("json")
    return ways


def words_given(way: str, names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the names with whatever a query, a form or JSON can hold."""
    text = st.text(st.characters(codec="utf-8"), max_size=30)
    plain = st.none() | st.booleans() | st.integers() | st.floats() | text
    nested = st.recursive(
        plain, lambda one: st.lists(one, max_size=3) | st.dictionaries(text, one, max_size=3),
        max_leaves=6,
    )  # fmt: skip
    return st.dictionaries(
        st.sampled_from(names), nested if way == "json" else text, min_size=1, max_size=6
    )


def explore(asker: Asker, way: str, address: str, given: dict[str, Any]) -> None:
    """Several names at once, each time others; the same at every run."""

    @hypothesis.settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
        phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(words_given(way, sorted(given)))
    def ask(strange: dict[str, Any]) -> None:
        asker.ask(way, address, given | strange)

    ask()


def learn(asker: Asker, way: str, address: str) -> dict[str, Any]:
    """The names that a view reads, with values that lead it as far as may be."""
    # Of an empty form no view reads anything.
    given: dict[str, Any] = {"csrfmiddlewaretoken": "1"} if way == "form" else {}
    heard = inputs.in_json if way == "json" else inputs.in_query
    for _ in range(ROUNDS):
        heard.clear()
        asker.ask(way, address, given)
        new = {name for name in heard if name not in given and name.isprintable()}
        new -= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}  # read in the session
        if not new or len(given) > MOST_NAMES:
            break
        usual = inputs.usual_in_json if way == "json" else inputs.usual
        given |= {name: usual(name) for name in sorted(new)}
        if "sender" in new:
            given["sender"] = asker.client.session["_auth_user_id"]
    return given


def unsaid(route: str, way: str, names: set[str]) -> set[str]:
    """What a view reads that the document of the API does not say; nothing of pages."""
    operation = PATHS.get(path_of(route), {}).get("get" if way == "get" else "post")
    if operation is None or way == "form":
        return set()
    if way == "get":
        return names - {one["name"] for one in operation.get("parameters", [])} - UNSAID
    return names - names_in(operation.get("requestBody", {})) - UNSAID


def names_in(schema: Any) -> set[str]:
    """Of all that a body may hold, however deep."""
    if isinstance(schema, list):
        return {name for one in schema for name in names_in(one)}
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        return names_in(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]])
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own | {name for one in schema.values() for name in names_in(one)}


def in_places(route: str, address: str) -> Iterator[str]:
    """The address with something strange in each of its places."""
    for place in samples.places_of(route):
        strange = (
            ["0", "2147483648", "9223372036854775808", "9" * 25]
            if place.startswith("int:")
            else [ALL_AT_ONCE, *turns(WORDS, f"{route} {place}")]
        )
        for value in strange:
            filled = "/" + route
            for other in samples.places_of(route):
                put = quote(value, safe="") if other == place else "1"
                filled = filled.replace(f"<{other}>", put, 1)
            yield filled


@pytest.mark.parametrize("route", [route for route in RULES if route not in SLOW])
def test_whatever_is_sent_is_answered(
    world: World, boss: Client, listening: None, route: str
) -> None:
    asker = Asker(boss, world)
    address = next(iter(samples.addresses(route, world.street)))[0] if "<" in route else f"/{route}"

    for way in ways_of(route):
        given = learn(asker, way, address)
        asker.wrong += [f"{way} {name} is read, and not in /api/openapi.json" for name in
                        unsaid(route, way, set(given))]  # fmt: skip
        for name in given:
            strange = VALUES if way == "json" else WORDS
            for value in [ALL_AT_ONCE, *turns(strange, f"{route} {name}")]:
                asker.ask(way, address, given | {name: value})
        if given:
            explore(asker, way, address, given)
        if way == "json":
            bodies: tuple[Any, ...] = ([], "x", 7, None)
            for body in bodies:
                asker.ask(way, address, body)
    for strange_address in in_places(route, address):
        asker.ask(ways_of(route)[0], strange_address, {})

    assert asker.wrong == []


def test_the_walk_hears_what_views_read(world: World, boss: Client, listening: None) -> None:
    """Otherwise it would send nothing that anybody looks at."""
    asker = Asker(boss, world)

    assert {"q"} <= learn(asker, "get", "/api/find/").keys()
    assert {"username", "role"} <= learn(asker, "form", "/users/new/").keys()
    assert {"client_id", "category"} <= learn(asker, "json", "/api/events/reports/").keys()


def test_what_this_finds(world: World, boss: Client) -> None:
    from django.http import HttpResponse, JsonResponse  # noqa: PLC0415

    bad = HttpResponse(f"<p>{ALL_AT_ONCE} {PRODUCT} root:x:0:0</p>")
    mute = JsonResponse({"error": {"kind": "x"}}, status=422)
    failed = HttpResponse("", status=500)
    shown = HttpResponse(str(settings.SECRET_KEY))

    assert len(list(faults(bad, body_of(bad), world))) == 3
    assert list(faults(mute, body_of(mute), world)) == ["a refusal without a sentence"]
    assert list(faults(failed, "", world)) == ["it failed"]
    assert list(faults(shown, body_of(shown), world)) == ["shows SECRET_KEY"]
