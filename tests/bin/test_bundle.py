"""What bin/bundle writes is what bin/install and apt read."""

import os
import re
import shlex
import subprocess
import tarfile
from pathlib import Path

import pytest

from bin.steps import bundle
from tests.bin.test_preflight import bash as preflight
from tests.bin.test_preflight import machine  # noqa: F401 - a fixture
from tests.bin.test_system import NOTHING_THERE, bash


def test_the_debian_packages_are_those_that_the_installer_asks_for() -> None:
    done = bash(
        NOTHING_THERE + 'list_missing run database redis front; echo "${MISSING[@]}"',
        ARCHIVE="postgresql-15-postgis-3", PYTHON3="3.11.2",
    )  # fmt: skip

    assert sorted(done.stdout.split()) == sorted(bundle.SYSTEM_PACKAGES)


def deb(folder: Path, name: str, version: str) -> Path:
    tree = folder / name
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: nobody <nobody@example.org>\nDescription: a test\n with two lines\n"
    )
    subprocess.run(["dpkg-deb", "--build", tree, folder], check=True, capture_output=True)
    return folder / f"{name}_{version.replace(':', '.')}_all.deb"


def test_apt_finds_in_a_bundle_what_is_in_it(tmp_path: Path) -> None:
    debs = tmp_path / "a bundle" / "debs"
    debs.mkdir(parents=True)
    made = tmp_path / "made"
    made.mkdir()
    for name, version in (("gis-one", "1.0"), ("gis-two", "1:2.0")):
        deb(made, name, version)
    for file in made.glob("*.deb"):
        file.rename(debs / file.name)

    assert bundle.index(debs) == 2

    folder = debs.parent
    done = bash(
        f"use_bundle '{folder}'; available gis-one && echo one; available gis-two && echo two;"
        " available 0ad || echo nothing else;"
        ' apt-get "${APT_FROM[@]}" --print-uris -qq install gis-two'
    )
    assert done.stdout.splitlines()[1:4] == ["one", "two", "nothing else"]
    assert "a bundle/debs/./gis-two_2.0_all.deb" in done.stdout.splitlines()[4]


def test_a_bundle_is_whole_until_something_in_it_is_touched(
    machine: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "one.whl").write_text("whole")
    (folder / "a file").write_text("x")
    (folder / "manifest").write_text("release=1\narchitecture=amd64\n")
    bundle.note_sums(folder)
    assert preflight(machine, f"check_bundle '{folder}'").returncode == 0

    (folder / "a file").write_text("y")
    assert (
        "the bundle is damaged (a file: FAILED)"
        in preflight(machine, f"check_bundle '{folder}'").stderr
    )


def test_the_archive_belongs_to_nobody_and_starts_with_one_command(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    start = folder / "install"
    start.write_text(bundle.START)
    start.chmod(0o755)

    bundle.pack(folder, "gis-server-1", tmp_path / "x.tar")

    with tarfile.open(tmp_path / "x.tar") as archive:
        member = archive.getmember("gis-server-1/install")
        assert (member.uid, member.uname, member.mode & 0o111) == (0, "root", 0o111)
        archive.extractall(tmp_path / "there")
    assert not (tmp_path / "x.part").exists()
    there = tmp_path / "there" / "gis-server-1"
    (there / "source" / "bin").mkdir(parents=True)
    installer = there / "source" / "bin" / "install"
    installer.write_text('#!/bin/sh\necho "$@"\n')
    installer.chmod(0o755)
    said = subprocess.run(
        [there / "install", "--name", "map.example"], check=True, capture_output=True, text=True
    ).stdout
    assert said == f"--from {there} --name map.example\n"


def test_what_builds_python_packages_is_in_the_bundle() -> None:
    """A package without a wheel is built on the machine without a network, with these."""
    lock = Path("requirements/build.lock").read_text(encoding="utf-8")

    assert re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE) == ["setuptools"]


@pytest.mark.skipif("WHOLE_BUNDLE" not in os.environ, reason="WHOLE_BUNDLE is not set")
def test_a_bundle_lays_a_release_where_no_route_leads_anywhere(tmp_path: Path) -> None:
    """The whole archive, made with a network and used in a network namespace without one."""
    subprocess.run(["bin/bundle", "--to", tmp_path, "--yes"], check=True, stdin=subprocess.DEVNULL)
    (archive,) = tmp_path.glob("*.tar")
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)
    folder = tmp_path / archive.stem

    said = alone(
        f"source bin/system.sh; use_bundle '{folder}'; touch '{tmp_path}/nothing';"
        f' apt-get "${{APT_FROM[@]}}" -o Dir::State::status="{tmp_path}/nothing" -s -qq'
        f" --no-install-recommends install {' '.join(bundle.SYSTEM_PACKAGES)} | grep -c ^Inst",
        folder / "source",
    )
    assert int(said.split()[-1]) > 150  # a bare machine gets all it lacks from the bundle

    alone(f"python3 -c {shlex.quote(LAY)} '{folder}' '{tmp_path}/there'", folder / "source")
    (laid,) = (tmp_path / "there/opt/gis-server/releases").iterdir()
    assert (laid / ".release").read_text().strip() == laid.name
    checked = alone(".venv/bin/python manage.py check", laid)
    assert "no issues" in checked


LAY = """
import os
import sys
from pathlib import Path
from bin.steps import release
from bin.steps.journal import Journal
from bin.steps.layout import Layout, release_name
bundle, root = map(Path, sys.argv[1:])
layout = Layout(root)
for folder in (layout.releases, layout.state, layout.log):
    folder.mkdir(parents=True)
source = bundle / "source"
journal = Journal("bin/install", layout.log)
release.lay(layout, journal, release_name(source), source, env=os.environ, bundle=bundle)
"""


def alone(command: str, where: Path) -> str:
    """What a command says that has no network at all."""
    settings = {
        "DATABASE_URL": "postgres://nobody@/nowhere?host=/nonexistent",
        "REDIS_URL": "unix:///nonexistent",
        "SECRET_KEY": "x-only-for-checks",
        "VAULT_KEY": "A" * 43 + "=",
    }
    words = ["unshare", "--net", "bash", "-c", f"ip route | grep . && exit 3; {command}"]
    done = subprocess.run(
        words, cwd=where, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
