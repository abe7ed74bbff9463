"""The parts of a backup that need no database."""

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from gis_server.backups import clock, manifest, pictures, programs, shelf
from gis_server.backups.errors import Damaged, Refused
from gis_server.backups.programs import Server
from gis_server.disk import NoRoom, leave_reserve
from gis_server.env import env_database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = time(2, 30)


@pytest.mark.parametrize(
    ("now", "newest", "due"),
    [
        pytest.param("01 02:29", None, True, id="never made"),
        pytest.param("01 02:31", "01 02:30", False, id="made tonight"),
        pytest.param("02 02:29", "01 02:30", False, id="a minute too early"),
        pytest.param("02 02:30", "01 02:30", True, id="on the minute"),
        pytest.param("02 11:00", "01 02:30", True, id="after a night without power"),
        pytest.param("02 11:00", "01 23:00", True, id="by hand, before the hour"),
        pytest.param("02 11:00", "02 09:00", False, id="by hand, since"),
        pytest.param("02 01:00", "02 23:00", False, id="a clock that was set back"),
    ],
)
def test_when_the_nightly_backup_is_due(now: str, newest: str | None, due: bool) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(f"2026-03-{text}:00+08:00")

    assert clock.is_due(moment(now), AT, moment(newest) if newest else None) is due


def shelved(root: Path, days_ago: float, *, verified: bool = False) -> str:
    name = shelf.name_at(NOW - timedelta(days=days_ago))
    (root / name).mkdir()
    (root / name / manifest.NAME).touch()
    if verified:
        (root / name / shelf.VERIFIED).touch()
    return name


def test_backups_are_kept_for_their_days_and_the_newest_good_ones_for_ever(tmp_path: Path) -> None:
    old = shelved(tmp_path, 40)
    verified = shelved(tmp_path, 30, verified=True)
    shelved(tmp_path, 20)
    young = shelved(tmp_path, 14)
    (tmp_path / "other").mkdir()

    gone = shelf.prune(tmp_path, NOW, 14)

    assert [folder.name for folder in shelf.complete(tmp_path)] == [verified, young]
    assert gone[0] == old
    assert len(gone) == 2
    assert (tmp_path / "other").is_dir()
    assert shelf.prune(tmp_path, NOW + timedelta(days=1000), 14) == []


def fill_half(root: Path, name: str) -> None:
    with shelf.unfinished(root, name) as folder:
        (folder / manifest.NAME).touch()
        raise ValueError("half")


def test_a_folder_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    name = shelf.name_at(NOW)
    with pytest.raises(ValueError, match="half"):
        fill_half(tmp_path, name)
    assert list(tmp_path.iterdir()) == []

    with shelf.unfinished(tmp_path, name) as folder:
        (folder / manifest.NAME).touch()
        assert shelf.complete(tmp_path) == []
    assert shelf.complete(tmp_path) == [tmp_path / name]
    assert shelf.made_at(tmp_path / name) == NOW
    with pytest.raises(Refused, match="is there already"), shelf.unfinished(tmp_path, name):
        pass


def test_a_shelf_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Refused, match="mount it, or set BACKUP_DIR"), shelf.held(tmp_path / "file"):
        pass


def free(_bytes: int) -> None:
    """There is room for everything."""


def test_only_what_is_ours_is_copied_and_it_comes_back_as_it_was(tmp_path: Path) -> None:
    media, folder = tmp_path / "media", tmp_path / "backup"
    (media / "a" / ".hidden").mkdir(parents=True)
    folder.mkdir()
    for name in ("a/网格.jpg", "b.jpg", ".part", "a/.hidden/c.jpg", "line\nbreak.jpg"):
        (media / name).write_bytes(name.encode())
    (media / "link.jpg").symlink_to("/etc/passwd")

    copied = pictures.copy(media, folder, None, free)

    assert (copied.number, copied.size_bytes, copied.new_bytes) == (2, 17, 17)
    pictures.check(folder)
    assert pictures.lay_out(folder, tmp_path / "back", free) == 2
    assert (tmp_path / "back" / "a" / "网格.jpg").read_text() == "a/网格.jpg"
    assert (tmp_path / "back" / "b.jpg").stat().st_mtime == (media / "b.jpg").stat().st_mtime


def test_a_picture_that_has_changed_is_copied_anew(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for name in ("same", "size", "time"):
        (media / name).write_bytes(b"one")
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    pictures.copy(media, first, None, free)
    (media / "size").write_bytes(b"three")
    (media / "time").write_bytes(b"two")
    os.utime(media / "time", ns=(1, 1))

    assert pictures.size_of_new(media, first) == 8
    assert pictures.copy(media, second, first, free).new_bytes == 8
    pictures.check(first)
    pictures.check(second)
    assert (second / "media" / "time").read_bytes() == b"two"


def test_a_copy_stops_where_there_is_no_room(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a").write_bytes(bytes(10))

    def full(_bytes: int) -> None:
        raise NoRoom("full")

    with pytest.raises(NoRoom):
        pictures.copy(tmp_path / "pictures", folder, None, full)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("0" * 64 + "  media/../../etc/passwd\n", id="out of the folder"),
        pytest.param("0" * 64 + "  /etc/passwd\n", id="from the root"),
        pytest.param("0" * 64 + "  media//a\n", id="an empty name"),
        pytest.param("0" * 63 + "  media/a\n", id="a short sum"),
        pytest.param("nonsense\n", id="no pair"),
    ],
)
def test_a_list_that_was_tampered_with_is_damaged(tmp_path: Path, line: str) -> None:
    (tmp_path / manifest.PICTURES).write_text(line)

    with pytest.raises(Damaged):
        list(pictures.read_list(tmp_path))


def test_pictures_change_places_all_or_none(tmp_path: Path) -> None:
    fresh, aside = tmp_path / ".restoring", tmp_path / ".before"
    fresh.mkdir()
    (fresh / "new").touch()
    (tmp_path / "old").touch()

    pictures.put_in_place(fresh, tmp_path, aside)

    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".before", "new"]
    assert [entry.name for entry in aside.iterdir()] == ["old"]

    with pytest.raises(OSError, match=r"\.missing"):
        pictures.put_in_place(tmp_path / ".missing", tmp_path, tmp_path / ".again")
    assert (tmp_path / "new").exists()


SERVER = Server("db.local", "5433", "gis", "district", "p@ss/wörd")


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(SERVER, id="a password with signs"),
        pytest.param(Server("/run/pg folder", "", "gis", "district", ""), id="a socket"),
        pytest.param(Server("/run/pg", "5433", "gis", "district", ""), id="a socket's number"),
        pytest.param(Server("fd00::1", "", "gis", "district", ""), id="an address of IPv6"),
    ],
)
def test_an_address_is_read_as_it_was_meant(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", server.url())
    told = env_database("DATABASE_URL")

    assert server == Server(
        told["HOST"], told["PORT"], told["USER"], told["NAME"], told["PASSWORD"]
    )


def test_the_password_is_in_the_environment_and_in_no_word(tmp_path: Path) -> None:
    words = programs.dumping(SERVER, 15, "0003-1")

    assert SERVER.environment()["PGPASSWORD"] == SERVER.password
    assert not any(SERVER.password in str(word) for word in words)
    assert SERVER.password not in repr(SERVER)
    # An empty one must not hide what ~/.pgpass or PGPASSFILE say.
    assert "password" not in Server("h", "", "u", "d", "").values()


def test_the_program_of_the_servers_version_is_taken_else_the_next_newer(tmp_path: Path) -> None:
    for major in ("9.6", "14", "16", "17"):
        (tmp_path / major / "bin").mkdir(parents=True)
        (tmp_path / major / "bin" / "pg_no_such").touch()

    assert programs.find("pg_no_such", 16, tmp_path).parts[-3] == "16"
    assert programs.find("pg_no_such", 15, tmp_path).parts[-3] == "16"
    with pytest.raises(Refused, match="apt-get install postgresql-client-18"):
        programs.find("pg_no_such", 18, tmp_path)


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(Refused, match=r"sh did not succeed \(x: error: no luck\)"):
        programs.run(
            ["/bin/sh", "-c", "echo 'x: error: no luck' >&2; echo more >&2; exit 3"], SERVER
        )
    assert programs.run(["/bin/sh", "-c", "echo fine"], SERVER) == "fine\n"


def test_room_that_is_needed_is_named(tmp_path: Path) -> None:
    leave_reserve(tmp_path, 1, 1)

    with pytest.raises(NoRoom, match="1048576 MiB are needed and 1 MiB are left alone"):
        leave_reserve(tmp_path, 2**40, 2**20)
