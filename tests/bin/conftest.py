"""Folders and servers of their own for the tests of the set-up."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bin.steps.journal import Journal


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter, which pytest's are not when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="gis-"))
    folder.chmod(0o755)
    yield folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal("bin/up", tmp_path)


def another_user() -> int:
    """The number of a user who is not the one that runs the tests."""
    return next(user.pw_uid for user in pwd.getpwall() if user.pw_uid != os.geteuid())
