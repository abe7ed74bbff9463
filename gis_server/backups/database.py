"""What a backup asks the database itself: its rows, its migrations, its size."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql

from gis_server.backups.errors import Refused
from gis_server.backups.programs import CONNECT_WITHIN_S, Server

# Databases that every server has; one of them is where others are made and renamed from.
BESIDE = ("postgres", "template1")
# Tables that hold rows; those of extensions come with these.
TABLES = """
    SELECT space.nspname, it.relname
    FROM pg_class AS it JOIN pg_namespace AS space ON space.oid = it.relnamespace
    WHERE it.relkind = 'r' AND space.nspname !~ '^(pg_|information_schema$)'
      AND NOT EXISTS (SELECT FROM pg_depend
                      WHERE classid = 'pg_class'::regclass AND objid = it.oid AND deptype = 'e')
    ORDER BY 1, 2"""


def ours() -> Server:
    """The database that the product is connected to."""
    told = connection.settings_dict
    return Server(
        host=told["HOST"], port=str(told["PORT"] or ""), user=told["USER"], database=told["NAME"],
        password=told["PASSWORD"],
    )  # fmt: skip


@contextmanager
def connected(server: Server) -> Iterator[Any]:
    """A cursor of a connection of its own, each statement by itself unless told otherwise.

    Raises:
        Refused: the server does not let us in, or refuses a statement.
    """
    try:
        line = psycopg2.connect(connect_timeout=CONNECT_WITHIN_S, **server.values())
    except psycopg2.Error as error:
        raise Refused(f"the database does not answer ({_words(error)}).") from None
    try:
        line.autocommit = True
        with line.cursor() as cursor:
            yield cursor
    except psycopg2.Error as error:
        raise Refused(f"the database refuses ({_words(error)}).") from error
    finally:
        with suppress(psycopg2.Error):
            line.close()


@contextmanager
def beside(server: Server) -> Iterator[Any]:
    """A cursor in another database of the same server."""
    for database in BESIDE:
        try:
            with connected(server.at(database)) as cursor:
                cursor.execute("SELECT 1")
        except Refused:
            continue
        with connected(server.at(database)) as cursor:
            yield cursor
        return
    raise Refused(f"{server.user} may enter neither of the databases {' and '.join(BESIDE)}.")


def _words(error: psycopg2.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def count_rows(cursor: Any) -> dict[str, int]:
    """How many rows each table has, as schema.table."""
    cursor.execute(TABLES)
    rows = {}
    for space, table in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(space, table)))
        rows[f"{space}.{table}"] = int(cursor.fetchone()[0])
    return rows


def applied_migrations(cursor: Any) -> dict[str, list[str]]:
    """By app, in the order of their names."""
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    found: dict[str, list[str]] = {}
    for app, name in cursor.fetchall():
        found.setdefault(app, []).append(name)
    return found


def known_migrations() -> dict[str, set[str]]:
    """By app, those of this version and those that they stand for."""
    known: dict[str, set[str]] = {}
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        known.setdefault(app, set()).add(name)
        for replaced_app, replaced in migration.replaces:
            known.setdefault(replaced_app, set()).add(replaced)
    return known


def version_of(cursor: Any) -> int:
    """Such as 150012."""
    cursor.execute("SHOW server_version_num")
    return int(cursor.fetchone()[0])


def extensions(cursor: Any) -> list[str]:
    """Those that are there, but for the one that every database has."""
    cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname")
    return [name for (name,) in cursor.fetchall()]


def size_of(cursor: Any, database: str) -> int:
    cursor.execute("SELECT pg_database_size(%s)", [database])
    return int(cursor.fetchone()[0])
