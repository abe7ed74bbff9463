"""Drawing the territory ahead: what is baked is what would be drawn, and never out of date."""

from datetime import timedelta
from typing import Any

import pytest
import shapely
from django.db import connection
from django.test import Client
from django.utils import timezone
from shapely import affinity

from grids.models import Division, Grid, GridShape
from maps import bake, simplify
from maps.models import Bake, Drawn
from maps.tiles import Tile, bounds, tiles_over
from tests.conftest import SignIn
from tests.maps.conftest import Fetch, ReadTile
from tests.maps.territory import COLUMNS, FIRST, SECOND, SIDE, SOUTH, STREETS, WEST, grid, square

pytestmark = pytest.mark.usefixtures("laid_out")
ALL = (WEST, SOUTH, WEST + COLUMNS * SIDE, SOUTH + len(STREETS) * SIDE)
ZOOMS = [8, 10, 11, 12]


def baked() -> bake.Result:
    done = bake.bake(timezone.now())
    assert done is not None
    return done


def codes(
    client: Client, fetch: Fetch, read_tile: ReadTile, z: int, layer: str = "grids"
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tile in tiles_over(ALL, z):
        answer = fetch(client, layer, tile)
        rows = read_tile(answer.content, tile, layer) if answer.content else None
        if rows is not None:
            found |= {row.code: row.geometry for row in rows.itertuples()}
    return found


def drawings() -> list[Any]:
    rows = Drawn.objects.order_by("level", "zoom", "of")
    return [
        (row.level, row.zoom, row.code, row.name, row.wide, shapely.from_wkb(bytes(row.shape.wkb)))
        for row in rows
    ]


@pytest.mark.parametrize("z", ZOOMS)
def test_no_grid_is_dropped(operator: Client, fetch: Fetch, read_tile: ReadTile, z: int) -> None:
    before = codes(operator, fetch, read_tile, z)
    baked()
    Grid.objects.filter(code=f"{FIRST}001001").update(name="改名")
    baked()

    assert (
        set(codes(operator, fetch, read_tile, z))
        == set(before)
        == set(Grid.objects.values_list("code", flat=True))
    )


@pytest.mark.parametrize("z", ZOOMS)
def test_a_baked_tile_shows_what_a_drawn_one_shows(
    operator: Client, fetch: Fetch, read_tile: ReadTile, z: int
) -> None:
    before = codes(operator, fetch, read_tile, z)
    Grid.objects.filter(code=f"{FIRST}001001").update(name="改名")  # another edition
    baked()
    after = codes(operator, fetch, read_tile, z)

    for code, shape in before.items():
        assert shape.distance(after[code]) == 0
        assert shape.hausdorff_distance(after[code]) < 12 * simplify.unit_m(z)


def test_until_it_is_baked_anew_a_moved_border_is_drawn_as_it_is(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    baked()
    new = grid(Division.objects.get(code=f"{FIRST}001"), 9, square(0, -1))

    assert not bake.is_current(timezone.localdate())
    assert new.code in codes(operator, fetch, read_tile, 11)
    done = baked()
    assert bake.is_current(timezone.localdate())
    assert done.shapes > 0
    assert new.code in codes(operator, fetch, read_tile, 11)


def test_what_is_gone_is_not_drawn(operator: Client, fetch: Fetch, read_tile: ReadTile) -> None:
    baked()
    Grid.objects.filter(code=f"{FIRST}001001").delete()
    baked()

    assert f"{FIRST}001001" not in codes(operator, fetch, read_tile, 10)
    assert not Drawn.objects.filter(code=f"{FIRST}001001").exists()


def test_another_name_costs_no_drawing() -> None:
    baked()
    Grid.objects.filter(code=f"{FIRST}001001").update(name="改名")

    assert baked().shapes == 0
    assert set(Drawn.objects.filter(code=f"{FIRST}001001").values_list("name", flat=True)) == {
        "改名"
    }


def test_names_that_copy_would_misread_come_through() -> None:
    hostile = "a\tb\\n\\.\n"
    Grid.objects.filter(code=f"{FIRST}001001").update(name=hostile)
    baked()

    assert hostile in set(Drawn.objects.values_list("name", flat=True))


def test_to_bake_again_changes_nothing() -> None:
    assert baked().shapes > 0
    before = drawings()

    assert baked().shapes == 0
    assert drawings() == before


def test_a_part_baked_anew_is_as_if_all_were() -> None:
    wavy = many_grids()
    baked()
    moved = GridShape.objects.get(grid=wavy[45])
    with connection.cursor() as cursor:
        # One corner that it shares with three others moves, for all four.
        corner = moved.shape_3857[0][0]
        cursor.execute(
            """UPDATE grids_gridshape SET shape_3857 = ST_GeomFromText(
                   replace(ST_AsText(shape_3857, 15), %(old)s, %(new)s), 3857)
               WHERE shape_3857 && ST_Expand(ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 3857), 1)""",
            {
                "old": f"{corner[0]:.15g} {corner[1]:.15g}",
                "new": f"{corner[0] + 90:.15g} {corner[1] + 60:.15g}",
                "x": corner[0],
                "y": corner[1],
            },
        )
    part = baked()
    in_parts = drawings()
    Drawn.objects.all().delete()
    Bake.objects.all().delete()
    whole = baked()

    assert 0 < part.shapes < whole.shapes / 2
    for one, other in zip(in_parts, drawings(), strict=True):
        assert one[:5] == other[:5]
        assert shapely.equals(one[5], other[5]), one[:3]


def many_grids() -> list[Grid]:
    """A hundred grids with wavy sides, two grids' breadth east of the others."""
    from tests.maps.test_simplify import waves  # noqa: PLC0415 - a test's own shapes

    community = Division.objects.get(code=f"{SECOND}001")
    return [
        grid(community, number, affinity.translate(shape, 4_000.0))
        for number, shape in enumerate(waves(10, 10, 1_500.0), start=100)
    ]


@pytest.mark.parametrize(
    ("scope", "streets"),
    [
        pytest.param((FIRST,), {FIRST}, id="one street"),
        pytest.param((f"{SECOND}001",), {SECOND}, id="one community"),
        pytest.param((), set(), id="none"),
        pytest.param(("",), set(), id="an empty prefix"),
        pytest.param(("%",), set(), id="a pattern"),
    ],
)
@pytest.mark.parametrize("z", [8, 11])
def test_what_is_baked_is_cut_to_the_scope(
    sign_in: SignIn,
    fetch: Fetch,
    read_tile: ReadTile,
    scope: tuple[str, ...],
    streets: set[str],
    z: int,
) -> None:
    baked()
    client = sign_in(scope=scope)

    assert {code[:9] for code in codes(client, fetch, read_tile, z)} == streets


def test_the_bake_ends_with_the_shapes_of_its_day() -> None:
    today = timezone.localdate()
    shape = GridShape.objects.get(grid__code=f"{FIRST}001001")
    GridShape.objects.filter(pk=shape.pk).update(
        valid=type(shape.valid)(shape.valid.lower, today + timedelta(days=3))
    )
    baked()

    assert bake.is_current(today + timedelta(days=2))
    assert not bake.is_current(today + timedelta(days=3))


def test_a_wide_division_is_cut_at_the_tile(
    operator: Client, fetch: Fetch, read_tile: ReadTile
) -> None:
    west, south, *_ = ALL
    wide = shapely.MultiPolygon([shapely.box(west, south, west + 9e5, south + 9e5)])
    Division.objects.filter(level="district").update(shape_3857=f"SRID=3857;{wide.wkt}")
    baked()
    assert Drawn.objects.filter(level="district", wide=True).exists()
    tile = tiles_over((west + 1e5, south + 1e5, west + 1e5, south + 1e5), 10)[0]

    rows = read_tile(fetch(operator, "divisions", tile).content, tile, "divisions")
    [shape] = rows[rows["level"] == "district"].geometry
    side_m = bounds(tile)[2] - bounds(tile)[0]
    assert shape.bounds[2] - shape.bounds[0] <= side_m * 1.05
    assert Tile(10, tile.x, tile.y) == tile
