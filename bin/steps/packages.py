"""The virtual environment and the front-end files, each exactly as its lock says.

No lock and no line here names a host: where packages come from is the business of pip, uv and npm
and of the variables and files with which the machine's owner has pointed them at a mirror.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bin.steps.journal import Journal
from bin.steps.places import Places, check_space
from bin.steps.stamps import content_hash, fresh, keep

OLDEST_NODE = 20


def environment() -> dict[str, str]:
    """Ours, with the machine's own certificates for uv, which otherwise brings its own."""
    return {
        "UV_SYSTEM_CERTS": "1",
        "UV_NO_PROGRESS": "1",
        "npm_config_update_notifier": "false",
    } | {
        name: value
        for name, value in os.environ.items()
        if name not in {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "CONDA_PREFIX"}
    }


def ensure_tools(places: Places, journal: Journal, lock_name: str) -> None:
    """Install a tool that the product does without into `.tools`, from its own lock.

    uv comes by pip; all others by uv, for a third of the processor.
    """
    lock = places.root / "requirements" / f"{lock_name}.lock"
    python = places.tools / "bin" / "python"
    wanted = content_hash([lock], sys.version)
    stamp = places.tools / f"{lock_name}.stamp"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and python.exists():
        return
    if not _runs(python):
        shutil.rmtree(places.tools, ignore_errors=True)
        journal.run(
            [sys.executable, "-m", "venv", places.tools], env=environment(), cwd=places.root,
            failed="Python could not make a virtual environment: is python3-venv installed?",
        )  # fmt: skip
    installer: list[str | Path] = [python, "-m", "pip", "install"]
    if lock_name != "uv":
        ensure_tools(places, journal, "uv")
        installer = [places.tools / "bin" / "uv", "pip", "install", "--python", python]
    journal.run(
        [*installer, "--quiet", "--require-hashes", "--requirement", lock],
        env=environment(), cwd=places.root, failed=what_could_not_be_fetched,
    )  # fmt: skip
    stamp.write_text(wanted, encoding="utf-8")


def _runs(python: Path) -> bool:
    """Whether this interpreter exists and is still good; an upgrade of the system may break it."""
    if not python.exists():
        return False
    same = f"sys.version_info[:2] == {sys.version_info[:2]}"
    probe = f"import sys; sys.exit(not {same})"
    return subprocess.run([python, "-c", probe], check=False, capture_output=True).returncode == 0


def ensure_python_packages(places: Places, journal: Journal, *, for_tests: bool) -> None:
    """Bring `.venv` to the lock of the product, or to that of the tests, which holds more."""
    with journal.step("Python packages") as step:
        # Once the tests were set up here, bin/up must not take their packages away again.
        for_tests = for_tests or (places.venv / "bin" / "pytest").exists()
        lock = places.root / "requirements" / ("test.lock" if for_tests else "run.lock")
        stamp = content_hash([lock], sys.version)
        python = places.venv / "bin" / "python"
        if fresh(places, "venv", stamp) and python.exists():
            step.skip()
            return
        check_space(places.root, 2000, "the virtual environment")
        ensure_tools(places, journal, "uv")
        if not _runs(python):
            shutil.rmtree(places.venv, ignore_errors=True)
            journal.run(
                [sys.executable, "-m", "venv", "--without-pip", places.venv],
                env=environment(), cwd=places.root,
                failed="Python could not make a virtual environment: is python3-venv installed?",
            )  # fmt: skip
        # Without compiled bytecode every start compiles anew: 3.3 s instead of 0.9 s.
        journal.run(
            [
                places.tools / "bin" / "uv", "pip", "sync", "--python", python,
                "--require-hashes", "--compile-bytecode", lock,
            ],
            env=environment(), cwd=places.root, failed=what_could_not_be_fetched,
        )  # fmt: skip
        keep(places, "venv", stamp)


def ensure_front_end(places: Places, journal: Journal) -> None:
    """Bring `node_modules` to package-lock.json, with the machine's Node or one from PyPI."""
    with journal.step("Front-end files") as step:
        stamp = content_hash([places.root / "package-lock.json"])
        if fresh(places, "npm", stamp) and (places.root / "node_modules").is_dir():
            step.skip()
            return
        npm = _npm(places, journal)
        env = environment()
        env["PATH"] = f"{npm.parent}{os.pathsep}{env.get('PATH', os.defpath)}"
        journal.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            env=env, cwd=places.root, failed=what_could_not_be_fetched,
        )  # fmt: skip
        keep(places, "npm", stamp)


def _npm(places: Places, journal: Journal) -> Path:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_major(node) >= OLDEST_NODE:
        return Path(npm)
    ensure_tools(places, journal, "node")
    return places.tools / "bin" / "npm"


def _node_major(node: str) -> int:
    done = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    found = re.match(r"v(\d+)", done.stdout)
    return int(found[1]) if found else 0


# What pip, uv and npm say about the package that they could not get.
_NAMED = [
    re.compile(r"No matching distribution found for ([\w.\[\]-]+)"),
    re.compile(r"Failed to (?:download|fetch|build)[: ]+`([\w.-]+)(?:[=@ ][^`]*)?`"),
    re.compile(r"Failed to fetch: `\w+://\S*/([\w.-]+)/?`"),
    re.compile(r"/simple/([\w.-]+)/"),
    re.compile(r"request to \w+://\S*?/((?:@[\w.-]+(?:/|%2f))?[\w.-]+)(?:/-/\S+)? failed"),
]


def what_could_not_be_fetched(output: str) -> str:
    """The sentence for a failed installation, with the package's name where the tool told it."""
    if "No space left" in output or "ENOSPC" in output or "os error 28" in output:
        return "the disk is full: free 2 GB and run this again."
    for pattern in _NAMED:
        if found := pattern.search(output):
            return (
                f"the package {found[1]} could not be fetched: check the network, the proxy or the"
                " mirror that pip, uv and npm are set to use, then run this again."
            )
    return (
        "the packages could not be installed: check the network, the proxy or the mirror that pip,"
        " uv and npm are set to use, then run this again."
    )
