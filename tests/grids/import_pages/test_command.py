"""bin/manage import_territory: the same as the pages, as sentences and an exit status."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from grids.models import Grid, ImportRun
from tests.days.town import ROOT, sibling
from tests.grids.import_pages.bringing import overlapping_grids, renamed_grids
from tests.grids.territory import WEST, two_grids

pytestmark = pytest.mark.django_db(transaction=True)
ABOUT = ("--kind", "grids", "--scope", "140107", "--valid-from", "2026-01-01")


@pytest.fixture(autouse=True)
def territory(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    two_grids()


def written(folder: Path, content: bytes) -> str:
    path = folder / "网格.csv"
    path.write_bytes(content)
    return str(path)


def run(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_territory", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_dry_run_says_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    said, wrong = run(written(tmp_path, renamed_grids()), *ABOUT, "--frame", "wgs84")

    assert "新增: 0" in said
    assert "变更: 1" in said
    assert wrong == ""
    assert Grid.objects.get(code=WEST).name == WEST
    assert list((tmp_path / "media").rglob("*.*")) == []


def test_apply_writes(tmp_path: Path) -> None:
    run(written(tmp_path, renamed_grids()), *ABOUT, "--frame", "wgs84", "--apply")

    assert Grid.objects.get(code=WEST).name == "西网格"
    assert ImportRun.objects.get().step == "applied"


def test_a_column_may_be_named_or_left_out(tmp_path: Path) -> None:
    run(written(tmp_path, renamed_grids()), *ABOUT, "--frame=wgs84", "--column=name=", "--apply")

    assert Grid.objects.get(code=WEST).name == WEST


def test_faults_are_sentences_and_the_status_is_1(tmp_path: Path) -> None:
    path = written(tmp_path, overlapping_grids())
    database = sibling(os.environ["DATABASE_URL"], str(connection.settings_dict["NAME"]))

    done = subprocess.run(
        [sys.executable, "manage.py", "import_territory", path, *ABOUT, "--frame", "wgs84"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database, "MEDIA_ROOT": str(tmp_path / "media")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert WEST[:12] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--frame", "gcj03"), id="no such frame"),
        pytest.param(("--layer", "表九"), id="no such layer"),
        pytest.param(("--column", "residents=编码"), id="no such field"),
        pytest.param(("--column", "name"), id="no equals sign"),
        pytest.param(("--column", "name=没有"), id="no such column"),
        pytest.param((), id="a frame that nobody said"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"[。.:：]|\w"):
        run(written(tmp_path, renamed_grids()), *ABOUT, *words)

    assert Grid.objects.get(code=WEST).name == WEST


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(str(tmp_path / "none.csv"), *ABOUT)
