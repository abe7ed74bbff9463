"""Seconds for lists and rates of 10,000 cameras after a year of 300,000 intervals; and whether a
day of 3,000 transitions gives the right number of orders.

The year is drawn by `fixtures.year_of_outages`, the same each time.  Each figure is the median of
`ROUNDS` measurements on one connection; the first, which also plans and reads from disk, counts.
"""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import django

from benchmarks.report import Measure, at_least, at_most, finish

ROUNDS = 3
TRANSITIONS = 3000
UNTIL = datetime(2026, 9, 30, 16, tzinfo=UTC)
"""The end of a September in Shanghai."""
ZONE = ZoneInfo("Asia/Shanghai")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    call_command("migrate", verbosity=0)
    return finish("maintenance", [*year(), *rates(), *lists(), *all_dark(), *orders()])


def year() -> list[Measure]:
    """Draws the year; how large it is."""
    from cameras.models import StateSpan  # noqa: PLC0415 - Django is set up by now
    from fixtures.year_of_outages import fill  # noqa: PLC0415

    took = took_s(lambda: fill(UNTIL))
    return [
        Measure("intervals of the year", StateSpan.objects.count(), "", goal=at_least(290_000)),
        Measure("drawing the year", took, "s"),
    ]


def rates() -> list[Measure]:
    """Of a month and of the whole year, for all divisions; the plot; the intervals behind one."""
    from cameras.rates import figures, pattern_queries, periods, queries  # noqa: PLC0415 - Django is set up by now
    from cameras.rates.queries import By  # noqa: PLC0415

    month = periods.month_of(UNTIL.date())
    whole = periods.Period(UNTIL.date().replace(year=UNTIL.year - 1), UNTIL.date())
    of_month, of_year = asked(month), asked(whole)
    divisions = (By.DISTRICT, By.STREET, By.COMMUNITY)
    works: list[tuple[str, float | None, Callable[[], Any]]] = [
        (
            "rates of a month, all divisions of three levels",
            3,
            lambda: [queries.table(of_month, by) for by in divisions],
        ),
        ("rates of a month, communities", 3, lambda: queries.table(of_month, By.COMMUNITY)),
        ("rates of a month, owners", 3, lambda: queries.table(of_month, By.OWNER)),
        ("a month's plot by day", 3, lambda: queries.series(of_month, month.edges(ZONE))),
        (
            "a page of a month's intervals",
            3,
            lambda: queries.intervals(of_month, "down", limit=100, offset=0),
        ),
        (
            "the figures of a monthly report",
            None,
            lambda: figures.compute(month.first, "140107", UNTIL, ZONE),
        ),
        (
            "short cuts of 30 days with what was up around them",
            None,
            lambda: pattern_queries.recurring(pattern_queries.last_days(["140107"], UNTIL)),
        ),
        ("rates of a year, communities", None, lambda: queries.table(of_year, By.COMMUNITY)),
        ("a year's plot by week", None, lambda: queries.series(of_year, whole.edges(ZONE))),
    ]
    return [
        Measure(name, took_s(work, ROUNDS), "s", goal=None if limit is None else at_most(limit))
        for name, limit, work in works
    ]


def lists() -> list[Measure]:
    """The offline list as its page and as files, of the state after the year's last day."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.test import Client  # noqa: PLC0415

    from cameras.handover.line import Filters  # noqa: PLC0415
    from cameras.handover.lines import lines  # noqa: PLC0415
    from gis_server.models import User  # noqa: PLC0415

    # Pages name static files by their hash.
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_user("bench", role="operator", scope=["14"]))
    found = lines(["14"], Filters(), UNTIL)
    works: list[tuple[str, float | None, str]] = [
        ("the list's page", 1, "/repairs/"),
        ("the list's page, filtered", 1, "/repairs/?state=offline&sort=due&q=a"),
        ("the list as XLSX", 5, "/repairs/list.xlsx"),
        ("the list as CSV", None, "/repairs/list.csv"),
        ("the list as PDF", None, "/repairs/list.pdf"),
    ]
    return [
        Measure("lines of the list", found.total, ""),
        Measure("cameras of the list", found.cameras, ""),
        *(
            Measure(
                name,
                took_s(lambda path=path: fetched(client, path), ROUNDS),  # type: ignore[misc]
                "s",
                goal=None if limit is None else at_most(limit),
            )
            for name, limit, path in works
        ),
    ]


def all_dark() -> list[Measure]:
    """The same list when every camera is down for a reason of its own: 10,000 lines."""
    from django.test import Client  # noqa: PLC0415 - Django is set up by now

    from cameras.models import Camera, CameraState, Outage, OutageMember  # noqa: PLC0415
    from gis_server.models import User  # noqa: PLC0415

    OutageMember.objects.filter(left_at=None).update(left_at=UNTIL)
    Outage.objects.filter(closed_at=None).update(closed_at=UNTIL)
    ids = list(Camera.objects.values_list("pk", flat=True))
    CameraState.objects.update(state="offline", reason="connect_timeout", since=UNTIL)
    outages = Outage.objects.bulk_create(
        Outage(opened_at=UNTIL, told_at=UNTIL, reason="connect_timeout") for _ in ids
    )
    OutageMember.objects.bulk_create(
        OutageMember(outage=outage, camera_id=pk, joined_at=UNTIL, reason="connect_timeout")
        for outage, pk in zip(outages, ids, strict=True)
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="bench"))
    return [
        Measure(f"all dark: {path}", took_s(lambda path=path: fetched(client, path)), "s")  # type: ignore[misc]
        for path in ("/repairs/", "/repairs/list.xlsx", "/repairs/list.csv")
    ]


def fetched(client: Any, path: str) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")


def asked(period: Any) -> Any:
    from cameras.rates.pieces import Asked  # noqa: PLC0415 - Django is set up by now

    start, end = period.bounds(ZONE)
    return Asked(start=start, end=end, known_at=UNTIL, prefixes=["140107"])


def orders() -> list[Measure]:
    """A day with 3,000 transitions: as many orders as its script has independent faults."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    from fixtures.fault_days import write  # noqa: PLC0415
    from fixtures.repair_days import live_through, put_cameras  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE cameras_camera, cameras_outage, cameras_repairorder CASCADE")
    day = write(1, TRANSITIONS)
    ids, began = put_cameras(day, UNTIL), time.monotonic()
    lived = live_through(day, ids, UNTIL)
    took = time.monotonic() - began
    return [
        Measure("transitions of the day", len(day.turns), ""),
        Measure("its independent faults", day.faults, ""),
        Measure("orders too many or too few", abs(lived.orders - day.faults), "", goal=at_most(0)),
        Measure("living through it", took, "s"),
    ]


def took_s(work: Callable[[], Any], rounds: int = 1) -> float:
    taken = []
    for _ in range(rounds):
        began = time.monotonic()
        work()
        taken.append(time.monotonic() - began)
    return median(taken)


if __name__ == "__main__":
    sys.exit(main())
