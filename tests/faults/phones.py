"""A phone that reports and one that says where it is, all the time, as ours do: what the server has
not confirmed stays in the queue and is sent again, the oldest first.
"""

import json
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

EVERY_S = 0.25
ANSWER_S = 15.0
AGAIN_S = 0.5
HERE = "127.0.0.1"
CONFIRMED = (200, 201)


@dataclass
class Queue:
    """What one phone has to send.  send: the status of the answer to one of them, 0 for none.

    answers: how often which status came.  made, confirmed: whatever `make` gave.
    """

    make: Callable[[], Any]
    send: Callable[[Any], int]
    waiting: deque[Any] = field(default_factory=deque)
    confirmed: list[Any] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Make one four times a second, and send, until told to stop; then send the rest."""
        due = time.monotonic()
        while self.waiting or not self.stopping.is_set():
            if not self.stopping.is_set() and time.monotonic() >= due:
                self.waiting.append(self.make())
                due += EVERY_S
            if self.waiting and not self._send_oldest():
                time.sleep(AGAIN_S)
            elif not self.waiting:
                self.stopping.wait(max(0.0, due - time.monotonic()))

    def _send_oldest(self) -> bool:
        status = self.send(self.waiting[0])
        self.answers[status] += 1
        if status not in CONFIRMED:
            return False
        self.confirmed.append(self.waiting.popleft())
        return True


def asked(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    token: str = "",
    *,
    host: str = HERE,
) -> tuple[int, bytes]:
    """The status that a server answers with, 0 where it does not, and what it says."""
    line = HTTPConnection(host, port, timeout=ANSWER_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        line.close()


class Phones:
    """Both at work; told is what `tests.faults.people` prints.

    hosts: of web servers, the next one of which is asked when one fails, as a proxy in front does.
    enter: done first in each phone's thread.
    """

    def __init__(
        self,
        told: dict[str, Any],
        web_port: int,
        positions_port: int,
        hosts: Sequence[str] = (HERE,),
        enter: Callable[[], None] = lambda: None,
    ) -> None:
        self.told, self.web_port, self.positions_port = told, web_port, positions_port
        self.enter = enter
        self.reports = Queue(self._report, self._asking(hosts, self._send_report))
        self.fixes = Queue(self._fix, self._asking(hosts, self._send_fix))
        self.threads = [
            threading.Thread(target=self._run, args=(queue,), daemon=True)
            for queue in (self.reports, self.fixes)
        ]

    def _run(self, queue: Queue) -> None:
        self.enter()
        queue.run()

    def _asking(
        self, hosts: Sequence[str], send: Callable[[Any, str], int]
    ) -> Callable[[Any], int]:
        left = deque(hosts)

        def to_one(what: Any) -> int:
            status = send(what, left[0])
            if status not in CONFIRMED:
                left.rotate(-1)
            return status

        return to_one

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self, within_s: float) -> None:
        """Make nothing more, and wait until everything is confirmed."""
        ends = time.monotonic() + within_s
        for queue in (self.reports, self.fixes):
            queue.stopping.set()
        for thread in self.threads:
            thread.join(max(0.0, ends - time.monotonic()))
        left = [len(queue.waiting) for queue in (self.reports, self.fixes)]
        assert left == [0, 0], (
            f"not confirmed: {left}, {self.reports.answers}, {self.fixes.answers}"
        )

    def give_up(self) -> None:
        for queue in (self.reports, self.fixes):
            queue.stopping.set()
            queue.waiting.clear()

    def _report(self) -> dict[str, Any]:
        told = self.told
        return {
            "client_id": str(uuid.uuid4()),
            "category": told["category"],
            "lon": told["lon"],
            "lat": told["lat"],
            "position_checked": True,
            "text": "while something breaks",
            "seen_at": datetime.now(UTC).isoformat(),
        }

    def _send_report(self, report: dict[str, Any], host: str) -> int:
        body = json.dumps(report | {"sent_at": datetime.now(UTC).isoformat()}).encode()
        token = self.told["reports"]
        return asked(self.web_port, "POST", "/api/events/reports/", body, token, host=host)[0]

    def _fix(self) -> float:
        return round(time.time(), 3)

    def _send_fix(self, at: float, host: str) -> int:
        told = self.told
        fix = {"t": at, "lat": told["lat"], "lon": told["lon"], "accuracy": 5}
        body = json.dumps({"fixes": [fix]}).encode()
        path, token = "/api/patrols/fixes/", told["device_token"]
        status, answer = asked(self.positions_port, "POST", path, body, token, host=host)
        # Taken and refused for what it says is no confirmation.
        return 422 if status == 200 and json.loads(answer)["refused"] else status
