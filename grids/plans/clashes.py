"""Plans that touch one grid, or give one code: the second is told of the first, and has to be drawn
anew, or to give another code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from gis_server.errors import Conflict
from grids.models import BoundaryPlan
from grids.plans.texts import listed

# What a plan found and what there is on its day.  A grid that is born must not be there yet.
CHANGED = """
    SELECT DISTINCT change.grid_id, coalesce(nullif(change.code_before, ''), change.code_after)
    FROM grids_planchange AS change
    LEFT JOIN grids_grid AS grid ON grid.id = change.grid_id
    LEFT JOIN grids_gridshape AS drawn
        ON drawn.grid_id = change.grid_id AND drawn.valid @> %(day)s::date
    WHERE change.plan_id = %(plan)s AND change.grid_id IS NOT NULL AND CASE
        WHEN change.before IS NULL THEN drawn.id IS NOT NULL OR grid.gone_on IS NULL
        ELSE drawn.id IS NULL OR lower(drawn.valid) = %(day)s
            OR ST_AsBinary(drawn.shape) <> ST_AsBinary(change.before)
            OR grid.code <> change.code_before OR grid.name <> change.name_before END
    UNION
    SELECT later.grid_id, coalesce(nullif(change.code_before, ''), change.code_after)
    FROM grids_planchange AS change JOIN grids_gridshape AS later ON later.grid_id = change.grid_id
    WHERE change.plan_id = %(plan)s AND lower(later.valid) > %(day)s
    ORDER BY 2"""
OTHERS = """
    SELECT other.id, other.title, other.document,
           array_agg(coalesce(nullif(theirs.code_before, ''), theirs.code_after) ORDER BY theirs.id)
    FROM grids_boundaryplan AS other JOIN grids_planchange AS theirs ON theirs.plan_id = other.id
    WHERE other.id <> %(plan)s AND other.state = ANY (%(states)s)
      AND theirs.grid_id = ANY (%(grids)s)
    GROUP BY other.id ORDER BY other.published_at DESC NULLS LAST, other.id DESC LIMIT 10"""

# Codes that a plan gives and other grids have, or had; but for those that it frees itself.
TAKEN = """
    SELECT grid.id, grid.code
    FROM grids_planchange AS change JOIN grids_grid AS grid ON grid.code = change.code_after
    WHERE change.plan_id = %(plan)s AND change.code_after <> change.code_before
      AND grid.id IS DISTINCT FROM change.grid_id
      AND NOT EXISTS (
        SELECT FROM grids_planchange AS own
        WHERE own.plan_id = change.plan_id AND own.grid_id = grid.id
          AND own.code_after NOT IN ('', own.code_before))"""
SAME_CODES = """
    SELECT other.id, other.title, other.document, array_agg(theirs.code_after ORDER BY theirs.id)
    FROM grids_boundaryplan AS other JOIN grids_planchange AS theirs ON theirs.plan_id = other.id
    JOIN grids_planchange AS mine ON mine.code_after = theirs.code_after
    WHERE other.state = ANY (%(states)s) AND other.id <> %(plan)s AND mine.plan_id = %(plan)s
      AND theirs.code_after NOT IN ('', theirs.code_before)
      AND mine.code_after <> mine.code_before
    GROUP BY other.id ORDER BY other.id DESC LIMIT 10"""


@dataclass(frozen=True, slots=True)
class Other:
    """A plan that touches the same grids, or gives the same codes; codes: those."""

    plan_id: int
    title: str
    document: str
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return _("“%(title)s” (no. %(number)d): %(codes)s") % {
            "title": self.title,
            "number": self.plan_id,
            "codes": listed(self.codes),
        }


def changed_since(plan: BoundaryPlan, day: date) -> dict[int, str]:
    """The grids, by id with their codes, that are not as the plan found them.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"plan": plan.pk, "day": day})
        return dict(cursor.fetchall())


def taken_codes(plan: BoundaryPlan) -> dict[int, str]:
    """The grids, by id, that have a code by now which the plan gives to another.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, {"plan": plan.pk})
        return dict(cursor.fetchall())


def others_with(plan: BoundaryPlan, grids: Iterable[int], states: Sequence[str]) -> list[Other]:
    """Other plans in one of the states that touch one of the grids, newest first.  One query."""
    return _others(OTHERS, {"plan": plan.pk, "grids": list(grids), "states": list(states)})


def same_codes(plan: BoundaryPlan, states: Sequence[str]) -> list[Other]:
    """Other plans in one of the states that give a code which this one gives too, newest first.
    One query.
    """
    return _others(SAME_CODES, {"plan": plan.pk, "states": list(states)})


def _others(sql: str, values: dict[str, Any]) -> list[Other]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Other(i, title, by, tuple(codes)) for i, title, by, codes in cursor.fetchall()]


def refuse_changed(plan: BoundaryPlan, day: date) -> None:
    """
    Raises:
        Conflict: grids have changed since the plan was drawn, or have its new codes by now; says
            which, and by which plans.
    """
    changed = changed_since(plan, day)
    if not changed:
        _refuse_taken(plan)
        return
    others = others_with(plan, changed, ["in_force", "superseded"])
    codes = sorted(changed.values())
    if others:
        rule = _(
            "Other plans have changed these grids since: %(plans)s. Return this plan and draw it"
            " anew on the map of today."
        )
        told = rule % {"plans": _("; ").join(map(str, others))}
    else:
        rule = _(
            "These grids have changed since this plan was drawn: %(codes)s. Return this plan and"
            " draw it anew on the map of today."
        )
        told = rule % {"codes": listed(codes)}
    raise Conflict(told, _detail(codes, others))


def _refuse_taken(plan: BoundaryPlan) -> None:
    taken = taken_codes(plan)
    if not taken:
        return
    others = others_with(plan, taken, ["in_force", "superseded"])
    codes = sorted(taken.values())
    rule = _(
        "Other grids have got these codes meanwhile: %(codes)s. Return this plan and give its grids"
        " other codes. %(plans)s"
    )
    told = rule % {"codes": listed(codes), "plans": _("; ").join(map(str, others))}
    raise Conflict(told.strip(), _detail(codes, others))


def refuse_same_codes(plan: BoundaryPlan) -> None:
    """
    Raises:
        Conflict: another plan that has its day already gives a code which this one gives too.
    """
    others = same_codes(plan, ["scheduled"])
    if others:
        codes = sorted({code for other in others for code in other.codes})
        rule = _(
            "Other plans that are scheduled give these codes to grids of theirs: %(plans)s. Return"
            " this plan and give its grids other codes, or withdraw the others first."
        )
        raise Conflict(rule % {"plans": _("; ").join(map(str, others))}, _detail(codes, others))


def refuse_scheduled(plan: BoundaryPlan, grids: Iterable[int]) -> None:
    """
    Raises:
        Conflict: another plan that has its day already touches one of the grids.
    """
    others = others_with(plan, grids, ["scheduled"])
    if others:
        codes = sorted({code for other in others for code in other.codes})
        rule = _(
            "Other plans that touch these grids are scheduled: %(plans)s. Publish or withdraw"
            " them first, then draw this one anew."
        )
        raise Conflict(rule % {"plans": _("; ").join(map(str, others))}, _detail(codes, others))


def _detail(codes: list[str], others: list[Other]) -> dict[str, object]:
    return {"grids": codes, "plans": [one.plan_id for one in others]}
