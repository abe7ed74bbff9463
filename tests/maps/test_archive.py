"""The territory's tiles in one PMTiles file, read back by the format's own library."""

import gzip
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pmtiles.reader import MmapSource, Reader, all_tiles

from gis_server.roles import Role
from grids.models import Grid
from maps import jobs
from maps.tiles import Tile
from tests.conftest import SignIn
from tests.maps.conftest import Fetch, ReadTile
from tests.maps.territory import FIRST, SECOND

pytestmark = pytest.mark.usefixtures("laid_out")


def written(path: Path, *words: str) -> Path:
    call_command("export_tiles", str(path), *words, "--max-zoom", "11", stdout=StringIO())
    return path


def tiles_in(path: Path) -> dict[tuple[int, int, int], bytes]:
    with path.open("rb") as file:
        return {place: gzip.decompress(packed) for place, packed in all_tiles(MmapSource(file))}


def test_every_grid_is_in_the_file(tmp_path: Path, read_tile: ReadTile) -> None:
    found = set()
    for (z, x, y), content in tiles_in(written(tmp_path / "all.pmtiles")).items():
        if z == 11:
            rows = read_tile(content, Tile(z, x, y), "grids")
            found |= set(rows["code"]) if rows is not None else set()

    assert found == set(Grid.objects.values_list("code", flat=True))


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    with written(tmp_path / "all.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
    header, metadata = reader.header(), reader.metadata()

    assert (header["min_zoom"], header["max_zoom"]) == (5, 11)
    assert header["min_lon_e7"] < header["max_lon_e7"]
    assert {"grids", "divisions", "place_heaps"} <= {
        layer["id"] for layer in metadata["vector_layers"]
    }


def test_an_area_alone(tmp_path: Path, read_tile: ReadTile) -> None:
    path = written(tmp_path / "one.pmtiles", "--area", SECOND)
    found = set()
    for (z, x, y), content in tiles_in(path).items():
        rows = read_tile(content, Tile(z, x, y), "grids") if z == 11 else None
        found |= {code[:9] for code in rows["code"]} if rows is not None else set()

    assert found == {SECOND}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["x.mbtiles"], "pmtiles", id="another format"),
        pytest.param(["x.pmtiles", "--area", "a%"], "digits", id="no code"),
        pytest.param(["x.pmtiles", "--area", "99"], "nothing", id="an empty area"),
        pytest.param(["x.pmtiles", "--max-zoom", "30"], "max-zoom", id="zoom 30"),
        pytest.param(["no/where/x.pmtiles"], "written", id="no such folder"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, words: list[str], told: str) -> None:
    name, *more = words
    with pytest.raises(CommandError, match=told):
        call_command("export_tiles", str(tmp_path / name), *more, stdout=StringIO())
    assert list(tmp_path.glob("*")) == []


def test_a_planner_has_it_made_and_takes_it_along(
    sign_in: SignIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner = sign_in(Role.PLANNER, (FIRST,))
    assert planner.get("/map-files/territory.pmtiles").status_code == 404
    asked: list[tuple[list[str], str]] = []
    monkeypatch.setattr(jobs.write_archive, "delay", lambda *words: asked.append(words))
    planner.post("/map-files/make/")
    [(scope, path)] = asked
    assert scope == [FIRST]
    Path(path).parent.mkdir(parents=True)
    written(Path(path), "--area", FIRST)

    assert "territory.pmtiles" in planner.get("/map-files/").content.decode()
    answer = planner.get("/map-files/territory.pmtiles")
    assert b"".join(answer.streaming_content)[:7] == b"PMTiles"  # type: ignore[attr-defined]
    # Somebody of another street has another file, or none.
    other = sign_in(Role.PLANNER, (SECOND,))
    assert other.get("/map-files/territory.pmtiles").status_code == 404


def test_only_those_who_keep_the_territory(operator: Client, fetch: Fetch) -> None:
    assert operator.get("/map-files/").status_code == 403
    assert operator.post("/map-files/make/").status_code == 403
    assert operator.get("/map-files/territory.pmtiles").status_code == 403
