"""Kept tiles: found again, whole, never from before a power cut, and not for ever."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from maps import store
from maps.tiles import Tile, block_of

TILE = Tile(13, 6657, 3163)
MIB = 2**20


def keep(edition: str, content: bytes = b"a tile") -> store.Slot:
    """One tile among the empty ones of its block."""
    slot = store.slot(edition, "grids", TILE)
    tiles = [content if place == slot.place else b"" for place in range(slot.of)]
    store.keep(slot.file, [store.packed(tile) for tile in tiles])
    return slot


def test_what_is_kept_is_found() -> None:
    slot = keep("e1")

    assert store.unpacked(store.find(slot) or b"") == b"a tile"
    assert store.find(store.slot("e2", "grids", TILE)) is None


def test_each_tile_of_a_file_is_found_by_its_place() -> None:
    block = block_of(TILE)
    slots = [store.slot("e1", "grids", tile) for tile in block]
    tiles = [store.packed(b"%d" % place * place * 999) for place in range(len(block))]
    store.keep(slots[0].file, tiles)

    assert len({slot.file for slot in slots}) == 1
    assert [store.find(slot) for slot in slots] == tiles


def test_a_file_that_is_not_whole_holds_nothing(tile_store: Path) -> None:
    slot = keep("e1")
    (tile_store / slot.file).write_bytes(b"half")

    assert store.find(slot) is None


def test_nothing_is_kept_where_none_is_wanted(settings: Any) -> None:
    settings.TILE_STORE_MB = 0

    assert store.find(keep("e1")) is None


def test_a_full_disk_fails_no_tile(monkeypatch: pytest.MonkeyPatch, tile_store: Path) -> None:
    monkeypatch.setattr("maps.store._room", (-1, False))
    monkeypatch.setattr("gis_server.disk.RESERVE_BYTES", 2**62)

    assert store.find(keep("e1")) is None


def test_no_part_of_a_file_is_left(tile_store: Path) -> None:
    keep("e1")

    assert [file.name for file in tile_store.rglob("*") if file.is_file()] == [
        f"{TILE.x // 4}-{TILE.y // 4}"
    ]


def test_of_many_who_ask_at_once_one_draws_and_all_get_theirs() -> None:
    drawn = []
    slots = [store.slot("e1", "grids", tile) for tile in block_of(TILE)[:4]]

    def draw(places: Sequence[int]) -> list[bytes]:
        drawn.append(places)
        time.sleep(0.2)  # long enough for the others to come meanwhile
        return [b"%d" % place for place in places]

    with ThreadPoolExecutor(len(slots)) as threads:
        told = list(threads.map(lambda slot: store.made(slot, draw), slots))

    assert [store.unpacked(content) for content in told] == [b"%d" % slot.place for slot in slots]
    assert drawn == [range(16)]


def test_who_draws_in_vain_holds_up_nobody() -> None:
    slot = store.slot("e1", "grids", TILE)

    def fail(_places: Sequence[int]) -> list[bytes]:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        store.made(slot, fail)
    told = store.made(slot, lambda places: [b"a tile"] * len(places))
    assert store.unpacked(told) == b"a tile"


def test_where_nothing_can_be_kept_one_tile_is_drawn(settings: Any) -> None:
    settings.TILE_STORE_MB = 0
    slot = store.slot("e1", "grids", TILE)
    told = store.made(slot, lambda places: [b"%d" % place for place in places])

    assert store.unpacked(told) == b"%d" % slot.place
    assert store.find(slot) is None


def old(folder: Path) -> None:
    day_ago = time.time() - store.UNUSED_S - 60
    os.utime(folder, (day_ago, day_ago))


def test_what_nobody_asks_for_goes(tile_store: Path) -> None:
    first, second = keep("e1"), keep("e2")
    old(tile_store / Path(first.file).parts[0] / "e1")

    assert store.prune(MIB) == 1
    assert store.find(first) is None
    assert store.find(second) is not None


def test_what_is_over_the_limit_goes_from_the_oldest_on(tile_store: Path) -> None:
    names = [keep(edition, os.urandom(700_000)) for edition in ("e1", "e2", "e3")]
    for age, name in enumerate(reversed(names)):
        folder = tile_store / Path(name.file).parts[0] / Path(name.file).parts[1]
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
