"""Putting a backup back: into a database of its own first, which takes the name at the very end.

Until then nothing has changed, whatever goes wrong.  What was there stays beside, under another
name, until somebody drops it.
"""

import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection
from psycopg2 import sql

from gis_server import audit, disk, passes
from gis_server.backups import database, keys, manifest, pictures, programs, shelf
from gis_server.backups.errors import Refused
from gis_server.backups.making import Room
from gis_server.backups.manifest import Manifest
from gis_server.backups.programs import Server
from gis_server.models import ChangeRow, User, UserSession
from gis_server.version import version

Say = Callable[[str], object]
FRESH, BEFORE = "_restoring", "_before_"
LONGEST_NAME = 40
NEEDED = "postgis"
"""The only extension of ours that an owner of a database may not make."""
TRIES = 20
FEED_LEAP = 10_000_000
"""More changes than any server records between a backup and its restore."""
# Settings of pages and maps are not looked at: see the command.
MIGRATE = ("migrate", "--no-input", "--skip-checks", "-v", "0")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A backup in a database.  unclean: what `check_world` says.  opened: `keys.opened`."""

    manifest: Manifest
    unclean: list[str]
    opened: dict[str, tuple[int, int]]

    @property
    def sealed(self) -> int:
        return sum(of for _opens, of in self.opened.values())

    @property
    def unread(self) -> int:
        return sum(of - opens for opens, of in self.opened.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """database_before, pictures_before: where what was there is now; empty where nothing was.
    keys_placed, keys_left: names of keys that are in place, and that somebody must set.
    """

    loaded: Loaded
    database_before: str
    pictures_before: str
    keys_placed: list[str]
    keys_left: list[str]


def examine(folder: Path) -> Manifest:
    """The manifest of a backup that is whole and not newer than this version.

    Raises:
        Damaged: a part of it is not what it was.
        Refused: it is none, or a newer version has made it.
    """
    told = manifest.read(folder)
    if newer := manifest.unknown_migrations(told, database.known_migrations()):
        raise Refused(
            f"{folder.name} was made by a newer version of gis-server ({told.version}): this one"
            f" ({version()}) does not know {newer[0]}"
            + (f" and {len(newer) - 1} more migrations" if len(newer) > 1 else "")
            + ". Update gis-server first."
        )
    for part in told.parts:
        manifest.check_part(folder, part)
    pictures.check(folder)
    return told


def load(folder: Path, told: Manifest, server: Server, vault_keys: str, say: Say) -> Loaded:
    """Read a backup into an empty database, compare it, bring it up to this version, look it over.

    Raises:
        Refused: it cannot be read, or is not all there.
    """
    with database.connected(server) as cursor:
        major = database.version_of(cursor) // 10_000
        if told.postgres // 10_000 > major:
            raise Refused(
                f"{folder.name} was made by PostgreSQL {told.postgres // 10_000} and this server is"
                f" PostgreSQL {major}: restore it on one of that version or newer."
            )
        for extension in told.extensions:
            _make_extension(cursor, extension)
    say("Reading the database …")
    programs.load(folder / manifest.DUMP, server, major)
    with database.connected(server) as cursor:
        if wrong := manifest.differences(told.rows, database.count_rows(cursor)):
            raise Refused(f"not all rows came back: {'; '.join(wrong[:5])}.")
        say(f"All {told.row_count} rows of {len(told.rows)} tables are back.")
        cursor.execute("ANALYZE")
    say("Bringing the tables up to this version …")
    status, said = programs.manage(settings.BASE_DIR, server, *MIGRATE)
    if status:
        raise Refused(f"the tables could not be brought up to this version: {_last(said)}")
    say("Looking over the data …")
    status, said = programs.manage(settings.BASE_DIR, server, "check_world")
    with database.connected(server) as cursor:
        opened = keys.opened(cursor, vault_keys)
    return Loaded(told, said.splitlines() if status else [], opened)


def _make_extension(cursor: Any, name: str) -> None:
    try:
        cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
    except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.FeatureNotSupported):
        # Others may be there for the server's own sake, such as statistics.
        if name != NEEDED:
            return
        raise Refused(
            f"the role may not make the extension {name}: let the server's administrator run"
            f" CREATE EXTENSION {name} in the database template1, then run this again."
        ) from None


def _last(said: str) -> str:
    return (said.splitlines() or ["no word"])[-1]


def restore(
    folder: Path, *, overwrite: bool, keys_file: Path | None, now: datetime, say: Say
) -> Restored:
    """Put a backup in the place of the present database and pictures.

    Args:
        overwrite: also where the database has users, or somebody is connected to it.
        keys_file: the keys that were kept apart; they are put where NAME_FILE says.

    Raises:
        Refused: it is not done, and nothing has changed.
    """
    own_keys = keys.read(keys_file) if keys_file else {}
    server, media = database.ours(), Path(settings.MEDIA_ROOT)
    try:
        with shelf.held(Path(settings.BACKUP_DIR)):
            say(f"Looking whether {folder.name} is whole …")
            told = examine(folder)
            if own_keys:
                _check_keys(told, own_keys[keys.VAULT_KEY])
            connection.close()
            there = _refuse_in_use(server, overwrite=overwrite)
            # A server behind a socket is on this machine, and mostly on the same disk.
            database_bytes = told.database_bytes if server.host.startswith("/") else 0
            Room(media).look(told.pictures_bytes + database_bytes)
            place = Place(server, media, there, now.strftime(shelf.STAMP))
            loaded = _put_back(folder, told, place, own_keys, say)
    except disk.NoRoom as error:
        raise Refused(
            f"the disk of {media} is too full for the backup: {error}. Free some of it."
        ) from None
    except OSError as error:
        raise Refused(
            f"{error.filename or media} cannot be read or written ({error.strerror}); nothing has"
            " changed."
        ) from None
    placed, left = keys.put_in_place(own_keys, place.stamp)
    passes.drop_all()
    detail = {"file": told.name, "rows": told.row_count}
    audit.note(by=None, action="backup.restored", subject=told.name, detail=detail)
    aside = str(place.aside) if place.aside.exists() else ""
    return Restored(loaded, place.before if there else "", aside, placed, left)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backup goes.  there: whether there is such a database.  fresh: the one that it is
    read into; before: the name that the present one gets; laid, aside: the same of pictures.
    """

    server: Server
    media: Path
    there: bool
    stamp: str

    @property
    def fresh(self) -> Server:
        return self.server.at(self.server.database[:LONGEST_NAME] + FRESH)

    @property
    def before(self) -> str:
        return self.server.database[:LONGEST_NAME] + BEFORE + self.stamp.lower()

    @property
    def laid(self) -> Path:
        return self.media / f".restoring-{self.stamp}"

    @property
    def aside(self) -> Path:
        return self.media / f".before-{self.stamp}"


def _check_keys(told: Manifest, vault_keys: str) -> None:
    if told.vault_keys[0] not in keys.fingerprints(vault_keys):
        raise Refused(
            f"the file of keys belongs to another server or another time: {told.name} is sealed"
            f" with the key {told.vault_keys[0]}, which is not in it."
        )


def _refuse_in_use(server: Server, *, overwrite: bool) -> bool:
    """Whether there is such a database.

    Raises:
        Refused: it is in use, and may not be overwritten.
    """
    with database.beside(server) as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [server.database])
        if cursor.fetchone() is None:
            return False
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend'",
            [server.database],
        )
        sessions = cursor.fetchone()[0]
    with database.connected(server) as cursor:
        cursor.execute("SELECT to_regclass(%s)", [User._meta.db_table])
        users = 0
        if cursor.fetchone()[0]:
            asked = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(User._meta.db_table))
            cursor.execute(asked)
            users = cursor.fetchone()[0]
    if (users or sessions) and not overwrite:
        raise Refused(
            f"the database {server.database} is in use ({users} users in it, {sessions} connections"
            " to it): stop gis-server, and add --overwrite if the backup is to take its place. What"
            " is there is kept under another name."
        )
    return True


def _put_back(
    folder: Path, told: Manifest, place: Place, own_keys: Mapping[str, str], say: Say
) -> Loaded:
    """All of it, or nothing; what a killed run has left goes first."""
    vault_keys = own_keys.get(keys.VAULT_KEY, settings.VAULT_KEY)
    with database.beside(place.server) as beside:
        for left in place.media.glob(".restoring-*"):
            shutil.rmtree(left)
        _drop(beside, place.fresh.database)
        _create(beside, place.fresh)
        try:
            loaded = load(folder, told, place.fresh, vault_keys, say)
            if own_keys and loaded.unread == loaded.sealed > 0:
                _refuse_keys()
            _begin_anew(place.fresh, place.server if place.there else None)
            say(f"Copying {told.pictures} pictures …")
            pictures.lay_out(folder, place.laid, Room(place.media))
            with _undisturbed():
                _change_places(beside, place)
        except BaseException:
            _drop(beside, place.fresh.database)
            shutil.rmtree(place.laid, ignore_errors=True)
            raise
    return loaded


def _refuse_keys() -> None:
    raise Refused("the keys open none of the stored passwords: name the file of that time.")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and a polite kill wait: between two names nobody may stop."""
    waiting = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _change_places(beside: Any, place: Place) -> None:
    """Give what was read the names of what is there, database and pictures."""
    name, fresh = place.server.database, place.fresh.database
    forth, back = [(fresh, name)], [(name, fresh)]
    if place.there:
        forth, back = [(name, place.before), *forth], [*back, (place.before, name)]
    _rename(beside, forth)
    try:
        pictures.put_in_place(place.laid, place.media, place.aside)
    except OSError:
        _rename(beside, back)
        raise


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _create(cursor: Any, server: Server) -> None:
    try:
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template1").format(sql.Identifier(server.database))
        )
    except psycopg2.errors.InsufficientPrivilege:
        raise Refused(
            f"the role {server.user} may not make databases: let the server's administrator run"
            f" ALTER ROLE {server.user} CREATEDB, then run this again."
        ) from None


def _begin_anew(fresh: Server, old: Server | None) -> None:
    """Let nothing from after the backup be taken for what comes now.

    Browsers name the last change that they have heard: ids go on beyond any that was given out, so
    all are told to load everything again.  Sessions that were ended since the backup must not come
    back to life, so everybody signs in anew.
    """
    feed, sessions = ChangeRow._meta.db_table, UserSession._meta.db_table
    last = 0
    if old:
        with database.connected(old) as cursor:
            cursor.execute("SELECT to_regclass(%s)", [feed])
            if cursor.fetchone()[0]:
                cursor.execute(sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(feed)))
                last = cursor.fetchone()[0] or 0
    with database.connected(fresh) as cursor:
        cursor.execute(sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(feed)))
        last = max(last, cursor.fetchone()[0] or 0) + FEED_LEAP
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [feed, last])
        cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(feed)))
        # Heard by nobody; its id is where listening begins.
        cursor.execute(
            sql.SQL(
                "INSERT INTO {} (topic, subject, scope, data, parts)"
                " VALUES ('restored', '', '', '{{}}', '{{}}')"
            ).format(sql.Identifier(feed))
        )
        cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(sessions)))


def _rename(cursor: Any, steps: list[tuple[str, str]]) -> None:
    """Give databases other names, one after the other, in one transaction.

    Renaming wants nobody connected, and keeps new ones out while it waits: who is there with our
    role is sent away, and who slips in between is sent away by the next try.
    """
    for _try in range(TRIES):
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = ANY(%s) AND usename = current_user"
            " AND backend_type = 'client backend'",
            [[old for old, _new in steps]],
        )
        try:
            cursor.execute("BEGIN")
            for old, new in steps:
                names = sql.Identifier(old), sql.Identifier(new)
                cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
            cursor.execute("COMMIT")
        except psycopg2.errors.ObjectInUse:
            cursor.execute("ROLLBACK")
        else:
            return
    raise Refused(
        f"others connect to the database {steps[0][0]} again and again: stop gis-server on all"
        " machines, then run this again."
    )
