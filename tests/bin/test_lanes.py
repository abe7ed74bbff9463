"""The lanes of bin/test: all are heard, one that fails fails it, and none outlives it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bin.steps.journal import Failed
from bin.steps.places import ROOT, Places
from bin.steps.test import ALL_WITHIN_S, BESIDE, Lane, checking, run_all

PASSES = "def test_it():\n    print('heard')\n    assert True\n"
FAILS = "def test_it():\n    assert 'this' == 'that'\n"
# Says that it is there, and at its end that it was ended in order.
LASTS = """
import pathlib, time, pytest
here = pathlib.Path(__file__).parent

@pytest.fixture
def server():
    (here / "up").touch()
    yield
    (here / "down").touch()

def test_it(server):
    time.sleep(600)
"""
# Ends no sooner than the other is there.
WAITS = """
import pathlib, time

def test_it():
    until = time.monotonic() + 60
    while not pathlib.Path({up!r}).exists() and time.monotonic() < until:
        time.sleep(0.05)
"""
WITHIN_S = 60
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """A checkout of two folders of tests, with this one's Python."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "log").mkdir()
    for folder in ("rest", "beside"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"test_{folder}.py").write_text(PASSES)
    return Places(tmp_path, tmp_path, tmp_path)


def run(where: Places) -> int:
    with ExitStack() as stack:
        return run_all(stack, where, ENVIRONMENT, {Lane("second", ("beside",)): ENVIRONMENT})


def _over_once(there: Path) -> SimpleNamespace:
    """A clock on which all time is over as soon as a file is there, however slow the machine."""
    return SimpleNamespace(
        monotonic=lambda: time.monotonic() + (ALL_WITHIN_S if there.exists() else 0)
    )


def test_all_lanes_are_heard(where: Places, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(where) == 0

    first, _, then = capfd.readouterr().out.partition("beside, beside the tests above:")
    assert "1 passed" in first
    assert "1 passed" in then


@pytest.mark.parametrize("folder", ["rest", "beside"])
def test_a_lane_that_fails_fails_all(
    where: Places, capfd: pytest.CaptureFixture[str], folder: str
) -> None:
    (where.root / folder / f"test_{folder}.py").write_text(FAILS)

    assert run(where) == 1
    assert "assert 'this' == 'that'" in capfd.readouterr().out


@pytest.mark.parametrize("folder", ["rest", "beside"])
def test_a_lane_that_hangs_is_interrupted_in_order_and_says_where_it_stood(
    where: Places,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
) -> None:
    up = where.root / folder / "up"
    monkeypatch.setattr("bin.steps.test.time", _over_once(up))
    for other in ("rest", "beside"):
        (where.root / other / f"test_{other}.py").write_text(WAITS.format(up=str(up)))
    (where.root / folder / f"test_{folder}.py").write_text(LASTS)

    assert run(where) != 0

    said = capfd.readouterr().out
    assert "interrupted" in said
    assert f"test_{folder}.py:12: KeyboardInterrupt" in said
    assert (where.root / folder / "down").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_ends_all_ends_each_lane_in_order(where: Places, number: signal.Signals) -> None:
    for folder in ("rest", "beside"):
        (where.root / folder / f"test_{folder}.py").write_text(LASTS)
    script = f"""
from pathlib import Path
from bin.steps import journal
from bin.steps.places import ROOT, Places
from bin.steps.test import Lane, run_all
def main():
    with journal.undisturbed_end() as stack:
        at = Path({str(where.root)!r})
        env = {ENVIRONMENT!r}
        return run_all(stack, Places(at, at, at), env, {{Lane("second", ("beside",)): env}})
raise SystemExit(journal.told("bin/test", Path("/nowhere"), main))
"""
    files = [where.root / folder for folder in ("rest", "beside")]
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL) as command:
        try:
            wait_for([file / "up" for file in files])

            command.send_signal(number)

            wait_for([file / "down" for file in files])
            assert command.wait(WITHIN_S) == {signal.SIGKILL: -signal.SIGKILL}.get(number, 130)
        finally:
            command.kill()


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [("exit 1", pytest.raises(Failed, match="checks")), ("exit 0", nullcontext())],
)
def test_checks_that_find_something_fail_all(
    where: Places,
    capfd: pytest.CaptureFixture[str],
    ends: str,
    outcome: AbstractContextManager[Any],
) -> None:
    check_with(where, f"echo found; {ends}")

    with outcome, ExitStack() as stack:
        checks = stack.enter_context(checking(where, ENVIRONMENT))
        assert run_all(stack, where, ENVIRONMENT, {}, checks.hear) == 0
        checks.wait()

    assert ("found" in capfd.readouterr().out) is (ends == "exit 1")


def test_tests_do_not_go_on_when_the_checks_have_found_something(where: Places) -> None:
    for folder in ("rest", "beside"):
        (where.root / folder / f"test_{folder}.py").write_text(LASTS)
    check_with(where, "until test -e rest/up -a -e beside/up; do sleep 0.05; done; exit 1")

    with ExitStack() as stack:
        checks = stack.enter_context(checking(where, ENVIRONMENT))
        lanes = {Lane("second", ("beside",)): ENVIRONMENT}
        with pytest.raises(Failed, match="did not go on"):
            run_all(stack, where, ENVIRONMENT, lanes, checks.hear)

    assert all((where.root / folder / "down").exists() for folder in ("rest", "beside"))


def check_with(where: Places, script: str) -> None:
    (where.root / "bin").mkdir()
    check = where.root / "bin" / "check"
    check.write_text(f"#!/bin/sh\n{script}\n")
    check.chmod(0o755)


def test_every_test_is_in_one_lane() -> None:
    """What a lane leaves out of its folders, another one runs."""
    words = [word for lane in BESIDE for word in lane.words]
    left_out = {word.removeprefix("--ignore=") for word in words if word.startswith("-")}

    assert left_out <= set(words)
    assert all((ROOT / word).exists() for word in words if not word.startswith("-"))


def wait_for(files: list[Path]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not all(file.exists() for file in files):
        assert time.monotonic() < deadline, files
        time.sleep(0.05)
