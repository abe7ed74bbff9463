"""What is backed up comes back: rows, pictures, and passwords with their keys."""

import json
import stat
import subprocess
from pathlib import Path

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from gis_server.backups import database, manifest, shelf
from gis_server.backups.restoring import FEED_LEAP
from tests.gis_server.backups.conftest import Install, Installation, create

COUNTED = (
    "SELECT (SELECT count(*) FROM grids_grid), (SELECT count(*) FROM cameras_snapshot),"
    " (SELECT count(*) FROM gis_server_user)"
)


def test_a_backup_tells_what_is_in_it(source: Installation) -> None:
    [name] = source.names()
    told = manifest.read(source.backups / name)

    assert told.rows["public.grids_grid"] == 897
    assert told.rows["public.cameras_snapshot"] == 2
    assert told.pictures == 4
    assert told.dump.size_bytes == (source.backups / name / manifest.DUMP).stat().st_size
    assert "spatial_ref_sys" not in " ".join(told.rows)
    assert stat.S_IMODE((source.backups / name).stat().st_mode) == 0o700
    assert f"{name}  version" in source.well("backup", "--list")


def test_keys_are_in_a_file_of_their_own_and_nowhere_in_the_backup(source: Installation) -> None:
    file = source.folder / "keys.json"
    keys = json.loads(file.read_text())["keys"]

    assert keys["VAULT_KEY"] == source.vault_key.read_text()
    assert keys["SECRET_KEY"] == (source.folder / "secret_key").read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for part in source.backups.rglob("*"):
        if part.is_file():
            held = part.read_bytes()
            assert not any(key.encode() in held for key in keys.values()), part


def test_a_new_machine_gets_rows_pictures_and_passwords(
    source: Installation, backup: Path, install: Install
) -> None:
    fresh = install(model=False)

    said = fresh.well("restore", backup, "--keys", source.folder / "keys.json")

    assert fresh.rows(COUNTED) == source.rows(COUNTED) == [(897, 2, 1)]
    assert fresh.holds() == source.holds() != {}
    assert "All 1 stored passwords open with the keys." in said
    assert fresh.vault_key.read_text() == source.vault_key.read_text()
    assert stat.S_IMODE(fresh.vault_key.stat().st_mode) == 0o600
    assert fresh.rows("SELECT subject FROM gis_server_audit WHERE action = 'backup.restored'") == [
        (backup.name,)
    ]
    assert "Everything holds." in fresh.well("check_world")


def test_verification_is_done_on_a_server_that_is_thrown_away(source: Installation) -> None:
    [name] = source.names()

    done = subprocess.run(
        ["bin/verify-backup", name], cwd=settings.BASE_DIR, env=source.env, text=True,
        capture_output=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name} is good" in done.stdout
    told = json.loads((source.backups / name / shelf.VERIFIED).read_bytes())
    assert told["rows"] == manifest.read(source.backups / name).row_count
    assert not (settings.VAR_DIR / "pg-try").exists()


def test_nothing_from_after_the_backup_is_taken_for_what_comes_now(
    source: Installation, backup: Path, install: Install
) -> None:
    fresh = install(model=True)
    fresh.rows(
        "INSERT INTO gis_server_change (id, topic, subject, scope, data, parts)"
        " VALUES (4711, 'camera', '', '', '{}', '{}') RETURNING 1"
    )

    fresh.well("restore", backup)

    assert source.rows("SELECT count(*) FROM gis_server_session") == [(1,)]
    assert fresh.rows("SELECT count(*) FROM gis_server_session") == [(0,)]
    assert fresh.rows("SELECT id, topic FROM gis_server_change") == [
        (4711 + FEED_LEAP + 1, "restored")
    ]


def test_a_database_in_use_is_overwritten_on_demand_only_and_kept(
    source: Installation, backup: Path, install: Install
) -> None:
    used = install(model=True)
    used.well(
        "make_user",
        "here",
        "--role",
        "administrator",
        "--scope",
        "140107",
        GIS_PASSWORD="Ab3-keep-the-house",
    )
    (used.media / "own").mkdir()
    (used.media / "own" / "picture.jpg").write_bytes(b"own")
    # What a restore that was killed has left.
    create(f"{used.server.database}_restoring")
    (used.media / ".restoring-20260101T000000").mkdir()

    said = used.refused("restore", backup)
    assert "is in use (1 users in it" in said
    assert "--overwrite" in said
    assert used.rows("SELECT username FROM gis_server_user") == [("here",)]

    with database.connected(used.server) as cursor:  # somebody is connected, too
        cursor.execute("SELECT 1")
        said = used.well("restore", backup, "--overwrite")

    assert used.rows(COUNTED) == [(897, 2, 1)]
    assert used.holds() == source.holds()
    with database.beside(used.server) as cursor:
        like = f"{used.server.database}\\_%"
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [like])
        [(before,)] = cursor.fetchall()
    assert f"DROP DATABASE {before};" in said
    with database.connected(used.server.at(before)) as cursor:
        cursor.execute("SELECT username FROM gis_server_user")
        assert cursor.fetchall() == [("here",)]
    [aside] = used.media.glob(".*")
    assert (aside / "own" / "picture.jpg").read_bytes() == b"own"
    assert str(aside) in said


def test_a_connection_alone_is_a_use(backup: Path, install: Install) -> None:
    empty = install(model=True)

    with database.connected(empty.server) as cursor:
        cursor.execute("SELECT 1")
        assert "1 connections" in empty.refused("restore", backup)


def test_without_the_keys_it_is_said_what_will_not_work(backup: Path, install: Install) -> None:
    fresh = install(model=False)

    said = fresh.well("restore", backup)

    told = manifest.read(backup)
    assert "1 of 1 stored passwords cannot be read" in said
    assert "1 of 1 in cameras.Camera.sealed_password" in said
    assert told.vault_keys[0] in said
    assert fresh.rows(COUNTED) == [(897, 2, 1)]


def test_the_keys_of_another_server_are_refused(
    backup: Path, install: Install, tmp_path: Path
) -> None:
    other = install(model=True)
    other.well("backup", "--keys", tmp_path / "other.json")
    fresh = install(model=False)

    assert "belongs to another server" in fresh.refused(
        "restore", backup, "--keys", tmp_path / "other.json"
    )
    assert "is no file of keys" in fresh.refused(
        "restore", backup, "--keys", backup / manifest.NAME
    )


def test_an_older_backup_is_brought_up_to_this_version(install: Install) -> None:
    old = install(model=True)
    graph = MigrationLoader(None).graph
    [(app, newest)] = graph.leaf_nodes("gis_server")
    [before] = [name for of, name in graph.node_map[app, newest].parents if of == app]
    old.well("migrate", app, before, "-v", "0")
    old.well("backup")
    assert newest not in manifest.read(old.backups / old.names()[0]).migrations[app]

    old.well("restore", shelf.NEWEST)

    applied = (
        "SELECT name FROM django_migrations WHERE app = 'gis_server' ORDER BY name DESC LIMIT 1"
    )
    assert old.rows(applied) == [(newest,)]


def test_the_next_backup_shares_the_pictures_that_have_not_changed(install: Install) -> None:
    at = install(model=True)
    (at.media / "kept.jpg").write_bytes(b"kept")
    (at.media / ".half.part").write_bytes(b"half")
    at.well("backup")
    (at.media / "new.jpg").write_bytes(b"new")
    at.well("backup")

    first, second = (at.backups / name / manifest.MEDIA for name in at.names())
    assert (first / "kept.jpg").stat().st_ino == (second / "kept.jpg").stat().st_ino
    assert {file.name for file in second.iterdir()} == {"kept.jpg", "new.jpg"}
    assert manifest.read(second.parent).pictures == 2
