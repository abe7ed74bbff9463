"""bin/test: the same set-up, the checks, then all tests on servers that are thrown away."""

import subprocess
import sys

from bin.steps import journal, places, shared

COMMAND = "bin/test"


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
        tests = [str(where.venv / "bin" / "python"), "-m", "pytest", *arguments]
        return subprocess.run(tests, cwd=where.root, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: test(sys.argv[1:])))
