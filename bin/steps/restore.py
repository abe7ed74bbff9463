"""bin/restore: puts a backup back, with the private servers up and nothing else at work."""

import subprocess
import sys

from bin.steps import journal, places, product, shared
from bin.steps.supervise import Supervisor
from bin.steps.up import start_servers

COMMAND = "bin/restore"


def restore(words: list[str]) -> int:
    """Run `manage.py restore WORDS`; its status.

    Raises:
        Failed: bin/up runs in this checkout.
    """
    where, notes = shared.begin(COMMAND)
    lock = places.take_lock(
        where,
        "up",
        "gis-server runs here: stop it (Ctrl-C where bin/up runs), then run this again.",
    )
    with lock, journal.undisturbed_end() as stack:
        shared.ensure_files(where, notes, for_tests=False)
        env = product.environment(where)
        Supervisor(where, env).clear_leftovers()
        start_servers(where, notes, env, stack)
        command = [str(where.venv / "bin" / "python"), "manage.py", "restore", *words]
        return subprocess.run(command, env=env, cwd=where.root, check=False).returncode


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: restore(sys.argv[1:])))
