"""The page of what has been seen by grids, and the same as a file."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from gis_server import csv_export
from gis_server.edge import allow, parse_page, show, user_of
from gis_server.roles import Permission
from gis_server.xlsx_export import Column, Sheet, Value, workbook
from patrols.models import ControlSwitch, Duty, StaleTrack
from patrols.pages import level_shown
from patrols.seen import queries
from patrols.seen.queries import Row, Sum
from patrols.seen.texts import area_m2, definition, interval, number, percent, since
from patrols.seen.views.asked import Question, ordered, question_of

PER_PAGE = 50
STREET_DIGITS, COMMUNITY_DIGITS = 9, 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow(Permission.SEE_COVERAGE)
@require_safe
def coverage(request: HttpRequest) -> HttpResponseBase:
    """Where somebody on duty has been, and where nobody has: by street, then by grid."""
    user, now, piece = user_of(request), timezone.now(), parse_page(request, PER_PAGE)
    question = question_of(request, user, now)
    found = queries.rows(user, question.asked, now)
    rows = ordered(found, question.sort)
    digits = COMMUNITY_DIGITS if len(question.asked.area) >= STREET_DIGITS else STREET_DIGITS
    context = shared(question) | {
        "rows": [row_shown(row) for row in rows[piece.offset : piece.offset + piece.limit]],
        "sums": [sum_shown(one) for one in queries.sums(found, digits)],
        "whole": sum_shown(queries.sum_of("", _("All"), found)) if found else None,
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


def row_shown(row: Row) -> dict[str, Any]:
    """A grid as the page shows it."""
    ages = row.ages
    return {
        "grid": row,
        "area": percent(row.area),
        "area_m2": area_m2(row.area),
        "streets": percent(row.streets),
        "buildings": percent(row.buildings),
        "median": since(ages.ages.median_h) if ages else "–",
        "worst": since(ages.street_h) if ages and row.street else "",
        "level": level_shown(row.level.value),
        "is_late": is_late(row),
    }


def is_late(row: Row) -> bool:
    """Whether half of it was unseen for longer than it may be."""
    if row.ages is None or row.window_h is None or not row.ages.ages.all:
        return False
    return row.ages.ages.median_h > row.window_h


def sum_shown(one: Sum) -> dict[str, Any]:
    return {
        "sum": one,
        "area": percent(one.area),
        "streets": percent(one.streets),
        "buildings": percent(one.buildings),
        "oldest": since(one.oldest_h),
    }


# ---- Files ---------------------------------------------------------------------------------------


@allow(Permission.SEE_COVERAGE)
@require_safe
def coverage_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """All grids of the question as CSV or XLSX: places, never people."""
    user, now = user_of(request), timezone.now()
    question = question_of(request, user, now)
    rows = ordered(queries.rows(user, question.asked, now), question.sort)
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(
            csv_export.encoded(csv_rows(question, rows, now)), content_type="text/csv"
        )
    else:
        sheet = Sheet(
            _("What has been seen"), columns(), (cells(row) for row in rows),
            captions(question, now),
        )  # fmt: skip
        content = workbook([sheet], timezone.get_default_timezone())
        response = HttpResponse(content, content_type=XLSX)
    name = f"patrol-coverage-{question.day}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def captions(question: Question, now: datetime) -> list[str]:
    at = f"{timezone.localtime(now):%Y-%m-%d %H:%M}"
    return [
        _("What has been seen"),
        interval(question.day, question.shift_name),
        _("Known at %(time)s") % {"time": at},
        definition(),
    ]


def columns() -> list[Column]:
    share = "0%"
    return [
        Column(_("Grid"), 20), Column(_("Code"), 18), Column(_("Community"), 16),
        Column(_("Area seen"), 10, share), Column(_("Streets seen"), 10, share),
        Column(_("Buildings seen"), 10, share), Column(_("Counts whole"), 10),
        Column(_("Hours unseen (median)"), 12, "0.0"), Column(_("Street longest unseen"), 18),
        Column(_("Hours unseen (that street)"), 12, "0.0"), Column(_("Visits"), 8),
        Column(_("Visits needed"), 8), Column(pgettext("duty", "Control level"), 10),
    ]  # fmt: skip


def cells(row: Row) -> list[Value]:
    ages = row.ages
    return [
        row.name, row.code, row.community, row.area.value, row.streets.value, row.buildings.value,
        _("yes") if row.is_bare else _("no"),
        number(ages.ages.median_h) if ages else None, row.street,
        number(ages.street_h) if ages and row.street else None, row.visits, row.required,
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
