"""Pictures on the disk."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cameras.picture.capture import CaptureFailed, Picture
from cameras.picture.store import store, write_whole
from cameras.probe.reason import Reason

JPEG = b"\xff\xd8 a picture"
PICTURE = Picture(JPEG, 640, 360)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_picture_lies_below_its_day_with_its_hash(tmp_path: Path) -> None:
    stored = store(PICTURE, root=tmp_path, name="7", taken_at=AT)

    assert stored.file == "snapshots/2026/03/01/7.jpg"
    assert (tmp_path / stored.file).read_bytes() == JPEG
    assert stored.sha256 == hashlib.sha256(JPEG).hexdigest()


def test_a_root_that_cannot_be_written_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "snapshots").write_text("a file where a folder should be")

    with pytest.raises(CaptureFailed) as failed:
        store(PICTURE, root=tmp_path, name="7", taken_at=AT)

    assert failed.value.reason is Reason.STORE_FAILED


def test_a_write_that_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(CaptureFailed, match="No space left"):
        store(PICTURE, root=tmp_path, name="7", taken_at=AT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1
