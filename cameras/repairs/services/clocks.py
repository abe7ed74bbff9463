"""What time alone does to orders: waits that end, deadlines that pass, closing after a day."""

from datetime import datetime

from django.utils import timezone

from cameras.repairs.dues import deadlines_of, overdue_q
from cameras.repairs.models import RepairOrder
from cameras.repairs.services.steps import move, note_steps, step_of
from cameras.repairs.workflow import RELAPSE, Action, Status
from gis_server.errors import Conflict


def keep_time(now: datetime, told: list[RepairOrder]) -> int:
    """All that is due now; how many orders it has moved or told of.  told: browsers are to hear."""
    return resume_waiting(now, told) + escalate(now, told) + close(now, told)


def resume_waiting(now: datetime, told: list[RepairOrder]) -> int:
    """Take up what was to wait until today, by the local calendar."""
    today = timezone.localdate(now)
    rows = RepairOrder.objects.filter(state=Status.WAITING.value, review_on__lte=today)
    return sum(moved(order, Action.RESUME, now, told) for order in rows.order_by("pk"))


def close(now: datetime, told: list[RepairOrder]) -> int:
    rows = RepairOrder.objects.filter(state=Status.VERIFIED.value, verified_at__lte=now - RELAPSE)
    return sum(
        moved(order, Action.CLOSE, now, told, closed_at=now) for order in rows.order_by("pk")
    )


def moved(
    order: RepairOrder,
    action: Action,
    now: datetime,
    told: list[RepairOrder],
    **values: object,
) -> bool:
    try:
        move(order, action, by=None, now=now, values=values, moved=told)
    except Conflict:
        return False  # somebody was first
    return True


def escalate(now: datetime, told: list[RepairOrder]) -> int:
    """Tell the leaders of each stage that is late, once."""
    count = 0
    late = list(RepairOrder.objects.filter(overdue_q(now, untold=True)).order_by("pk"))
    for order in late:
        stages = [
            stage
            for stage in deadlines_of(order).missed(Status(order.state), now)
            if stage.value not in order.escalated
        ]
        seen = RepairOrder.objects.filter(pk=order.pk, state=order.state)
        after = [*order.escalated, *(stage.value for stage in stages)]
        if not stages or seen.filter(escalated=order.escalated).update(escalated=after) != 1:
            continue
        order.escalated = after
        told.append(order)
        count += 1
        note_steps(
            step_of(order, Action.ESCALATE, by=None, now=now, detail={"stage": stage.value})
            for stage in stages
        )
    return count
