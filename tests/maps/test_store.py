"""Kept tiles: found again, whole, never from before a power cut, and not for ever."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from maps import store
from maps.tiles import Tile

TILE = Tile(13, 6657, 3163)
MIB = 2**20


def keep(edition: str, content: bytes = b"a tile") -> str:
    name = store.name_of(edition, "grids", TILE)
    store.keep(name, store.packed(content))
    return name


def test_what_is_kept_is_found() -> None:
    name = keep("e1")

    assert store.unpacked(store.find(name) or b"") == b"a tile"
    assert store.find(store.name_of("e2", "grids", TILE)) is None


def test_nothing_is_kept_where_none_is_wanted(settings: Any) -> None:
    settings.TILE_STORE_MB = 0

    assert store.find(keep("e1")) is None


def test_a_full_disk_fails_no_tile(monkeypatch: pytest.MonkeyPatch, tile_store: Path) -> None:
    monkeypatch.setattr("maps.store._room", (-1, False))
    monkeypatch.setattr("gis_server.disk.RESERVE_BYTES", 2**62)

    assert store.find(keep("e1")) is None


def test_no_part_of_a_file_is_left(tile_store: Path) -> None:
    keep("e1")

    assert [file.name for file in tile_store.rglob("*") if file.is_file()] == [str(TILE.y)]


def old(folder: Path) -> None:
    day_ago = time.time() - store.UNUSED_S - 60
    os.utime(folder, (day_ago, day_ago))


def test_what_nobody_asks_for_goes(tile_store: Path) -> None:
    first, second = keep("e1"), keep("e2")
    old(tile_store / Path(first).parts[0] / "e1")

    assert store.prune(MIB) == 1
    assert store.find(first) is None
    assert store.find(second) is not None


def test_what_is_over_the_limit_goes_from_the_oldest_on(tile_store: Path) -> None:
    names = [keep(edition, os.urandom(700_000)) for edition in ("e1", "e2", "e3")]
    for age, name in enumerate(reversed(names)):
        folder = tile_store / Path(name).parts[0] / Path(name).parts[1]
        os.utime(folder, (time.time() - age * 60,) * 2)

    store.prune(2 * MIB)
    assert [store.find(name) is not None for name in names] == [False, True, True]


def test_nothing_from_before_the_machine_started(tile_store: Path) -> None:
    name = keep("e1")
    before = tile_store / "another-boot" / "e1"
    before.mkdir(parents=True)
    (before / "half").write_bytes(b"")

    assert store.prune(MIB) == 1
    assert not before.exists()
    assert store.find(name) is not None


def test_the_base_map_outlives_its_day(tile_store: Path) -> None:
    base = tile_store / store.BASE / "raw-1"
    base.mkdir(parents=True)
    (base / "1").write_bytes(b"x")
    old(base)
    keep("e1")

    assert store.prune(MIB) == 0
    assert base.exists()
