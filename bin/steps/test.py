"""bin/test: the same set-up, the checks, then all tests on servers that are thrown away."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from bin.steps import journal, places, processes, shared
from bin.steps.places import Places

COMMAND = "bin/test"
# What waits for a poller in real time and needs no town; the lane of the days is the longest.
FAULTS = "tests/days/test_own_faults.py"


@dataclass(frozen=True)
class Lane:
    """Tests that run beside the rest: what pytest is told of them."""

    name: str
    words: tuple[str, ...]

    @property
    def paths(self) -> list[str]:
        return [word for word in self.words if not word.startswith("-")]


BESIDE = (
    Lane("days", ("tests/days", f"--ignore={FAULTS}")),
    Lane("cameras", ("tests/cameras", FAULTS, "tests/maps", "tests/patrols")),
)
STOP_WITHIN_S = 60


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
        env |= shared.ensure_model(where, notes, env)
        if arguments:
            return run_some(where, env, arguments)
        lanes = {
            lane: stack.enter_context(shared.another_lane(where, notes, env, lane.name))
            for lane in BESIDE
        }
        return run_all(stack, where, env, lanes)


def run_some(where: Places, env: Mapping[str, str], arguments: list[str]) -> int:
    with _at_work(where, env, arguments) as child:
        return child.wait()


def run_all(
    stack: ExitStack, where: Places, env: Mapping[str, str], lanes: Mapping[Lane, Mapping[str, str]]
) -> int:
    """All tests: some lanes, with an environment each, beside the rest; they share the checkout and
    the program of the database.

    What the lanes print is kept, and shown after the rest.  Returns the first status that is not 0.
    The unwinding of `stack` ends those that still run.
    """
    beside = []
    for lane, own in lanes.items():
        kept = where.log / f"tests-{lane.name}.log"
        out = stack.enter_context(kept.open("wb"))
        beside.append((lane, kept, stack.enter_context(_at_work(where, own, lane.words, out))))
    rest = [f"--ignore={path}" for lane in lanes for path in lane.paths]
    statuses = [run_some(where, env, rest)]
    for lane, kept, child in beside:
        statuses.append(child.wait())
        print(f"\n{', '.join(lane.paths)}, beside the tests above:")
        print(kept.read_text(encoding="utf-8", errors="replace").rstrip(), flush=True)
    return next((status for status in statuses if status), 0)


@contextmanager
def _at_work(
    where: Places, env: Mapping[str, str], words: Sequence[str], out: IO[bytes] | None = None
) -> Iterator[processes.Child]:
    """Some tests at work; at the end interrupted, so that they stop what they have started.

    A session of its own keeps Ctrl-C from them, of which a second one would cut that short.
    """
    python = str(where.venv / "bin" / "python")
    child = subprocess.Popen(
        ["setpriv", "--pdeathsig=INT", python, "-m", "pytest", *words], cwd=where.root,
        env=env, stdout=out, stderr=subprocess.STDOUT if out else None, start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        processes.stop(child, signal.SIGINT, STOP_WITHIN_S)


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: test(sys.argv[1:])))
