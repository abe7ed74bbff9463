"""Says each step with its time, keeps the details in a file, and turns failures into a sentence."""

import errno
import io
import json
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failed(Exception):
    """What went wrong and what to do about it, in one sentence."""


@dataclass
class Step:
    name: str
    note: str = ""
    skipped: bool = False

    def skip(self, note: str = "up to date") -> None:
        self.skipped, self.note = True, note


@dataclass
class Journal:
    """What one run of a command says, and where it keeps what it does not say."""

    command: str
    folder: Path
    run_id: str = field(default_factory=lambda: time.strftime("%Y%m%dT%H%M%S"))

    @property
    def details(self) -> Path:
        return self.folder / "setup.log"

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Print the step's name before and its seconds after; both also go to setup-times.jsonl."""
        step = Step(name)
        began = time.monotonic()
        print(f"{name} … ", end="", flush=True)
        self.write(f"== {name}")
        try:
            yield step
        except BaseException:
            print(
                "failed" if not isinstance(sys.exception(), KeyboardInterrupt) else "", flush=True
            )
            raise
        seconds = round(time.monotonic() - began, 2)
        done = step.note if step.skipped else f"{seconds:.1f} s" + (step.note and f", {step.note}")
        print(done, flush=True)
        self.note_time(name, seconds, skipped=step.skipped)

    def note_time(self, name: str, seconds: float, *, skipped: bool = False) -> None:
        line = {
            "run": self.run_id,
            "command": self.command,
            "step": name,
            "seconds": seconds,
            "skipped": skipped,
        }
        with (self.folder / "setup-times.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def write(self, text: str) -> None:
        with self.details.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%F %T')} {text}\n")

    def run(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path,
        failed: str | Callable[[str], str],
    ) -> str:
        """Run a program to its end and return what it printed, without what it logged.

        Raises:
            Failed: with the sentence `failed`, or the one that it makes of the output.
        """
        self.write("$ " + " ".join(map(str, command)))
        try:
            done = subprocess.run(
                command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, text=True, errors="replace",
                capture_output=True, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise Failed(
                f"the program {error.filename} is missing; run {self.command} again."
            ) from None
        said = done.stdout + done.stderr
        self.write(said)
        if done.returncode:
            sentence = failed if isinstance(failed, str) else failed(said)
            raise Failed(f"{sentence} (details: {self.details})")
        return done.stdout


def stop_on_signals() -> None:
    """Make a polite kill and a closed terminal end a command just as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    # SIGINT too: a shell starts what it puts into the background with SIGINT ignored.
    for number in ENDING:
        signal.signal(number, interrupt)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Work that nothing cuts short: a second Ctrl-C must not leave half running."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed_end() -> Iterator[ExitStack]:
    """A stack whose unwinding nothing cuts short."""
    with ExitStack() as until, ExitStack() as stack:
        try:
            yield stack
        finally:
            until.enter_context(undisturbed())


def told(
    command: str, root: Path, main: Callable[[], int], *, details: str = "var/log/setup.log"
) -> int:
    """Run `main`; whatever happens, end with one sentence and a status, never with a trace.

    details: the file below `root` that keeps the trace, and to which the sentence leads.
    """
    stop_on_signals()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The address must be seen at once also where the output goes to a file or a pipe.
        sys.stdout.reconfigure(line_buffering=True)
    try:
        return main()
    except Failed as error:
        sentence = str(error)
    except KeyboardInterrupt:
        print(f"\n{command}: stopped; run it again to go on.", file=sys.stderr)
        return 130
    except OSError as error:
        _keep_trace(root / details)
        sentence = about_os_error(error, details)
    except Exception as error:  # noqa: BLE001 - the last resort: nobody is shown a trace
        _keep_trace(root / details)
        sentence = f"a mistake of its own ({error!r}): report it with the end of {details}."
    print(f"{command}: {sentence}", file=sys.stderr)
    return 1


def about_os_error(error: OSError, details: str) -> str:
    """What to do about what the operating system refused."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"the disk is full{where}: free some space and run this again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"no permission{where}: run this as the user who owns the folder."
    return f"the system says '{error.strerror}'{where}: look into {details}."


def _keep_trace(details: Path) -> None:
    if details.parent.is_dir():
        with suppress(OSError), details.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
