"""Runs the product's processes under honcho until told to stop, and knows when they are ready."""

import json
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from bin.steps import processes
from bin.steps.journal import Failed
from bin.steps.places import Places

READY_WITHIN_S = 240
LOG_LIMIT_BYTES = 50_000_000
# One process that ends takes the others with it and all start anew; after so many starts in that
# time only once in a while, for what keeps them from working may pass: a disk that is full, say.
RESTARTS = 5
RESTARTS_WITHIN_S = 600
PATIENT_S = 30
HONCHO = Path(__file__).with_name("patient_honcho.py")


class Supervisor:
    """The processes of one `bin/up`; their lines go to var/log/processes.log."""

    def __init__(self, places: Places, env: Mapping[str, str], names: Sequence[str] = ()) -> None:
        self.places = places
        self.names = list(names)
        self.mark = f"up:{places.var}"
        self.env = {**env, processes.MARK: self.mark}
        self.log = places.log / "processes.log"
        self.log_begins = 0
        self.honcho: subprocess.Popen[bytes] | None = None
        self.servers: Sequence[processes.Server] = ()
        self._missed: set[str] = set()
        """Servers that do not start, of which that has been said."""
        self._stopping = threading.Event()

    def clear_leftovers(self) -> None:
        """End processes of a run that was killed; they would hold ports and do work twice."""
        if not processes.end_all(lambda: processes.marked(self.mark), signal.SIGTERM, patience_s=8):
            raise Failed(
                "processes of an earlier run do not end: restart the machine, then bin/up."
            )

    def start(self) -> None:
        self.clear_leftovers()
        self._shorten_log()
        with self.log.open("ab") as log:
            self.log_begins = log.tell()
            # Told to stop when this command dies, so that a kill -9 leaves nothing running.
            self.honcho = subprocess.Popen(
                [
                    "setpriv", "--pdeathsig=TERM", self.places.venv / "bin" / "python", "-P",
                    HONCHO, "--env", "/dev/null", "start", "--no-colour", *self.names,
                ],
                cwd=self.places.root, env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait_until_ready(self, url: str) -> None:
        """Wait until the wall answers.

        Raises:
            Failed: a process ended, or a minute and a half went by.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self._ended():
                raise Failed(f"starting did not succeed: {self.last_words()}")
            if _answers(url):
                return
            time.sleep(0.1)
        raise Failed(f"the wall did not answer in {READY_WITHIN_S} s: {self.last_words()}")

    def watch(self) -> None:
        """Keep the private servers and the processes running until `stop`, whatever befalls them:
        nobody may be there to start them again.
        """
        starts = [time.monotonic()]
        while not self._stopping.wait(1):
            self._shorten_log()
            self._revive_servers()
            if not self._ended():
                continue
            now = time.monotonic()
            starts = [then for then in starts if now - then < RESTARTS_WITHIN_S]
            if len(starts) > RESTARTS:
                if now - starts[-1] < PATIENT_S:
                    continue
                print(f"Processes end again and again: {self.last_words()}", flush=True)
            starts.append(now)
            print(f"Starting all processes again: {self.last_words()}", flush=True)
            self.start()

    def _revive_servers(self) -> None:
        """Start those again that have ended; the processes wait for them by themselves."""
        for server in self.servers:
            try:
                revived = server.revive()
            except Failed as failed:
                if server.name not in self._missed:
                    print(f"{failed} Trying on.", flush=True)
                self._missed.add(server.name)
                continue
            if revived:
                self._missed.discard(server.name)
                print(f"Started {server.name} again; it had ended.", flush=True)

    def stop(self) -> None:
        self._stopping.set()
        if self.honcho:
            processes.stop(self.honcho, signal.SIGTERM, patience_s=15)
        processes.end_all(lambda: processes.marked(self.mark), signal.SIGTERM, patience_s=5)

    def last_words(self) -> str:
        """Which process ended and what it said last, and where the rest stands."""
        size = self.log.stat().st_size
        begins = self.log_begins if self.log_begins <= size else 0
        with self.log.open("rb") as log:
            log.seek(max(begins, size - 200_000))
            why = why_ended(log.read().decode(errors="replace"))
        return f"{why} (details: {self.log})"

    def _ended(self) -> bool:
        return self.honcho is None or self.honcho.poll() is not None

    def _shorten_log(self) -> None:
        """Keep at most two files of 50 MB.  Writers append, so emptying it under them is safe."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            older = self.log.with_suffix(".log.1")
            try:
                older.write_bytes(self.log.read_bytes())
            except OSError:
                # The disk is full: what is new matters more than what is old.
                older.unlink(missing_ok=True)
            self.log.write_bytes(b"")


def _answers(url: str) -> bool:
    # Past any proxy: this is about our own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def why_ended(log: str) -> str:
    """The last line of the process that ended first, as honcho wrote it down.

    honcho writes `11:22:33 farm.1   | text` and, when one ends, `… system   | farm.1 stopped
    (rc=1)`; a number below 0 is that of a signal.
    """
    first = re.search(r"system +\| ([\w.]+) stopped(?: \(rc=(-?\d+)\))?", log)
    if not first:
        return "no process says why"
    if first[2] and int(first[2]) == -signal.SIGKILL:
        # What it said last has nothing to do with it.
        return f"'{first[1].partition('.')[0]}' was killed; the machine may be short of memory"
    lines = re.findall(rf"^\S+ {re.escape(first[1])} +\| (.*\S)", log, flags=re.MULTILINE)
    name = first[1].partition(".")[0]
    return (
        f"'{name}' ended, saying: {said(lines[-1])}" if lines else f"'{name}' ended without a word"
    )


def said(line: str) -> str:
    """What a line says: of one of JSON its message, or the last line of the trace in it."""
    try:
        told = json.loads(line)
        text = str(told.get("exc_info") or told["message"])
    except (ValueError, KeyError, AttributeError, TypeError):
        return line
    return text.strip().rpartition("\n")[2]
