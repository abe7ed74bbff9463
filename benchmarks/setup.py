"""Seconds of each step of bin/up: cold in a fresh clone with empty caches, then warm.

The system packages cannot be taken off this machine; their time is the one noted when they were
installed here, and is missing where this machine had them before.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Measure, at_most, finish

ROOT = Path(__file__).resolve().parents[1]
NAME = "setup"
# A newcomer has ten minutes for everything, and ten seconds from the second time on.
COLD_S, WARM_S = 600, 10
OWN = ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "STATIC_ROOT", "VIRTUAL_ENV", "CAMERA_FARM")


def main() -> int:
    # Below /var/tmp: user postgres must reach it, and a disk in memory would flatter.
    folder = Path(tempfile.mkdtemp(prefix="gis-bench-", dir="/var/tmp"))
    clone = folder / "checkout"
    try:
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        measures = installed_before()
        for kind, limit_s in (("cold", COLD_S), ("warm", WARM_S)):
            measures += one_run(clone, environment(folder), kind, limit_s)
        return finish(NAME, measures)
    finally:
        state = (clone / "var").resolve()
        shutil.rmtree(folder, ignore_errors=True)
        if state.name.startswith("gis-server-"):
            shutil.rmtree(state, ignore_errors=True)


def environment(folder: Path) -> dict[str, str]:
    """Nothing of this checkout's servers, and caches as empty as on a new machine."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    tools = str(ROOT / ".venv" / "bin")
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != tools)
    caches = {"UV_CACHE_DIR": "uv", "PIP_CACHE_DIR": "pip", "npm_config_cache": "npm"}
    return kept | {name: str(folder / "caches" / part) for name, part in caches.items()}


def one_run(clone: Path, env: dict[str, str], kind: str, limit_s: float) -> list[Measure]:
    """Start bin/up, wait for the wall, stop it; what it noted of its steps."""
    print(f"-- {kind} run", flush=True)
    run = subprocess.Popen(
        ["bin/up", "--yes"], cwd=clone, env=env, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert run.stdout is not None
    for line in run.stdout:
        print(f"   {line}", end="", flush=True)
        if line.startswith("Its processes write to"):
            run.send_signal(signal.SIGINT)
    if run.wait() != 0:
        sys.exit(f"bench setup: bin/up failed in its {kind} run; its sentence stands above.")
    steps = noted(clone / "var" / "log" / "setup-times.jsonl")
    last = [step for step in steps if step["run"] == steps[-1]["run"]]
    return [
        Measure(
            f"{kind}: {step['step']}", float(str(step["seconds"])), "s",
            goal=at_most(limit_s) if step["step"] == "Everything" else None,
        )
        for step in last
    ]  # fmt: skip


def noted(file: Path) -> list[dict[str, object]]:
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def installed_before() -> list[Measure]:
    steps = noted(ROOT / "var" / "log" / "setup-times.jsonl")
    apt = [step for step in steps if step["step"] == "System packages"]
    return [Measure("cold: System packages", float(str(apt[-1]["seconds"])), "s")] if apt else []
