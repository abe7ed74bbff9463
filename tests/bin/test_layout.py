"""What goes into a release, and what it is called."""

import subprocess
from pathlib import Path

import pytest

from bin.steps import layout, release
from bin.steps.layout import Layout, files_of, release_name
from bin.steps.places import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout, with what is made in one beside what belongs to it."""
    source = tmp_path / "checkout"
    for name, text in {
        "pyproject.toml": '[project]\nversion = "1.2.3"\n', "bin/up": "#!/bin/sh\n",
        "grids/models.py": "x", "grids/__pycache__/models.pyc": "made", "Procfile": "web: exec x\n",
        "locale/zh_Hans/LC_MESSAGES/django.po": "words",
        "locale/zh_Hans/LC_MESSAGES/django.mo": "made", ".venv/bin/python": "made",
        "var/secrets/secret_key": "secret", "tests/test_x.py": "x", "notes.txt": "somebody's",
        "node_modules/ol/ol.js": "made",
    }.items():  # fmt: skip
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source / "bin" / "up").chmod(0o700)
    return source


def test_only_the_project_s_files_are_taken(checkout: Path) -> None:
    assert [str(file) for file in files_of(checkout)] == [
        "Procfile", "bin/up", "grids/models.py", "locale/zh_Hans/LC_MESSAGES/django.po",
        "pyproject.toml",
    ]  # fmt: skip


def test_every_file_of_this_checkout_is_taken_or_left_out_on_purpose() -> None:
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, check=True,
        capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    tops = {name.partition("/")[0] for name in listed if name}

    assert tops == layout.TAKEN | layout.LEFT_OUT
    assert not layout.TAKEN & layout.LEFT_OUT
    taken = {str(file) for file in files_of(ROOT)}
    kept = {name for name in listed if name and name.partition("/")[0] in layout.TAKEN}
    assert kept <= taken


def test_the_same_files_are_the_same_release_wherever_they_lie(
    checkout: Path, tmp_path: Path
) -> None:
    release.copy(checkout, tmp_path / "copy")

    name = release_name(checkout)
    assert name.startswith("1.2.3-")
    assert release_name(tmp_path / "copy") == name
    (checkout / "notes.txt").write_text("other notes")
    assert release_name(checkout) == name
    (checkout / "grids" / "models.py").write_text("y")
    assert release_name(checkout) != name


def test_a_copy_can_be_read_by_all_and_run_where_the_original_could(
    checkout: Path, tmp_path: Path
) -> None:
    (checkout / "grids" / "models.py").chmod(0o600)
    release.copy(checkout, tmp_path / "copy")

    assert (tmp_path / "copy" / "bin" / "up").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "copy" / "grids" / "models.py").stat().st_mode & 0o777 == 0o644


def complete(where: Layout, name: str) -> Path:
    folder = where.releases / name
    folder.mkdir(parents=True)
    (folder / layout.COMPLETE).write_text(name)
    return folder


def test_a_release_that_is_not_complete_does_not_run(tmp_path: Path) -> None:
    where = Layout(tmp_path)
    half = where.releases / "1-half"
    half.mkdir(parents=True)
    assert where.running_release() is None

    release.switch(where, half)
    assert where.running_release() is None
    whole = complete(where, "1-whole")
    release.switch(where, whole)
    assert where.running_release() == whole
    # Relative, so that a machine that is looked at from another one shows its own.
    assert str(where.current.readlink()) == "releases/1-whole"


def test_the_release_to_go_back_to_stays_and_others_go(tmp_path: Path) -> None:
    where = Layout(tmp_path)
    first, second, third = (complete(where, name) for name in ("1-a", "1-b", "1-c"))
    (where.releases / "1-half").mkdir()

    assert sorted(release.drop_old(where, {second, third})) == ["1-a", "1-half"]
    assert not first.exists()
    assert sorted(one.name for one in where.releases.iterdir()) == ["1-b", "1-c"]
