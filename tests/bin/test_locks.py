"""The locks hold what pyproject.toml names, exactly, and say nothing of where it comes from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

LOCKS = sorted(Path("requirements").glob("*.lock"))
PROJECT = tomllib.loads(Path("pyproject.toml").read_text())


def names(lock: str) -> set[str]:
    text = Path(f"requirements/{lock}.lock").read_text()
    return set(re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE))


def plain(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return found[0].lower()


@pytest.mark.parametrize("lock", [*LOCKS, Path(".npmrc")], ids=str)
def test_no_lock_names_a_host(lock: Path) -> None:
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_every_line_of_a_lock_has_a_version_and_a_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())

    assert all(re.match(r"[\w.-]+(\[\w+\])?==\S+", entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        pytest.param("run", PROJECT["project"]["dependencies"], id="run"),
        pytest.param("test", PROJECT["project"]["dependencies"], id="test holds run"),
        pytest.param("test", PROJECT["dependency-groups"]["dev"], id="test"),
        pytest.param("docs", PROJECT["dependency-groups"]["docs"], id="docs"),
        pytest.param("uv", PROJECT["dependency-groups"]["uv"], id="uv"),
        pytest.param("node", PROJECT["dependency-groups"]["node"], id="node"),
    ],
)
def test_each_dependency_named_is_locked(lock: str, wanted: list[str]) -> None:
    assert {plain(one) for one in wanted} <= names(lock)


def test_tests_run_on_the_very_versions_that_the_product_runs_on() -> None:
    run = set(Path("requirements/run.lock").read_text().splitlines())
    test = set(Path("requirements/test.lock").read_text().splitlines())

    assert {line for line in run if "==" in line} <= {line for line in test if "==" in line}


def test_no_package_is_locked_in_two_versions() -> None:
    """What is on record as looked at (`bin/audit`) is one version of each."""
    lines = {
        line.partition(" ")[0]
        for lock in LOCKS
        for line in lock.read_text().splitlines()
        if "==" in line
    }
    named = [line.partition("[")[0].partition("==")[0] for line in lines]

    assert sorted(named) == sorted(set(named))


def test_every_front_end_file_has_a_hash_and_no_host() -> None:
    lock = json.loads(Path("package-lock.json").read_text())
    wanted = json.loads(Path("package.json").read_text())["dependencies"]

    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    assert {f"node_modules/{name}" for name in wanted} <= packages.keys()
