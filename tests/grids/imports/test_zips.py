"""Zips from outside: bombs, ways out of the folder, links, names in GBK."""

import stat
import struct
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grids.imports.limits import LIMITS
from grids.imports.problems import Problem
from grids.imports.source import open_source
from tests.grids.imports.makers import cut, read, refusal, shapefile, zip_of


@pytest.mark.parametrize(
    ("name", "problem", "words"),
    [
        pytest.param("../../etc/cron.d/a.shp", Problem.UNSAFE_PATH, "outside its folder", id="up"),
        pytest.param("/etc/passwd", Problem.UNSAFE_PATH, "(/etc/passwd)", id="absolute"),
        pytest.param("a/../../b.shp", Problem.UNSAFE_PATH, "without folders", id="up in between"),
        pytest.param("..\\..\\a.shp", Problem.UNSAFE_PATH, "outside", id="up on Windows"),
        pytest.param("C:\\a.shp", Problem.UNSAFE_PATH, "outside", id="a drive"),
        pytest.param("more.zip", Problem.ZIP_IN_ZIP, "more.zip in the zip is an", id="a zip in it"),
        pytest.param("readme.txt", Problem.NO_SHAPEFILE, "no Shapefile in the zip", id="no layer"),
    ],
)
def test_an_entry_that_has_no_business_there(
    tmp_path: Path, name: str, problem: Problem, words: str
) -> None:
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")

    found, text = refusal(path)

    assert found is problem
    assert words in text


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sent.zip"
    link = zipfile.ZipInfo("grids.shp")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    assert refusal(path) == (
        Problem.LINK_IN_ZIP,
        "grids.shp in the zip is a link to another file: pack the files themselves.",
    )


def test_a_bomb_is_refused_by_how_tightly_it_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("grids.shp", "w") as entry:
            for _ in range(80):
                entry.write(bytes(1024 * 1024))
    assert path.stat().st_size < 200_000

    found, text = refusal(path)

    assert found is Problem.INFLATES
    assert "larger than 2048 MB or packed far too tightly" in text


def test_a_bomb_that_lies_about_its_size_leaves_nothing_behind(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "sent.zip", shapefile(tmp_path / "parts"))
    content = path.read_bytes()
    size = struct.pack("<I", (tmp_path / "parts" / "grids.shp").stat().st_size)
    path.write_bytes(content.replace(size, struct.pack("<I", 10)))
    before = set(Path(tempfile.gettempdir()).glob("gis-server-import-*"))

    found, text = refusal(path)

    assert found is Problem.DAMAGED
    assert "nothing of it was read" in text
    assert set(Path(tempfile.gettempdir()).glob("gis-server-import-*")) == before


def test_all_entries_together_have_a_limit(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "sent.zip", shapefile(tmp_path / "parts"))

    found, _ = refusal(path, limits=replace(LIMITS, inflated_bytes=100))

    assert found is Problem.INFLATES


def test_a_zip_with_very_many_entries_is_refused_before_its_directory_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2001):
            archive.writestr(f"{number}.txt", b"")

    assert refusal(path) == (
        Problem.TOO_MANY_FILES,
        "There are more than 2000 files in the zip: pack only those of the Shapefile.",
    )


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "sent.zip", shapefile(tmp_path / "parts"))
    content = bytearray(path.read_bytes())
    directory = content.find(b"PK\x01\x02")
    content[directory + 8] |= 1  # the flag of an encrypted entry (APPNOTE 4.4.4)
    path.write_bytes(bytes(content))

    found, text = refusal(path)

    assert found is Problem.PASSWORD
    assert text == "The file is protected by a password: remove it and send the file again."


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_zip_cut_off_in_the_middle(tmp_path: Path, share: float) -> None:
    path = cut(zip_of(tmp_path / "sent.zip", shapefile(tmp_path / "parts")), share)

    found, text = refusal(path)

    assert found is Problem.CUT_OFF
    assert text.startswith("The file ends in the middle, so nothing of it was read: copy or export")


class GbkName(zipfile.ZipInfo):
    """An entry as Windows in China packs it: the name in GBK, and no flag that says so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def test_chinese_names_are_read_as_windows_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in shapefile(tmp_path / "parts"):
            archive.writestr(GbkName(f"数据\\杏花岭网格{part.suffix}"), part.read_bytes())

    with open_source(path, name="sent.zip") as source:
        assert [layer.name for layer in source.layers] == ["杏花岭网格"]
    assert len(read(path)) == 2
