"""Half a million events: lists, map and search, figures, briefings, and reports through kill -9.

Two years of the model district (`fixtures.event_days`, the same each time).  Pages are asked of the
web process as the Procfile starts it.  Filing: so many reports a second through the API for a
minute, in batches, by eight programs with tokens who send again under the same client ids whatever
was not confirmed; meanwhile the web process is killed (SIGKILL) and started again, twice; at the
end every client id must be there exactly once.  Then the same one by one, as fast as it goes.

bin/bench events small: 5,000 events and ten seconds of filing, to see that all of it works.
"""

import json
import os
import queue
import signal
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import django

from benchmarks import processes
from benchmarks.report import Measure, at_least, at_most, finish
from bin.steps.ports import first_free

ROOT = Path(__file__).resolve().parent.parent
ZONE = ZoneInfo("Asia/Shanghai")
UNTIL = datetime(2026, 11, 25, 16, tzinfo=UTC)
"""A midnight in Shanghai."""
LIMIT_MS = 300
ROUNDS = 40
SENDERS = 8
A_SECOND = 200
BATCH = 25
ALONE_S = 15
"""How long reports are sent one by one."""
KILLS_AT = (0.33, 0.66)
"""Which shares of the time are over when the web process is killed."""
PATIENCE_S = 120
BOXES = ("112.55,37.86,112.60,37.90", "112.4,37.7,112.8,38.1")
TILES = ("10/832/395", "12/3328/1581", "14/13315/6326")
ALL = "/events/?tab=all&since=2024-11-01"
WORDS = (
    "井盖",
    "路灯不亮",
    "小区",
    "垃圾未清运",
    "府",
    "噪声扰民",
    "1号楼",
    "积雪",
    "井盖 小区",
    "府 积雪",
)


@dataclass(frozen=True, slots=True)
class Size:
    events: int
    filing_s: int


FULL, SMALL = Size(500_000, 60), Size(5_000, 10)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    size = SMALL if "small" in sys.argv[1:] else FULL
    measures = [*load(size), *figures(), *briefings()]
    with Web() as web:
        measures += pages(web)
        programs = [with_token(f"bench-program-{n}") for n in range(SENDERS)]
        measures += filing(web, programs, size.filing_s)
        measures += one_by_one(web, programs)
    return finish("events", measures)


def load(size: Size) -> list[Measure]:
    """The district and its events into the empty database."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    from fixtures.event_load import fill  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0)
    began = time.monotonic()
    steps = fill(UNTIL, size.events)
    took = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE events_event")
        cursor.execute("VACUUM ANALYZE events_eventstep")
    return [
        Measure("events", size.events, "", goal=at_least(size.events)),
        Measure("steps of theirs", steps, ""),
        Measure("making and loading them", took, "s"),
    ]


def figures() -> list[Measure]:
    """Tables of figures, each the second of two runs on one connection."""
    from cameras.rates.periods import Period, month_of  # noqa: PLC0415 - Django is set up by now
    from events.counting import queries  # noqa: PLC0415
    from events.counting.cases import Asked  # noqa: PLC0415
    from events.counting.queries import By  # noqa: PLC0415

    def asked(period: Period, known_at: datetime = UNTIL) -> Asked:
        return Asked(*period.bounds(ZONE), known_at, ["140107"])

    month = month_of(date(2026, 10, 1))
    a_year_ago = month_of(date(2025, 10, 1))
    year = Period(date(2025, 11, 1), date(2026, 10, 31))
    works: list[tuple[str, Callable[[], Any]]] = [
        ("figures of a month by street", lambda: queries.table(asked(month), By.STREET)),
        ("figures of a month by entry", lambda: queries.table(asked(month), By.CATEGORY)),
        (
            "figures of a month a year ago, as known then",
            lambda: queries.table(asked(a_year_ago, a_year_ago.bounds(ZONE)[1]), By.STREET),
        ),
        ("figures of a year by street", lambda: queries.table(asked(year), By.STREET)),
        (
            "the events behind a figure of a month",
            lambda: queries.behind(asked(month), "overdue", limit=100, offset=0),
        ),
    ]
    return [Measure(name, second_s(work), "s") for name, work in works]


def second_s(work: Callable[[], Any]) -> float:
    work()
    began = time.monotonic()
    work()
    return time.monotonic() - began


def briefings() -> list[Measure]:
    """Computed, stored and drawn, each for the first time."""
    from django.utils import translation  # noqa: PLC0415 - Django is set up by now

    from events.briefings import services  # noqa: PLC0415
    from events.briefings.blocks import paper_of  # noqa: PLC0415
    from events.briefings.docx_file import as_docx  # noqa: PLC0415
    from events.briefings.pdf_file import as_pdf  # noqa: PLC0415
    from events.briefings.periods import period_of  # noqa: PLC0415

    translation.activate("zh-hans")
    now, found = UNTIL + timedelta(hours=6), []
    days = {"day": date(2026, 11, 25), "week": date(2026, 11, 22), "month": date(2026, 10, 31)}
    for kind, day in days.items():
        began = time.monotonic()
        row = services.store(kind, period_of(kind, day), "140107", None, now)
        if row is None:
            raise RuntimeError("the briefing was there already")
        made = time.monotonic()
        paper = paper_of(row, "杏花岭区")
        as_docx(paper, now)
        as_pdf(paper, now)
        drawn = time.monotonic()
        goal = at_most(5) if kind == "day" else None
        found.append(Measure(f"briefing of a {kind}, district", made - began, "s", goal=goal))
        found.append(Measure(f"the same as DOCX and PDF, {kind}", drawn - made, "s"))
    return found


# ---- The web process -----------------------------------------------------------------------------


class Web:
    """The web process as the Procfile starts it; it can be killed and comes back at its port."""

    def __init__(self) -> None:
        self.port = first_free("127.0.0.1", 8400)
        self.process = self._start()
        self.wait()

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(15)

    def _start(self) -> "subprocess.Popen[bytes]":
        return processes.web(self.port)

    def kill_and_start(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(15)
        self.process = self._start()
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                link = HTTPConnection("127.0.0.1", self.port, timeout=5)
                link.request("GET", "/healthz")
                if link.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the web process does not answer")


def signed_in(name: str, role: str) -> dict[str, str]:
    """Headers of somebody who is signed in and may send forms."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.middleware.csrf import _get_new_csrf_string  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from gis_server.models import User  # noqa: PLC0415

    user = User.objects.create_user(name, role=role, scope=["140107"])
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    secret = _get_new_csrf_string()
    return {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={secret}",
        "X-CSRFToken": secret,
        "Content-Type": "application/json",
    }


def with_token(name: str) -> dict[str, str]:
    """Headers of another system, with a token that lends no more than to report."""
    from gis_server.accounts import tokens  # noqa: PLC0415 - Django is set up by now
    from gis_server.models import User  # noqa: PLC0415

    user = User.objects.create_user(name, role="operator", scope=["140107"])
    wanted = tokens.Wanted(name=name, permissions=["report_events"], prefixes=[], days=30)
    _row, text = tokens.make(user=user, wanted=wanted, now=datetime.now(UTC))
    return {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}


# ---- Lists, map, search --------------------------------------------------------------------------


def pages(web: Web) -> list[Measure]:
    """p95 of what an operator opens; routes that are not there (yet) are left out, and said."""
    headers = signed_in("bench-operator", "operator")
    asked: list[tuple[str, list[str]]] = [
        (
            "desk list",
            [
                "/events/",
                "/events/?level=street",
                "/events/?sort=gravest",
                f"{ALL}&severity=major",
                f"{ALL}&severity=minor&kind=service",
            ],
        ),
        ("map layer of the desk", [f"/api/events/features/?bbox={box}" for box in BOXES]),
        ("map layer of the wall, a tile", [f"/tiles/now/events/{tile}.mvt" for tile in TILES]),
        ("search", [f"{ALL}&q={quote(word)}" for word in WORDS]),
        ("search in the wall's box", [f"/api/find/?q={quote(word)}" for word in WORDS[:3]]),
        ("figures page, month", ["/events/figures/?from=2026-10-01&to=2026-10-31"]),
    ]
    found = []
    for name, paths in asked:
        times = timed(web, headers, paths)
        if not times:
            print(f"{name}: there is no {paths[0]}", file=sys.stderr)
            continue
        p95 = statistics.quantiles(times, n=20)[18]
        goal = at_most(LIMIT_MS) if name != "figures page, month" else None
        found.append(Measure(f"{name}, p95", p95 * 1000, "ms", goal=goal))
    return found


def timed(web: Web, headers: dict[str, str], paths: list[str]) -> list[float]:
    """Seconds of each request over one connection; none where the route is not there."""
    link, times = HTTPConnection("127.0.0.1", web.port, timeout=60), list[float]()
    for turn in range(ROUNDS + 1):
        for path in paths:
            began = time.perf_counter()
            link.request("GET", path, headers=headers | {"Accept": "text/html,application/json"})
            answer = link.getresponse()
            answer.read()
            if answer.status == 404:
                return []
            if answer.status not in {200, 204}:
                raise RuntimeError(f"{path} answered {answer.status}")
            if turn:
                times.append(time.perf_counter() - began)
    return times


# ---- Filing --------------------------------------------------------------------------------------


@dataclass
class Filed:
    """What the senders saw; answers: how many of each status, 0 for a broken connection."""

    confirmed: dict[str, str] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_over: threading.Event = field(default_factory=threading.Event)

    def note(self, status: int, numbers: dict[str, str] | None = None) -> None:
        with self.lock:
            self.answers[status] += 1
            self.confirmed.update(numbers or {})


Waiting = queue.Queue[list[dict[str, Any]] | None]


def filing(web: Web, programs: list[dict[str, str]], seconds: int) -> list[Measure]:
    """Reports at a fixed pace, two kills on the way, everything sent until it is confirmed."""
    from events.models import Event  # noqa: PLC0415 - Django is set up by now

    reports, filed, waiting = written(seconds * A_SECOND), Filed(), Waiting()
    before = Event.objects.count()
    began = time.monotonic()
    threads = [
        threading.Thread(target=send, args=(web, headers, waiting, filed), daemon=True)
        for headers in programs
    ]
    for thread in threads:
        thread.start()
    kills = [seconds * share for share in KILLS_AT]
    killer = threading.Thread(target=kill_at, args=(web, began, kills))
    killer.start()
    for first in range(0, len(reports), BATCH):
        # A batch leaves when its last report is written.
        time.sleep(max(0.0, began + (first + BATCH) / A_SECOND - time.monotonic()))
        waiting.put(reports[first : first + BATCH])
    paced = time.monotonic() - began
    while len(filed.confirmed) < len(reports) and time.monotonic() < began + seconds + PATIENCE_S:
        time.sleep(0.05)
    took = time.monotonic() - began
    killer.join()
    filed.is_over.set()
    for _thread in threads:
        waiting.put(None)
    for thread in threads:
        thread.join(30)
    return reconciled(reports, filed, before, paced, took)


def one_by_one(web: Web, programs: list[dict[str, str]]) -> list[Measure]:
    """As fast as it goes, each report in a call of its own."""
    reports = written(ALONE_S * A_SECOND)
    waiting, filed = Waiting(), Filed()
    for report in reports:
        waiting.put([report])
    threads = [
        threading.Thread(target=send, args=(web, headers, waiting, filed), daemon=True)
        for headers in programs
    ]
    for thread in threads:
        thread.start()
    time.sleep(ALONE_S)
    done = len(filed.confirmed)
    filed.is_over.set()
    for _thread in threads:
        waiting.put(None)
    for thread in threads:
        thread.join(30)
    return [Measure("reports a second, each in a call of its own", done / ALONE_S, "/s")]


def written(count: int) -> list[dict[str, Any]]:
    """Reports at places of the district, each with a client id of its own."""
    from events.models import Category  # noqa: PLC0415 - Django is set up by now
    from grids.models import Building  # noqa: PLC0415

    entries = list(
        Category.objects.filter(parent__isnull=False, is_active=True).values_list("code", flat=True)
    )
    rows = Building.objects.filter(grid__isnull=False).order_by("id")
    homes = [(p.x, p.y, address) for p, address in rows.values_list("point", "address") if p]
    now = datetime.now(UTC).isoformat()
    return [
        {
            "client_id": str(uuid.uuid4()),
            "category": entries[number % len(entries)],
            "lon": homes[number % len(homes)][0],
            "lat": homes[number % len(homes)][1],
            "frame": "wgs84",
            "text": f"第 {number} 件",
            "address": homes[number % len(homes)][2],
            "position_checked": True,
            "seen_at": now,
            "sent_at": now,
        }
        for number in range(count)
    ]


def send(web: Web, headers: dict[str, str], waiting: Waiting, filed: Filed) -> None:
    """Take reports until there is a None; send each until it is confirmed, or time is up.

    Nobody else sends it again: the same client id of another user is another report.
    """
    link: HTTPConnection | None = None
    while (reports := waiting.get()) is not None:
        left = reports
        while left and not filed.is_over.is_set():
            try:
                link = link or HTTPConnection("127.0.0.1", web.port, timeout=20)
                left = sent(link, headers, left, filed)
            except (OSError, HTTPException, ValueError):
                # Killed meanwhile: whether it was stored, only sending it again can tell.
                link = None
                filed.note(0)
            if left:
                time.sleep(0.05)


def sent(
    link: HTTPConnection, headers: dict[str, str], reports: list[dict[str, Any]], filed: Filed
) -> list[dict[str, Any]]:
    """Send them, alone where it is one; those that the server has not confirmed."""
    path, body = "/api/events/reports/", reports[0] if len(reports) == 1 else {"reports": reports}
    link.request("POST", path if len(reports) == 1 else f"{path}batch/", json.dumps(body), headers)
    answer = link.getresponse()
    told = json.loads(answer.read() or b"{}")
    if answer.status not in {200, 201}:
        filed.note(answer.status)
        return reports
    items = told["items"] if len(reports) > 1 else [told]
    numbers = {one["client_id"]: one["number"] for one in items if "number" in one}
    filed.note(answer.status, numbers)
    return [one for one in reports if one["client_id"] not in numbers]


def kill_at(web: Web, began: float, moments: list[float]) -> None:
    for moment in moments:
        time.sleep(max(0.0, began + moment - time.monotonic()))
        web.kill_and_start()


def reconciled(
    reports: list[dict[str, Any]], filed: Filed, before: int, paced: float, took: float
) -> list[Measure]:
    """Client ids against rows: each exactly once, under the number that was confirmed."""
    from django.db.models import Count  # noqa: PLC0415 - Django is set up by now

    from events.models import Event, EventStep  # noqa: PLC0415

    ids = [one["client_id"] for one in reports]
    rows = {
        str(client_id): number
        for some in range(0, len(ids), 5000)
        for client_id, number in Event.objects.filter(
            client_id__in=ids[some : some + 5000]
        ).values_list("client_id", "number")
    }
    more_than_once = (
        EventStep.objects.filter(action="report")
        .values("event")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
        .count()
    )
    wrong = sum(rows.get(one) != number for one, number in filed.confirmed.items())
    print(f"answers of the intake: {dict(sorted(filed.answers.items()))}", file=sys.stderr)
    return [
        Measure("reports sent", len(ids), "", goal=at_least(len(ids))),
        Measure("reports a second, as they were written", len(ids) / paced, "/s"),
        Measure("confirmed a second, kills and restarts included", len(ids) / took, "/s"),
        Measure("seconds that the last confirmation came after the last report", took - paced, "s"),
        Measure("not confirmed in the end", len(ids) - len(filed.confirmed), "", goal=at_most(0)),
        Measure("confirmed and lost", len(set(filed.confirmed) - set(rows)), "", goal=at_most(0)),
        Measure(
            "doubled",
            Event.objects.count() - before - len(rows) + more_than_once,
            "",
            goal=at_most(0),
        ),
        Measure("confirmed under another number", wrong, "", goal=at_most(0)),
        Measure("restarts of the web process", len(KILLS_AT), ""),
    ]


if __name__ == "__main__":
    sys.exit(main())
