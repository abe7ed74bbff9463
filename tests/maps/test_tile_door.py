"""The short way to a tile: as the long one answers, and shut as soon as anybody's rights change."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server import passes
from gis_server.accounts import sessions, users
from gis_server.models import AreaGrant, User
from gis_server.roles import Permission, Role
from maps import queries, store
from maps.answers import Answer
from maps.door import SMALL, Lately, TileDoor
from maps.layers import LAYERS, Layer
from maps.tiles import Tile, block_of, tiles_over
from tests.conftest import SignIn
from tests.maps.territory import FIRST, SECOND, SOUTH, WEST

pytestmark = pytest.mark.usefixtures("laid_out")
TILE = tiles_over((WEST, SOUTH, WEST, SOUTH), 13)[0]


class Door:
    """The web process as its server sees it; `inside`: how many requests reached Django."""

    def __init__(self) -> None:
        self.inside = 0
        django = get_wsgi_application()

        def counted(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            self.inside += 1
            return django(environ, start)

        self.door = TileDoor(counted)

    def get(
        self, client: Client, edition: str, layer: str = "grids", *, tile: Tile = TILE, **more: Any
    ) -> Any:
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            told.update(status=int(status[:3]), headers=dict(headers))

        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        path = f"/tiles/{edition}/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt"
        plain = client._base_environ(PATH_INFO=path)  # type: ignore[attr-defined]
        request = plain | {
            "REQUEST_METHOD": "GET",
            "HTTP_COOKIE": f"a=b; {settings.SESSION_COOKIE_NAME}={key}",
            "HTTP_ACCEPT_ENCODING": "gzip",
        }
        with own_connection_kept():
            body = b"".join(self.door(request | more, start))
        return told["status"], told["headers"], body


@pytest.fixture
def door() -> Door:
    passes.drop_all()
    return Door()


@contextmanager
def own_connection_kept() -> Iterator[None]:
    """A request begins by closing connections that are not as they should be: a test's is not.

    Django's client keeps it the same way, for each request anew.
    """
    signals.request_started.disconnect(close_old_connections)
    try:
        yield
    finally:
        signals.request_started.connect(close_old_connections)


def edition(client: Client) -> str:
    return str(client.get("/tiles/version/").json()["edition"])


def test_the_second_tile_takes_the_short_way_and_is_the_same(operator: Client, door: Door) -> None:
    name = edition(operator)
    long, short = door.get(operator, name), door.get(operator, name)

    assert door.inside == 1
    assert (long[0], long[2]) == (short[0], short[2])
    for header in ("Cache-Control", "ETag", "Content-Type", "Content-Encoding"):
        assert long[1][header] == short[1][header]
    assert "private" in short[1]["Cache-Control"]
    assert gzip.decompress(short[2])


def test_a_kept_tile_asks_the_database_nothing(
    operator: Client, door: Door, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    name = edition(operator)
    door.get(operator, name)
    with django_assert_num_queries(0):
        status, _headers, _body = door.get(operator, name)

    assert status == 200


def test_what_was_answered_lately_is_not_read_again(
    operator: Client, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = edition(operator)
    read = [door.get(operator, name) for _ in range(2)][1]
    monkeypatch.setattr(store, "find", pytest.fail)
    tag = read[1]["ETag"]

    assert door.get(operator, name) == read
    assert door.get(operator, name, HTTP_IF_NONE_MATCH=tag)[0] == 304


def test_what_was_answered_lately_is_for_those_who_may_see_it(
    operator: Client, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a layer may need more than the map itself."""
    needed = Permission.SEE_CAMERAS
    monkeypatch.setitem(LAYERS, "grids", replace(LAYERS["grids"], permission=needed))
    name = edition(operator)
    for _ in range(3):
        door.get(operator, name)
    assert door.inside == 1
    monkeypatch.setattr("maps.door.may", lambda role, permission: permission != needed)
    door.get(operator, name)

    assert door.inside == 2


def test_so_much_is_remembered() -> None:
    lately, layer = Lately(4 * SMALL), LAYERS["grids"]
    small, large = Answer(200, [], bytes(600)), Answer(200, [], bytes(4 * SMALL))

    def keep(*answers: Answer) -> list[int]:
        for number, answer in enumerate(answers):
            lately.keep(f"/tiles/{number}", layer, answer)
        return [number for number in range(5) if lately.find(f"/tiles/{number}")]

    assert keep(small, small) == [0, 1]
    assert keep(small, small, large) == [0, 1]
    assert keep(small, small, small) == [2]
    assert lately.find("/tiles/2") == (layer, small)


def test_the_neighbours_of_a_tile_are_drawn_with_it(
    operator: Client, door: Door, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    name = edition(operator)
    door.get(operator, name)
    reach = ["140107"]
    with django_assert_num_queries(0):
        answers = {tile: door.get(operator, name, tile=tile) for tile in block_of(TILE)}

    assert len(answers) == 16
    for tile, (status, headers, body) in answers.items():
        alone = queries.draw(LAYERS["grids"], tile, reach, timezone.now())
        assert (status, gzip.decompress(body) if body else b"") == (200 if alone else 204, alone)
        assert "immutable" in headers["Cache-Control"]
    assert {status for status, _headers, _body in answers.values()} == {200, 204}


def test_where_nothing_is_kept_nothing_is_drawn_for_nobody(
    operator: Client, door: Door, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TILE_STORE_MB = 0
    asked: list[int] = []
    draw_all = queries.draw_all

    def counted(layer: Layer, tiles: Sequence[Tile], *more: Any) -> dict[Tile, bytes]:
        asked.append(len(tiles))
        return draw_all(layer, tiles, *more)

    monkeypatch.setattr(queries, "draw_all", counted)
    name = edition(operator)
    for _ in range(2):
        assert door.get(operator, name)[0] == 200

    assert asked == [1, 1]


def test_a_reader_who_has_it_is_not_sent_it(operator: Client, door: Door) -> None:
    name = edition(operator)
    tag = door.get(operator, name)[1]["ETag"]
    status, _headers, body = door.get(operator, name, HTTP_IF_NONE_MATCH=tag)

    assert (status, body) == (304, b"")


def test_who_does_not_unpack_gets_it_plain(operator: Client, door: Door) -> None:
    name = edition(operator)
    packed = door.get(operator, name)[2]
    status, headers, body = door.get(operator, name, HTTP_ACCEPT_ENCODING="")

    assert status == 200
    assert "Content-Encoding" not in headers
    assert gzip.decompress(packed) == body


def test_another_edition_opens_nothing(sign_in: SignIn, door: Door) -> None:
    first, second = sign_in(scope=(FIRST,)), sign_in(scope=(SECOND,))
    mine, theirs = edition(second), edition(first)
    door.get(first, theirs)
    door.get(second, mine)
    before = door.inside
    own = door.get(second, mine)[2]
    borrowed = door.get(second, theirs)

    assert door.inside == before + 1
    assert borrowed[2] == own
    assert borrowed[1]["Cache-Control"] == "private, no-store"


def test_who_has_signed_out_is_a_stranger(
    operator: Client,
    door: Door,
    django_capture_on_commit_callbacks: Any,
) -> None:
    name = edition(operator)
    door.get(operator, name)
    key = operator.cookies[settings.SESSION_COOKIE_NAME].value
    with django_capture_on_commit_callbacks(execute=True):
        operator.post("/sign-out/")
    operator.cookies[settings.SESSION_COOKIE_NAME] = key

    assert door.get(operator, name)[0] == 401


def test_whose_session_was_ended_is_a_stranger(
    sign_in: SignIn,
    door: Door,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = sign_in()
    name = edition(client)
    door.get(client, name)
    user = User.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        sessions.end_all(user, by=user)

    assert door.get(client, name)[0] == 401


def test_another_scope_holds_at_once(
    sign_in: SignIn,
    door: Door,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sign_in(Role.ADMINISTRATOR)
    client = sign_in(Role.OPERATOR, (FIRST,))
    user, chief = (User.objects.get(role=role) for role in (Role.OPERATOR, Role.ADMINISTRATOR))
    name = edition(client)
    before = door.get(client, name)[2]
    wanted = users.Wanted("", Role.OPERATOR.value, [SECOND], True, None)
    with django_capture_on_commit_callbacks(execute=True):
        users.edit(by=chief, user_id=user.pk, version=user.version, wanted=wanted)
    status, headers, after = door.get(client, name)

    assert status == 200
    assert after != before
    assert headers["Cache-Control"] == "private, no-store"


def test_a_pass_ends_with_what_was_lent(sign_in: SignIn) -> None:
    sign_in(scope=(FIRST,))
    user, now = User.objects.get(), timezone.now()
    user.__dict__["lent_prefixes"] = [SECOND]
    user.__dict__["lent_until"] = [now + timedelta(seconds=-1)]
    passes.remember("a-key", user, told="x", now=now, asked_at=passes.moment())

    assert passes.find("a-key") is None
    assert AreaGrant.objects.count() == 0


def test_a_change_while_somebody_is_asked_about_wins(sign_in: SignIn) -> None:
    sign_in(scope=(FIRST,))
    asked_at = passes.moment()
    passes.drop_all()
    user = User.objects.get()
    passes.remember("a-key", user, told="x", now=timezone.now(), asked_at=asked_at)

    assert passes.find("a-key") is None


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"HTTP_AUTHORIZATION": "Bearer gis_wrong"}, id="a token"),
        pytest.param({"HTTP_COOKIE": ""}, id="no cookie"),
        pytest.param({"HTTP_COOKIE": "sessionid=nobody"}, id="another session"),
    ],
)
def test_who_shows_something_else_is_asked_anew(
    operator: Client, door: Door, more: dict[str, Any]
) -> None:
    name = edition(operator)
    door.get(operator, name)

    assert door.get(operator, name, **more)[0] == 401
