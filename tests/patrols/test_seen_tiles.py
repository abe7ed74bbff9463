"""What tiles draw of what has been seen."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from gis_server.geo import convert
from maps.tiles import bounds, tiles_over
from patrols.cells import CELL_M
from patrols.seen import grounds, lines, tiles
from patrols.seen.tiles import Box
from patrols.seen.windows import Window
from tests.maps.reading import read_tile
from tests.patrols.ground_town import CORNER, SIDE, along, cover, make_grids, positions, send
from tests.patrols.on_duty import DAY, LAT, LON, NOW, OTHER_STREET, STREET, local, make_duty

pytestmark = pytest.mark.django_db


[TILE] = tiles_over(
    (*convert(shapely.Point(LON, LAT), 4326, 3857).coords[0],
     *convert(shapely.Point(LON, LAT), 4326, 3857).coords[0]), 11,
)  # fmt: skip
"""It holds the whole town."""


def box(zoom: int = 15) -> Box:
    return Box(bounds(TILE), bounds(TILE), zoom)


def values(content: bytes, part: str, name: str, folder: Path) -> list[int]:
    """What the features of a part say, ascending."""
    return sorted(read_tile(content, TILE, part, folder)[name])


def ages_in(reach: list[str]) -> Iterator[tuple[Any, Any, Any]]:
    """Of patrolable cells: x and y of their south-west corners in metres, when each was seen."""
    for piece in tiles._pieces(box().around, reach, DAY):
        rows, columns = np.nonzero(piece.mine)
        left, low = piece.south_west
        times = tiles._times(piece, Window(NOW), NOW)
        yield (columns + left) * CELL_M, (rows + low) * CELL_M, times[rows, columns]


def seen_in(reach: list[str]) -> Iterator[tuple[Any, Any]]:
    """Likewise x, and whether each was seen on the day."""
    for piece in tiles._pieces(box().around, reach, DAY):
        rows, columns = np.nonzero(piece.mine)
        seen = tiles._seen(piece, DAY, None)[rows, columns] == 1
        yield (columns + piece.south_west[0]) * CELL_M, seen


@pytest.fixture(autouse=True)
def walked() -> Iterator[None]:
    """At nine somebody went down half the lane of the first grid; it is twelve."""
    make_grids()
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 200)), NOW)
    cover(NOW)
    return iter(())


def test_ages_are_told_of_what_lies_in_reach() -> None:
    [(x, y, at)] = ages_in([STREET])

    there = dict(zip(zip(x - CORNER[0], y - CORNER[1], strict=True), at, strict=True))
    # Rows of middles within 25 m of the lane at 205 m: five; the third grid has a house.
    assert {row for column, row in there if column < 800} == {180, 190, 200, 210, 220}
    assert abs(there[100, 200] - local(9).timestamp() - 95) < 30
    assert there[400, 200] == 0
    assert max(row for _column, row in there) < SIDE


def test_hills_of_the_other_street_are_its_own() -> None:
    [(_x, y, at)] = ages_in([OTHER_STREET])

    assert len(y) == 3 * 42 * 42
    assert (y >= CORNER[1] + SIDE).all()
    assert not at.any()
    assert list(ages_in(["140108"])) == []


def test_a_tile_has_streets_in_lines_of_one_age_and_cells_from_near(tmp_path: Path) -> None:
    far, near = (tiles.blind_spots(box(zoom), [STREET], Window(NOW), NOW) for zoom in (14, 15))

    assert read_tile(far, TILE, "blind_cells", tmp_path) is None
    # Half of the lane was seen three hours ago, the rest never.
    assert values(far, "blind_streets", "age", tmp_path) == [0, 4]
    assert set(values(near, "blind_cells", "age", tmp_path)) == {0, 4}


def test_what_was_seen_ages(tmp_path: Path) -> None:
    later = NOW + timedelta(hours=20)

    tile = tiles.blind_spots(box(), [STREET], Window(later), later)

    assert values(tile, "blind_streets", "age", tmp_path) == [2, 4]


def test_coverage_of_a_day_and_shift_is_drawn(tmp_path: Path) -> None:
    duty_shift = make_duty().shift_id

    tile = tiles.covered(box(), [STREET], DAY, duty_shift)
    other = tiles.covered(box(), [STREET], DAY, duty_shift + 1)

    assert set(values(tile, "covered_cells", "seen", tmp_path)) == {0, 1}
    assert set(values(other, "covered_cells", "seen", tmp_path)) == {0}
    [(x, seen)] = seen_in([STREET])
    # To 206 m, and one middle further: 21 or 22 columns of three rows.
    assert 60 <= np.count_nonzero(seen) <= 66
    assert x[seen].max() < CORNER[0] + 220


def test_nothing_is_drawn_elsewhere_or_before_there_are_grids() -> None:
    away = (0.0, 0.0, 1000.0, 1000.0)

    long_ago = NOW - timedelta(days=400)
    assert tiles.blind_spots(Box(away, away, 15), [STREET], Window(NOW), NOW) == b""
    assert tiles.covered(Box(away, away, 15), [STREET], DAY, None) == b""
    assert tiles.blind_spots(box(), [STREET], Window(long_ago), NOW) == b""


@pytest.mark.parametrize(("zoom", "queries"), [(10, 4), (13, 4), (15, 7)])
def test_a_tile_costs_so_many_queries(
    zoom: int, queries: int, django_assert_num_queries: Any
) -> None:
    """Which grounds, which of their grids are in reach; blocks and drawing, of either part; and
    close by what video rounds have shown.
    """
    window = Window(NOW)
    tiles.blind_spots(box(zoom), [STREET], window, NOW)  # grounds, their lines are in memory now

    with django_assert_num_queries(queries):
        assert tiles.blind_spots(box(zoom), [STREET], window, NOW)


def test_from_afar_pieces_are_drawn_together_in_the_age_of_the_oldest() -> None:
    [ground] = grounds.latest(DAY)
    drawn = lines.lines_of(ground.ground_id)
    every = np.ones(len(ground.terrain.ground.grids), np.bool_)
    lengths = {}
    for zoom in (13, 11, 10):
        shapes, classes = lines.by_age(drawn, box().around, every, zoom, NOW.timestamp())
        lengths[zoom] = dict(zip(classes.tolist(), shapely.length(shapes).tolist(), strict=True))

    piece = sum(lengths[13].values()) / 84
    # 198 m were walked and the cells to 210 m are seen: 21 pieces, of which three or six make one.
    assert [round(lengths[zoom][0] / piece) for zoom in (13, 11, 10)] == [21, 21, 18]
    assert [round(lengths[zoom][4] / piece) for zoom in (13, 11, 10)] == [63, 63, 66]


def test_only_pieces_in_the_box_are_drawn() -> None:
    [ground] = grounds.latest(DAY)
    drawn = lines.lines_of(ground.ground_id)
    every = np.ones(len(ground.terrain.ground.grids), np.bool_)
    west, south, _east, north = shapely.total_bounds(shapely.points(drawn.ends[:, :2]))
    around = (west - 1, south - 1, drawn.ends[9, 2] - 1, north + 1)

    shapes, classes = lines.by_age(drawn, around, every, 13, NOW.timestamp())

    assert classes.tolist() == [0]
    assert shapely.length(shapes)[0] == pytest.approx(
        np.hypot(*(drawn.ends[:10, 2:] - drawn.ends[:10, :2]).T).sum()
    )
    nothing = lines.by_age(drawn, around, ~every, 13, NOW.timestamp())
    assert [len(one) for one in nothing] == [0, 0]
