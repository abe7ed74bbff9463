"""Cameras from a CSV file: what is read, what is refused with which sentence, all or none."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cameras.models import Camera
from cameras.roster import MAX_BYTES, MAX_ROWS, read_roster
from gis_server.errors import Invalid
from gis_server.frames import Frame
from gis_server.vault import unseal
from tests.cameras.conftest import STREET

HEAD = "code,name,lon,lat,host,port,path,username,password,territory\n"
ROW = f"14010700001320000001,东门,112.57,37.88,10.20.0.9,8554,live,viewer,hush-hush,{STREET}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_row_is_read_in_every_usual_encoding(encoding: str) -> None:
    roster = read_roster((HEAD + ROW).encode(encoding))

    [camera] = roster.cameras
    assert roster.faults == []
    assert (camera.name, camera.host, camera.port, camera.path) == (
        "东门", "10.20.0.9", 8554, "/live",
    )  # fmt: skip
    assert "hush-hush" not in repr(roster)


def test_only_five_columns_are_needed() -> None:
    [camera] = read_roster(b" Lat,LON,host,name,code \n37.88,112.57,h,n,c-1\n").cameras

    assert (camera.point.x, camera.point.y) == (112.57, 37.88)
    assert (camera.port, camera.path, camera.username) == (554, "/", "")
    assert camera.owner
    assert camera.team


def test_a_place_in_another_frame_is_brought_to_wgs84() -> None:
    [camera] = read_roster((HEAD + ROW).encode(), Frame.GCJ02).cameras

    # FIELD: at Taiyuan GCJ-02 is off by 551 to 589 m; a thousandth of a degree is about 100 m.
    assert 0.003 < abs(camera.point.x - 112.57) + abs(camera.point.y - 37.88) < 0.01


@pytest.mark.parametrize(
    ("row", "word"),
    [
        pytest.param(ROW.replace("东门", ""), "name", id="no name"),
        pytest.param(ROW.replace("东门", "门" * 81), "name", id="long name"),
        pytest.param(ROW.replace("东门", '"东\n门"'), "name", id="line break"),
        pytest.param(ROW.replace("112.57", "east"), "lon", id="lon is a word"),
        pytest.param(ROW.replace("112.57", "nan"), "lon", id="lon is no number"),
        pytest.param(ROW.replace("37.88", "137.88"), "lat", id="lat beyond the pole"),
        pytest.param(ROW.replace("8554", "0"), "1", id="port 0"),
        pytest.param(ROW.replace("8554", "9" * 5000), "65535", id="port of 5,000 digits"),
        pytest.param(ROW.replace("14010700001320000001", "a b"), "20", id="code with a space"),
        pytest.param(ROW.replace(STREET, "xinghualing"), "19", id="territory is a word"),
        pytest.param("1.40107E+19" + ROW[20:], "20", id="code spoilt by a spreadsheet"),
    ],
)
def test_a_row_with_a_fault_is_named_and_the_others_are_read(row: str, word: str) -> None:
    roster = read_roster((HEAD + row + ROW.replace("0001,", "0002,")).encode())

    [fault] = roster.faults
    assert fault.line in (2, 3)
    assert word in fault.sentence
    assert len(roster.cameras) == 1


def test_a_code_that_stands_twice_is_a_fault() -> None:
    roster = read_roster((HEAD + ROW + ROW).encode())

    assert [fault.line for fault in roster.faults] == [3]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"name,lon\n", id="columns missing"),
        pytest.param(HEAD.replace("port", "prot").encode(), id="column unknown"),
        pytest.param(HEAD.replace("port", "name").encode(), id="column twice"),
        pytest.param(HEAD.encode() + b"a,b,c,d,e,f,g,h,i,j,k,l\n", id="too many values"),
        pytest.param(HEAD.encode() + b'"half a value', id="cut off"),
        pytest.param(b"\xff\xfe\x00\x01", id="not text"),
        pytest.param(b"x" * (MAX_BYTES + 1), id="too large"),
        pytest.param(HEAD.encode() + b"1\n" * (MAX_ROWS + 1), id="too many rows"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read_roster(content)

    assert str(refusal.value.message)


def register(path: Path, **options: object) -> str:
    out = StringIO()
    call_command("register_cameras", path, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_command_enters_all_and_the_second_time_none(db: None, tmp_path: Path) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text(HEAD + ROW, encoding="utf-8")

    assert "1 cameras were entered" in register(path)
    assert "0 cameras were entered, 1 were known" in register(path)
    stored = Camera.objects.get()
    assert unseal(bytes(stored.sealed_password or b"")) == "hush-hush"
    assert stored.scope_code == STREET


@pytest.mark.parametrize("bad", [ROW.replace("112.57", "x"), ROW.replace(STREET, "")])
def test_the_command_enters_nothing_where_a_row_has_a_fault(
    db: None, tmp_path: Path, bad: str
) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text(HEAD + ROW.replace("0001,", "0002,") + bad, encoding="utf-8")

    with pytest.raises(CommandError):
        register(path)

    assert not Camera.objects.exists()


def test_a_dry_run_enters_nothing(db: None, tmp_path: Path) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text(HEAD + ROW, encoding="utf-8")

    assert "1 rows are in order" in register(path, dry_run=True)
    assert not Camera.objects.exists()


def test_a_file_that_is_not_there_is_a_sentence(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        register(tmp_path / "none.csv")
