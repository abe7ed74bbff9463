"""A boundary plan as what the makers of maps draw: its grids before and after, and what happens to
each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import shapely
from django.utils.translation import gettext as _

from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.plain_text import one_line
from grids.impact import Figures, Moved
from grids.models import PlanChange
from grids.plans.effects.api import seen_by
from grids.plans.effects.counting import shown_figures
from grids.plans.effects.impact import Report, how, polygon
from grids.views.plan_impact import HOWS, number, weights_text
from maps.figures.classes import NOTHING
from maps.files.asked import Asked
from maps.files.content import Content, Grid, Most, read
from maps.files.figures import Figure
from maps.files.signs import Colour
from maps.tiles import Bounds

# What happens to a grid, by classes in this order; ColorBrewer Set2, told apart without telling
# red from green.
KINDS = ("born", "reshaped", "renamed", "retired")
COLOURS: tuple[Colour, ...] = (
    (141, 190, 224), (253, 212, 140), (214, 206, 230), (236, 160, 140),
)  # fmt: skip
AROUND = 0.08
"""Room about what changes, of its size."""


@dataclass(frozen=True, slots=True)
class PlanFigure(Figure):
    """told: of each grid that changes, its figures in words."""

    told: Mapping[int, str] = field(default_factory=dict)

    def value_text(self, grid: int) -> str:
        return self.told.get(grid, "")


@dataclass(frozen=True, slots=True)
class PlanContent(Content):
    """One side of a plan; moved: the places that change hands."""

    report: Report = field(kw_only=True)
    moved: Sequence[Moved] = ()

    @property
    def sources(self) -> str:
        words = _(
            "Source: boundary plan %(number)d, revision %(revision)d, compared with the boundaries"
            " in force on %(day)s; gis-server."
        )
        return words % {
            "number": self.report.plan.pk,
            "revision": self.report.plan.revision,
            "day": self.report.day,
        }


def both_sides(
    user: User, report: Report, now: datetime, srid: int, most: Most
) -> tuple[PlanContent, PlanContent]:
    """Before and after; a fixed number of queries.

    Raises:
        NotFound: the plan changes nothing.
        Invalid: more around it than `most`.
    """
    changes = list(report.changes)
    if not changes:
        raise NotFound(_("This plan changes no grid yet."))
    extent = _extent(changes)
    asked = Asked(
        area=report.plan.scope_code, box=None, layers=(), figure="", day=report.day,
        title="", paper="A4", is_landscape=True, srid=srid,
    )  # fmt: skip
    drawn = read(user, asked, now, box=extent, extent=extent, most=most)
    parts = {name: getattr(drawn, name) for name in Content.__dataclass_fields__}
    moved = seen_by(user, report.impact)
    before = PlanContent(**parts, report=report)
    after = replace(before, moved=moved)
    changed = {one.grid_id for one in changes}
    beside = [one for one in drawn.grids if one.id not in changed]
    keyed = [(one, _key(one, order)) for order, one in enumerate(changes)]
    return (
        _side(before, beside, [pair for pair in keyed if pair[0].before], is_before=True),
        _side(after, beside, [pair for pair in keyed if pair[0].after], is_before=False),
    )


def _key(change: PlanChange, order: int) -> int:
    """A number that no other grid of the map has: one that is born has none yet."""
    return change.grid_id if change.grid_id is not None else -1 - order


def _extent(changes: Sequence[PlanChange]) -> Bounds:
    shapes = [polygon(side) for one in changes for side in (one.before, one.after) if side]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    wide, high = max(east - west, 0.001) * AROUND, max(north - south, 0.001) * AROUND
    return west - wide, south - high, east + wide, north + high


def _side(
    content: PlanContent,
    beside: Sequence[Grid],
    changed: Sequence[tuple[PlanChange, int]],
    *,
    is_before: bool,
) -> PlanContent:
    report, word = content.report, _("before") if is_before else _("after")
    grids = [_grid(change, key, is_before) for change, key in changed]
    told = dict(zip((one.pk for one in report.changes), report.impact.rows, strict=True))
    figure = PlanFigure(
        name="plan",
        title=_("What happens to each grid"),
        about=_("Load, in households: %(weights)s.") % {"weights": weights_text(report)},
        values={},
        classes={key: class_of(change) for change, key in changed},
        colours=COLOURS,
        texts=[str(HOWS[kind]) for kind in KINDS],
        nothing=_("left alone"),
        told={
            key: _facts(HOWS[how(change)], told[change.pk].before, told[change.pk].after)
            for change, key in changed
        },
    )
    title = _("%(plan)s: %(side)s") % {"plan": one_line(report.plan.title), "side": word}
    asked = replace(content.asked, title=title)
    return replace(content, asked=asked, grids=[*beside, *grids], figure=figure)


def class_of(change: PlanChange) -> int:
    kind = how(change)
    return KINDS.index(kind) if kind in KINDS else NOTHING


def _grid(change: PlanChange, key: int, is_before: bool) -> Grid:
    code = change.code_before if is_before else change.code_after
    name = change.name_before if is_before else change.name_after
    community = change.community.name
    short = name.replace(community, "") or name
    shape = polygon(change.before if is_before else change.after)
    return Grid(key, code, one_line(name), one_line(community), one_line(short), shape)


def _facts(what: object, before: Figures | None, after: Figures | None) -> str:
    """What happens to a grid, and the figures that are not the same afterwards."""
    parts = [str(what)]
    for name, figure in shown_figures().items():
        old, new = (
            "–" if side is None else number(figure, side.get(name, 0.0)) for side in (before, after)
        )
        if old != new:
            parts.append(
                _("%(figure)s %(before)s → %(after)s")
                % {"figure": f"{figure.text} {figure.unit}".strip(), "before": old, "after": new}
            )
    return "; ".join(parts)
