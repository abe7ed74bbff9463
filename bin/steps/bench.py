"""bin/bench NAME: the same set-up, then one benchmark on servers that are thrown away."""

import subprocess
import sys

from bin.steps import journal, places, shared

COMMAND = "bin/bench"


def bench(name: str, arguments: list[str]) -> int:
    where, notes = shared.begin(COMMAND)
    with journal.undisturbed_end() as stack:
        stack.enter_context(
            places.take_lock(where, "test", "bin/test or bin/bench runs in this checkout: wait.")
        )
        shared.ensure_files(where, notes, for_tests=False)
        env = stack.enter_context(shared.throw_away_servers(where, notes))
        start = (
            "import importlib, sys; "
            f"sys.exit(importlib.import_module({f'benchmarks.{name}'!r}).main())"
        )
        command = [str(where.venv / "bin" / "python"), "-c", start, *arguments]
        return subprocess.run(command, cwd=where.root, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: bench(sys.argv[1], sys.argv[2:])))
