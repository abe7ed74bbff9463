"""bin/verify-backup: puts a backup into a database on a server that is thrown away afterwards."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bin.steps import (
    journal,
    layout,
    manage,
    places,
    product,
    redis_server,
    release,
    shared,
)
from bin.steps.journal import Journal
from bin.steps.places import Places

COMMAND = "bin/verify-backup"
# As long as the names of sockets may be (`places`).
NAME = "pg-try"


def verify(words: list[str]) -> int:
    """Run `manage.py verify_backup WORDS` there; its status.

    Raises:
        Failed: the disk has no room for it, or another one is at work.
    """
    installed = (places.ROOT / layout.COMPLETE).exists()
    if installed and os.geteuid() == 0:
        _as_its_user(words)
    where, env = of_installation(layout.Layout()) if installed else of_checkout()
    notes = Journal(COMMAND, where.log)
    lock = places.take_lock(where, "verify", "another bin/verify-backup is at work: wait for it.")
    with lock, journal.undisturbed_end() as stack:
        stack.callback(shutil.rmtree, where.var / NAME, ignore_errors=True)
        room = needed_mb(Path(env["BACKUP_DIR"]))
        places.check_space(where.var, room, "the verification of a backup")
        private = shared.database(where, notes, name=NAME, lasting=False)
        env = {**env, **stack.enter_context(private).env}
        command = [str(where.venv / "bin" / "python"), "manage.py", "verify_backup", *words]
        return subprocess.run(command, env=env, cwd=where.root, check=False).returncode


def of_checkout() -> tuple[Places, Mapping[str, str]]:
    """Where `bin/up` keeps its things, and the settings that it gives."""
    where, _notes = shared.begin(COMMAND)
    env = product.environment(where)
    redis = redis_server.Redis(where.var / "redis", where.sockets / "redis.sock", where.log, True)
    env.setdefault("REDIS_URL", redis.url)
    env.setdefault("BACKUP_DIR", str(where.var / "backups"))
    return where, env


def of_installation(laid: layout.Layout) -> tuple[Places, Mapping[str, str]]:
    """A folder of its own below the state of what `bin/install` has made, and its settings.

    Raises:
        Failed: whoever asks is neither root nor its user.
    """
    var = laid.state / "verify"
    where = Places(places.ROOT, var, var / "run")
    env = manage.settings_of(laid, where)
    for folder in (where.run, where.log):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    env.setdefault("BACKUP_DIR", str(laid.state / "backups"))
    return where, env


def _as_its_user(words: list[str]) -> None:
    """PostgreSQL refuses to run as root, and backups belong to the installation's user."""
    os.umask(0o027)
    command = [*release.become(layout.USER), sys.executable, "-m", "bin.steps.verify_backup"]
    os.execvp(command[0], [*command, *words])


def needed_mb(folder: Path) -> int:
    """As much as the largest database in these backups took, and the server itself."""
    sizes = [0]
    for told in folder.glob("gis-server-*/manifest.json"):
        try:
            sizes.append(int(json.loads(told.read_bytes())["database_bytes"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # the verification itself says what is wrong with it
    return 500 + max(sizes) // 1_000_000


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: verify(sys.argv[1:])))
