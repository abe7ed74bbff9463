"""Where tiles lie, and what a set of them is called."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.tiles import (
    HALF_WORLD_M,
    MAX_ZOOM,
    Tile,
    block_of,
    block_side,
    bounds,
    edition_name,
    place_in_block,
    reach,
    tiles_over,
)

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("z", "x", "y"),
    [
        pytest.param(-1, 0, 0, id="zoom below none"),
        pytest.param(MAX_ZOOM + 1, 0, 0, id="zoom beyond the last"),
        pytest.param(30, 0, 0, id="zoom 30"),
        pytest.param(0, 1, 0, id="east of the world"),
        pytest.param(3, 0, 8, id="south of the world"),
        pytest.param(3, -1, 0, id="west of the world"),
        pytest.param(3, 0, -1, id="north of the world"),
    ],
)
def test_a_tile_that_cannot_be_is_refused(z: int, x: int, y: int) -> None:
    with pytest.raises(ValueError, match=f"zoom {z}"):
        Tile(z, x, y)


def test_the_first_tile_is_the_world() -> None:
    # 20,037,508.342789244 m: OGC 17-083r4, WebMercatorQuad, point of origin.
    assert bounds(Tile(0, 0, 0)) == pytest.approx(
        (-20037508.342789244,) * 2 + (20037508.342789244,) * 2
    )


def test_tiles_are_counted_from_the_north_west() -> None:
    assert bounds(Tile(1, 0, 0)) == pytest.approx((-HALF_WORLD_M, 0, 0, HALF_WORLD_M))
    assert bounds(Tile(1, 1, 1)) == pytest.approx((0, -HALF_WORLD_M, HALF_WORLD_M, 0))


def test_a_tile_reaches_a_64th_of_itself_over_its_edges() -> None:
    west, south, east, north = bounds(Tile(14, 13316, 6326))
    margin = (east - west) / 64

    assert reach(Tile(14, 13316, 6326)) == pytest.approx(
        (west - margin, south - margin, east + margin, north + margin)
    )


@given(z=st.integers(0, MAX_ZOOM), data=st.data())
def test_the_middle_of_a_tile_lies_in_that_tile_alone(z: int, data: st.DataObject) -> None:
    index = st.integers(0, (1 << z) - 1)
    tile = Tile(z, data.draw(index), data.draw(index))
    west, south, east, north = bounds(tile)
    x, y = (west + east) / 2, (south + north) / 2

    assert tiles_over((x, y, x, y), z) == [tile]


def test_an_area_beyond_the_world_has_the_tiles_at_its_edge() -> None:
    assert tiles_over((9e9, 9e9, 9e9, 9e9), 2) == [Tile(2, 3, 0)]


NAME = edition_name("a token", DAY, ["140107001"])


@pytest.mark.parametrize(
    ("token", "day", "scope"),
    [
        pytest.param("another token", DAY, ["140107001"], id="territory"),
        pytest.param("a token", date(2026, 11, 23), ["140107001"], id="day"),
        pytest.param("a token", DAY, ["140107"], id="scope"),
        pytest.param("a token", DAY, [], id="no scope"),
        pytest.param("a token", DAY, ["140107001", "140107002"], id="wider scope"),
    ],
)
def test_an_edition_is_named_after_all_that_a_tile_depends_on(
    token: str, day: date, scope: list[str]
) -> None:
    assert edition_name(token, day, scope) != NAME


def test_the_order_of_a_scope_does_not_matter() -> None:
    assert edition_name("t", DAY, ["14", "15"]) == edition_name("t", DAY, ["15", "14", "14"])


@given(
    st.integers(0, MAX_ZOOM).flatmap(
        lambda z: st.tuples(st.just(z), st.integers(0, (1 << z) - 1), st.integers(0, (1 << z) - 1))
    )
)
def test_every_tile_of_a_block_has_the_same_block(place: tuple[int, int, int]) -> None:
    tile = Tile(*place)
    block = block_of(tile)

    assert tile in block
    assert len(set(block)) == block_side(tile.z) ** 2
    assert block[place_in_block(tile)] == tile
    assert all(block_of(one) == block for one in block)


def test_from_afar_a_tile_is_drawn_alone() -> None:
    assert block_of(Tile(9, 5, 6)) == [Tile(9, 5, 6)]
