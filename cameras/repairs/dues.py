"""Which orders are late, asked of the database and of one order alike."""

from datetime import datetime

from django.db.models import Q

from cameras.repairs.models import RepairOrder
from cameras.repairs.workflow import RUNS_IN, Deadlines, Stage

DUES = {Stage.RESPOND: "respond_due", Stage.ARRIVE: "arrive_due", Stage.FIX: "fix_due"}


def overdue_q(now: datetime, *, untold: bool = False) -> Q:
    """Orders that are late in a stage whose clock runs; untold: and nobody was told of it."""
    late = Q(pk__in=[])
    for stage, column in DUES.items():
        part = Q(**{f"{column}__lt": now}, state__in=[one.value for one in RUNS_IN[stage]])
        if untold:
            part &= ~Q(escalated__contains=[stage.value])
        late |= part
    return late


def deadlines_of(order: RepairOrder) -> Deadlines:
    return Deadlines(order.respond_due, order.arrive_due, order.fix_due)
