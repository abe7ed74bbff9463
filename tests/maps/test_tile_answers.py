"""How tiles are answered: addresses, caching, refusals, and what they cost."""

import gzip

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server.errors import Unavailable
from gis_server.roles import Role
from grids.models import Division, Grid, GridShape
from maps import queries
from maps.layers import LAYERS, Layer, Part
from maps.models import Edition
from maps.tiles import Tile, tiles_over
from tests.conftest import SignIn
from tests.maps.conftest import Fetch
from tests.maps.territory import FIRST, SECOND, SOUTH, WEST, reshape, square

pytestmark = pytest.mark.usefixtures("laid_out")
FULL = tiles_over((WEST, SOUTH, WEST, SOUTH), 13)[0]
EMPTY = Tile(13, 0, 0)


def edition(client: Client) -> str:
    return str(client.get("/tiles/version/").json()["edition"])


def test_a_tile_may_be_kept_for_ever_by_its_reader_alone(operator: Client, fetch: Fetch) -> None:
    answer = fetch(operator, "grids", FULL)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"


def test_an_empty_tile_is_no_content_and_may_be_kept_too(operator: Client, fetch: Fetch) -> None:
    answer = fetch(operator, "grids", EMPTY)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "immutable" in answer["Cache-Control"]


def test_a_reader_who_has_the_tile_is_not_sent_it_again(operator: Client, fetch: Fetch) -> None:
    tag = fetch(operator, "grids", FULL)["ETag"]
    again = fetch(operator, "grids", FULL, if_none_match=tag)

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == tag


@pytest.mark.parametrize("layer", list(LAYERS))
@pytest.mark.parametrize("tile", [FULL, EMPTY], ids=["full", "empty"])
def test_every_tile_has_a_tag_that_spares_its_sending(
    operator: Client, fetch: Fetch, layer: str, tile: Tile
) -> None:
    last = LAYERS[layer].max_zoom
    place = tile if last >= tile.z else Tile(last, tile.x >> tile.z - last, tile.y >> tile.z - last)
    first = fetch(operator, layer, place)
    assert first.status_code in {200, 204}
    again = fetch(operator, layer, place, if_none_match=first["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    for header in ("ETag", "Cache-Control", "Vary"):
        assert again[header] == first[header]


@pytest.mark.parametrize(
    ("tags", "has_it"),
    [
        pytest.param("*", True, id="any"),
        pytest.param("{tag}", True, id="weak"),
        pytest.param("{strong}", True, id="strong"),
        pytest.param('"a", {tag} , W/"b"', True, id="one of several"),
        pytest.param('W/"another"', False, id="another"),
        pytest.param("{name}", False, id="without quotes"),
        pytest.param('W/"x{name}"', False, id="a longer one"),
        pytest.param(', ,"', False, id="nonsense"),
    ],
)
@pytest.mark.parametrize("layer", ["grids", "cameras"])
def test_tags_are_compared_weakly(
    operator: Client, fetch: Fetch, layer: str, tags: str, has_it: bool
) -> None:
    tile = FULL if layer == "grids" else tiles_over((WEST, SOUTH, WEST, SOUTH), 10)[0]
    tag = fetch(operator, layer, tile)["ETag"]
    strong = tag.removeprefix("W/")
    told = tags.format(tag=tag, strong=strong, name=strong.strip('"'))

    answer = fetch(operator, layer, tile, if_none_match=told)

    assert (answer.status_code == 304) is has_it


@pytest.mark.parametrize(
    ("encodings", "is_packed"),
    [
        ("gzip", True),
        ("br;q=1.0, GZIP ; q=0.5", True),
        ("*", True),
        ("gzip;q=1, *;q=0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("notgzip", False),
        ("", False),
    ],
)
def test_who_takes_no_gzip_gets_none(
    operator: Client, fetch: Fetch, encodings: str, is_packed: bool
) -> None:
    answer = fetch(operator, "grids", FULL, accept_encoding=encodings)

    assert ("Content-Encoding" in answer) is is_packed


def test_a_tile_is_packed_for_those_who_unpack(operator: Client, fetch: Fetch) -> None:
    plain = fetch(operator, "divisions", FULL)
    packed = fetch(operator, "divisions", FULL, accept_encoding="br, gzip")

    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("grids/30/1/1.mvt", id="zoom 30"),
        pytest.param("grids/-1/0/0.mvt", id="zoom -1"),
        pytest.param("grids/7/104/49.mvt", id="below the layer's zooms"),
        pytest.param("grids/16/0/0.mvt", id="above the layer's zooms"),
        pytest.param("grids/11/2048/0.mvt", id="east of the world"),
        pytest.param("grids/11/0/99999999999999999999.mvt", id="a number beyond all"),
        pytest.param("grids/11/0/nan.mvt", id="not a number"),
        pytest.param("rivers/11/0/0.mvt", id="no such layer"),
        pytest.param("grids'--/11/0/0.mvt", id="a quote"),
        pytest.param('grids";DROP TABLE grids_grid;/11/0/0.mvt', id="double quotes"),
        pytest.param("grids/11/0/0.png", id="another format"),
    ],
)
def test_a_tile_that_cannot_be_is_not_found(operator: Client, address: str) -> None:
    answer = operator.get(f"/tiles/{edition(operator)}/{address}")

    assert answer.status_code == 404
    assert answer.json()["error"]["kind"] == "NotFound"
    assert Grid.objects.count() == 6


def test_under_an_old_edition_comes_the_present_tile_and_is_not_kept(
    operator: Client, fetch: Fetch
) -> None:
    old = edition(operator)
    Grid.objects.filter(code=f"{FIRST}001001").delete()
    address = f"grids/{FULL.z}/{FULL.x}/{FULL.y}.mvt"
    answer = operator.get(f"/tiles/{old}/{address}", headers={"If-None-Match": f'W/"{old}"'})

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert answer.content == fetch(operator, "grids", FULL).content
    same = operator.get(f"/tiles/{old}/{address}", headers={"If-None-Match": answer["ETag"]})
    assert (same.status_code, same["Cache-Control"]) == (304, "private, no-store")


def test_another_scope_has_another_edition(sign_in: SignIn) -> None:
    first, second = sign_in(scope=(FIRST,)), sign_in(scope=(SECOND,))

    assert edition(first) != edition(second)
    # The address of somebody with more rights opens nothing.
    address = f"grids/{FULL.z}/{FULL.x}/{FULL.y}.mvt"
    borrowed = second.get(f"/tiles/{edition(first)}/{address}")
    assert borrowed.content == second.get(f"/tiles/{edition(second)}/{address}").content
    assert borrowed["Cache-Control"] == "private, no-store"


def rename_grid() -> None:
    Grid.objects.filter(code=f"{FIRST}001001").update(name="改名")


def rename_division() -> None:
    Division.objects.filter(code=f"{FIRST}000").update(name="改名")


def add_shape() -> None:
    GridShape.objects.filter(grid__code=f"{FIRST}001001").delete()
    reshape(Grid.objects.get(code=f"{FIRST}001001"), square(0, 0), *SPAN)


def load_in_bulk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE grids_gridshape SET shape_3857 = ST_Reverse(shape_3857)")


SPAN = (GridShape._meta.get_field("valid").get_default().lower, None)


@pytest.mark.parametrize("change", [rename_grid, rename_division, add_shape, load_in_bulk])
def test_every_change_of_the_territory_makes_a_new_edition(
    operator: Client, change: object
) -> None:
    before = edition(operator)
    change()  # type: ignore[operator]

    assert edition(operator) != before
    assert Edition.objects.count() == 1


def test_no_change_keeps_the_edition(operator: Client) -> None:
    assert edition(operator) == edition(operator)


def test_a_layer_asks_for_its_own_permission(
    operator: Client, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maps.views.may", lambda role, permission: False)

    assert fetch(operator, "grids", FULL).status_code == 403


def test_whoever_sees_maps_sees_tiles(sign_in: SignIn, fetch: Fetch) -> None:
    for role in Role:
        assert fetch(sign_in(role), "grids", FULL).status_code == 200


def test_a_tile_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Part("slow", "SELECT 1 AS id, pg_sleep(5)::text AS geom FROM tile", 0)
    layer = Layer("slow", LAYERS["grids"].permission, 0, 22, (slow,))
    monkeypatch.setattr(queries, "TILE_TIMEOUT_MS", 50)

    with pytest.raises(Unavailable):
        queries.draw(layer, FULL, ["140107"], timezone.now())


def test_a_tile_costs_a_fixed_number_of_queries(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    queries.forget_statements()
    address = f"/tiles/{edition(operator)}/grids/{FULL.z}/{FULL.x}/{FULL.y}.mvt"

    # Session, user, edition; the statement where the connection does not know it yet; the tile.
    with django_assert_num_queries(5):
        operator.get(address)
    # Kept by now.
    with django_assert_num_queries(3):
        operator.get(address)
