"""The page that tells what a plan does: /plans/<id>/impact/, to read, print and take along."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from gis_server.edge import allow, parse_choice, user_of
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from grids.impact import Even, Figures, Impact, Moved, Row
from grids.plans import rows
from grids.plans.effects.api import seen_by, verdict_of
from grids.plans.effects.counting import SOURCES, Figure, shown_figures
from grids.plans.effects.impact import Report, Spot, how, polygon, report_of, spots
from grids.plans.effects.sketch import Sketch, sketch

PER_PAGE = 50
MOST_DRAWN = 3_000  # points of the drawing; the list has all
HOWS = {
    "born": pgettext_lazy("what a plan does to a grid", "New"),
    "retired": pgettext_lazy("what a plan does to a grid", "Retired"),
    "reshaped": pgettext_lazy("what a plan does to a grid", "Reshaped"),
    "renamed": pgettext_lazy("what a plan does to a grid", "Renamed"),
    "noded": pgettext_lazy("what a plan does to a grid", "Corner only"),
    "same": pgettext_lazy("what a plan does to a grid", "Unchanged"),
}
VERDICTS = {
    "below": gettext_lazy("too few households"),
    "within": gettext_lazy("households as they should be"),
    "above": gettext_lazy("too many households"),
}
BADGES = {"below": "warn", "within": "good", "above": "bad"}
SPOTS = ListFile(
    "plan-places",
    [
        Column("kind", gettext_lazy("Kind"), lambda one: kind_text(one.moved)),
        Column("number", gettext_lazy("Number"), lambda one: one.moved.id),
        Column("name", pgettext_lazy("of a place", "name"), lambda one: one.name),
        Column("from", gettext_lazy("Grid before"), lambda one: one.moved.was),
        Column("to", gettext_lazy("Grid after"), lambda one: one.moved.then),
    ],
    spot=lambda one: one,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A grid of the report: what is done to it, and its figures on either side."""

    row: Row
    how: str
    verdict: str


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_GET
def impact_page(request: HttpRequest, grid_plan_id: int) -> HttpResponseBase:
    """The report; with `f` one of its lists (`list`: grids or places) as a file."""
    user = user_of(request)
    plan = rows.found(grid_plan_id, user)
    report = report_of(plan, timezone.now())
    shown = seen_by(user, report.impact)
    places = parse_choice(request, "list", ("grids", "places")) == "places"
    file = grids_file()
    piece = (SPOTS if places else file).piece(request, PER_PAGE)
    if piece is WHOLE and places:
        return SPOTS.answer(request, spots(shown[: WHOLE.limit]))
    if piece is WHOLE:
        return file.answer(request, lines_of(report))
    lines = lines_of(report)
    page = spots(shown[piece.offset : piece.offset + piece.limit])
    context = {
        "here": "plans",
        "plan": plan,
        "report": report,
        "figures": list(shown_figures().values()),
        "totals": list(pairs(report.impact.before, report.impact.after)),
        "count": sum(one.how not in ("noded", "same") for one in lines),
        "lines": [shown_line(one, report) for one in lines],
        "communities": [community_line(one, report) for one in report.impact.communities],
        "weights": weights_text(report),
        "drawing": drawing(report, shown),
        "spots": [spot_line(one) for one in page],
        "kinds": kinds_of(report.impact, user),
        "piece": piece,
        "total": len(shown),
        "hidden": len(report.impact.moved) - len(shown),
        "grids_file": file,
        "spots_file": SPOTS,
    }
    response = render(request, "grids/plans/impact.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def kind_text(moved: Moved) -> str:
    return str(SOURCES[moved.kind].text)


# ---- Grids ---------------------------------------------------------------------------------------


def lines_of(report: Report) -> list[Line]:
    """Those that only get a corner for a neighbour's border come last."""
    lines = [
        Line(row, how(change), verdict_of(row.after, report.rules))
        for row, change in zip(report.impact.rows, report.changes, strict=True)
    ]
    return sorted(lines, key=lambda one: (one.how == "noded", one.row.code))


def grids_file() -> ListFile:
    """The grids as a list: each figure before and after."""
    columns = [
        Column("how", pgettext_lazy("plan", "What happens"), lambda one: HOWS[one.how]),
        Column("code_before", gettext_lazy("Code before"), lambda one: one.row.code_before),
        Column("code_after", gettext_lazy("Code after"), lambda one: one.row.code_after),
        Column("name_before", gettext_lazy("Name before"), lambda one: one.row.name_before),
        Column("name_after", gettext_lazy("Name after"), lambda one: one.row.name_after),
    ]
    for name, figure in shown_figures().items():
        head = f"{figure.text} {figure.unit}".strip()
        columns += [
            _column(f"{name}_before", _("%(figure)s before") % {"figure": head}, name, figure),
            _column(f"{name}_after", _("%(figure)s after") % {"figure": head}, name, figure),
        ]
    verdicts = Column("verdict", gettext_lazy("Households"), lambda one: VERDICTS.get(one.verdict))
    return ListFile("plan-grids", [*columns, verdicts])


def _column(key: str, head: str, name: str, figure: Figure) -> Column:
    def value(one: Line) -> object:
        side = one.row.before if key.endswith("_before") else one.row.after
        return None if side is None else number(figure, side.get(name, 0.0), grouped=False)

    return Column(key, head, value)


def number(figure: Figure, value: float, *, grouped: bool = True) -> str:
    """A figure as it is shown, without its unit."""
    shown = value / 1e6 if figure.unit == "km²" else value
    return f"{shown:{',' if grouped else ''}.{figure.digits}f}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure on both sides, "" where there is no grid; way: "more", "less" or "" where equal."""

    name: str
    figure: Figure
    before: str
    after: str
    way: str


def pairs(before: Figures | None, after: Figures | None) -> list[Pair]:
    return [_pair(name, one, before, after) for name, one in shown_figures().items()]


def _pair(name: str, figure: Figure, before: Figures | None, after: Figures | None) -> Pair:
    old, new = (
        "" if side is None else number(figure, side.get(name, 0.0)) for side in (before, after)
    )
    way = ""
    if before is not None and after is not None and old != new:
        way = "more" if after.get(name, 0.0) > before.get(name, 0.0) else "less"
    return Pair(name, figure, old, new, way)


def shown_line(line: Line, report: Report) -> dict[str, Any]:
    was = verdict_of(line.row.before, report.rules)
    return {
        "how": HOWS[line.how],
        "row": line.row,
        "pairs": pairs(line.row.before, line.row.after),
        "verdict": VERDICTS.get(line.verdict, ""),
        "badge": BADGES.get(line.verdict, "off"),
        "was": VERDICTS.get(was, "") if was != line.verdict else "",
    }


# ---- Communities ---------------------------------------------------------------------------------


def community_line(community: Any, report: Report) -> dict[str, Any]:
    sides = [_even(side) for side in (community.before, community.after)]
    names = sides[0].keys()
    return {
        "code": community.code,
        "name": report.names.get(community.code, ""),
        "cells": [(sides[0][name], sides[1][name]) for name in names],
    }


def _even(even: Even) -> dict[str, str]:
    return {
        "grids": f"{even.load.count}",
        "within": f"{even.within}",
        "households": f"{even.households.least:,.0f}–{even.households.most:,.0f}",
        "uneven": _percent(even.households.uneven_pct),
        "load": f"{even.load.least:,.0f}–{even.load.most:,.0f}",
        "load_uneven": _percent(even.load.uneven_pct),
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0f} %"


def weights_text(report: Report) -> str:
    """How a load is counted: "households × 1 + shops × 2"."""
    known = shown_figures()
    parts = [
        _("%(figure)s × %(weight)s")
        % {"figure": f"{known[name].text} {known[name].unit}".strip(), "weight": f"{weight:g}"}
        for name, weight in report.rules.weights.items()
        if name in known and weight
    ]
    return " + ".join(parts)


# ---- Places --------------------------------------------------------------------------------------


def drawing(report: Report, shown: Sequence[Moved]) -> Sketch | None:
    changes = report.changes
    before = [polygon(one.before) for one in changes if one.before]
    after = [(one.code_after[12:], polygon(one.after)) for one in changes if one.after]
    dots = [
        (one.lon, one.lat, one.kind, f"{kind_text(one)}: {one.was or '–'} → {one.then or '–'}")
        for one in shown[:MOST_DRAWN]
    ]
    return sketch(before, after, dots)


def spot_line(spot: Spot) -> dict[str, Any]:
    source = SOURCES[spot.moved.kind]
    return {
        "kind": spot.moved.kind,
        "text": source.text,
        "name": spot.name,
        "url": reverse(source.page, args=[spot.moved.id]),
        "was": spot.moved.was,
        "then": spot.moved.then,
    }


def kinds_of(impact: Impact, user: User) -> list[dict[str, Any]]:
    """How many of each kind change hands, and whether the user is told which."""
    counts = {kind: sum(one.kind == kind for one in impact.moved) for kind in SOURCES}
    return [
        {
            "kind": kind,
            "text": SOURCES[kind].text,
            "count": count,
            "seen": may(user.role, SOURCES[kind].permission),
        }
        for kind, count in counts.items()
        if count
    ]
