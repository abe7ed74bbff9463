"""A boundary plan as files: data, a workbook, paper with maps, one page that opens anywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gis_server import pdf_tables, xlsx_export
from gis_server.models import User
from gis_server.openapi.schemas import GEOPACKAGE
from gis_server.pdf_export import PAPER, Colour, Document
from gis_server.pdf_export import Column as PaperColumn
from gis_server.plain_text import one_line
from gis_server.xlsx_export import Column, Value
from grids.plan import Refused, read
from grids.plans.effects.api import seen_by
from grids.plans.effects.counting import SOURCES, shown_figures
from grids.plans.effects.impact import Report, polygon, spots
from grids.plans.step_texts import operation_text
from grids.views.plan_impact import (
    HOWS,
    VERDICTS,
    Line,
    community_line,
    lines_of,
    number,
    pairs,
    weights_text,
)
from maps.files import geopackage, page, sheet
from maps.files.making import FOOT_LINES, IN_PACKAGE, IN_PAGE, ON_PAPER, Made
from maps.files.paper import view_of
from maps.files.plan_content import PlanContent, both_sides
from maps.files.signs import Ring

MOST_PLACES = 20_000
MOST_DOTS = 3_000
DOT_MM = 0.7
DOTS: dict[str, Colour] = {
    "building": (20, 80, 156), "shop": (176, 118, 0), "service_point": (22, 122, 74),
    "camera": (90, 98, 112), "event": (190, 40, 30),
}  # fmt: skip
OTHER_DOT: Colour = (60, 60, 60)
DOT = tuple(
    (float(np.cos(angle)), float(np.sin(angle)))
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False)
)


# ---- GeoPackage ----------------------------------------------------------------------------------


def as_package(user: User, report: Report, now: datetime, srid: int) -> Made:
    """The layer `grids` is what the plan makes of its communities: edited elsewhere and imported
    again, it is a plan.
    """
    _before, after = both_sides(user, report, now, srid, IN_PACKAGE)
    moved = spots(seen_by(user, report.impact)[:MOST_PLACES])
    grids = _whole(report)
    layers: geopackage.Layers = {
        "grids": (
            _("Grids as the plan makes them"),
            [shape for _code, _name, _kind, shape in grids],
            {
                "code": [code for code, *_rest in grids],
                "name": [name for _code, name, *_rest in grids],
                "kind": [kind for *_rest, kind, _shape in grids],
            },
        ),
        "plan_changes": (_("What the plan changes"), *_changes(report)),
        "places": (
            _("Places that change hands"),
            list(shapely.points([[one.x, one.y] for one in moved])) if moved else [],
            {
                "kind_text": [str(SOURCES[one.moved.kind].text) for one in moved],
                "label": [one_line(one.name) for one in moved],
                "grid_before": [one.moved.was for one in moved],
                "grid_after": [one.moved.then for one in moved],
            },
        ),
    }
    return Made(geopackage.write_layers(after, layers), len(grids) + len(moved))


def _whole(report: Report) -> list[tuple[str, str, str, Any]]:
    """All grids of the communities as they will be: code, name, kind, shape."""
    changed = [
        (one.code_after, one.name_after, one.kind, polygon(one.after))
        for one in report.changes
        if one.after
    ]
    beside = [(side.code, side.name, kind, side.shape) for side, kind in report.beside]
    return sorted([*changed, *beside], key=lambda one: one[0])


def _changes(report: Report) -> tuple[Sequence[Any], Mapping[str, Sequence[Any]]]:
    """The shapes after, or before of what is retired; what happens; figures on both sides."""
    lines = lines_of(report)
    shapes = {
        one.code_after or one.code_before: polygon(one.after or one.before)
        for one in report.changes
    }
    columns: dict[str, Sequence[Any]] = {
        "what": [str(HOWS[one.how]) for one in lines],
        "code_before": [one.row.code_before for one in lines],
        "code_after": [one.row.code_after for one in lines],
        "name_before": [one.row.name_before for one in lines],
        "name_after": [one.row.name_after for one in lines],
    }
    for name in shown_figures():
        for side in ("before", "after"):
            columns[f"{name}_{side}"] = [_value(one, side, name) for one in lines]
    return [shapes[one.row.code] for one in lines], columns


def _value(line: Line, side: str, name: str) -> float:
    figures = line.row.before if side == "before" else line.row.after
    return float("nan") if figures is None else float(figures.get(name, 0.0))


# ---- Workbook ------------------------------------------------------------------------------------


def as_workbook(user: User, report: Report, now: datetime, _srid: int) -> Made:
    moved = spots(seen_by(user, report.impact)[:MOST_PLACES])
    sheets = [
        _grids_sheet(report),
        _communities_sheet(report),
        _places_sheet(moved),
        _operations_sheet(report),
    ]
    content = xlsx_export.workbook(sheets, timezone.get_current_timezone())
    return Made(content, len(report.changes) + len(moved))


def captions(report: Report) -> list[str]:
    plan = report.plan
    return [
        one_line(plan.title),
        _("Boundary plan %(number)d, revision %(revision)d, %(state)s; territory %(code)s")
        % {
            "number": plan.pk, "revision": plan.revision, "state": plan.get_state_display(),
            "code": plan.scope_code,
        },
        _("Compared with the grids of %(day)s; counted at %(at)s")
        % {"day": report.day, "at": f"{timezone.localtime(report.at):%Y-%m-%d %H:%M}"},
        _("Load, in households: %(weights)s.") % {"weights": weights_text(report)},
    ]  # fmt: skip


def _grids_sheet(report: Report) -> xlsx_export.Sheet:
    figures = shown_figures()
    columns = [
        Column(pgettext("plan", "What happens"), 10),
        Column(_("Code before"), 18),
        Column(_("Code after"), 18),
        Column(_("Name before"), 20),
        Column(_("Name after"), 20),
    ]
    for figure in figures.values():
        head = f"{figure.text} {figure.unit}".strip()
        shape = f"0.{'0' * figure.digits}" if figure.digits else "0"
        sides = (_("%(figure)s before"), _("%(figure)s after"))
        columns += [Column(words % {"figure": head}, 11, shape) for words in sides]
    columns.append(Column(_("Households"), 18))
    return xlsx_export.Sheet(
        _("Grids"), columns, [_grid_row(one) for one in lines_of(report)], captions(report)
    )


def _grid_row(line: Line) -> list[Value]:
    row = line.row
    cells: list[Value] = [
        str(HOWS[line.how]), row.code_before, row.code_after, row.name_before, row.name_after,
    ]  # fmt: skip
    for name, figure in shown_figures().items():
        for side in (row.before, row.after):
            value = (
                None if side is None else float(number(figure, side.get(name, 0.0), grouped=False))
            )
            cells.append(value)
    cells.append(str(VERDICTS.get(line.verdict, "")))
    return cells


def community_heads(report: Report) -> list[str]:
    rules = report.rules
    return [
        _("Grids"),
        _("With %(low)s–%(high)s households") % {"low": rules.low, "high": rules.high},
        _("Households, least to most"),
        _("Households, uneven by"),
        _("Load, least to most"),
        _("Load, uneven by"),
    ]


def _communities_sheet(report: Report) -> xlsx_export.Sheet:
    columns = [Column(_("Community"), 18), Column(_("Code"), 16)]
    for head in community_heads(report):
        columns += [
            Column(_("%(figure)s before") % {"figure": head}, 14),
            Column(_("%(figure)s after") % {"figure": head}, 14),
        ]
    rows: list[list[Value]] = []
    for one in report.impact.communities:
        told = community_line(one, report)
        cells: list[Value] = [told["name"], told["code"]]
        for pair in told["cells"]:
            cells += pair
        rows.append(cells)
    return xlsx_export.Sheet(_("Communities"), columns, rows)


def _places_sheet(moved: Sequence[Any]) -> xlsx_export.Sheet:
    columns = [
        Column(_("Kind"), 12), Column(pgettext("of a place", "name"), 30),
        Column(_("Grid before"), 18), Column(_("Grid after"), 18),
        Column(_("Longitude"), 12, "0.000000"), Column(_("Latitude"), 12, "0.000000"),
    ]  # fmt: skip
    rows: list[list[Value]] = [
        [
            str(SOURCES[one.moved.kind].text), one.name, one.moved.was, one.moved.then,
            one.x, one.y,
        ]
        for one in moved
    ]  # fmt: skip
    return xlsx_export.Sheet(_("Places that change hands"), columns, rows)


def _operations_sheet(report: Report) -> xlsx_export.Sheet:
    """What was done in the editor, step by step."""
    columns = [Column(_("Step"), 8), Column(pgettext("plan", "What was done"), 60)]
    names = {one.code_before or one.code_after: one.name_before or one.name_after
             for one in report.changes}  # fmt: skip
    rows: list[list[Value]] = [
        [step, _step_text(told, names)] for step, told in enumerate(report.plan.operations, 1)
    ]
    return xlsx_export.Sheet(_("Steps"), columns, rows)


def _step_text(told: Any, names: Mapping[str, str]) -> str:
    """In words; of a plan that was not drawn in the editor what is noted of it."""
    try:
        return operation_text(read(told), names)
    except Refused:
        return str(told.get("op", "")) if isinstance(told, dict) else ""


# ---- Paper ---------------------------------------------------------------------------------------


def as_pdf(user: User, report: Report, now: datetime, srid: int) -> Made:
    """The report and two maps, before and after.

    Raises:
        Unavailable: the machine has no Chinese font.
    """
    before, after = both_sides(user, report, now, srid, ON_PAPER)
    title, *lines = captions(report)
    document = Document(title, now, captions=lines, foot=title, landscape=True)
    _community_table(document, report)
    _grid_table(document, report)
    layout = sheet.layout_of("A4", is_landscape=True, foot_lines=FOOT_LINES)
    view = view_of(after.extent, layout.map)
    for content in (before, after):
        foot = sheet.foot_of(content, document, view.srid)[:FOOT_LINES]
        sheet.add_sheet(content, view, layout, foot, document, add_dots)
    return Made(document.content(), len(report.changes))


def _community_table(document: Document, report: Report) -> None:
    document.heading(_("How even the communities are"))
    columns = [PaperColumn(_("Community"), 2.4)]
    columns += [PaperColumn(head, 1.2, "R") for head in community_heads(report)]
    rows = []
    for one in report.impact.communities:
        told = community_line(one, report)
        rows.append([f"{told['name']} {told['code']}", *(_pair(*pair) for pair in told["cells"])])
    pdf_tables.add_table(document, columns, rows)


def _grid_table(document: Document, report: Report) -> None:
    document.heading(_("Grid by grid"))
    columns = [PaperColumn(_("Grid"), 2.2), PaperColumn(pgettext("plan", "What happens"), 1.3)]
    columns += [
        PaperColumn(f"{one.text} {one.unit}".strip(), 1.05, "R") for one in shown_figures().values()
    ]
    rows = [
        [
            f"{one.row.name} {one.row.code}",
            _("; ").join(filter(None, (str(HOWS[one.how]), str(VERDICTS.get(one.verdict, ""))))),
            *(_pair(pair.before, pair.after) for pair in pairs(one.row.before, one.row.after)),
        ]
        for one in lines_of(report)
    ]
    totals = pairs(report.impact.before, report.impact.after)
    rows.append([_("Together"), "", *(_pair(pair.before, pair.after) for pair in totals)])
    pdf_tables.add_table(document, columns, rows)


def _pair(before: str, after: str) -> str:
    return after if before == after else f"{before or '–'} → {after or '–'}"


def add_dots(drawn: sheet.Sheet) -> None:
    """The places that change hands, as dots."""
    content = drawn.content
    moved = content.moved[:MOST_DOTS] if isinstance(content, PlanContent) else ()
    entries = []
    for kind in dict.fromkeys(one.kind for one in moved):
        colour = DOTS.get(kind, OTHER_DOT)
        sign = (Ring(DOT, colour, PAPER, 0.25),)
        mine = [one for one in moved if one.kind == kind]
        for _one, x, y in drawn.shown(mine):
            drawn.sign(sign, x, y, DOT_MM)
        text = _("%(what)s: %(count)d") % {"what": SOURCES[kind].text, "count": len(mine)}
        entries.append(sheet.Entry(text, sign, DOT_MM))
    drawn.legend(_("Places that change hands"), entries)


# ---- Page ----------------------------------------------------------------------------------------


def as_page(user: User, report: Report, now: datetime, srid: int) -> Made:
    _before, after = both_sides(user, report, now, srid, IN_PAGE)
    return Made(page.page(after), after.rows)


@dataclass(frozen=True, slots=True)
class Format:
    ending: str
    media_type: str
    make: Callable[[User, Report, datetime, int], Made]


FORMATS = {
    "gpkg": Format("gpkg", GEOPACKAGE, as_package),
    "xlsx": Format(
        "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_workbook
    ),
    "pdf": Format("pdf", "application/pdf", as_pdf),
    "html": Format("html", "text/html; charset=utf-8", as_page),
}
