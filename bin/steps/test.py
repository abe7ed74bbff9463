"""bin/test: the same set-up, the checks, then all tests on servers that are thrown away."""

import subprocess
import sys
from collections.abc import Mapping

from bin.steps import journal, places, shared
from bin.steps.places import Places

COMMAND = "bin/test"
BESIDE = ("tests/days", "tests/house")


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
        beside = stack.enter_context(shared.throw_away_servers(where, notes, "beside"))
        return run_all(where, env, beside)


def run_some(where: Places, env: Mapping[str, str], arguments: list[str]) -> int:
    return subprocess.run(
        _pytest(where, *arguments), cwd=where.root, env=env, check=False
    ).returncode


def run_all(where: Places, env: Mapping[str, str], beside: Mapping[str, str]) -> int:
    """All tests, in two lanes that share nothing but the checkout.

    One runs the whole days, which mostly wait for cameras to be noticed, and what
    asks the whole house; what it prints is kept, and shown after the rest.
    """
    kept = where.log / "test-beside.log"
    with kept.open("wb") as out:
        lane = subprocess.Popen(
            _pytest(where, *BESIDE),
            cwd=where.root,
            env=beside,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        failed = run_some(where, env, [f"--ignore={folder}" for folder in BESIDE])
        lane.wait()
    finally:
        if lane.poll() is None:
            lane.terminate()
            lane.wait()
    print(f"\n{', '.join(BESIDE)}, which ran beside the tests above:")
    print(kept.read_text(encoding="utf-8", errors="replace").rstrip(), flush=True)
    return failed or lane.returncode


def _pytest(where: Places, *arguments: str) -> list[str]:
    return [str(where.venv / "bin" / "python"), "-m", "pytest", *arguments]


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: test(sys.argv[1:])))
