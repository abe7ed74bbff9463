"""The database through a pool that hands connections on after each transaction (pgbouncer)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from gis_server.direct import need_direct_connection
from tests import pooled
from tests.days.town import ROOT, free_port, until

AT = "127.0.0.1"
# Four threads, each with more rows than one reading of a cursor: all alive at once.
READ = """
import sys, threading, django
django.setup()
from django.db import connection
from django.contrib.contenttypes.models import ContentType
failed = []
def read():
    try:
        for _ in range(20):
            rows = ContentType.objects.order_by("id").iterator(chunk_size=2)
            assert len(list(rows)) == ContentType.objects.count()
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('lock_timeout'), current_setting('jit')")
                assert cursor.fetchone() == ("10s", "off"), "see ALTER ROLE in docs/scale.md"
    except BaseException as error:
        failed.append(f"{type(error).__name__}: {error}")
    finally:
        connection.close()
threads = [threading.Thread(target=read) for _ in range(4)]
[one.start() for one in threads], [one.join() for one in threads]
sys.exit("; ".join(failed) or 0)
"""


@pytest.fixture
def pool(transactional_db: None) -> Iterator[str]:
    """The address of this test's database through two connections; the role has the settings that
    docs/scale.md asks for.
    """
    if not pooled.program():
        pytest.skip(pooled.WHY_NOT)
    port, own = free_port(), connection.settings_dict
    folder = Path("/tmp") / f"gis-pool-{os.getpid()}"
    words = pooled.command(folder, own["HOST"], own["NAME"], AT, port, connections=2)
    set_role("SET jit = off", "SET lock_timeout = '10s'")
    try:
        with subprocess.Popen(words) as process:
            url = f"postgres://gis@{AT}:{port}/{quote(own['NAME'])}"
            until(lambda: reached(url), "the pool answers", 20)
            yield url
            process.terminate()
    finally:
        set_role("RESET jit", "RESET lock_timeout")
        shutil.rmtree(folder)


def set_role(*what: str) -> None:
    with connection.cursor() as cursor:
        for one in what:
            cursor.execute(f"ALTER ROLE CURRENT_USER {one}")


def reached(url: str) -> bool:
    return through(url, "import django; django.setup()\nfrom django.db import connection\n"
                   "connection.ensure_connection()").returncode == 0  # fmt: skip


def through(url: str, script: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """A script of the product's whose database is `url`."""
    given = os.environ | {"DATABASE_URL": url, "DATABASE_POOLED": "true"} | env
    words = [sys.executable, "-c", script]
    return subprocess.run(
        words, cwd=ROOT, env=given, capture_output=True, text=True, check=False, timeout=60
    )


def test_many_read_in_pieces_through_few_connections(pool: str) -> None:
    done = through(pool, READ)

    assert done.returncode == 0, done.stderr


def test_without_the_setting_the_pool_refuses_our_options_at_the_door(pool: str) -> None:
    """So nobody finds out in the middle of his work."""
    done = through(pool, READ, DATABASE_POOLED="false")

    assert "unsupported startup parameter" in done.stderr


@pytest.mark.parametrize("in_between", [True, False])
def test_what_needs_a_connection_of_its_own_says_so(
    monkeypatch: pytest.MonkeyPatch, in_between: bool
) -> None:
    monkeypatch.setattr(settings, "DATABASE_POOLED", in_between)
    if not in_between:
        need_direct_connection("The live process")
        return
    with pytest.raises(ImproperlyConfigured, match="The live process needs a connection"):
        need_direct_connection("The live process")
