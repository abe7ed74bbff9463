"""A migration is killed in the middle: what it had begun is undone, and the next run goes through.

PostgreSQL changes tables inside transactions, and no migration of ours goes without one.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from bin.steps import postgres
from bin.steps.journal import Journal
from tests.days.town import ROOT, connected, free_port, until
from tests.faults.phones import asked
from tests.faults.watched import WatchedTown

NAME = "half"
DONE = "SELECT count(*) FROM django_migrations"
BUSY = """
    SELECT pid FROM pg_stat_activity WHERE datname = %s AND xact_start IS NOT NULL
        AND query !~ 'pg_stat_activity'"""


ENTER = """
    INSERT INTO gis_server_user (username, password, display_name, scope, role, email,
        is_superuser, is_staff, is_active, date_joined)
    SELECT 'worker' || n, 'x', '网格员' || n, ARRAY['140107'], 'grid_worker', '',
        false, false, true, now()
    FROM generate_series(1, 1000) AS n RETURNING username, display_name, scope"""
ENTERED = "SELECT username, display_name, scope FROM gis_server_user"
CASTS = re.compile(r"::(character varying|text)(\[\])?|[()]")


class Half:
    """A database of its own in the town's cluster, into which tables are being brought."""

    def __init__(self, town: WatchedTown) -> None:
        self.url = town.cluster.url(NAME)
        self.environment = town.environment | {"DATABASE_URL": self.url}

    def ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with connected(self.url) as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def done(self) -> int:
        [(there,)] = self.ask("SELECT to_regclass('django_migrations') IS NOT NULL")
        return int(str(self.ask(DONE)[0][0])) if there else 0

    def holds(self) -> bool:
        words = [sys.executable, "manage.py", "check_world"]
        return not subprocess.run(words, cwd=ROOT, env=self.environment, check=False).returncode

    def migrate(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip

    def schema(self, cluster: postgres.Cluster, database: str) -> list[str]:
        """What a database is made of, in no order, for ids of what was undone are left out."""
        words = [str(postgres.programs(cluster.data) / "pg_dump"), "--schema-only", "--no-owner"]
        words += ["--exclude-table", "patrols_fix_*"]  # days, which jobs make
        words += ["-h", str(cluster.socket_dir), "-U", "postgres", database]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        lines = (line for line in done.stdout.splitlines() if not line.startswith("\\"))
        # A condition that was dumped and read back has its casts and brackets elsewhere.
        return sorted(CASTS.sub("", line) for line in lines)

    @contextmanager
    def served(self) -> Iterator[int]:
        """A web process on it; its port."""
        port = free_port()
        words = [str(Path(sys.executable).with_name("granian")), "gis_server.wsgi:application"]
        words += ["--interface", "wsgi", "--port", str(port), "--log-level", "error"]
        with subprocess.Popen(words, cwd=ROOT, env=self.environment) as process:
            try:
                until(lambda: asked(port, "GET", "/healthz")[0] == 200, "the web process lives")
                yield port
            finally:
                process.terminate()


@pytest.fixture
def half(town: WatchedTown) -> Iterator[Half]:
    notes = Journal("bin/test", town.folder)
    postgres.prepare(town.cluster, notes, NAME)
    yield Half(town)
    postgres.ask(town.cluster, notes, f"DROP DATABASE {NAME} WITH (FORCE)")


def test_a_migration_that_is_killed_twice_goes_through_the_third_time(
    town: WatchedTown, half: Half
) -> None:
    entered: list[tuple[object, ...]] = []
    for enough in (30, 60):
        with half.migrate() as process:
            until(lambda enough=enough: half.done() > enough, "some are done")  # type: ignore[misc]
            until(lambda: bool(half.ask(BUSY, NAME)) or process.poll() is not None, "one is not")
            assert process.poll() is None, "it was done before it could be killed"
            os.kill(process.pid, signal.SIGKILL)
        until(lambda: not half.ask(BUSY, NAME), "what it had begun is undone")
        entered = entered or half.ask(ENTER)

    with half.served() as port:
        behind = asked(port, "GET", "/readyz")
        with half.migrate() as process:
            said, _ = process.communicate(timeout=600)
        ready = asked(port, "GET", "/readyz")

    assert (behind[0], json.loads(behind[1])["database"]) == (503, "behind")
    assert (process.returncode, said) == (0, "")
    assert ready[0] == 200
    assert sorted(half.ask(ENTERED)) == sorted(entered)
    assert half.holds()
    assert half.schema(town.cluster, NAME) == half.schema(town.cluster, "gis")


def test_no_migration_goes_without_a_transaction() -> None:
    """What such a one had done before it was killed would stay, and be in its own way."""
    found = [
        f"{app.label}.{path.stem}"
        for app in apps.get_app_configs()
        if "." not in app.name
        for path in Path(app.path, "migrations").glob("[0-9]*.py")
        if not import_module(f"{app.name}.migrations.{path.stem}").Migration.atomic
    ]

    assert found == []
