"""The plan that takes a published one back: the same changes the other way round, as a draft."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import shapely
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict
from gis_server.models import User
from grids.models import BoundaryPlan, PlanChange
from grids.plan_flow import LONGEST_TITLE, PlanState
from grids.plans import posts, rows
from grids.plans.clashes import others_with
from grids.plans.drafts import Draft, make
from grids.plans.drawing import as_step
from grids.plans.texts import listed
from grids.redrawing import Born, Posted, Redrawing, Renamed, Reshaped, Retired


@transaction.atomic
def take_back(*, plan_id: int, revision: int, by: User, now: datetime) -> BoundaryPlan:
    """Make the draft of a plan that undoes one in force; it goes the same way as any other.

    Grids that were retired come back under their codes, with the people they had on the last day.
    Posts that the plan gave end when the draft is published; see `posts.ended_by`.

    Raises:
        NotFound, Conflict: see `rows.locked`.
        Conflict: it is not in force, there is such a draft already, or later plans have changed
            its grids: they have to be taken back first; or people are all that it changed, and
            somebody has ended their posts since.
    """
    plan = rows.locked(plan_id, by, revision)
    if plan.state != PlanState.IN_FORCE.value:
        raise Conflict(_("Only a plan that is in force can be taken back."))
    changes = list(plan.changes.select_related("grid", "community").order_by("id"))
    _refuse_built_upon(plan, changes)
    title = (_("Take back: %(title)s") % {"title": plan.title})[:LONGEST_TITLE]
    day, redrawing = timezone.localdate(now), _inverse(plan, changes)
    if redrawing.is_empty and not posts.given_by(plan).exists():
        rule = _("Nothing of this plan is left: the posts that it gave have ended or were changed.")
        raise Conflict(rule)
    operations = as_step(
        redrawing,
        scope_code=plan.scope_code,
        day=day,
        source=title,
        otherwise={"op": "take_back", "plan": plan.pk},
    )
    draft = Draft(title, plan.scope_code, day, operations, redrawing)
    return make(draft=draft, by=by, now=now, inverse_of=plan)


def _refuse_built_upon(plan: BoundaryPlan, changes: Iterable[PlanChange]) -> None:
    """Each grid must still be what the plan made of it."""
    different = sorted(one.code_after or one.code_before for one in changes if not _stands(one))
    if not different:
        return
    grids = [one.grid_id for one in changes if one.grid_id is not None]
    published = (
        other for other in others_with(plan, grids, ["in_force"]) if other.plan_id > plan.pk
    )
    later = list(published)
    rule = _(
        "These grids have changed since: %(codes)s. Take back first what came later, or draw a"
        " new plan. %(plans)s"
    )
    told = {"codes": listed(different), "plans": _("; ").join(map(str, later))}
    raise Conflict((rule % told).strip(), {"grids": different, "plans": [o.plan_id for o in later]})


def _stands(change: PlanChange) -> bool:
    grid = change.grid
    if grid is None:
        return False
    if change.is_retired:
        return grid.gone_on is not None
    drawn = grid.shapes.filter(valid__endswith=None).first()
    same = drawn is not None and _bytes(drawn.shape) == _bytes(change.after)
    return same and (grid.code, grid.name) == change.after_names


def _bytes(shape: object) -> bytes:
    return bytes(shape.wkb)  # type: ignore[attr-defined]


def _polygon(shape: object) -> shapely.Polygon:
    return shapely.from_wkb(_bytes(shape))


def _inverse(plan: BoundaryPlan, changes: list[PlanChange]) -> Redrawing:
    born, retired = (
        [one for one in changes if one.is_retired],
        [one for one in changes if one.is_born],
    )
    kept = [one for one in changes if not one.is_born and not one.is_retired]
    return Redrawing(
        reshaped=tuple(
            Reshaped(one.code_after, _polygon(one.before)) for one in kept if one.is_reshaped
        ),
        born=tuple(
            Born(
                one.code_before, one.name_before, one.kind, one.community.code,
                _polygon(one.before), _as_after(one.others, changes),
            )
            for one in born
        ),
        retired=tuple(Retired(one.code_after, tuple(one.others)) for one in retired),
        renamed=tuple(
            Renamed(one.code_after, one.code_before, one.name_before)
            for one in kept
            if one.is_renamed
        ),
        posted=tuple(_posts_that_ended(plan, born)),
    )  # fmt: skip


def _as_after(codes: Iterable[str], changes: list[PlanChange]) -> tuple[str, ...]:
    """Codes of after the plan stay: they are today's for the plan that takes it back."""
    gone = {one.code_before for one in changes if one.is_retired}
    return tuple(code for code in codes if code not in gone)


def _posts_that_ended(plan: BoundaryPlan, born: list[PlanChange]) -> Iterator[Posted]:
    if plan.effective_on is None:
        return
    grids = [one.grid_id for one in born if one.grid_id is not None]
    for post in posts.taken_from(grids, plan.effective_on):
        yield Posted(post.grid.code, post.worker.number, post.role)
