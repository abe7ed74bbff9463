"""Whatever happens, a command ends with one sentence and a status, never with a trace."""

import errno
import json
import os
import signal
from pathlib import Path

import pytest

from bin.steps.journal import ENDING, Failed, Journal, told, undisturbed_end


@pytest.fixture(autouse=True)
def same_signals() -> object:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(Failed("mend it."), "bin/up: mend it.", id="foreseen"),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device", "/var/x"),
            "bin/up: the disk is full (/var/x): free some space and run this again.",
            id="disk full in the middle",
        ),
        pytest.param(
            PermissionError(errno.EACCES, "Permission denied", "/var/x"),
            "bin/up: no permission (/var/x): run this as the user who owns the folder.",
            id="not allowed",
        ),
        pytest.param(
            OSError(errno.EIO, "Input/output error"),
            "bin/up: the system says 'Input/output error': look into var/log/setup.log.",
            id="anything else of the system",
        ),
        pytest.param(
            NameError("x"),
            "bin/up: a mistake of its own (NameError('x')): report it with the end of"
            " var/log/setup.log.",
            id="unforeseen",
        ),
    ],
)
def test_an_error_becomes_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception, sentence: str
) -> None:
    def fail() -> int:
        raise error

    assert told("bin/up", tmp_path, fail) == 1
    assert capsys.readouterr().err == sentence + "\n"


def test_a_polite_kill_is_like_ctrl_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def be_killed() -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    assert told("bin/up", tmp_path, be_killed) == 130
    assert "stopped; run it again to go on" in capsys.readouterr().err


def test_nothing_cuts_short_what_must_end_well_and_then_all_is_as_before() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    seen = []

    def at_the_end() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        seen.append("went on")

    with undisturbed_end() as stack:
        stack.callback(at_the_end)

    assert seen == ["went on"]
    assert [signal.getsignal(number) for number in ENDING] == before


def test_each_step_says_its_time_and_notes_it(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    with journal.step("One"):
        pass
    with journal.step("Two") as step:
        step.skip("already there")

    assert capsys.readouterr().out == "One … 0.0 s\nTwo … already there\n"
    noted = (journal.folder / "setup-times.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in noted] == ["One", "Two"]
    assert [json.loads(line)["skipped"] for line in noted] == [False, True]


def test_what_a_program_says_is_kept_and_not_shown(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sh", "-c", "echo details; exit 3"]

    with pytest.raises(Failed, match=r"do this \(details: .*setup.log\)"):
        journal.run(command, env=os.environ, cwd=Path("/"), failed="do this")

    assert "details" in journal.details.read_text()
    assert capsys.readouterr().out == ""


def test_a_program_that_is_missing_is_named(journal: Journal) -> None:
    with pytest.raises(Failed, match="the program /no/such is missing"):
        journal.run(["/no/such"], env=os.environ, cwd=Path("/"), failed="")
