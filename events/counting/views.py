"""Figures: the table with its plot, its files, and the events behind each number."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras.rates.periods import Named
from cameras.rates.plot import plot as plot_lines
from cameras.rates.words import period_name
from events.counting import export, queries
from events.counting.queries import By
from events.counting.questions import Question, question_of
from events.counting.share import NAMES, Counts
from events.counting.words import COLUMNS, RATES, by_name, definition
from events.models import EventKind, Source
from events.texts import BADGES, LEVELS, SEVERITIES, STATES
from events.workflow import Level, Severity, Status
from gis_server.edge import allow, parse_choice, show, user_of
from gis_server.file_answers import csv_file, saved_as
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, may
from gis_server.scopes import areas_of
from gis_server.throttle import Pace
from gis_server.xlsx_export import workbook

BEHIND = ListFile(
    "events-counted",
    [
        Column("number", pgettext_lazy("event", "Number"), lambda one: one["event"].number),
        Column("category", pgettext_lazy("event", "What"), lambda one: one["event"].category),
        Column("address", pgettext_lazy("event", "Where"), lambda one: one["event"].address),
        Column("grid", gettext_lazy("Grid at the time"), lambda one: one["event"].grid),
        Column("severity", pgettext_lazy("events by", "Severity"), lambda one: one["severity"]),
        Column("state", pgettext_lazy("event", "State"), lambda one: one["state"]),
        Column(
            "reported_at", pgettext_lazy("events counted", "Reported"),
            lambda one: one["event"].reported_at,
        ),
        Column(
            "filed_at", pgettext_lazy("events counted", "Filed"), lambda one: one["event"].filed_at
        ),
        Column("due", pgettext_lazy("event", "Due"), lambda one: one["event"].close_due),
        Column("closed_at", pgettext_lazy("event", "Closed"), lambda one: one["event"].closed_at),
        Column("level", pgettext_lazy("event", "Level"), lambda one: one["level"]),
    ],
    lambda one: one["event"],
)  # fmt: skip
PER_PAGE = 100
BELOW = {By.DISTRICT: (By.STREET, 6), By.STREET: (By.COMMUNITY, 9)}
"""The level below each, and how many digits of a code name a division above it."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The columns of the page, and the rate that stands below some of them.
SHOWN = ("reported", "accepted", "filed", "due", "closed", "on_time", "overdue", "reworked",
         "supervised", "at_community", "at_street", "at_district", "ended")  # fmt: skip
RATE_OF = {
    "closed": "closing_rate", "on_time": "on_time_rate", "overdue": "overdue_rate",
    "reworked": "rework_rate", "supervised": "supervision_rate",
}  # fmt: skip


@allow(Permission.SEE_EVENT_FIGURES, Pace.FIGURES)
@require_safe
def figures(request: HttpRequest) -> HttpResponseBase:
    """What was reported, filed, due and closed in the reader's area, by group and over the days."""
    user, now = user_of(request), timezone.now()
    question = question_of(request, user, now)
    asked = question.asked(user, now, timezone.get_default_timezone())
    with queries.kept(asked):
        table = queries.table(asked, question.by, is_kept=True)
        plot = plot_of(question, asked, asked.known_at) if table.total.due else None
    context = shared(question) | {
        "columns": [str(COLUMNS[name]) for name in SHOWN],
        "rows": [row_of(question, one.name, one.key, one.counts) for one in table.groups],
        "total": row_of(question, _("All"), "", table.total),
        "tiles": tiles(table.total),
        "levels": levels_of(table.total),
        "plot": plot,
        "bys": [(one.value, by_name(one)) for one in By],
        "names": [(one.value, period_name(one)) for one in Named],
        "kinds": EventKind.choices,
        "sources": Source.choices,
        "severities": [(one.value, SEVERITIES[one]) for one in Severity],
        "address": question.address(),
        "definition": definition(),
    }
    return show(request, "events/counting/figures.html", context)


def shared(question: Question) -> dict[str, Any]:
    """What the page and that of the list tell of the question."""
    area = question.area
    return {
        "here": "events",
        "question": question,
        "by": by_name(question.by),
        "period": question.period,
        "area": areas_of([area])[area] if area else None,
    }


def row_of(question: Question, name: str, key: str, counts: Counts) -> dict[str, Any]:
    """A group with what its cells lead to."""
    row: dict[str, Any] = {
        "name": name,
        "cells": [cell(question, key, counts, one) for one in SHOWN],
    }
    if question.by in BELOW and key:
        by, digits = BELOW[question.by]
        row["inside"] = question.address(by=by.value, area=key[:digits], key="")
    return row


def cell(question: Question, key: str, counts: Counts, name: str) -> dict[str, Any]:
    levels = dict(zip(("at_community", "at_street", "at_district"), counts.levels, strict=True))
    rate = getattr(counts, RATE_OF[name]) if name in RATE_OF else None
    rate = levels[name][1] if name in levels else rate
    return {
        "head": str(COLUMNS[name]),
        "count": getattr(counts, name),
        "rate": rate,
        "list": question.address(by=question.by.value, key=key, term=name),
    }


def tiles(counts: Counts) -> list[dict[str, Any]]:
    """The rates with both of their numbers."""
    return [{"name": str(text), "rate": getattr(counts, name)} for name, text in RATES.items()]


def levels_of(counts: Counts) -> list[dict[str, Any]]:
    return [
        {"name": str(LEVELS[Level(name)]), "value": name, "rate": rate}
        for name, rate in counts.levels
    ]


def plot_of(question: Question, asked: Any, known_at: datetime) -> dict[str, Any]:
    """Both rates by the day or week that was the last one, and the numbers of the plot."""
    zone = timezone.get_default_timezone()
    edges = question.period.edges(zone)
    points = queries.series(asked, edges, is_kept=True)
    labels = [f"{timezone.localtime(one, zone):%m-%d}" for one in edges[:-1]]
    known = [
        one if edge <= known_at else Counts() for one, edge in zip(points, edges, strict=False)
    ]
    drawn = plot_lines(
        labels,
        [
            ("online", str(RATES["closing_rate"]), [one.closing_rate.value for one in known]),
            ("intact", str(RATES["on_time_rate"]), [one.on_time_rate.value for one in known]),
        ],
        [],
    )
    shown = [
        {"label": label, "counts": one}
        for label, one, edge in zip(labels, known, edges, strict=False)
        if edge <= known_at
    ]
    return {"drawn": drawn, "points": shown, "by_day": question.period.by_day}


@allow(Permission.SEE_EVENT_FIGURES, Pace.FILES)
@require_safe
def figures_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The table as CSV or XLSX."""
    user, now = user_of(request), timezone.now()
    question, zone = question_of(request, user, now), timezone.get_default_timezone()
    asked = question.asked(user, now, zone)
    table = queries.table(asked, question.by)
    name = f"events-{question.by.value}-{question.period.first}-{question.period.last}"
    if kind == "csv":
        return csv_file(export.csv_rows(by_name(question.by), table), name)
    sheet = export.sheet(by_name(question.by), captions(question, asked.known_at), table)
    book = HttpResponse(workbook([sheet], zone), content_type=XLSX)
    return saved_as(book, f"{name}.xlsx")


def captions(question: Question, known_at: datetime) -> list[str]:
    period = question.period
    return [
        _("Figures of events"),
        _("%(first)s to %(last)s") % {"first": period.first, "last": period.last},
        _("Known at %(time)s") % {"time": f"{timezone.localtime(known_at):%Y-%m-%d %H:%M}"},
        definition(),
    ]


@allow(Permission.SEE_EVENT_FIGURES, Pace.FIGURES)
@require_safe
def figure_list(request: HttpRequest) -> HttpResponseBase:
    """The events behind a number, as they stood; as many as the number says."""
    user, now, piece = user_of(request), timezone.now(), BEHIND.piece(request, PER_PAGE)
    question = question_of(request, user, now)
    term = parse_choice(request, "term", NAMES) or "due"
    asked = question.asked(user, now, timezone.get_default_timezone())
    rows, total = queries.behind(asked, term, limit=piece.limit, offset=piece.offset)
    links = may(user.role, Permission.SEE_EVENTS)
    shown = [behind_shown(row, links) for row in rows]
    if piece is WHOLE:
        return BEHIND.answer(request, shown)
    names = queries.names_of(question.by, [question.key]) if question.key else {}
    context = shared(question) | {
        "file": BEHIND,
        "term": str(COLUMNS[term]),
        "terms": [(name, str(COLUMNS[name]), question.address(term=name)) for name in SHOWN],
        "chosen": term,
        "group": names.get(question.key, question.key),
        "rows": shown,
        "total": total,
        "page": piece,
        "back": question.address(key=""),
    }
    return show(request, "events/counting/list.html", context)


def behind_shown(row: queries.Behind, links: bool) -> dict[str, Any]:
    status = Status(row.state)
    ended = row.closed_at or timezone.now()
    return {
        "event": row,
        "severity": SEVERITIES[Severity(row.severity)],
        "state": STATES[status],
        "badge": BADGES[status],
        "level": LEVELS[Level(row.closed_level)] if row.closed_at and row.closed_level else "",
        "is_late": ended > row.close_due,
        "address": event_address(row.id) if links else "",
    }


def event_address(event_id: int) -> str:
    """The page of an event; "" where there is none."""
    try:
        return reverse("event", args=[event_id])
    except NoReverseMatch:
        return ""
