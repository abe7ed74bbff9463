"""One backup: the database as it is at one moment, then the pictures that its rows name.

A picture's file is written before its row and dropped before it, so in this order every picture
that the copied rows name is there, but for those that were due to go in that minute.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from gis_server import audit, disk
from gis_server.backups import database, keys, manifest, pictures, programs, shelf
from gis_server.backups.errors import Refused
from gis_server.backups.manifest import Manifest, Part
from gis_server.version import version

LOOK_EVERY_BYTES = 16 * 2**20
SHRINKS_TO = 4
"""A dump is seldom more than a quarter of the database, whose indexes are not in it."""
GROWS_BY = 1.25


class Room:
    """Raises NoRoom before the disk of a folder has less left than is left alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unseen = 0

    def __call__(self, more_bytes: int) -> None:
        self.unseen += more_bytes
        if self.unseen >= LOOK_EVERY_BYTES:
            self.unseen = 0
            self.look()

    def look(self, needed_bytes: int = 0) -> None:
        reserve = settings.BACKUP_LEAVE_MB * 2**20
        disk.leave_reserve(self.folder, needed_bytes, reserve)


@dataclass(frozen=True, slots=True)
class Done:
    """new_bytes: what it has added to the disk.  gone: older backups that were dropped."""

    folder: Path
    manifest: Manifest
    new_bytes: int
    gone: list[str]


def make(now: datetime, keys_file: Path | None = None) -> Done:
    """Make a backup, drop those that are older than BACKUP_DAYS, and note it in the audit trail.

    keys_file: where the keys are written to; without it they are not kept.

    Raises:
        Refused: it could not be made, or the disk has no room; nothing is left of it.
    """
    root = Path(settings.BACKUP_DIR)
    try:
        with shelf.held(root):
            if keys_file:
                keys.write(keys_file, now, [root, Path(settings.MEDIA_ROOT)])
            gone = shelf.prune(root, now, settings.BACKUP_DAYS)
            done = _make(root, now, gone)
    except disk.NoRoom as error:
        raise Refused(
            f"the disk of {root} is too full for a backup: {error}. Free some of it, keep backups"
            " for fewer days (BACKUP_DAYS), or put BACKUP_DIR on another disk."
        ) from None
    except OSError as error:
        raise Refused(
            f"{error.filename or root} cannot be read or written ({error.strerror}): look at the"
            " disk, then run this again."
        ) from None
    detail = {"file": done.folder.name, "rows": done.manifest.row_count}
    audit.note(by=None, action="backup.made", subject=done.folder.name, detail=detail)
    return done


def _make(root: Path, now: datetime, gone: list[str]) -> Done:
    name, server, room = shelf.name_at(now), database.ours(), Room(root)
    there = shelf.complete(root)
    before = there[-1] if there else None
    media = Path(settings.MEDIA_ROOT)
    with database.connected(server) as cursor:
        # Everything below is read as of this statement, by this connection and by pg_dump's.
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        size = database.size_of(cursor, server.database)
        room.look(_expected(size, before) + pictures.size_of_new(media, before))
        with shelf.unfinished(root, name) as folder:
            postgres = database.version_of(cursor)
            # Counted first: whoever wants to drop a table that has been counted waits for the end.
            cursor.execute(f"SET LOCAL lock_timeout = {programs.WAIT_FOR_LOCKS_MS}")
            rows = database.count_rows(cursor)
            migrations = database.applied_migrations(cursor)
            extensions = database.extensions(cursor)
            words = programs.dumping(server, postgres // 10_000, snapshot)
            with programs.reading(words, server) as source:
                dump = _keep(source, folder / manifest.DUMP, room)
            cursor.execute("COMMIT")
            copied = pictures.copy(media, folder, before, room)
            listed = Part(manifest.PICTURES, *manifest.sum_of(folder / manifest.PICTURES))
            made = Manifest(
                name=name, made_at=now, version=version(), postgres=postgres, extensions=extensions,
                migrations=migrations, rows=rows, database_bytes=size, pictures=copied.number,
                pictures_bytes=copied.size_bytes,
                vault_keys=keys.fingerprints(settings.VAULT_KEY), parts=[dump, listed],
            )  # fmt: skip
            disk.write_whole(folder / manifest.NAME, manifest.written(made))
    return Done(root / name, made, dump.size_bytes + copied.new_bytes, gone)


def _expected(database_bytes: int, before: Path | None) -> int:
    """About how large the dump will be: as the one before, or a share of the database."""
    if before and (last := _dump_of(before)):
        return int(last.size_bytes * GROWS_BY)
    return database_bytes // SHRINKS_TO


def _dump_of(folder: Path) -> Part | None:
    try:
        return manifest.read(folder).dump
    except Refused:
        return None


def _keep(source: Any, path: Path, guard: Callable[[int], None]) -> Part:
    """Write a stream to a file that the disk has when this returns."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        while piece := source.read(manifest.PIECE_BYTES):
            guard(len(piece))
            digest.update(piece)
            out.write(piece)
            size += len(piece)
        out.flush()
        os.fsync(out.fileno())
    path.chmod(0o600)
    return Part(path.name, size, digest.hexdigest())
