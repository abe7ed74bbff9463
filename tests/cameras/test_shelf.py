"""Pictures on the disk."""

import hashlib
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cameras.processes import shelf
from gis_server import disk

JPEG, THUMB = b"\xff\xd8 a picture", b"\xff\xd8 small"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
Usage = namedtuple("Usage", "total used free")


def put(root: Path) -> shelf.Put:
    return shelf.put(JPEG, THUMB, root=root, name="7-120000", taken_at=AT)


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_a_picture_and_its_thumbnail_lie_below_their_day_with_the_hash(tmp_path: Path) -> None:
    stored = put(tmp_path)

    assert stored.file == "snapshots/2026/03/01/7-120000.jpg"
    assert stored.thumb == "snapshots/2026/03/01/7-120000-thumb.jpg"
    assert (tmp_path / stored.file).read_bytes() == JPEG
    assert (tmp_path / stored.thumb).read_bytes() == THUMB
    assert stored.sha256 == hashlib.sha256(JPEG).hexdigest()
    shelf.take_away(stored, root=tmp_path)
    assert files(tmp_path) == []


def test_a_root_that_cannot_be_written_says_so_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "snapshots").write_text("a file where a folder should be")

    with pytest.raises(disk.NoRoom) as full:
        put(tmp_path)

    assert str(tmp_path) not in str(full.value)
    assert shelf.trouble(tmp_path)


@pytest.mark.parametrize("writes", [0, 1], ids=["at the thumbnail", "at the picture"])
def test_a_write_that_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    left = [writes]

    def full(_descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(disk.NoRoom, match="No space left"):
        put(tmp_path)
    assert files(tmp_path) == []


def test_the_last_of_the_disk_is_left_to_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _root: Usage(10**9, 9 * 10**8, 10**8))

    with pytest.raises(disk.NoRoom, match="only 95 MiB are free"):  # 10^8 bytes
        put(tmp_path)
    assert shelf.trouble(tmp_path).startswith("only 95 MiB")


def test_a_store_that_is_well_has_no_trouble(tmp_path: Path) -> None:
    assert shelf.trouble(tmp_path / "not there yet") == ""
    assert files(tmp_path) == []


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    disk.write_whole(tmp_path / "a", b"old")
    disk.write_whole(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1
