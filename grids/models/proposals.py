"""Proposals of borders that somebody has asked for, and what came of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from gis_server.models import LONGEST_CODE
from grids.models.plans import BoundaryPlan
from grids.models.rules import one_of


class ProposalState(models.TextChoices):
    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


OPEN = (ProposalState.WAITING.value, ProposalState.WORKING.value)


class PlanProposal(models.Model):
    """Alternatives for the grids of one community of a draft.

    revision: of the plan that they start from.  wishes: what was asked for, as
    `plans.proposals.wishes` reads it.  problem: why there are none, where the state is failed: a
    name of `plans.proposals.texts.PROBLEMS`.  seen: fingerprints of the community's grids, by key,
    as they were at the start.  result: see `plans.proposals.work.told`.
    """

    plan = models.ForeignKey(BoundaryPlan, models.CASCADE, related_name="proposals")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    revision = models.PositiveIntegerField()
    community = models.CharField(max_length=LONGEST_CODE)
    wishes = models.JSONField(default=dict)
    state = models.CharField(
        max_length=9, choices=ProposalState.choices, default=ProposalState.WAITING
    )
    state_at = models.DateTimeField()
    problem = models.CharField(max_length=20, blank=True)
    seen = models.JSONField(default=dict)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"], name="one_proposal_at_work_on_a_plan", condition=Q(state__in=OPEN)
            ),
            models.CheckConstraint(
                name="proposal_state_is_known", condition=one_of("state", ProposalState)
            ),
            models.CheckConstraint(
                name="proposal_is_for_a_community", condition=Q(community__regex=r"^[0-9]{12}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.community} {self.state}"
