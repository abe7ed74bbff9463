"""What people do with a plan: send it to review, approve, return, schedule, withdraw.

Each is one step, taken by compare-and-set on the revision that its page showed.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import RedisError

from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from grids.models import BoundaryPlan, PlanChange
from grids.plan_flow import (
    LONGEST_DOCUMENT,
    LONGEST_NOTE,
    MOST_DAYS_AHEAD,
    PlanAction,
    PlanState,
    fits,
    may_approve,
)
from grids.plans import posts, rows
from grids.plans.clashes import refuse_changed, refuse_same_codes, refuse_scheduled
from grids.plans.drafts import Draft, make, save
from grids.plans.proof import refuse_faults, world_under
from grids.plans.texts import FLAWS
from grids.redrawing import Flaw
from grids.services import history

__all__ = [
    "Draft",
    "approve",
    "give_back",
    "make",
    "prove",
    "save",
    "schedule",
    "soon",
    "submit",
    "withdraw",
]


def prove(plan: BoundaryPlan, day: date) -> None:
    """
    Raises:
        Conflict: grids have changed since the plan was drawn, or its new codes are others' by now,
            or will be by a plan that has its day.
        Invalid: it changes nothing, or the grids would not divide their communities.
    """
    changes = list(plan.changes.select_related("community"))
    if is_empty(plan, changes):
        raise Invalid(str(FLAWS[Flaw.NOTHING]))
    refuse_changed(plan, day)
    refuse_same_codes(plan)
    refuse_faults(world_under(changes, day))


def is_empty(plan: BoundaryPlan, changes: Sequence[PlanChange]) -> bool:
    """Whether a plan does nothing, to grids or to people."""
    return not (changes or plan.posts or posts.ended_by(plan).exists())


def soon(now: datetime) -> date:
    """The day for which a plan without a day is proven: a grid that changed today may change
    tomorrow, but not today again.
    """
    return timezone.localdate(now) + timedelta(days=1)


@transaction.atomic
def submit(*, plan_id: int, revision: int, by: User, now: datetime) -> BoundaryPlan:
    """Send a draft to review.

    Raises:
        NotFound, Conflict: see `rows.locked` and `rows.move`.
        Conflict, Invalid: it cannot be published as it is; see `prove`.
    """
    plan = rows.locked(plan_id, by, revision)
    rows.must_lead_to(plan, PlanState.IN_REVIEW)
    prove(plan, soon(now))
    return rows.move(plan, PlanState.IN_REVIEW, PlanAction.SUBMITTED, by=by, now=now)


@transaction.atomic
def approve(
    *, plan_id: int, revision: int, by: User, now: datetime, note: str = ""
) -> BoundaryPlan:
    """Approve what is in review; the rule of two (双人复核) is the database's too.

    Raises:
        NotAllowed: by whoever made the plan, or has ever changed it.
        NotFound, Conflict, Invalid: see `submit`.
    """
    plan = rows.locked(plan_id, by, revision)
    if not may_approve(by.pk, rows.makers_of(plan)):
        raise NotAllowed(_("You have drawn or changed this plan: somebody else must approve it."))
    rows.must_lead_to(plan, PlanState.APPROVED)
    prove(plan, soon(now))
    told: dict[str, Any] = {"note": _note(note), "approved_by": by}
    return rows.move(plan, PlanState.APPROVED, PlanAction.APPROVED, by=by, now=now, **told)


@transaction.atomic
def give_back(*, plan_id: int, revision: int, reason: str, by: User, now: datetime) -> BoundaryPlan:
    """Return a plan that is in review, approved or scheduled: it is a draft again.

    Raises:
        Invalid: no reason.
        NotFound, Conflict: see `rows.locked` and `rows.move`.
    """
    plan = rows.locked(plan_id, by, revision)
    return to_draft(plan, PlanAction.RETURNED, by=by, now=now, note=_note(reason, needed=True))


def to_draft(
    plan: BoundaryPlan, action: PlanAction, *, by: User | None, now: datetime, note: str
) -> BoundaryPlan:
    """What was approved has to be approved again, and its day is free."""
    PlanChange.objects.filter(plan=plan).update(effective_on=None)
    empty: dict[str, Any] = {"approved_by": None, "effective_on": None, "document": ""}
    return rows.move(plan, PlanState.DRAFT, action, by=by, now=now, note=note, **empty)


@transaction.atomic
def schedule(
    *, plan_id: int, revision: int, day: date, document: str, by: User, now: datetime
) -> BoundaryPlan:
    """Say from which day an approved plan is in force, and by which document; one for today is
    published as soon as a worker is free.

    Raises:
        Invalid: a day that is past or too far ahead, or no document.
        Conflict: another plan that is scheduled, or in force since, touches one of its grids.
        NotFound: see `rows.locked`.
    """
    # Before the plan's row, as publishing does: of two that touch one grid, one goes first.
    history.hold_codes_still(alone=True)
    plan = rows.locked(plan_id, by, revision)
    if not fits(day, timezone.localdate(now)):
        rule = _("A plan comes into force today or later, at most %(days)d days ahead.")
        raise Invalid(rule % {"days": MOST_DAYS_AHEAD})
    document = document.strip()
    if not 1 <= len(document) <= LONGEST_DOCUMENT or "\0" in document:
        rule = _("Name the document that orders this, in at most %(longest)d characters.")
        raise Invalid(rule % {"longest": LONGEST_DOCUMENT})
    rows.must_lead_to(plan, PlanState.SCHEDULED)
    touched = PlanChange.objects.filter(plan=plan, grid__isnull=False)
    refuse_scheduled(plan, touched.values_list("grid_id", flat=True))
    prove(plan, day)
    try:
        with transaction.atomic():
            PlanChange.objects.filter(plan=plan).update(effective_on=day)
    except IntegrityError:
        raise Conflict(_("One of its grids changes by another plan on that day already.")) from None
    if day == timezone.localdate(now):
        transaction.on_commit(_publish_soon)
    values: dict[str, Any] = {"effective_on": day, "document": document}
    return rows.move(plan, PlanState.SCHEDULED, PlanAction.SCHEDULED, by=by, now=now, **values)


def _publish_soon() -> None:
    """Where the queue is away, the job that comes every minute finds the plan."""
    from grids import jobs  # noqa: PLC0415  (jobs import the work)

    with suppress(QueueError, RedisError, OSError):
        jobs.publish_plans.apply_async(retry=False)


@transaction.atomic
def withdraw(*, plan_id: int, revision: int, reason: str, by: User, now: datetime) -> BoundaryPlan:
    """Give up a plan that is not in force.

    Raises:
        Invalid: no reason.
        NotFound, Conflict: see `rows.locked` and `rows.move`.
    """
    plan = rows.locked(plan_id, by, revision)
    note = _note(reason, needed=True)
    PlanChange.objects.filter(plan=plan).update(effective_on=None)
    empty: dict[str, Any] = {"effective_on": None, "document": ""}
    return rows.move(
        plan, PlanState.WITHDRAWN, PlanAction.WITHDRAWN, by=by, now=now, note=note, **empty
    )


def _note(text: str, *, needed: bool = False) -> str:
    note = text.strip()
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise Invalid(_("Write at most %(most)d characters.") % {"most": LONGEST_NOTE})
    if needed and not note:
        raise Invalid(_("Say why: a reason belongs to this step."))
    return note
