"""Installations for the tests: a database, pictures, backups and keys each, used by the commands as
anybody uses them."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from psycopg2 import sql

from gis_server.backups import database, shelf
from gis_server.backups.programs import Server

PASSWORD = "p@ss 密码"
FILL = f"""
import django
django.setup()
from datetime import UTC, datetime
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import transaction
from cameras.models import Camera, CameraState, Owner, Team
from gis_server.accounts.sessions import SessionStore
from gis_server.jobs import refresh_search
from gis_server.live import Change, record
from gis_server.models import User
from gis_server.vault import seal
from tests.cameras.pictures import taken
call_command("load_district", verbosity=0)
refresh_search()
now = datetime(2026, 3, 1, 12, tzinfo=UTC)
user = User.objects.create_user("chief", role="operator", scope=["140107"])
camera = Camera.objects.create(
    code="C1", name="Gate", point=Point(112.56, 37.88, srid=4326), scope_code="140107001000",
    host="10.0.0.9", username="viewer", sealed_password=seal({PASSWORD!r}),
    owner=Owner.objects.create(name="Water works"), team=Team.objects.create(name="Team 1"),
)
CameraState.objects.create(
    camera=camera, state="unknown", reason="not_asked", since=now, due_at=now
)
taken(camera, now)
taken(camera, now)
store = SessionStore()
store["kept"] = 1
store.create()
with transaction.atomic():
    record(Change("camera", "1", ""))
"""


@dataclass(frozen=True)
class Installation:
    """folder: holds media, backups and the files of keys."""

    server: Server
    folder: Path

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def backups(self) -> Path:
        return self.folder / "backups"

    @property
    def vault_key(self) -> Path:
        return self.folder / "vault_key"

    @property
    def env(self) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        for name in ("SECRET_KEY", "VAULT_KEY"):
            given.pop(name, None)
        return given | {
            "DATABASE_URL": self.server.url(), "MEDIA_ROOT": str(self.media),
            "BACKUP_DIR": str(self.backups), "BACKUP_LEAVE_MB": "1", "BACKUP_DAYS": "14",
            "SECRET_KEY_FILE": str(self.folder / "secret_key"),
            "VAULT_KEY_FILE": str(self.vault_key),
        }  # fmt: skip

    def manage(self, *words: str | Path, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=self.env | env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def well(self, *words: str | Path, **env: str) -> str:
        done = self.manage(*words, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *words: str | Path, **env: str) -> str:
        done = self.manage(*words, **env)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr

    def rows(self, asked: str) -> list[tuple[Any, ...]]:
        with database.connected(self.server) as cursor:
            cursor.execute(asked)
            return list(cursor.fetchall())

    def names(self) -> list[str]:
        return [folder.name for folder in shelf.complete(self.backups)]

    def holds(self) -> dict[str, bytes]:
        """The pictures, without what has been put aside."""
        return {
            file.relative_to(self.media).as_posix(): file.read_bytes()
            for file in sorted(self.media.rglob("*"))
            if file.is_file() and not file.relative_to(self.media).parts[0].startswith(".")
        }


Install = Callable[..., Installation]


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Makes installations; each with keys of its own, and with all tables where `model` is true."""
    numbers, made = count(1), list[str]()
    ours = database.ours()

    def make(*, model: bool) -> Installation:
        name = f"backups_{os.getpid()}_{next(numbers)}"
        made.append(name)
        at = Installation(replace(ours, database=name), tmp_path_factory.mktemp("installation"))
        at.media.mkdir()
        for key in ("secret_key", "vault_key"):
            file = at.folder / key
            file.write_text(base64.urlsafe_b64encode(os.urandom(32)).decode())
            file.chmod(0o600)
        if model:
            template = os.environ.get("TEST_DATABASE_MODEL", "")
            create(name, template or "template1")
            if not template:
                at.well("migrate", "-v", "0")
        return at

    yield make
    with database.beside(ours) as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        for (name,) in cursor.fetchall():
            if any(name == one or name.startswith(f"{one}_") for one in made):
                with suppress(Exception):
                    cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def create(name: str, template: str = "template1") -> None:
    with database.beside(database.ours()) as cursor:
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        cursor.execute(words.format(sql.Identifier(name), sql.Identifier(template)))


@pytest.fixture(scope="session")
def source(install: Install) -> Installation:
    """A district, a camera with a password, two pictures, a session; with a backup and its keys."""
    at = install(model=True)
    subprocess.run(
        [sys.executable, "-c", FILL], cwd=settings.BASE_DIR, check=True, env=at.env,
    )  # fmt: skip
    at.well("backup", "--keys", at.folder / "keys.json")
    return at


@pytest.fixture
def backup(source: Installation, tmp_path: Path) -> Path:
    """A copy of its backup, to be spoilt."""
    [name] = source.names()
    copy = Path(shutil.copytree(source.backups / name, tmp_path / name))
    (copy / shelf.VERIFIED).unlink(missing_ok=True)
    return copy
