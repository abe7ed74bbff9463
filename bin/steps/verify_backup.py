"""bin/verify-backup: puts a backup into a database on a server that is thrown away afterwards."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bin.steps import journal, places, product, redis_server, shared

COMMAND = "bin/verify-backup"
# As long as the names of sockets may be (`places`).
NAME = "pg-try"


def verify(words: list[str]) -> int:
    """Run `manage.py verify_backup WORDS` there; its status.

    Raises:
        Failed: the disk has no room for it, or another one is at work.
    """
    where, notes = shared.begin(COMMAND)
    lock = places.take_lock(where, "verify", "another bin/verify-backup is at work: wait for it.")
    with lock, journal.undisturbed_end() as stack:
        stack.callback(shutil.rmtree, where.var / NAME, ignore_errors=True)
        folder = Path(os.environ.get("BACKUP_DIR") or where.var / "backups")
        places.check_space(where.var, needed_mb(folder), "the verification of a backup")
        private = shared.database(where, notes, name=NAME, lasting=False)
        env = product.environment(where) | stack.enter_context(private).env
        redis = redis_server.Redis(
            where.var / "redis", where.sockets / "redis.sock", where.log, True
        )
        env.setdefault("REDIS_URL", redis.url)
        command = [str(where.venv / "bin" / "python"), "manage.py", "verify_backup", *words]
        return subprocess.run(command, env=env, cwd=where.root, check=False).returncode


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
