"""What goes wrong leaves no half backup, touches no data, and says what to do."""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from gis_server.backups import database, manifest, restoring, shelf
from gis_server.backups.errors import Damaged, Refused
from gis_server.backups.manifest import Manifest
from tests.gis_server.backups.conftest import Install, Installation, create

PATIENCE_S = 60
ALL_MB = "10000000"  # what no disk of a test has


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


def a_picture(folder: Path) -> Path:
    return next(file for file in sorted((folder / manifest.MEDIA).rglob("*")) if file.is_file())


def replace_in(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


DAMAGES: list[tuple[str, Callable[[Path], object], str]] = [
    ("a bit of the dump", lambda at: flip(at / manifest.DUMP), "database.dump"),
    (
        "a cut dump",
        lambda at: (at / manifest.DUMP).write_bytes((at / manifest.DUMP).read_bytes()[:-100]),
        "database.dump",
    ),
    ("no dump", lambda at: (at / manifest.DUMP).unlink(), "database.dump"),
    ("a bit of a picture", lambda at: flip(a_picture(at)), "media/snapshots/"),
    ("no picture", lambda at: a_picture(at).unlink(), "media/snapshots/"),
    ("a shorter list", lambda at: (at / manifest.PICTURES).write_text(""), "media.sha256"),
    (
        "a figure of the manifest",
        lambda at: replace_in(at / manifest.NAME, 'grids_grid": 897', 'grids_grid": 8'),
        "manifest.json",
    ),
    (
        "half a manifest",
        lambda at: (at / manifest.NAME).write_text('{"format": 1'),
        "manifest.json",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "named"), [pytest.param(*rest, id=name) for name, *rest in DAMAGES]
)
def test_a_damaged_backup_is_refused_and_the_part_named(
    backup: Path, spoil: Callable[[Path], object], named: str
) -> None:
    spoil(backup)

    with pytest.raises(Damaged) as refused:
        restoring.examine(backup)

    assert named in str(refused.value)
    assert "use another backup" in str(refused.value)


def test_a_damaged_backup_changes_nothing(backup: Path, install: Install) -> None:
    fresh = install(model=False)
    flip(a_picture(backup))

    assert "use another backup" in fresh.refused("restore", backup)

    with database.beside(fresh.server) as cursor:
        like = fresh.server.database + "%"
        cursor.execute("SELECT 1 FROM pg_database WHERE datname LIKE %s", [like])
        assert cursor.fetchall() == []
    assert fresh.holds() == {}


def rewrite(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Write another manifest that is whole."""
    told = json.loads((folder / manifest.NAME).read_bytes())
    told.pop("seal")
    change(told)
    told["seal"] = manifest._seal(told)
    (folder / manifest.NAME).write_text(json.dumps(told))


def test_a_backup_of_a_newer_version_is_refused(backup: Path) -> None:
    rewrite(backup, lambda told: told["migrations"]["grids"].append("9999_later"))  # type: ignore[index]
    with pytest.raises(Refused, match=r"newer version .* does not know grids\.9999_later"):
        restoring.examine(backup)

    rewrite(backup, lambda told: told.update(format=2))
    with pytest.raises(Refused, match=r"written by a newer version of gis-server \(format 2\)"):
        restoring.examine(backup)


def test_a_backup_of_a_newer_postgresql_is_refused(backup: Path, install: Install) -> None:
    fresh = install(model=False)
    rewrite(backup, lambda told: told.update(postgres=990001))

    assert "PostgreSQL 99" in fresh.refused("restore", backup)


def test_rows_that_do_not_come_back_are_told(backup: Path, install: Install) -> None:
    fresh = install(model=False)
    create(fresh.server.database)
    rewrite(backup, lambda told: told["rows"].update({"public.grids_grid": 898}))  # type: ignore[attr-defined]

    said = fresh.refused("verify_backup", backup)

    assert "public.grids_grid has 897 of 898 rows" in said
    assert not (backup / shelf.VERIFIED).exists()


def test_a_database_that_is_not_empty_is_not_verified_into(
    source: Installation, backup: Path
) -> None:
    assert "is not empty: run bin/verify-backup" in source.refused("verify_backup", backup)


def test_a_backup_that_is_not_there_is_told_with_those_that_are(source: Installation) -> None:
    said = source.refused("restore", "gis-server-20200101T000000Z")

    assert source.names()[0] in said


def test_a_full_disk_is_refused_before_anything_is_written(source: Installation) -> None:
    said = source.refused("backup", BACKUP_LEAVE_MB=ALL_MB)

    assert re.search(r"too full for a backup: only \d+ MiB are free; \d+ MiB are needed", said)
    assert "BACKUP_DAYS" in said
    assert len(source.names()) == 1
    assert list(source.backups.glob(".*.part")) == []


def test_a_disk_that_fills_meanwhile_leaves_no_half_backup(
    install: Install, tmp_path: Path
) -> None:
    at = install(model=True)
    (at.media / "large.jpg").write_bytes(bytes(2**22))

    def no_file_above_a_mebibyte() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    done = subprocess.run(
        [sys.executable, "manage.py", "backup"], cwd=settings.BASE_DIR, env=at.env, text=True,
        capture_output=True, check=False, preexec_fn=no_file_above_a_mebibyte,
    )  # fmt: skip

    assert done.returncode == 1
    assert "cannot be read or written (File too large)" in done.stderr
    assert at.names() == []
    assert [file.name for file in at.backups.iterdir()] == [".lock"]


def test_a_restore_without_room_changes_nothing(backup: Path, install: Install) -> None:
    fresh = install(model=False)
    assert "too full for the backup" in fresh.refused("restore", backup, BACKUP_LEAVE_MB=ALL_MB)


def test_a_killed_backup_leaves_none_and_two_do_not_run_at_once(install: Install) -> None:
    at = install(model=True)
    with database.connected(at.server) as cursor:
        # The backup waits for this table.
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE grids_grid IN ACCESS EXCLUSIVE MODE")
        first = subprocess.Popen(
            [sys.executable, "manage.py", "backup"], cwd=settings.BASE_DIR, env=at.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until = time.monotonic() + PATIENCE_S
            while not list(at.backups.glob(".*.part")):
                assert time.monotonic() < until
                assert first.poll() is None
                time.sleep(0.05)
            assert "another backup or restore is at work" in at.refused("backup")
        finally:
            first.kill()
            first.wait()
        assert at.names() == []
        assert len(list(at.backups.glob(".*.part"))) == 1

    at.well("backup")

    assert len(at.names()) == 1
    assert list(at.backups.glob(".*.part")) == []


def test_a_database_that_does_not_answer_is_told(install: Install) -> None:
    nowhere = install(model=False)

    said = nowhere.refused("backup")

    assert "the database does not answer" in said
    assert nowhere.server.database in said


def test_keys_are_not_written_among_backups_or_over_others(
    install: Install, source: Installation
) -> None:
    lies_in = source.refused("backup", "--keys", source.backups / "keys.json")
    assert "name a file elsewhere" in lies_in
    assert "name a file elsewhere" in source.refused("backup", "--keys", source.media / "keys.json")
    assert "may be the only copy" in source.refused("backup", "--keys", source.folder / "keys.json")
    assert len(source.names()) == 1


def test_a_manifest_survives_its_own_reading(source: Installation) -> None:
    told = manifest.read(source.backups / source.names()[0])

    assert isinstance(told, Manifest)
    assert json.loads(manifest.written(told))["rows"] == told.rows


def test_a_setting_of_the_map_that_cannot_work_stops_no_backup(
    source: Installation, backup: Path, install: Install
) -> None:
    broken = {"BASE_MAP": "pmtiles", "BASE_MAP_FILE": ""}
    assert "BASE_MAP_FILE" in source.refused("check", **broken)
    fresh = install(model=False)

    assert backup.name in source.well("backup", "--list", **broken)
    fresh.well("restore", backup, **broken)
    assert fresh.rows("SELECT count(*) FROM grids_grid") == [(897,)]
