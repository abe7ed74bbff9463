"""Asking for proposals, giving them up, and taking one of their alternatives into the draft."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError as QueueError
from redis.exceptions import RedisError

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from grids.balance import NothingToBalance
from grids.models import BoundaryPlan, PlanProposal, ProposalState
from grids.models.proposals import OPEN
from grids.plan import read as operation
from grids.plans import rows
from grids.plans.drafts import must_be_draft
from grids.plans.editor import editing, kept
from grids.plans.proposals import work as proposing
from grids.plans.proposals.texts import nothing_text
from grids.plans.proposals.wishes import read

MOST_HOMES = 20_000
KEPT = 5  # of a plan; older ones are forgotten when another is asked for
# Longer than the job may run, and than a queue that lives lets anything wait.
GONE_AFTER = {
    ProposalState.WORKING.value: timedelta(minutes=3),
    ProposalState.WAITING.value: timedelta(minutes=10),
}


def ask(
    *, plan_id: int, revision: int, community: str, told: Mapping[str, Any], by: User, now: datetime
) -> PlanProposal:
    """Have alternatives worked out for one community of a draft, from the borders it has now.

    Raises:
        NotFound: no such plan in the user's reach.
        Conflict: it has changed since, is no draft, or a proposal is at work on it.
        Invalid: wishes that cannot be; a community that is not in the plan, has no households that
            are known, or too many buildings; a locked grid that is none of it.
    """
    wishes = read(told)
    settle_gone(plan_id, now)
    with transaction.atomic():
        plan = rows.locked(plan_id, by, revision)
        must_be_draft(plan)
        own = proposing.seen(kept.to_draw_on(plan), community)
        wishes["locked"] = sorted({*wishes["locked"], *(own.keys() & set(plan.locked_grids))})
        _check_wishes(own, wishes, community)
        try:
            with transaction.atomic():
                proposal = PlanProposal.objects.create(
                    plan=plan, by=by, asked_at=now, state_at=now, revision=revision,
                    community=community, wishes=wishes, seen=own,
                )  # fmt: skip
        except IntegrityError:
            rule = _("A proposal is being worked out for this plan already: wait, or cancel it.")
            raise Conflict(rule) from None
        last = PlanProposal.objects.filter(plan=plan).order_by("-id")[:KEPT]
        PlanProposal.objects.filter(plan=plan).exclude(pk__in=[one.pk for one in last]).delete()
        transaction.on_commit(partial(_send, proposal, now))
    return proposal


def _check_wishes(own: Mapping[str, str], wishes: Mapping[str, Any], community: str) -> None:
    """What would keep the job from beginning is told at once."""
    flaw, locked = NothingToBalance.Flaw, set(wishes["locked"])
    if not own:
        raise Invalid(nothing_text(NothingToBalance(flaw.NO_GRIDS)))
    if strange := sorted(locked - own.keys()):
        raise Invalid(nothing_text(NothingToBalance(flaw.STRANGE_LOCK, *strange)))
    if locked | (proposing.with_parts(community) & own.keys()) == own.keys():
        raise Invalid(nothing_text(NothingToBalance(flaw.ALL_LOCKED)))
    buildings = proposing.buildings(community).count()
    if not buildings:
        raise Invalid(nothing_text(NothingToBalance(flaw.NO_HOUSEHOLDS)))
    if buildings > MOST_HOMES:
        rule = _("This community has %(count)d buildings; proposals take %(most)d at most.")
        raise Invalid(rule % {"count": buildings, "most": MOST_HOMES})


def _send(proposal: PlanProposal, now: datetime) -> None:
    from grids import jobs  # noqa: PLC0415  (jobs import the work)

    try:
        jobs.propose_borders.apply_async((proposal.pk,), retry=False)
    except (QueueError, RedisError, OSError):
        fail(proposal, "no_queue", now)


def fail(proposal: PlanProposal, problem: str, now: datetime) -> None:
    PlanProposal.objects.filter(pk=proposal.pk, state__in=OPEN).update(
        state=ProposalState.FAILED.value, state_at=now, problem=problem
    )


def settle_gone(plan_id: int, now: datetime) -> None:
    """Let proposals end whose job is gone: nobody waits for what never comes."""
    for state, limit in GONE_AFTER.items():
        PlanProposal.objects.filter(plan_id=plan_id, state=state, state_at__lt=now - limit).update(
            state=ProposalState.FAILED.value, state_at=now, problem="broke_off"
        )


def found(plan_id: int, proposal_id: int, by: User) -> PlanProposal:
    """
    Raises:
        NotFound: no such proposal, or of a plan that is not in the user's reach.
    """
    plan = rows.found(plan_id, by)
    proposal = PlanProposal.objects.filter(plan=plan, pk=proposal_id).first()
    if proposal is None:
        raise NotFound(_("There is no such proposal for this plan."))
    return proposal


def cancel(*, plan_id: int, proposal_id: int, by: User, now: datetime) -> PlanProposal:
    """Give a proposal up; its job notices within a second.

    Raises:
        NotFound: see `found`.
        Conflict: it has ended already.
    """
    proposal = found(plan_id, proposal_id, by)
    ended = PlanProposal.objects.filter(pk=proposal.pk, state__in=OPEN)
    if ended.update(state=ProposalState.CANCELLED.value, state_at=now) != 1:
        raise Conflict(_("This proposal has ended already."))
    proposal.refresh_from_db()
    return proposal


def is_current(proposal: PlanProposal, plan: BoundaryPlan) -> bool:
    """Whether the grids of its community are those that it was worked out for."""
    value = kept.opened(plan).value
    return bool(proposing.seen(value, proposal.community) == proposal.seen)


@transaction.atomic
def take(
    *, plan_id: int, proposal_id: int, aim: str, revision: int, by: User, now: datetime
) -> BoundaryPlan:
    """Do the operations of an alternative to the draft, after those that it has.

    Raises:
        NotFound: no such proposal or alternative.
        Conflict: the plan has changed since it was seen, or the community since it was proposed
            for; or the plan is no draft.
        Invalid: an operation is refused, of a grid that was locked meanwhile, say.
    """
    proposal = found(plan_id, proposal_id, by)
    plan = rows.locked(plan_id, by, revision)
    must_be_draft(plan)
    chosen = [one for one in proposal.result.get("alternatives", []) if one["aim"] == aim]
    if not chosen:
        raise NotFound(_("There is no such alternative in this proposal."))
    if not is_current(proposal, plan):
        raise Conflict(proposing.moved_on())
    operations = [operation(one) for one in chosen[0]["operations"]]
    done = editing.do(plan_id=plan_id, revision=revision, operations=operations, by=by, now=now)
    return done.row
