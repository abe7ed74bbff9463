"""What the pages of hand-over read; every function costs a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from cameras.handover.delivery_flow import DeliveryState
from cameras.handover.models import Delivery, DeliveryPlan
from cameras.handover.services.plans import MOST_PLANS, may_handle
from gis_server.edge import Page
from gis_server.models import User

WRONG = [
    state.value for state in (DeliveryState.FAILED, DeliveryState.GIVEN_UP, DeliveryState.UNCLEAR)
]


@dataclass(frozen=True, slots=True)
class PlanShown:
    plan: DeliveryPlan
    last: Delivery | None


def plans(user: User) -> list[PlanShown]:
    """The plans that the user may handle, by name, each with its last delivery.  Two queries."""
    newest = Delivery.objects.filter(plan=OuterRef("pk")).order_by("-made_at", "-id")
    rows = (
        DeliveryPlan.objects.select_related("made_by")
        .annotate(last_id=Subquery(newest.values("pk")[:1]))
        .order_by("name", "id")[:MOST_PLANS]
    )
    mine = [row for row in rows if may_handle(user, row)]
    last = Delivery.objects.in_bulk([row.last_id for row in mine if row.last_id])
    return [PlanShown(row, last.get(row.last_id)) for row in mine]


def deliveries(
    plan_ids: Sequence[int], page: Page, *, only_wrong: bool
) -> tuple[list[Delivery], int]:
    """One piece of the deliveries of these plans, the newest first.  Two queries."""
    rows = _of(plan_ids, only_wrong)
    shown = rows.select_related("plan", "asked_by").order_by("-made_at", "-id")
    return list(shown[page.offset : page.offset + page.limit]), rows.count()


def _of(plan_ids: Sequence[int], only_wrong: bool) -> QuerySet[Delivery]:
    wrong = Q(state__in=WRONG) if only_wrong else Q()
    return Delivery.objects.filter(wrong, plan__in=plan_ids)
