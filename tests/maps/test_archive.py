"""The territory's tiles in one PMTiles file, read back by the format's own library."""

import gzip
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pmtiles.reader import MmapSource, Reader, all_tiles

from gis_server.geo import WEB_MERCATOR, WGS84, convert
from gis_server.roles import Role
from grids.models import Grid, Shop
from maps import archive, jobs
from maps.tiles import Tile
from tests.conftest import SignIn
from tests.maps.conftest import Fetch, ReadTile
from tests.maps.territory import FIRST, SECOND, square

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


def test_the_file_says_what_its_features_tell(tmp_path: Path, read_tile: ReadTile) -> None:
    """Of each layer just what stands in its tiles, and all of it."""
    put_shop()
    path = tmp_path / "all.pmtiles"
    call_command("export_tiles", str(path), "--max-zoom", "14", stdout=StringIO())
    with path.open("rb") as file:
        layers = Reader(MmapSource(file)).metadata()["vector_layers"]
    found: dict[str, set[str]] = {layer["id"]: set() for layer in layers}
    for place, content in tiles_in(path).items():
        for part in found:
            rows = read_tile(content, Tile(*place), part)
            if rows is not None:
                found[part] |= set(rows.columns) - {"geometry", "mvt_id"}

    # What is nought is left out.
    found["place_heaps"] |= {"buildings", "service_points"}
    assert {layer["id"]: set(layer["fields"]) for layer in layers} == found
    told = {kind for layer in layers for kind in layer["fields"].values()}
    assert told == {"String", "Number"}


def put_shop() -> Shop:
    """In the first grid, as the trigger finds by the place."""
    at = convert(square(0, 0).centroid, WEB_MERCATOR, WGS84).wkt
    return Shop.objects.create(
        name="店",
        point=f"SRID={WGS84};{at}",  # type: ignore[misc]
        scope_code=f"{FIRST}001001",
        kind="food",
    )


def test_a_file_has_another_name_once_anything_in_it_has_changed() -> None:
    shop = put_shop()
    shops, grids = Shop.objects.filter(pk=shop.pk), Grid.objects.filter(code=f"{FIRST}001001")
    changes: list[Callable[[], object]] = [
        lambda: shops.update(name="another"),
        lambda: shops.update(scope_code=f"{FIRST}001002"),
        lambda: shops.update(point=f"SRID={WGS84};POINT(112.5 37.9)"),
        shop.delete,
        lambda: grids.update(name="another"),
    ]
    names = [name_of(FIRST)]
    for change in changes:
        change()
        names.append(name_of(FIRST))

    assert len(set(names)) == len(names)
    assert name_of(FIRST) == names[-1]
    other, before = put_shop(), name_of(SECOND)
    Shop.objects.filter(pk=other.pk).update(scope_code=f"{SECOND}001001")
    assert name_of(FIRST) == names[-1]
    assert name_of(SECOND) != before


def name_of(area: str) -> str:
    return archive.name([area], timezone.localdate())


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
    assert planner.get("/map-archive/territory.pmtiles").status_code == 404
    asked: list[tuple[list[str], str]] = []
    monkeypatch.setattr(jobs.write_archive, "delay", lambda *words: asked.append(words))
    planner.post("/map-archive/make/")
    [(scope, path)] = asked
    assert scope == [FIRST]
    Path(path).parent.mkdir(parents=True)
    written(Path(path), "--area", FIRST)

    assert "territory.pmtiles" in planner.get("/map-archive/").content.decode()
    answer = planner.get("/map-archive/territory.pmtiles")
    assert b"".join(answer.streaming_content)[:7] == b"PMTiles"  # type: ignore[attr-defined]
    # Somebody of another street has another file, or none.
    other = sign_in(Role.PLANNER, (SECOND,))
    assert other.get("/map-archive/territory.pmtiles").status_code == 404


def test_only_those_who_keep_the_territory(operator: Client, fetch: Fetch) -> None:
    assert operator.get("/map-archive/").status_code == 403
    assert operator.post("/map-archive/make/").status_code == 403
    assert operator.get("/map-archive/territory.pmtiles").status_code == 403
