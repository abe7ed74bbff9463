"""The page of what has been seen by grids, and the same as a file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from gis_server.edge import allow, parse_page, show, user_of
from gis_server.file_answers import csv_file, saved_as
from gis_server.roles import Permission
from gis_server.throttle import Pace
from gis_server.xlsx_export import Column, Sheet, Value, workbook
from patrols.coverage import Share
from patrols.models import ControlSwitch, Duty, StaleTrack
from patrols.pages import level_shown
from patrols.seen import queries
from patrols.seen.queries import Row, Sum
from patrols.seen.texts import area_m2, definition, interval, number, percent, since, window_told
from patrols.seen.views.asked import Question, ordered, question_of
from patrols.seen.windows import MOST_DAYS, Window

PER_PAGE = 50
STREET_DIGITS, COMMUNITY_DIGITS = 9, 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow(Permission.SEE_COVERAGE, Pace.FIGURES)
@require_safe
def coverage(request: HttpRequest) -> HttpResponseBase:
    """Where somebody on duty has been, and where nobody has: by street, then by grid."""
    user, now, piece = user_of(request), timezone.now(), parse_page(request, PER_PAGE)
    question = question_of(request, user, now)
    window = question.window
    found = queries.rows(user, question.asked, window, now)
    rows = ordered(found, question.sort)
    digits = COMMUNITY_DIGITS if len(question.asked.area) >= STREET_DIGITS else STREET_DIGITS
    context = shared(question) | {
        "rows": [row_shown(row, window) for row in rows[piece.offset : piece.offset + piece.limit]],
        "sums": [sum_shown(one, window) for one in queries.sums(found, digits)],
        "whole": sum_shown(queries.sum_of("", _("All"), found), window) if found else None,
        "opens": digits == STREET_DIGITS,
        "total": len(rows),
        "page": piece,
        "has_duties": Duty.objects.filter(day=question.day, withdrawn_at=None).exists(),
        "waiting": StaleTrack.objects.count(),
        "no_ground": bool(found) and not any(row.has_ground for row in found),
        "is_today": question.day == timezone.localdate(now),
    }
    return show(request, "patrols/seen/coverage.html", context)


def shared(question: Question) -> dict[str, Any]:
    return {
        "here": "patrols",
        "question": question,
        "sorts": sort_names(),
        "spans": span_names(),
        "levels": ControlSwitch.Level.choices,
        "level": question.window.level.value if question.window.level else "",
        "most_days": MOST_DAYS,
        "window_told": window_told(question.window, question.shift_name),
        # A page of another grid or street keeps what was asked for.
        "kept": kept_of(question),
        "interval": interval(question.day, question.shift_name),
        "definition": definition(),
    }


def sort_names() -> list[tuple[str, str]]:
    return [
        ("overdue", _("Most overdue first")),
        ("area", _("Least of the area first")),
        ("streets", _("Least of the streets first")),
        ("buildings", _("Least of the buildings first")),
        ("code", _("By code")),
    ]


def span_names() -> list[tuple[str, str]]:
    return [("day", _("Of this day and shift")), ("days", _("Of some days up to a moment"))]


def kept_of(question: Question) -> str:
    """The question as a query, without area, order and piece."""
    told = {
        "day": question.day.isoformat(),
        "shift": question.shift.pk if question.shift else "",
        "window": question.span,
        "level": question.window.level.value if question.window.level else "",
    }
    if question.span == "days":
        until = question.until
        told |= {"days": question.days, "until": until.isoformat() if until else ""}
    return urlencode({name: value for name, value in told.items() if value})


def row_shown(row: Row, window: Window) -> dict[str, Any]:
    """A grid as the page shows it."""
    ages, filmed = row.ages, row.video
    return {
        "grid": row,
        "area": percent(row.area),
        "area_m2": area_m2(row.area),
        "streets": percent(row.streets),
        "buildings": percent(row.buildings),
        "median": since(ages.ages.median_h, window) if ages else "–",
        "worst": since(ages.street_h, window) if ages and row.street else "",
        "video": since(filmed.hours, window) if filmed and filmed.seen else "",
        "video_share": percent(video_share(row)),
        "level": level_shown(row.level.value),
        "is_late": is_late(row, window),
    }


def video_share(row: Row) -> Share:
    """How much of the patrolable cells cameras have shown."""
    return Share(row.video.seen, row.video.all) if row.video else Share(0, 0)


def is_late(row: Row, window: Window) -> bool:
    """Whether half of it was unseen for longer than it may be.  What was not seen in a window was
    unseen for as long as that: nobody knows what was before.
    """
    if row.ages is None or row.window_h is None or not row.ages.ages.all:
        return False
    return min(row.ages.ages.median_h, window.length_h) > row.window_h


def sum_shown(one: Sum, window: Window) -> dict[str, Any]:
    return {
        "sum": one,
        "area": percent(one.area),
        "streets": percent(one.streets),
        "buildings": percent(one.buildings),
        "oldest": since(one.oldest_h, window),
    }


# ---- Files ---------------------------------------------------------------------------------------


@allow(Permission.SEE_COVERAGE, Pace.FILES)
@require_safe
def coverage_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """All grids of the question as CSV or XLSX: places, never people."""
    user, now = user_of(request), timezone.now()
    question = question_of(request, user, now)
    rows = ordered(queries.rows(user, question.asked, question.window, now), question.sort)
    name = f"patrol-coverage-{question.day}"
    if kind == "csv":
        return csv_file(csv_rows(question, rows, now), name)
    shown = (cells(row) for row in rows)
    sheet = Sheet(_("What has been seen"), columns(), shown, captions(question, now))
    content = workbook([sheet], timezone.get_default_timezone())
    return saved_as(HttpResponse(content, content_type=XLSX), f"{name}.xlsx")


def captions(question: Question, now: datetime) -> list[str]:
    at = f"{timezone.localtime(now):%Y-%m-%d %H:%M}"
    told = [
        _("What has been seen"),
        interval(question.day, question.shift_name),
        window_told(question.window, question.shift_name),
        _("Known at %(time)s") % {"time": at},
        definition(),
    ]
    return [line for line in told if line]


def columns() -> list[Column]:
    share = "0%"
    return [
        Column(_("Grid"), 20), Column(_("Code"), 18), Column(_("Community"), 16),
        Column(_("Area seen"), 10, share), Column(_("Streets seen"), 10, share),
        Column(_("Buildings seen"), 10, share), Column(_("Counts whole"), 10),
        Column(_("Hours unseen (median)"), 12, "0.0"), Column(_("Street longest unseen"), 18),
        Column(_("Hours unseen (that street)"), 12, "0.0"),
        Column(_("Hours since seen by video"), 12, "0.0"),
        Column(_("Area seen by video"), 10, share), Column(_("Visits"), 8),
        Column(_("Visits needed"), 8), Column(pgettext("duty", "Control level"), 10),
    ]  # fmt: skip


def cells(row: Row) -> list[Value]:
    ages = row.ages
    return [
        row.name, row.code, row.community, row.area.value, row.streets.value, row.buildings.value,
        _("yes") if row.is_bare else _("no"),
        number(ages.ages.median_h) if ages else None, row.street,
        number(ages.street_h) if ages and row.street else None,
        number(row.video.hours) if row.video else None, video_share(row).value,
        row.visits, row.required,
        str(ControlSwitch.Level(row.level.value).label),
    ]  # fmt: skip


def csv_rows(question: Question, rows: list[Row], now: datetime) -> Iterator[list[object]]:
    for line in captions(question, now):
        yield [line]
    yield [column.head for column in columns()]
    for row in rows:
        yield ["" if value is None else _plain(value) for value in cells(row)]


def _plain(value: Value) -> object:
    return round(value, 4) if isinstance(value, float) else value
