"""One look at everything: what the job does every few seconds."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cameras.repairs.models import RepairOrder
from cameras.repairs.services.clocks import keep_time
from cameras.repairs.services.opening import open_orders, take_lock
from cameras.repairs.services.proving import prove
from cameras.repairs.services.steps import changes_of
from gis_server import live


@dataclass(frozen=True, slots=True)
class Looked:
    """opened: new orders.  proved: verified or sent back.  timed: taken up, told of or closed."""

    opened: int = 0
    proved: int = 0
    timed: int = 0


@transaction.atomic
def look(now: datetime) -> Looked:
    """Close and escalate what time has come for, verify what is proved, open what is due.

    One process at a time; another one that comes meanwhile does nothing.  Ten queries when nothing
    has happened.
    """
    if not take_lock():
        return Looked()
    moved: list[RepairOrder] = []
    timed = keep_time(now, moved)
    proved = prove(now, moved)
    opened = open_orders(now, moved)
    live.record(*changes_of({one.pk: one for one in moved}.values()))
    return Looked(opened, proved, timed)
