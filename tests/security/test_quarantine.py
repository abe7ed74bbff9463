"""What people send lies where nobody else reads it, under a name of ours, until it is done with."""

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import LazySettings
from django.utils import timezone

from cameras.roster import read_roster
from gis_server import disk, quarantine
from gis_server.errors import Invalid, Unavailable
from gis_server.photos import decoding
from grids.imports import limits, services, work
from grids.models import ImportRun
from patrols.board import tables

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: LazySettings) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def files_in(root: Path) -> list[Path]:
    return sorted(one for one in root.rglob("*") if one.is_file())


def test_a_file_has_a_name_of_ours_and_is_run_and_read_by_nobody_else(root: Path) -> None:
    before = os.umask(0)
    try:
        held = quarantine.take_in(io.BytesIO(b"#!/bin/sh\n"), 100)
    finally:
        os.umask(before)

    assert held.path.parent == root / "quarantine"
    assert len(held.path.name) == 32
    assert held.path.suffix == ""
    assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(held.path.parent.stat().st_mode) == 0o700
    assert (held.size_bytes, held.path.read_bytes()) == (10, b"#!/bin/sh\n")


def test_a_folder_that_others_may_enter_is_closed(root: Path) -> None:
    (root / "quarantine").mkdir(parents=True, mode=0o755)

    quarantine.take_in(io.BytesIO(b"x"), 100)

    assert stat.S_IMODE((root / "quarantine").stat().st_mode) == 0o700


class Torn:
    """A sender that goes away in the middle."""

    def __init__(self) -> None:
        self.blocks: Iterator[bytes] = iter([b"x" * 10])

    def read(self, _most: int) -> bytes:
        for block in self.blocks:
            return block
        raise OSError("gone")


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        pytest.param(io.BytesIO(b"x" * 101), quarantine.TooLarge, id="too large"),
        pytest.param(Torn(), OSError, id="broken off"),
    ],
)
def test_nothing_stays_of_what_is_not_taken(
    root: Path, content: Any, trouble: type[Exception]
) -> None:
    with pytest.raises(trouble):
        quarantine.take_in(content, 100)

    assert files_in(root) == []


def test_it_goes_when_its_reader_is_done_and_when_the_reader_fails(root: Path) -> None:
    def fails() -> None:
        with quarantine.held(io.BytesIO(b"x"), 100) as path:
            raise LookupError(path.exists())

    with pytest.raises(LookupError, match="True"):
        fails()

    assert files_in(root) == []


def test_the_last_of_the_disk_is_left_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "RESERVE_BYTES", 2**62)

    with pytest.raises(disk.NoRoom):
        quarantine.take_in(io.BytesIO(b"x"), 100)
    with pytest.raises(Unavailable):
        services.begin(
            content=io.BytesIO(b"x"), source_name="a.csv", target="grids", scope="140107",
            valid_from=date(2026, 1, 1), by=None, now=NOW,
        )  # fmt: skip
    assert files_in(root) == []


def test_what_a_killed_process_left_is_dropped_and_what_is_named_stays(root: Path) -> None:
    left, named, fresh = (quarantine.take_in(io.BytesIO(b"x"), 9) for _ in range(3))
    for one in (left, named):
        os.utime(one.path, (NOW.timestamp() - 9, NOW.timestamp() - 9))

    assert quarantine.drop_left(named=[named.file], before=NOW) == 1

    assert [one.path.exists() for one in (left, named, fresh)] == [False, True, True]


# Imports -----------------------------------------------------------------------------------------
def begun(content: bytes, name: str = "a.csv") -> ImportRun:
    return services.begin(
        content=io.BytesIO(content), source_name=name, target="divisions", scope="140107",
        valid_from=date(2026, 1, 1), by=None, now=timezone.now(),
    )  # fmt: skip


HOSTILE = {
    "a program": (b"\x7fELF\x02\x01\x01" + b"\0" * 100, "grids.gpkg"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "grids.csv"),
    "entities": (
        b'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]><kml>&e;</kml>',
        "grids.kml",
    ),
    "a torn zip": (b"PK\x03\x04" + b"\0" * 50, "grids.zip"),
    "a page": (b"<html><script>alert(1)</script></html>", "grids.xls"),
    "nothing": (b"   \n", "grids.csv"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_read_is_removed_at_once_and_told(root: Path, what: str) -> None:
    run = begun(*HOSTILE[what])
    assert [one.parent.name for one in files_in(root)] == ["quarantine"]

    run = work.inspect(run, now=timezone.now())

    assert run.step == "refused"
    assert run.problem
    assert files_in(root) == []


@pytest.mark.django_db
def test_a_name_from_outside_leads_nowhere(root: Path) -> None:
    run = begun(b"code,name\n1,2\n", "../../../../etc/cron.d/evil\x00.csv")

    assert [one.parent for one in files_in(root)] == [root / "quarantine"]
    assert "/" not in run.source_name


@pytest.mark.django_db
def test_old_files_that_no_import_names_are_dropped_with_old_imports(root: Path) -> None:
    run = begun(b"code,name\n1,2\n")
    left = quarantine.take_in(io.BytesIO(b"x"), 9)
    long_ago = (timezone.now() - timedelta(days=9)).timestamp()
    os.utime(left.path, (long_ago, long_ago))

    work.drop_old(before=timezone.now() - timedelta(days=1))

    assert files_in(root) == [services.path_of(run)]


# Tables that a page reads at once ----------------------------------------------------------------
def workbook(cells: int) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["code"] * cells)
    book.save(out)
    return out.getvalue()


def swollen() -> bytes:
    """A workbook of 300 kB with 80 MB of blanks in it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(3))) as plain,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in plain.namelist():
            content = plain.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<sheetData>", b"<sheetData>" + b" " * (80 * 2**20))
            packed.writestr(name, content)
    return out.getvalue()


def test_a_table_that_swells_is_refused_before_it_is_read(root: Path) -> None:
    content = swollen()
    assert len(content) < 1_000_000 < limits.TABLE.inflated_bytes

    with pytest.raises(Invalid):
        read_roster(content)
    with pytest.raises(Invalid):
        tables.read(content, {"code": tables.Column("code", ())}, 10)
    assert files_in(root) == []


@pytest.mark.parametrize("content", [workbook(3), b"PK\x03\x04 torn"], ids=["unknown", "torn"])
def test_a_table_leaves_nothing_behind(root: Path, content: bytes) -> None:
    with pytest.raises(Invalid):
        read_roster(content)
    with pytest.raises(Invalid):
        tables.read(content, {"name": tables.Column("name", ())}, 10)

    assert files_in(root) == []


# Photos ------------------------------------------------------------------------------------------
def png(width: int, height: int) -> bytes:
    """A picture of one colour that says that it is so large, with a row of its pixels."""
    import struct  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 2**20)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png(30_000, 30_000), id="a picture of 900 million pixels"),
        pytest.param(png(16_000, 16_000), id="one of 256 million"),
        pytest.param(b"\xff\xd8\xff" + b"\0" * 1000, id="no picture in it"),
        pytest.param(b"<svg onload='x()'>", id="SVG"),
        pytest.param(b"GIF89a" + b"\0" * 100, id="GIF"),
        pytest.param(b"\x89PNG\r\n\x1a\n#!/bin/sh", id="a program after a mark"),
        pytest.param(b"\xff\xd8\xff" + b"x" * decoding.MAX_BYTES, id="too large"),
    ],
)
def test_a_photo_that_is_none_never_reaches_the_disk(root: Path, content: bytes) -> None:
    with pytest.raises(Invalid):
        decoding.decoded(content)

    assert files_in(root) == []
