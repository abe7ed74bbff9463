"""A walk through every guarded route as people of another street: nothing of the first is told.

What an answer tells is its body (a tile, a file and a stream too), its headers, and what is sealed
in the live ticket.  At home, the same walk must find something on every route that can show
something: otherwise it would prove nothing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from django.conf import LazySettings
from django.core import signing
from django.db import transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, path
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from gis_server.edge import PUBLIC
from gis_server.live import TOPICS
from gis_server.live_asgi import ears_of
from gis_server.live_hub import feed_row
from gis_server.live_ticket import TICKET_COOKIE, TICKET_SALT, Listener
from gis_server.models import AuditRow, User
from gis_server.roles import Permission, Role, may
from tests.house import samples
from tests.house.streets import BOX, FIRST, SECOND, SECRET, Street, lay_out, people_of
from tests.house.test_routes import ROUTES

RULES = {route: getattr(item.callback, "edge_rule", None) for route, item in ROUTES}
GUARDED = [route for route, rule in RULES.items() if rule != PUBLIC]
TILE = "application/vnd.mapbox-vector-tile"
MOST_WHO_MAY = 4
READERS = ({"Accept": "application/json"}, {"Accept": "text/html"})


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def laid_out(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, media: Path
) -> Iterator[tuple[Street, list[User]]]:
    """The first street, and people of the second: once, for every walk is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield lay_out(media), people_of(SECOND)
        transaction.set_rollback(True)


@pytest.fixture
def street(
    laid_out: tuple[Street, list[User]], db: None, media: Path, settings: LazySettings
) -> Street:
    settings.MEDIA_ROOT = media
    return laid_out[0]


@pytest.fixture
def strangers(laid_out: tuple[Street, list[User]]) -> list[User]:
    return laid_out[1]


@pytest.fixture(scope="module")
def signed_in(
    laid_out: tuple[Street, list[User]], django_db_blocker: DjangoDbBlocker
) -> dict[int, SimpleCookie]:
    """The cookies of everybody who walks, by their id: they sign in once, for all routes."""
    street, people = laid_out
    found = {}
    with django_db_blocker.unblock():
        for user in (*people, street.administrator, street.lent.asker):
            client = Client()
            client.force_login(user)
            found[user.pk] = client.cookies
    return found


def who_walk(route: str, people: list[User]) -> list[User]:
    """Some of those whose role may call a route, of each route others, and one of those who may
    not: whoever these are, they all get the one answer of `edge.Gate`, which asks no view
    (tests/house/test_routes.py).
    """
    rule = RULES[route]
    assert isinstance(rule, Permission)
    may_call = [user for user in people if may(user.role, rule)]
    first = crc32(route.encode()) % max(1, len(may_call))
    rest = [user for user in people if not may(user.role, rule)]
    return [*[*may_call[first:], *may_call[:first]][:MOST_WHO_MAY], *rest[:1]]


def told(answer: Any) -> str:
    """Everything that an answer says, as one text."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    parts = [body.decode("utf-8", "replace"), str(dict(answer.headers))]
    if TICKET_COOKIE in answer.cookies:
        sealed = answer.cookies[TICKET_COOKIE].value
        parts.append(json.dumps(signing.loads(sealed, salt=TICKET_SALT)))
    return "\n".join(parts)


def leaks(answer: Any, typed: list[str]) -> list[str]:
    """What an answer tells of the first street, but for what the asker typed themselves."""
    text = told(answer)
    for one in typed:
        text = re.sub(rf"(?<![\w.]){re.escape(one)}(?![\w.])", "", text)
    found = re.findall(rf"\w*{FIRST}\w*|\w*{SECRET}\w*", text)
    west, south, east, north = BOX
    for number in re.findall(r"\d+\.\d{3,}", text):
        if west <= float(number) <= east or south <= float(number) <= north:
            found.append(number)
    # The sample tile lies over the first street alone.
    if answer.get("Content-Type") == TILE:
        found.append("a tile with something in it")
    return found


def walk(
    route: str,
    street: Street,
    cookies: SimpleCookie,
    readers: Sequence[dict[str, str]] = READERS,
) -> Iterator[tuple[str, Any, list[str]]]:
    """Each answer of a route to somebody: as a page and as JSON, by GET, else by POST.

    What a POST changes is undone at once, so that each answer is to the same question.
    """
    client = Client()
    client.cookies = deepcopy(cookies)
    for address, typed in samples.addresses(route, street):
        for reader in readers:
            with transaction.atomic():
                answer = asked(client, address, reader)
                some = leaks(answer, typed)
                transaction.set_rollback(True)
            yield address, answer, some


def asked(client: Client, address: str, reader: dict[str, str]) -> Any:
    answer = client.get(address, headers=reader)
    if answer.status_code != 405:
        return answer
    plain, _, question = address.partition("?")
    return client.post(plain, QueryDict(question).dict(), headers=reader)


@pytest.mark.parametrize("route", GUARDED)
def test_people_of_another_street_are_told_nothing(
    street: Street, strangers: list[User], signed_in: dict[int, SimpleCookie], route: str
) -> None:
    # The first reads both, the others in turns: what is told hangs on who asks, not on how.
    found = [
        f"{user.role} at {address} ({answer.status_code}): {leak}"
        for turn, user in enumerate(who_walk(route, strangers))
        for address, answer, some in walk(
            route, street, signed_in[user.pk], READERS if not turn else [READERS[turn % 2]]
        )
        for leak in some
    ]

    assert found == []


@pytest.mark.parametrize("route", GUARDED)
def test_at_home_the_same_walk_finds_something(
    street: Street, signed_in: dict[int, SimpleCookie], route: str
) -> None:
    answers = list(walk(route, street, signed_in[street.administrator.pk]))

    shows = any(some for _, _, some in answers)
    why = (
        "say in SHOWS_NOTHING of tests/house/samples.py why it shows nothing, or add what it shows"
    )
    assert shows is (route not in samples.SHOWS_NOTHING), f"{route}: {why}"
    assert all(answer.status_code < 500 for _, answer, _ in answers)


@pytest.mark.parametrize(
    ("route", "question"), [(route, one) for route, some in samples.FILES.items() for one in some]
)
def test_a_list_gives_its_rows_as_a_file(
    street: Street,
    signed_in: dict[int, SimpleCookie],
    django_assert_num_queries: DjangoAssertNumQueries,
    route: str,
    question: str,
) -> None:
    """All is read before the first row goes: a cell that asked the database would ask a row."""
    client, form = Client(), question.rpartition("=")[2]
    client.cookies = deepcopy(signed_in[asker_of(route, street).pk])
    found = [one for one, _ in samples.addresses(route, street) if one.endswith(f"?{question}")]
    tried: list[Any] = [client.get(one) for one in found]
    answers = [one for one in tried if one.status_code == 200]

    assert answers
    for answer in answers:
        with django_assert_num_queries(0):
            body = b"".join(answer.streaming_content).decode()
        rows = json.loads(body)["features"] if form == "geojson" else body.split("\r\n")[1:-1]
        assert rows
        assert re.search(rf'filename="[a-z-]+-\d{{8}}-\d{{4}}\.{form}"', str(answer.headers))
        assert answer["Cache-Control"] == "private, no-store"
    assert AuditRow.objects.filter(action="rows.exported").count() == len(answers)


@pytest.mark.parametrize("route", samples.FILES)
def test_a_list_refuses_another_form(
    street: Street, signed_in: dict[int, SimpleCookie], route: str
) -> None:
    client = Client()
    client.cookies = deepcopy(signed_in[street.administrator.pk])
    plain = [one for one, _ in samples.addresses(route, street) if "?" not in one]

    answers = [client.get(f"{one}?f=%27;exe") for one in plain]

    assert {answer.status_code for answer in answers} - {404} == {422}


def asker_of(route: str, street: Street) -> User:
    """Whose list it is: one's own requests are those of the neighbour to whom something is lent."""
    return street.lent.asker if route == "area-grants/" else street.administrator


def test_every_word_of_the_lists_belongs_to_a_route() -> None:
    routes = {route for route, _ in ROUTES}
    places = {place for route in routes for place in samples.places_of(route)}

    assert set(samples.SHOWS_NOTHING) | set(samples.QUESTIONS) | set(samples.VALUES) <= routes
    assert set(samples.PLACES) <= places


def test_a_new_place_without_an_object_is_told_where_to_go(street: Street) -> None:
    new: URLPattern = path("api/nowhere/<int:nowhere_id>/", lambda request, nowhere_id: None)  # type: ignore[arg-type, return-value]

    with pytest.raises(LookupError, match=r"nowhere_id.*PLACES in tests/house/samples\.py"):
        list(samples.addresses(str(new.pattern), street))


def test_what_is_lent_is_seen_and_no_more(
    street: Street, signed_in: dict[int, SimpleCookie]
) -> None:
    """The neighbour to whom the first street's community is lent walks as if at home there."""
    cookies = signed_in[street.lent.asker.pk]
    answers = [answer for _, answer, some in walk("api/grids/<str:code>/", street, cookies) if some]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("role", Role)
def test_no_role_of_another_street_hears_a_change(topic: str, role: Role) -> None:
    listener = Listener(1, role.value, [SECOND], "http://testserver", None, 0)

    for scope in (FIRST, f"{FIRST}001", f"{FIRST}001001"):
        assert not ears_of(listener)(feed_row(1, topic, "9", scope, {}, "now"))
    # A whole district's change is not one street's either.
    assert not ears_of(listener)(feed_row(1, topic, "9", "140107", {}, "now"))
