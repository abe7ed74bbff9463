"""Rows of plans, locked and in reach; the step, audit row and change that every move leaves."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import audit, live
from gis_server.errors import Conflict, NotFound
from gis_server.models import User
from gis_server.roles import in_scope
from grids.models import BoundaryPlan, PlanStep
from grids.plan_flow import PlanAction, PlanState, may_follow
from grids.plans.texts import wrong_state

TOPIC = "plan"
DREW = (PlanAction.MADE.value, PlanAction.SAVED.value)


def found(plan_id: int, by: User) -> BoundaryPlan:
    """
    Raises:
        NotFound: no such plan, or none in the user's reach.
    """
    plan = BoundaryPlan.objects.filter(pk=plan_id).first()
    if plan is None or not in_scope(by, plan.scope_code):
        raise NotFound(_("There is no such plan in your territory."))
    return plan


def makers_of(plan: BoundaryPlan) -> set[int | None]:
    """Everybody who has drawn any of it, however long ago.  One query."""
    drew = PlanStep.objects.filter(plan=plan, action__in=DREW).order_by()
    return {plan.author_id, plan.editor_id, *drew.values_list("user_id", flat=True).distinct()}


def locked(plan_id: int, by: User, revision: int) -> BoundaryPlan:
    """The plan, kept from others to the end of the transaction, if it is as it was seen.

    Raises:
        NotFound: see `found`.
        Conflict: it has changed since; says who changed it, and when.
    """
    found(plan_id, by)
    plan = BoundaryPlan.objects.select_for_update().get(pk=plan_id)
    must_be_seen(plan, revision)
    return plan


def must_be_seen(plan: BoundaryPlan, revision: int) -> None:
    """
    Raises:
        Conflict: the plan has changed since; says who changed it, and when.
    """
    if plan.revision != revision:
        raise Conflict(_changed(plan), {"revision": plan.revision})


def _changed(plan: BoundaryPlan) -> str:
    last = PlanStep.objects.filter(plan=plan).order_by("-id").first()
    rule = _(
        "%(who)s has changed this plan since you opened it, at %(at)s. Yours was not saved:"
        " open the plan anew."
    )
    who = plan.editor.get_full_name() if plan.editor else (last.who if last else "?")
    at = timezone.localtime(plan.changed_at)
    return rule % {"who": who, "at": f"{at:%Y-%m-%d %H:%M}"}


def move(
    plan: BoundaryPlan,
    then: PlanState,
    action: PlanAction,
    *,
    by: User | None,
    now: datetime,
    note: str = "",
    **values: Any,
) -> BoundaryPlan:
    """Take a plan from the state it was read in to another, in the caller's transaction.

    by: None for the clock.  values: columns that change with it.

    Raises:
        Conflict: this does not follow from its state, or somebody else was first.
    """
    must_lead_to(plan, then)
    same = BoundaryPlan.objects.filter(pk=plan.pk, state=plan.state, revision=plan.revision)
    values |= {"state": then.value, "revision": F("revision") + 1, "changed_at": now}
    if same.update(**values) != 1:
        raise Conflict(_("Somebody else was first: open the plan anew."))
    plan.refresh_from_db()
    leave_step(plan, action, by=by, now=now, note=note)
    return plan


def must_lead_to(plan: BoundaryPlan, then: PlanState) -> None:
    """
    Raises:
        Conflict: this does not follow from the plan's state.
    """
    seen = PlanState(plan.state)
    if not may_follow(seen, then):
        raise Conflict(wrong_state(seen, plan.get_state_display()))


def leave_step(
    plan: BoundaryPlan, action: PlanAction, *, by: User | None, now: datetime, note: str = ""
) -> None:
    """Add the step, its audit row and the change that open pages hear of; the caller commits."""
    PlanStep.objects.create(
        plan=plan,
        action=action.value,
        at=now,
        user_id=by.pk if by else None,
        who=by.get_full_name() if by else "",
        note=note,
        revision=plan.revision,
    )
    detail: dict[str, Any] = {"title": plan.title, "revision": plan.revision}
    if plan.effective_on:
        detail |= {"day": plan.effective_on.isoformat(), "document": plan.document}
    if note:
        detail["reason"] = note
    audit.note(
        by=by,
        action={
            PlanAction.MADE: "plan.made",
            PlanAction.SAVED: "plan.saved",
            PlanAction.SUBMITTED: "plan.submitted",
            PlanAction.RETURNED: "plan.returned",
            PlanAction.APPROVED: "plan.approved",
            PlanAction.SCHEDULED: "plan.scheduled",
            PlanAction.REFUSED: "plan.refused",
            PlanAction.PUBLISHED: "plan.published",
            PlanAction.SUPERSEDED: "plan.superseded",
            PlanAction.WITHDRAWN: "plan.withdrawn",
        }[action],
        subject=plan.pk,
        scope=plan.scope_code,
        detail=detail,
    )
    tell(plan)


def tell(plan: BoundaryPlan, *, here: bool = False) -> None:
    """Let open pages hear that a plan is another one, or (`here`) that others have it open; last in
    the caller's transaction.
    """
    told: dict[str, Any] = {"state": plan.state, "revision": plan.revision}
    if here:
        told["here"] = True
    live.record(live.Change(TOPIC, str(plan.pk), plan.scope_code, told))
