"""An upgrade that fails takes back what it has applied: those migrations and no others."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

from bin.steps import migrations

ONE, TWO, THREE = ("grids", "0001_a"), ("grids", "0002_b"), ("events", "0001_c")


@pytest.mark.parametrize(
    ("before", "after", "ways"),
    [
        pytest.param([ONE], [ONE], [], id="nothing new"),
        pytest.param([ONE], [ONE, TWO], [("grids", "0001_a")], id="one more"),
        pytest.param([], [ONE, TWO], [("grids", "zero")], id="a new app"),
        pytest.param(
            [ONE], [ONE, TWO, THREE], [("events", "zero"), ("grids", "0001_a")],
            id="the last app first",
        ),
    ],
)  # fmt: skip
def test_ways_back(
    before: list[tuple[str, str]], after: list[tuple[str, str]], ways: list[tuple[str, str]]
) -> None:
    assert migrations.ways_back(before, after) == ways


@pytest.mark.django_db
def test_it_reads_what_django_prints() -> None:
    def manage(words: list[str]) -> str:
        out = io.StringIO()
        call_command(*words, stdout=out, no_color=True)
        return out.getvalue()

    found = migrations.applied(manage)

    assert ("contenttypes", "0001_initial") in found
    assert {"gis_server", "grids", "cameras", "patrols", "events", "maps"} <= {
        app for app, _name in found
    }


PROJECT = """
import sys
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["one", "two"], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}},
)
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [migrations.RunPython(lambda *_: None, {back})]
"""
UNDONE = "migrations.RunPython.noop"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two apps; the second's first migration follows the first's second."""
    (tmp_path / "manage.py").write_text(PROJECT)
    for app, name, dependencies in (
        ("one", "0001_a", "[]"),
        ("one", "0002_b", "[('one', '0001_a')]"),
        ("two", "0001_c", "[('one', '0002_b')]"),
    ):
        folder = tmp_path / app / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        (folder.parent / "__init__.py").touch()
        text = MIGRATION.format(dependencies=dependencies, back=UNDONE)
        (folder / f"{name}.py").write_text(text)
    return tmp_path


@pytest.fixture
def manage(project: Path) -> Callable[[list[str]], str]:
    def run(words: list[str]) -> str:
        done = subprocess.run(
            [sys.executable, "-B", "manage.py", *words], cwd=project, check=False,
            capture_output=True, text=True, env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    return run


def test_what_was_applied_is_taken_back(manage: Callable[[list[str]], str]) -> None:
    manage(["migrate", "one", "0001"])
    before = migrations.applied(manage)
    manage(["migrate"])

    assert migrations.take_back(manage, before) == 2
    assert migrations.applied(manage) == before == [("one", "0001_a")]
    assert migrations.take_back(manage, before) == 0


def test_what_cannot_be_undone_is_said(manage: Callable[[list[str]], str], project: Path) -> None:
    before = migrations.applied(manage)
    manage(["migrate"])
    file = project / "one" / "migrations" / "0001_a.py"
    file.write_text(file.read_text().replace(UNDONE, "None"))

    with pytest.raises(RuntimeError, match="IrreversibleError"):
        migrations.take_back(manage, before)
