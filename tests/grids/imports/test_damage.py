"""Files with random damage are read or refused, whatever is broken; nothing else ever happens."""

import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grids.imports.problems import Refused
from grids.imports.source import open_source
from tests.grids.imports.makers import (
    english,
    feature,
    geojson,
    rows_of,
    shapefile,
    workbook,
    write_layer,
)


def loose_zip(folder: Path) -> Path:
    """A Shapefile packed without compression, so that damage reaches its parts."""
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in shapefile(folder / "parts"):
            archive.write(part, part.name)
    return path


def loose_workbook(folder: Path) -> Path:
    book = workbook(folder / "a.xlsx", [["编码", "名称"], ["1", "东门"], ["=1+1", "西门"]])
    path = folder / "b.xlsx"
    with zipfile.ZipFile(book) as packed, zipfile.ZipFile(path, "w") as archive:
        for name in packed.namelist():
            archive.writestr(name, packed.read(name))
    return path


def table(folder: Path) -> Path:
    path = folder / "a.csv"
    path.write_bytes('编码,名称\n1,"东\n门"\n2,西门\n'.encode())
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "zip": loose_zip,
    "gpkg": lambda folder: write_layer(folder / "a.gpkg"),
    "geojson": lambda folder: geojson(folder / "a.geojson", *[feature(code="1")] * 5),
    "kml": lambda folder: write_layer(folder / "a.kml", crs="EPSG:4326", driver="KML"),
    "xlsx": loose_workbook,
    "csv": table,
}
ROUNDS = 25


def damaged(content: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.2:
        return content[: chance.randrange(len(content))]
    changed = bytearray(content)
    reach = min(len(content), chance.choice([200, 5000, len(content)]))
    for _ in range(chance.choice([1, 2, 5, 30])):
        changed[chance.randrange(reach)] = chance.choice([0, 255, chance.randrange(256)])
    return bytes(changed)


def sentence_or_nothing(path: Path) -> str | None:
    """What is said when the file is refused; None when all of it was read."""
    try:
        with open_source(path, name=path.name) as source:
            for number, layer in enumerate(source.layers):
                if layer.refused is None:
                    rows_of(source, number)
    except Refused as refused:
        return english(refused.problem, refused.details)
    return None


@pytest.mark.parametrize("kind", MAKERS)
def test_damage_is_never_more_than_a_refusal(tmp_path: Path, kind: str) -> None:
    path = MAKERS[kind](tmp_path)
    whole = path.read_bytes()
    chance = random.Random(1)

    for _ in range(ROUNDS):
        path.write_bytes(damaged(whole, chance))
        assert sentence_or_nothing(path) != ""
