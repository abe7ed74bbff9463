"""What plans want of somebody, and what has become of theirs: told first on the list of plans."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from gis_server.models import User
from gis_server.roles import Permission, may
from grids.models import BoundaryPlan, PlanStep
from grids.plan_flow import PlanAction, PlanState
from grids.plans.looking_back.past import plans_of
from grids.plans.rows import DREW

NEWS = timedelta(days=14)
MOST = 50
BACK = {PlanAction.RETURNED.value, PlanAction.REFUSED.value}


@dataclass(frozen=True, slots=True)
class Due:
    """A plan and a sentence; is_task: something has to be done, and not only known."""

    plan: BoundaryPlan
    text: str
    note: str
    at: datetime
    is_task: bool


def due_for(user: User, now: datetime) -> list[Due]:
    """What waits for the user, and then news of the last two weeks of plans that they drew; newest
    first, `MOST` of each at most.  Two queries.
    """
    mine = Q(author=user) | Q(editor=user)
    last = PlanStep.objects.filter(plan=OuterRef("pk")).order_by("-id")
    known = plans_of(user, "").annotate(
        **{f"last_{name}": Subquery(last.values(name)[:1]) for name in ("action", "note", "who")},
        last_user=Subquery(last.values("user_id")[:1]),
    )
    drew = PlanStep.objects.filter(plan=OuterRef("pk"), action__in=DREW, user_id=user.pk)
    waiting = Q(state=PlanState.IN_REVIEW.value) & ~mine & ~Q(Exists(drew))
    if may(user.role, Permission.EDIT_TERRITORY):
        waiting |= mine & Q(state=PlanState.APPROVED.value)
        waiting |= mine & Q(state=PlanState.DRAFT.value, last_action__in=BACK)
    over = (PlanState.IN_FORCE, PlanState.SUPERSEDED, PlanState.WITHDRAWN)
    news = mine & Q(state__in=[state.value for state in over], changed_at__gte=now - NEWS)
    rows = known.select_related("author", "approved_by").order_by("-changed_at", "-id")
    tasks = [_due(one, user, is_task=True) for one in rows.filter(waiting)[:MOST]]
    # By somebody else, or by the job, which is nobody.
    others = Q(last_user=None) | ~Q(last_user=user.pk)
    told = rows.filter(news & others)[:MOST]
    return [*tasks, *(_due(one, user, is_task=False) for one in told)]


def _due(plan: Any, user: User, *, is_task: bool) -> Due:
    text = next(_texts(plan, user))
    note = plan.last_note if plan.last_action in BACK or plan.state == PlanState.WITHDRAWN else ""
    return Due(plan, text, note, plan.changed_at, is_task)


def _texts(plan: Any, user: User) -> Iterator[str]:
    values = {"who": plan.last_who or _("the server"), "day": plan.effective_on}
    if plan.last_action == PlanAction.REFUSED.value:
        yield _("Its day came, and it could not be published: it is a draft again.")
    if plan.last_action == PlanAction.RETURNED.value:
        yield _("%(who)s has returned it.") % values
    if plan.state == PlanState.IN_REVIEW.value:
        yield _("%(who)s asks for approval.") % values
    if plan.state == PlanState.APPROVED.value:
        yield _("%(who)s has approved it: give it its day.") % values
    if plan.state == PlanState.IN_FORCE.value:
        yield _("It is in force since %(day)s.") % values
    if plan.state == PlanState.SUPERSEDED.value:
        yield _("It has been taken back.")
    yield _("%(who)s has withdrawn it.") % values
