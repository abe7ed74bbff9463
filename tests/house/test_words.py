"""What people read: every setting and dependency is explained, every text is in both languages."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import polib
import pytest

from gis_server.audit_actions import ACTIONS
from tests.house.tree import ROOT, modules, nodes, tracked

CATALOGS = ("django", "djangojs")


def settings_read() -> set[str]:
    """Names of the environment variables that settings.py reads."""
    tree = ast.parse((ROOT / "gis_server" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id.startswith("env_")
        and isinstance(call.args[0], ast.Constant)
    }


# Handed from one of our processes to another, the system's own, or read on behalf of a library:
# nobody sets them for us.
NO_SETTINGS = {"DJANGO_SETTINGS_MODULE", "PATH", "SETUP_PACKAGES_S", "TEST_DATABASE_MODEL"}


def commands_read() -> set[str]:
    """Names of the environment variables that commands read by themselves."""
    folders = (ROOT / "bin", ROOT / "gis_server" / "management" / "commands")
    calls = (
        node
        for path in tracked()
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in folders)
        for node in nodes(path)
        if isinstance(node, ast.Call)
    )
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func) in {"os.environ.get", "os.environ.pop", "os.getenv"}
        and isinstance(call.args[0], ast.Constant)
    } - NO_SETTINGS


@pytest.mark.parametrize("page", ["settings.md", "settings.zh-hans.md"])
def test_every_setting_is_explained_and_no_other(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE))

    assert explained == settings_read() | commands_read()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    lines = project["project"]["dependencies"] + groups["dev"] + groups["docs"]
    names = {re.split(r"[\[<>=~ ]", line)[0] for line in lines}
    text = (ROOT / "docs" / "design" / "dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]{20,} \|$", text, re.MULTILINE))

    assert names <= explained


@pytest.fixture(scope="session")
def fresh_catalogs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogs as `makemessages` makes them from today's sources."""
    copy = tmp_path_factory.mktemp("sources")
    for path in tracked():
        if path.suffix in {".py", ".html", ".js", ".po"}:
            target = copy / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    for domain in CATALOGS:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "django",
                "makemessages",
                "-d",
                domain,
                "-l",
                "zh_Hans",
                "--no-obsolete",
            ],
            cwd=copy,
            check=True,
            capture_output=True,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        )
    return copy / "locale" / "zh_Hans" / "LC_MESSAGES"


@pytest.mark.parametrize("domain", CATALOGS)
def test_every_text_has_its_chinese(fresh_catalogs: Path, domain: str) -> None:
    catalog = polib.pofile(str(fresh_catalogs / f"{domain}.po"))

    assert [entry.msgid for entry in catalog if not entry.translated() or entry.fuzzy] == []


@pytest.mark.parametrize("domain", CATALOGS)
def test_no_translation_is_left_over(fresh_catalogs: Path, domain: str) -> None:
    needed = {entry.msgid for entry in polib.pofile(str(fresh_catalogs / f"{domain}.po"))}
    kept = polib.pofile(str(ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / f"{domain}.po"))

    assert {entry.msgid for entry in kept} == needed


def actions_noted() -> set[str]:
    """The actions that the code notes: every text given as `action=` (both, where it chooses)."""
    calls = (
        node
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.keyword) and node.arg == "action"
    )
    texts = {
        leaf.value
        for call in calls
        for leaf in ast.walk(call.value)
        if isinstance(leaf, ast.Constant)
    }
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"\w+\.\w+", text)}


def test_every_action_of_the_audit_trail_has_its_text_and_no_other() -> None:
    assert set(ACTIONS) == actions_noted(), "gis_server/audit_actions.py holds the texts"
