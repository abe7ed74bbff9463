"""Lays a release beside the others: source, packages, front-end files, words and static files.

What is laid is not in use until `current` leads to it, so a machine that loses power in between has
what it had.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from bin.steps import packages, product
from bin.steps.journal import Failed, Journal
from bin.steps.layout import COMPLETE, Layout, files_of
from bin.steps.places import Places
from bin.steps.stamps import content_hash, keep

NODE_MODULES = "node_modules"
KEPT = 2
"""Releases that stay: the one in use and the one to go back to."""


def lay(
    layout: Layout, journal: Journal, name: str, source: Path, *, env: Mapping[str, str],
    bundle: Path | None,
) -> Path:  # fmt: skip
    """The complete release `name` of the files in `source`; laid anew where it is not complete.

    env: the product's settings, which static files are collected with.
    bundle: where packages come from in place of the network.
    """
    release = layout.releases / name
    if (release / COMPLETE).exists():
        with journal.step("Release") as step:
            step.skip(f"{name} is laid")
        return release
    shutil.rmtree(release, ignore_errors=True)
    with journal.step("Release") as step:
        step.note = name
        copy(source, release)
        (release / "var").symlink_to(layout.state)
    places = places_of(release)
    with from_bundle(bundle):
        packages.ensure_python_packages(places, journal, for_tests=False)
        if bundle:
            shutil.copytree(source / NODE_MODULES, release / NODE_MODULES)
            keep(places, "npm", content_hash([release / "package-lock.json"]))
        packages.ensure_front_end(places, journal)
    product.compile_words(places, journal)
    with journal.step("Compiled code"):
        journal.run(
            [places.venv / "bin" / "python", "-m", "compileall", "-q", *_packages(release)],
            env=os.environ, cwd=release, failed="the product's own files cannot be compiled.",
        )  # fmt: skip
    collected = {"STATIC_ROOT": str(release / "collected")}
    product.collect_static(places, journal, product.paths(places) | env | collected)
    # uv and Node are needed no more: 60 MB and more that nobody would keep up to date.
    shutil.rmtree(release / ".tools", ignore_errors=True)
    (release / COMPLETE).write_text(name + "\n", encoding="utf-8")
    return release


def copy(source: Path, release: Path) -> None:
    """The project's files; readable by all, writable by root alone."""
    release.mkdir(mode=0o755, parents=True)
    for file in files_of(source):
        target = release / file
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(source / file, target)
        runs = os.access(source / file, os.X_OK)
        target.chmod(0o755 if runs else 0o644)


def places_of(release: Path) -> Places:
    """A release as the set-up's steps know a checkout; what they note stays inside it."""
    made = release / ".made"
    for folder in (made / "stamps", made / "log"):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return Places(release, made, made)


def _packages(release: Path) -> list[str]:
    return sorted(file.parent.name for file in release.glob("*/__init__.py"))


class from_bundle:  # noqa: N801 - reads as what it is
    """For the time of a block pip, uv and npm have no network but the folder of a bundle."""

    def __init__(self, bundle: Path | None) -> None:
        self.bundle = bundle
        self.before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        if self.bundle:
            wheels = str(self.bundle / "wheels")
            ours = {
                "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "UV_NO_INDEX": "1",
                "UV_FIND_LINKS": wheels, "UV_OFFLINE": "1", "UV_NO_CACHE": "1",
            }  # fmt: skip
            self.before = {name: os.environ.get(name) for name in ours}
            os.environ.update(ours)

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def switch(layout: Layout, release: Path) -> None:
    """Let `current` lead to a release: at every moment to the one or to the other."""
    fresh = layout.current.with_name("current.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(release.relative_to(layout.opt))
    fresh.rename(layout.current)


def drop_old(layout: Layout, keeping: set[Path]) -> list[str]:
    """Remove complete releases that are too many, the oldest first, and all unfinished ones."""
    others = [one for one in layout.releases.iterdir() if one not in keeping]
    others.sort(key=lambda one: one.stat().st_mtime, reverse=True)
    left = KEPT - len(keeping)
    dropped = []
    for one in others:
        if left > 0 and (one / COMPLETE).exists():
            left -= 1
            continue
        shutil.rmtree(one)
        dropped.append(one.name)
    return dropped


def manage(
    release: Path, journal: Journal, env: Mapping[str, str], words: list[str], *, user: str
) -> str:
    """Run a command of the product as its own user; returns what it printed.

    Raises:
        Failed: with the last thing that the command said.
    """
    return journal.run(
        [*become(user), release / ".venv" / "bin" / "python", "manage.py", *words],
        env=product.paths(places_of(release)) | env, cwd=release,
        failed=lambda output: product.last_sentence(words[0], output),
    )  # fmt: skip


def become(user: str) -> list[str]:
    """How to run a program as another user; as oneself without a name or without root."""
    if not user or os.geteuid() != 0:
        return ["setpriv"]
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]


def has_command(release: Path, env: Mapping[str, str], name: str, *, user: str) -> bool:
    """Whether this release has such a command."""
    done = subprocess.run(
        [*become(user), release / ".venv" / "bin" / "python", "manage.py", name, "--help"],
        env={**product.paths(places_of(release)), **env}, cwd=release, check=False,
        capture_output=True,
    )  # fmt: skip
    return done.returncode == 0


def name_in(source: Path) -> str:
    """What a complete release is called.

    Raises:
        Failed: there is none.
    """
    try:
        return (source / COMPLETE).read_text(encoding="utf-8").strip()
    except OSError:
        raise Failed(f"{source} is no complete release.") from None
