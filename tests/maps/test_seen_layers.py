"""Layers of what has been seen: who may, of which area, from afar by grids, never kept."""

from pathlib import Path
from typing import Any

import pytest
import shapely
from django.test import Client

from gis_server.geo import convert
from gis_server.roles import Role
from grids.models import Grid
from maps.onduty.tiles import draw_covered
from maps.tiles import Tile, tiles_over
from patrols.seen.queries import Asked
from patrols.seen.views.asked import Question
from patrols.seen.windows import Window
from tests.conftest import SignIn
from tests.maps.conftest import Fetch
from tests.maps.reading import read_tile
from tests.patrols.ground_town import along, cover, make_grids, positions, send
from tests.patrols.on_duty import DAY, LAT, LON, NOW, OTHER_STREET, STREET, local, make_duty

pytestmark = pytest.mark.django_db
HERE = convert(shapely.Point(LON + 0.004, LAT + 0.002), 4326, 3857).coords[0]


def tile_at(zoom: int) -> Tile:
    return tiles_over((*HERE, *HERE), zoom)[0]


@pytest.fixture(autouse=True)
def grids() -> list[Grid]:
    """At nine somebody went down half the lane of the first grid; it is twelve."""
    made = make_grids()
    send(make_duty(), positions(local(9), along(6, 205, 200)), NOW)
    cover(NOW)
    return made


def of_shift(shift: int) -> Question:
    asked = Asked(DAY, shift or None)
    return Question(asked, None, [], "overdue", Window(NOW), "", 7, None)


def shares(scope: list[str], folder: Path, shift: int = 0) -> dict[int, dict[str, Any]]:
    tile = tile_at(11)
    content = draw_covered(tile, scope, of_shift(shift), NOW)
    if not content:
        return {}
    rows = read_tile(content, tile, "covered_grids", folder).to_dict("records")
    return {int(row["mvt_id"]): row for row in rows}


def test_from_afar_each_grid_has_its_share(grids: list[Grid], tmp_path: Path) -> None:
    found = shares([STREET], tmp_path)

    assert found.keys() == {grid.pk for grid in grids[:3]}
    first = found[grids[0].pk]
    # Half of the lane's 420 m, and 15 m to the end of what was lit.
    assert first["streets"] == pytest.approx(0.5, abs=0.06)
    assert first["share"] == first["streets"]
    assert 0 < first["area"] < 1
    assert found[grids[1].pk]["share"] == 0


def test_another_shift_has_seen_nothing(grids: list[Grid], tmp_path: Path) -> None:
    found = shares([STREET], tmp_path, shift=2**31 - 1)

    assert {row["share"] for row in found.values()} == {0.0}


def test_grids_of_another_street_are_not_told(grids: list[Grid], tmp_path: Path) -> None:
    assert shares([OTHER_STREET], tmp_path).keys() == {grid.pk for grid in grids[3:]}
    assert shares([], tmp_path) == {}


@pytest.mark.parametrize("layer", ["blind", "covered"])
def test_roles_without_coverage_are_refused_and_answers_never_stale(
    sign_in: SignIn, operator: Client, fetch: Fetch, layer: str
) -> None:
    tile = tile_at(15)

    assert fetch(sign_in(Role.PATROLLER), layer, tile).status_code == 403
    answer = fetch(operator, layer, tile)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("day=2026-03-02", 200),
        ("day=yesterday", 422),
        ("shift=-1", 422),
        ("shift=99999999999", 404),
        ("shift=99999999999999999999", 422),
        ("window=days&days=8", 422),
    ],
)
def test_day_and_shift_have_limits(operator: Client, query: str, status: int) -> None:
    tile = tile_at(15)

    answer = operator.get(f"/tiles/any/covered/{tile.z}/{tile.x}/{tile.y}.mvt?{query}")

    assert answer.status_code == status
