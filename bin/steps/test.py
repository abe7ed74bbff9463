"""bin/test: the same set-up, then the checks beside all tests, on servers that are thrown away."""

import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bin.steps import journal, places, processes, shared
from bin.steps.places import Places

COMMAND = "bin/test"


@dataclass(frozen=True)
class Lane:
    """Tests that run beside the rest: what pytest is told of them."""

    name: str
    words: tuple[str, ...]

    @property
    def paths(self) -> list[str]:
        return [word for word in self.words if not word.startswith("-")]


BESIDE = (
    Lane("days", ("tests/days",)),
    Lane("maps", ("tests/cameras", "tests/maps", "tests/patrols", "tests/house", "tests/security")),
    # What breaks servers has servers of its own; it mostly waits for what is to come back.  So do
    # backups, for the programs that write and read them.
    Lane(
        "faults",
        (
            "tests/faults/test_own_faults.py",
            "tests/faults/test_servers_go_away.py",
            "tests/gis_server/backups",
        ),
    ),
)
# The other faults wait for disks, clocks and the kernel, twenty minutes in all: `bin/test` with the
# name of the folder runs them.
BY_NAME = ("tests/faults",)
STOP_WITHIN_S = 60
HEARD_EVERY_S = 1
# What takes longer hangs, or waits again and again for what is not there.
ALL_WITHIN_S = 70 * 60
# One cause can fail everything after it, each test after minutes of patience.
FAILURES_AT_MOST = "--maxfail=12"


def test(arguments: list[str]) -> int:
    where, notes = shared.begin(COMMAND)
    with journal.undisturbed_end() as stack:
        stack.enter_context(
            places.take_lock(where, "test", "another bin/test runs in this checkout: wait for it.")
        )
        shared.ensure_files(where, notes, for_tests=True)
        env = stack.enter_context(shared.throw_away_servers(where, notes))
        checks = stack.enter_context(checking(where, env))
        env |= shared.ensure_model(where, notes, env)
        if arguments:
            status = run_some(where, env, arguments, checks.hear)
        else:
            lanes = {
                lane: stack.enter_context(shared.another_lane(where, notes, env, lane.name))
                for lane in BESIDE
            }
            status = run_all(stack, where, env, lanes, checks.hear)
        checks.wait()
        return status


@dataclass(frozen=True)
class Checks:
    """bin/check at work beside the tests: types alone take a minute and a half of one processor."""

    child: processes.Child
    kept: Path

    def hear(self) -> None:
        """Whether they have found something so far.

        Raises:
            Failed: they have; it is shown, and what runs beside need not go on.
        """
        if self.child.poll():
            print(self.kept.read_text(encoding="utf-8", errors="replace").rstrip(), flush=True)
            raise journal.Failed("the checks above found something; the tests did not go on.")

    def wait(self) -> None:
        self.child.wait()
        self.hear()


@contextmanager
def checking(where: Places, env: Mapping[str, str]) -> Iterator[Checks]:
    kept = where.log / "checks.log"
    with kept.open("wb") as out, _at_work(where, env, ["bin/check"], out) as child:
        yield Checks(child, kept)


def run_some(
    where: Places,
    env: Mapping[str, str],
    arguments: Sequence[str],
    hear: Callable[[], None] = lambda: None,
    until: float = math.inf,
) -> int:
    """Some tests to their end, or to a moment of the monotonic clock; meanwhile `hear` is called,
    which may raise to end them.
    """
    with _at_work(where, env, _pytest(where, arguments)) as child:
        while time.monotonic() < until:
            try:
                return child.wait(HEARD_EVERY_S)
            except subprocess.TimeoutExpired:
                hear()
        return _ended(child, until)


def run_all(
    stack: ExitStack,
    where: Places,
    env: Mapping[str, str],
    lanes: Mapping[Lane, Mapping[str, str]],
    hear: Callable[[], None] = lambda: None,
) -> int:
    """All tests: some lanes, with an environment each, beside the rest; they share the checkout and
    the program of the database.

    What the lanes print is kept, and shown after the rest.  Returns the first status that is not 0.
    What still runs after `ALL_WITHIN_S` is interrupted.  The unwinding of `stack` ends those that
    run when one of all is ended from outside.
    """
    until = time.monotonic() + ALL_WITHIN_S
    beside = []
    for lane, own in lanes.items():
        kept = where.log / f"tests-{lane.name}.log"
        out = stack.enter_context(kept.open("wb"))
        words = _pytest(where, [FAILURES_AT_MOST, *lane.words])
        beside.append((lane, kept, stack.enter_context(_at_work(where, own, words, out))))
    rest = [f"--ignore={path}" for lane in lanes for path in lane.paths]
    rest += [f"--ignore={path}" for path in BY_NAME]
    statuses = [run_some(where, env, [FAILURES_AT_MOST, *rest], hear, until)]
    for lane, kept, child in beside:
        statuses.append(_ended(child, until))
        print(f"\n{', '.join(lane.paths)}, beside the tests above:")
        print(kept.read_text(encoding="utf-8", errors="replace").rstrip(), flush=True)
    return next((status for status in statuses if status), 0)


def _ended(child: processes.Child, until: float) -> int:
    """The status of a child; one that runs longer is interrupted and says where it stood."""
    try:
        return child.wait(max(0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        print(f"not done within {ALL_WITHIN_S / 60:.0f} minutes: interrupted", flush=True)
        processes.stop(child, signal.SIGINT, STOP_WITHIN_S)
        return child.returncode or 1


def _pytest(where: Places, words: Sequence[str]) -> list[str]:
    return [str(where.venv / "bin" / "python"), "-m", "pytest", *words]


@contextmanager
def _at_work(
    where: Places, env: Mapping[str, str], command: Sequence[str], out: IO[bytes] | None = None
) -> Iterator[processes.Child]:
    """A command at work; at the end interrupted, so that it stops what it has started.

    A session of its own keeps Ctrl-C from it, of which a second one would cut that short.
    """
    child = subprocess.Popen(
        ["setpriv", "--pdeathsig=INT", *command], cwd=where.root,
        env=env, stdout=out, stderr=subprocess.STDOUT if out else None, start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        processes.stop(child, signal.SIGINT, STOP_WITHIN_S)


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: test(sys.argv[1:])))
