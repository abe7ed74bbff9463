"""Rates: the table with its plot, its files, and the intervals behind a figure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras.health import State
from cameras.models import Camera
from cameras.page_parts import BADGES, state_name
from cameras.rates import export, queries
from cameras.rates.periods import Named, Period
from cameras.rates.plot import Plot
from cameras.rates.plot import plot as plot_lines
from cameras.rates.queries import COUNTED, By, Group, Table
from cameras.rates.questions import Question, question_of, territory
from cameras.rates.share import TARGETS, Seconds, is_below
from cameras.rates.words import by_name, counted_name, period_name, target_name
from cameras.reasons_text import reason_name
from cameras.views.shared import page
from gis_server.edge import allow, parse_choice, user_of
from gis_server.file_answers import csv_file, saved_as
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, may
from gis_server.scopes import areas_of
from gis_server.throttle import Pace
from gis_server.xlsx_export import workbook

INTERVALS = ListFile(
    "intervals",
    [
        Column("camera", gettext_lazy("Camera"), lambda one: one["interval"].name),
        Column("code", gettext_lazy("Code"), lambda one: one["interval"].code),
        Column("state", gettext_lazy("State"), lambda one: one["state"]["name"]),
        Column("reason", pgettext_lazy("camera", "Reason"), lambda one: one["reason"]),
        Column("since", pgettext_lazy("time", "From"), lambda one: one["interval"].since),
        Column("until", pgettext_lazy("time", "Until"), lambda one: one["interval"].until),
        Column("seconds", gettext_lazy("Seconds"), lambda one: one["interval"].seconds),
        Column("counted", gettext_lazy("Counted as"), lambda one: one["counted"]),
        Column("owner", gettext_lazy("Owner"), lambda one: one["interval"].owner),
        Column("team", gettext_lazy("Repair team"), lambda one: one["interval"].team),
    ],
    lambda one: one["interval"],
)
PER_PAGE = 100
BELOW = {By.DISTRICT: (By.STREET, 6), By.STREET: (By.COMMUNITY, 9)}
"""The level below each, and how many digits of a code name a division above it."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow(Permission.SEE_RATES, Pace.FIGURES)
@require_safe
def rates(request: HttpRequest) -> HttpResponseBase:
    """Online and intact rates of the reader's area by group, and their line over the period."""
    user, now = user_of(request), timezone.now()
    question = question_of(request, user, now)
    asked = question.asked(territory(user, question.area), now, timezone.get_default_timezone())
    with queries.kept(asked):
        table = queries.table(asked, question.by, is_kept=True)
        plot = plot_of(question, asked, table, now) if table.total.all.monitored_s else None
    context = shared(user, question) | {
        "rows": [row_of(question, group) for group in table.groups],
        "total": row_of(question, table.total),
        "plot": plot,
        "bys": [(one.value, by_name(one)) for one in By],
        "names": [(one.value, period_name(one)) for one in Named],
        "priorities": Camera.Priority.choices,
        "csv": question.address(),
    }
    return page(request, "cameras/rates/rates.html", context)


def shared(user: User, question: Question) -> dict[str, Any]:
    """What the page and that of the intervals tell of the question."""
    area = question.area
    return {
        "here": "rates",
        "question": question,
        "by": by_name(question.by),
        "period": question.period,
        "area": areas_of([area])[area] if area else None,
        "may_work": may(user.role, Permission.SEE_RATES),
    }


def row_of(question: Question, group: Group) -> dict[str, Any]:
    """A group with what its cells lead to, and the classes in it that miss their target."""
    row: dict[str, Any] = {
        "group": group,
        "seconds": group.all,
        "missed": [
            {"name": Camera.Priority(name).label, "rate": one.intact_rate, "target": TARGETS[name]}
            for name, one in sorted(group.classes.items())
            if is_below(name, one)
        ],
        "has_target": any(
            name in TARGETS and one.monitored_s for name, one in group.classes.items()
        ),
        "intervals": question.address(by=question.by.value, key=group.key),
    }
    if question.by in BELOW and group.key:
        by, digits = BELOW[question.by]
        row["inside"] = question.address(by=by.value, area=group.key[:digits], key="")
    return row


def plot_of(question: Question, asked: Any, table: Table, now: datetime) -> dict[str, Any]:
    """The lines of all of the table, and the same numbers for those who do not see them."""
    zone = timezone.get_default_timezone()
    edges = question.period.edges(zone)
    points = queries.series(asked, edges, is_kept=True)
    labels = [f"{timezone.localtime(one, zone):%m-%d}" for one in edges[:-1]]
    return {
        "drawn": drawn(labels, points, table.total.classes),
        "points": [
            {"label": label, "seconds": one}
            for label, one, edge in zip(labels, points, edges, strict=False)
            if edge <= now
        ],
        "by_day": question.period.by_day,
    }


def drawn(labels: Sequence[str], points: Sequence[Seconds], classes: Any) -> Plot:
    """Both rates, and the targets of the classes that have cameras here."""
    return plot_lines(
        labels,
        [
            ("online", _("Online rate"), [one.online_rate for one in points]),
            ("intact", _("Intact rate"), [one.intact_rate for one in points]),
        ],
        [(target_name(name), level) for name, level in TARGETS.items() if name in classes],
    )


@allow(Permission.SEE_RATES, Pace.FILES)
@require_safe
def rates_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The table as CSV or XLSX."""
    user, now = user_of(request), timezone.now()
    question = question_of(request, user, now)
    zone = timezone.get_default_timezone()
    asked = question.asked(territory(user, question.area), now, zone)
    table = queries.table(asked, question.by)
    name = f"rates-{question.by.value}-{question.period.first}-{question.period.last}"
    if kind == "csv":
        return csv_file(export.csv_rows(by_name(question.by), table), name)
    sheet = export.sheet(by_name(question.by), captions(question.period, now), table)
    book = HttpResponse(workbook([sheet], zone), content_type=XLSX)
    return saved_as(book, f"{name}.xlsx")


def captions(period: Period, now: datetime) -> list[str]:
    made = f"{timezone.localtime(now):%Y-%m-%d %H:%M}"
    span = _("%(first)s to %(last)s") % {"first": period.first, "last": period.last}
    return [_("Online and intact rates"), span, _("Known at %(time)s") % {"time": made}]


@allow(Permission.SEE_RATES, Pace.FIGURES)
@require_safe
def intervals(request: HttpRequest) -> HttpResponseBase:
    """The intervals behind a figure, the earliest first; they add up to it."""
    user, now, piece = user_of(request), timezone.now(), INTERVALS.piece(request, PER_PAGE)
    question = question_of(request, user, now)
    counted = parse_choice(request, "counted", COUNTED)
    asked = question.asked(territory(user, question.area), now, timezone.get_default_timezone())
    rows, sums = queries.intervals(asked, counted, limit=piece.limit, offset=piece.offset)
    shown = [interval_shown(row) for row in rows]
    if piece is WHOLE:
        return INTERVALS.answer(request, shown)
    chosen = [counted] if counted else list(COUNTED)
    context = shared(user, question) | {
        "group": queries.name_of(question.by, question.key) if question.key else "",
        "file": INTERVALS,
        "rows": shown,
        "kinds": [(name, counted_name(name), sums[name]) for name in COUNTED],
        "counted": counted,
        "page": piece,
        "total": sum(sums[name].count for name in chosen),
        "seconds": sum(sums[name].seconds for name in chosen),
        "links": may(user.role, Permission.SEE_CAMERAS),
        "back": question.address(key=""),
    }
    return page(request, "cameras/rates/intervals.html", context)


def interval_shown(row: queries.Interval) -> dict[str, Any]:
    state = State(row.state)
    return {
        "interval": row,
        "state": {"name": state_name(state), "badge": BADGES[state], "value": row.state},
        "reason": "" if state is State.ONLINE else reason_name(row.reason),
        "counted": counted_name(row.counted),
    }
