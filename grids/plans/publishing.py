"""Publication: at its day a plan becomes the territory, all of it in one transaction or nothing.

Readers see the map before or the map after.  Whatever fails, in here or on the way, leaves
everything as it was, and the job tries again at its next turn.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import live, scopes
from gis_server.errors import Conflict, DomainError, Invalid
from grids.models import (
    BoundaryPlan,
    Grid,
    GridDesignation,
    Lineage,
    PlanChange,
)
from grids.plan_flow import PlanAction, PlanState
from grids.plans import moving, outlines, posts, rows
from grids.plans.clashes import refuse_changed
from grids.plans.proof import refuse_faults, world_under
from grids.plans.services import to_draft
from grids.services import history

logger = logging.getLogger(__name__)

# Codes that nobody has while several grids exchange theirs; longer than any of a place.
IN_BETWEEN = "99{:017d}"
CLOSE = """
    UPDATE grids_gridshape AS drawn SET valid = daterange(lower(drawn.valid), %(day)s)
    FROM grids_planchange AS change
    WHERE change.plan_id = %(plan)s AND drawn.grid_id = change.grid_id
      AND drawn.valid @> %(day)s::date
      AND ST_AsBinary(change.before) IS DISTINCT FROM ST_AsBinary(change.after)"""
DRAW = """
    INSERT INTO grids_gridshape (grid_id, valid, shape, shape_3857)
    SELECT change.grid_id, daterange(%(day)s, NULL), change.after,
           ST_ForcePolygonCW(ST_Transform(change.after, 3857))
    FROM grids_planchange AS change
    WHERE change.plan_id = %(plan)s AND change.after IS NOT NULL
      AND ST_AsBinary(change.before) IS DISTINCT FROM ST_AsBinary(change.after)
    ORDER BY change.id"""
# What the triggers of the search would have done, had they not been passed over.
SEARCH = """
    SELECT search_write('grid', %(grids)s::bigint[]), search_write('street', ARRAY(
        SELECT DISTINCT street.id FROM grids_planchange AS change
        JOIN grids_street AS street
            ON street.line && change.before OR street.line && change.after
        WHERE change.plan_id = %(plan)s))"""


def due(now: datetime) -> list[int]:
    """Plans whose day has come, in the order of their days."""
    waiting = BoundaryPlan.objects.filter(
        state=PlanState.SCHEDULED.value, effective_on__lte=timezone.localdate(now)
    )
    return list(waiting.order_by("effective_on", "id").values_list("id", flat=True))


def publish_due(now: datetime) -> int:
    """Publish what is due; how many plans that were.  Doing it again changes nothing.

    A plan that cannot be published goes back to its planner with the reason.
    """
    count = 0
    for plan_id in due(now):
        try:
            count += publish(plan_id=plan_id, now=now)
        except DomainError as error:
            logger.warning("plan %d could not be published: %s", plan_id, error.message)
            _refuse(plan_id, str(error.message), now)
    return count


@transaction.atomic
def _refuse(plan_id: int, reason: str, now: datetime) -> None:
    plan = BoundaryPlan.objects.select_for_update().get(pk=plan_id)
    if plan.state == PlanState.SCHEDULED.value:
        to_draft(plan, PlanAction.REFUSED, by=None, now=now, note=reason[:500])


@transaction.atomic
def publish(*, plan_id: int, now: datetime) -> bool:
    """Let a scheduled plan be the territory from its day on; False when it is already.

    Nobody else edits, imports or publishes meanwhile.

    Raises:
        Conflict: grids have changed since it was drawn, or it is not scheduled for today or before.
        Invalid: the grids would not divide their communities.
    """
    history.hold_codes_still(alone=True)
    plan = BoundaryPlan.objects.select_for_update().get(pk=plan_id)
    if plan.published_at is not None:
        return False
    day = plan.effective_on
    if plan.state != PlanState.SCHEDULED.value or day is None or day > timezone.localdate(now):
        raise Conflict(_("This plan is not scheduled for today."))
    changes = list(plan.changes.select_related("grid", "community").order_by("id"))
    refuse_changed(plan, day)
    world = world_under(changes, day)
    refuse_faults(world)
    _redraw(plan, changes, day)
    posts.publish(plan, day)
    outlines.follow(world)
    counts = moving.move_points(plan, day, now)
    _supersede(plan, now)
    _tell(plan, changes, counts, now)
    return True


def _redraw(plan: BoundaryPlan, changes: Sequence[PlanChange], day: date) -> None:
    try:
        with transaction.atomic():
            _rename([one for one in changes if one.is_renamed], day)
            _bear([one for one in changes if one.is_born], day)
            _retire([one for one in changes if one.is_retired], day)
    except IntegrityError as error:
        told = _("A code or day of this plan is taken by now: %(told)s")
        raise Conflict(told % {"told": str(error).splitlines()[0][:200]}) from None
    _draw(plan, changes, day)
    _note_lineage(plan, changes, day)


# ---- Codes and names -----------------------------------------------------------------------------


def _rename(changes: Sequence[PlanChange], day: date) -> None:
    """Other codes and names; codes may change places, so each steps aside first where one is in
    another's way.  Scopes of users and what else is kept by code follow.
    """
    recoded = {one.code_before: one for one in changes if one.code_after != one.code_before}
    wanted = {one.code_after for one in recoded.values()}
    aside = {
        code: IN_BETWEEN.format(one.grid_id) for code, one in recoded.items() if code in wanted
    }
    for code, between in aside.items():
        _recode(recoded[code], code, between)
    for code, one in recoded.items():
        _recode(one, aside.get(code, code), one.code_after)
    for one in changes:
        Grid.objects.filter(pk=_id(one)).update(name=one.name_after)
    _close_names([_id(one) for one in changes], day)
    _open_names(changes, day)


def _id(change: PlanChange) -> int:
    """The grid's; only those that are still to be born have none."""
    if change.grid_id is None:
        raise ValueError(f"{change} has no grid yet")
    return change.grid_id


def _recode(change: PlanChange, old: str, new: str) -> None:
    Grid.objects.filter(pk=_id(change), code=old).update(code=new)
    scopes.follow(old, new)


def _close_names(grids: Sequence[int], day: date) -> None:
    running = GridDesignation.objects.filter(grid__in=grids, valid__endswith=None)
    running.filter(valid__startswith__gte=day).delete()
    for one in running:
        GridDesignation.objects.filter(pk=one.pk).update(valid=DateRange(one.valid.lower, day))


def _open_names(changes: Sequence[PlanChange], day: date) -> None:
    GridDesignation.objects.bulk_create(
        GridDesignation(
            grid_id=_id(one),
            code=one.code_after,
            name=one.name_after,
            valid=DateRange(day, None),
        )
        for one in changes
    )


# ---- Grids that begin and end --------------------------------------------------------------------


def _bear(changes: Sequence[PlanChange], day: date) -> None:
    parents = {one.code_after[:-2] for one in changes if len(one.code_after) > 15}
    above = dict(Grid.objects.filter(code__in=parents).values_list("code", "id"))
    for one in sorted(changes, key=lambda change: (len(change.code_after), change.code_after)):
        if one.grid_id is None:
            grid = Grid.objects.create(
                code=one.code_after,
                name=one.name_after,
                kind=one.kind,
                community=one.community,
                parent_id=above.get(one.code_after[:-2]),
            )
            above[grid.code] = grid.pk
            one.grid_id = grid.pk
            PlanChange.objects.filter(pk=one.pk).update(grid=grid)
        else:
            back = {"name": one.name_after, "kind": one.kind, "gone_on": None}
            Grid.objects.filter(pk=one.grid_id).update(**back)
    _open_names(changes, day)


def _retire(changes: Sequence[PlanChange], day: date) -> None:
    """The grid, its past and its code stay; its name and its people's posts end."""
    grids = [_id(one) for one in changes]
    Grid.objects.filter(pk__in=grids).update(gone_on=day)
    _close_names(grids, day)
    posts.end(posts.held(grids, day), day)


def _draw(plan: BoundaryPlan, changes: Sequence[PlanChange], day: date) -> None:
    """Close the old shapes and open the new ones.  The triggers that put points into grids one by
    one are passed over: `moving` does it for all of them.
    """
    values: dict[str, Any] = {
        "plan": plan.pk,
        "day": day,
        "grids": [one.grid_id for one in changes],
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gis.bulk', 'on', true)")
        cursor.execute(CLOSE, values)
        cursor.execute(DRAW, values)
        cursor.execute("SELECT set_config('gis.bulk', 'off', true)")
        cursor.execute(SEARCH, values)


def _note_lineage(plan: BoundaryPlan, changes: Sequence[PlanChange], day: date) -> None:
    """Who was born of whom, and who took whose ground over, by ids: codes may change hands."""
    named = {code for one in changes for code in one.others}
    known = dict(Grid.objects.filter(code__in=named).values_list("code", "id"))
    before = known | {one.code_before: one.grid_id for one in changes if one.code_before}
    after = known | {one.code_after: one.grid_id for one in changes if one.code_after}
    gone = {one.grid_id for one in changes if one.is_retired}
    found: dict[tuple[int, int], str] = {}
    for one in changes:
        for code in one.others:
            other = (before if one.is_born else after).get(code)
            if other is None or one.grid_id is None or other == one.grid_id:
                rule = _("The plan names a grid that is not there: %(code)s")
                raise Invalid(rule % {"code": code})
            pair = (other, one.grid_id) if one.is_born else (one.grid_id, other)
            how = Lineage.How.MERGED if pair[0] in gone else Lineage.How.SPLIT
            found[pair] = how.value
    Lineage.objects.bulk_create(
        Lineage(earlier_id=earlier, later_id=later, how=how, on=day, plan=plan)
        for (earlier, later), how in sorted(found.items())
    )


# ---- What is told --------------------------------------------------------------------------------


def _supersede(plan: BoundaryPlan, now: datetime) -> None:
    """The plan that this one takes back is over."""
    if plan.inverse_of_id is None:
        return
    former = BoundaryPlan.objects.select_for_update().get(pk=plan.inverse_of_id)
    rows.move(former, PlanState.SUPERSEDED, PlanAction.SUPERSEDED, by=None, now=now)


def _tell(
    plan: BoundaryPlan, changes: Iterable[PlanChange], counts: dict[str, int], now: datetime
) -> None:
    """Last of all: whoever writes changes holds the feed to the end of the transaction."""
    rows.move(
        plan, PlanState.IN_FORCE, PlanAction.PUBLISHED, by=None, now=now, published_at=now,
        note=_("%(count)d points changed hands") % {"count": sum(counts.values())},
    )  # fmt: skip
    codes = {code for one in changes for code in (one.code_before, one.code_after) if code}
    live.record(*live.by_street("territory", codes))
