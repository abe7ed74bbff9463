"""bin/test: the same set-up, the checks, then all tests on servers that are thrown away."""

import subprocess
import sys
from collections.abc import Mapping

from bin.steps import journal, places, shared
from bin.steps.places import Places

COMMAND = "bin/test"
DAYS = "tests/days"


def test(arguments: list[str]) -> int:
    where, notes = shared.begin(COMMAND)
    with journal.undisturbed_end() as stack:
        stack.enter_context(
            places.take_lock(where, "test", "another bin/test runs in this checkout: wait for it.")
        )
        shared.ensure_files(where, notes, for_tests=True)
        env = stack.enter_context(shared.throw_away_servers(where, notes))
        with notes.step("Checks"):
            checked = subprocess.run(["bin/check"], cwd=where.root, env=env, check=False)
            if checked.returncode:
                raise journal.Failed("the checks above found something; no test was run.")
        if arguments:
            return run_some(where, env, arguments)
        return run_all(where, env)


def run_some(where: Places, env: Mapping[str, str], arguments: list[str]) -> int:
    return subprocess.run(
        _pytest(where, *arguments), cwd=where.root, env=env, check=False
    ).returncode


def run_all(where: Places, env: Mapping[str, str]) -> int:
    """The whole days beside everything else: they mostly wait for cameras to be noticed.

    They make a database of their own, take a Redis of their own and free ports; static files are
    the one thing that both would write.  What they print is kept, and shown after the rest.
    """
    kept = where.log / "test-days.log"
    own = {**env, "STATIC_ROOT": str(where.var / "scratch" / "static-days")}
    with kept.open("wb") as out:
        days = subprocess.Popen(
            _pytest(where, DAYS), cwd=where.root, env=own, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        failed = run_some(where, env, [f"--ignore={DAYS}"])
        days.wait()
    finally:
        if days.poll() is None:
            days.terminate()
            days.wait()
    print(f"\nWhole days ({DAYS}), which ran beside the tests above:")
    print(kept.read_text(encoding="utf-8", errors="replace").rstrip(), flush=True)
    return failed or days.returncode


def _pytest(where: Places, *arguments: str) -> list[str]:
    return [str(where.venv / "bin" / "python"), "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: test(sys.argv[1:])))
