"""What tiles hold: every grid of the day, whole over the seams, and nothing out of scope."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from shapely import box

from gis_server.roles import Role
from grids.models import Division, Grid, GridShape
from maps.bake import bake
from maps.tiles import Tile, bounds, tiles_over
from tests.conftest import SignIn
from tests.maps.conftest import Fetch, ReadTile
from tests.maps.territory import (
    COLUMNS,
    FIRST,
    SECOND,
    SIDE,
    SOUTH,
    STREETS,
    WEST,
    grid,
    reshape,
    square,
)

pytestmark = pytest.mark.usefixtures("laid_out")
ALL = (WEST, SOUTH, WEST + COLUMNS * SIDE, SOUTH + len(STREETS) * SIDE)


def seen(client: Client, fetch: Fetch, read_tile: ReadTile, layer: str, part: str, z: int) -> Any:
    """code → the pieces of that feature in all tiles over the territory."""
    found: dict[str, list[Any]] = {}
    for tile in tiles_over(ALL, z):
        features = read_tile(fetch(client, layer, tile).content, tile, part)
        if features is None:
            continue
        for row in features.itertuples():
            found.setdefault(row.code, []).append(row.geometry)
    return found


@pytest.mark.parametrize("z", [11, 13, 15])
def test_every_grid_is_in_the_tiles_of_every_zoom(
    operator: Client, fetch: Fetch, read_tile: ReadTile, z: int
) -> None:
    found = seen(operator, fetch, read_tile, "grids", "grids", z)

    assert set(found) == set(Grid.objects.values_list("code", flat=True))


def test_a_grid_carries_its_id_and_its_words(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    tile = tiles_over(ALL, 11)[0]
    features = read_tile(fetch(operator, "grids", tile).content, tile, "grids")

    ids = dict(zip(features["code"], features["mvt_id"], strict=True))
    assert ids == dict(Grid.objects.values_list("code", "id"))
    assert set(features["name"]) == {"1号网格", "2号网格", "3号网格"}


@pytest.mark.parametrize("is_baked", [False, True])
def test_from_afar_a_grid_carries_its_id_and_its_code_alone(
    operator: Client, fetch: Fetch, read_tile: ReadTile, is_baked: bool
) -> None:
    if is_baked:
        bake(timezone.now())
    tile = tiles_over(ALL, 10)[0]
    features = read_tile(fetch(operator, "grids", tile).content, tile, "grids")

    ids = dict(zip(features["code"], features["mvt_id"], strict=True))
    assert ids == dict(Grid.objects.values_list("code", "id"))
    assert {"name", "kind"}.isdisjoint(features.columns)


def test_a_grid_over_a_seam_reaches_into_both_tiles(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    tile = tiles_over(ALL, 15)[0]
    _, _, east, north = bounds(tile)
    shape = box(east - 50, north - 150, east + 50, north - 50)
    GridShape.objects.all().delete()
    over = grid(Division.objects.get(code=f"{FIRST}001"), 9, shape)
    pieces = seen(operator, fetch, read_tile, "grids", "grids", 15)[over.code]

    # Two of the 4096 units of a tile are its rounding.
    assert len(pieces) == 2
    assert pieces[0].union(pieces[1]).symmetric_difference(shape).area < 4 * 100 * (
        2 * side_m(15) / 4096
    )


def side_m(z: int) -> float:
    west, _, east, _ = bounds(Tile(z, 0, 0))
    return east - west


def test_a_grid_just_beyond_the_edge_is_in_the_overlap(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    tile = tiles_over(ALL, 15)[0]
    _, south, east, north = bounds(tile)
    beyond = Tile(tile.z, tile.x + 1, tile.y)
    margin = side_m(15) / 64
    GridShape.objects.all().delete()
    near = grid(
        Division.objects.get(code=f"{FIRST}001"),
        9,
        box(east + margin / 4, south + 10, east + margin / 2, north - 10),
    )

    for where in (tile, beyond):
        features = read_tile(fetch(operator, "grids", where).content, where, "grids")
        assert list(features["code"]) == [near.code]


def test_a_name_stands_in_one_tile_only(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    found = seen(operator, fetch, read_tile, "grids", "grid_names", 15)

    assert {code: len(points) for code, points in found.items()} == dict.fromkeys(
        Grid.objects.values_list("code", flat=True), 1
    )


def test_only_the_shape_of_the_day_is_drawn(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    today = timezone.localdate()
    grown = Grid.objects.get(code=f"{FIRST}001001")
    GridShape.objects.filter(grid=grown).delete()
    reshape(grown, square(5, 5), date(2026, 1, 1), today)
    reshape(grown, square(0, 0), today, today + timedelta(days=1))
    reshape(grown, square(6, 6), today + timedelta(days=1), None)

    [piece] = seen(operator, fetch, read_tile, "grids", "grids", 11)[grown.code]
    assert piece.symmetric_difference(square(0, 0)).area < 0.1 * SIDE**2


@pytest.mark.parametrize(
    ("scope", "streets"),
    [
        pytest.param(("140107",), {FIRST, SECOND}, id="the district"),
        pytest.param((FIRST,), {FIRST}, id="one street"),
        pytest.param((f"{SECOND}001",), {SECOND}, id="one community"),
        pytest.param((FIRST, SECOND), {FIRST, SECOND}, id="both streets"),
        pytest.param(("140108",), set(), id="another district"),
        pytest.param((), set(), id="none"),
        pytest.param(("",), set(), id="an empty prefix"),
        pytest.param(("%",), set(), id="a pattern"),
        pytest.param(("'); DROP TABLE grids_grid;--",), set(), id="a quote"),
    ],
)
def test_grids_are_cut_to_the_scope(
    sign_in: SignIn, fetch: Fetch, read_tile: ReadTile, scope: tuple[str, ...], streets: set[str]
) -> None:
    client = sign_in(Role.OPERATOR, tuple(part[:15] for part in scope))
    found = seen(client, fetch, read_tile, "grids", "grids", 11)

    assert {code[:9] for code in found} == streets


def test_divisions_are_cut_to_the_scope(sign_in: SignIn, fetch: Fetch, read_tile: ReadTile) -> None:
    client = sign_in(Role.OPERATOR, (SECOND,))
    found = seen(client, fetch, read_tile, "divisions", "divisions", 12)

    assert set(found) == {f"{SECOND}000", f"{SECOND}001"}


@pytest.mark.parametrize(
    ("z", "levels"),
    [
        pytest.param(9, {"district", "street"}, id="streets first"),
        pytest.param(11, {"district", "street", "community"}, id="communities with the grids"),
    ],
)
def test_divisions_come_by_zoom(
    operator: Client, fetch: Fetch, read_tile: ReadTile, z: int, levels: set[str]
) -> None:
    tile = tiles_over(ALL, z)[0]
    features = read_tile(fetch(operator, "divisions", tile).content, tile, "divisions")

    assert set(features["level"]) == levels


def test_hostile_names_come_through_as_they_are(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    hostile = """<img src=x onerror=alert(1)>'";--\u202e"""
    grid(Division.objects.get(code=f"{FIRST}001"), 9, square(0, 0), hostile)
    tile = tiles_over(ALL, 11)[0]

    assert hostile in set(read_tile(fetch(operator, "grids", tile).content, tile, "grids")["name"])
