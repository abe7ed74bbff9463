"""Deliveries: made when they are due, claimed by one process, and ended with what became of them.

The one rule: a list is never sent twice by itself.  A delivery is claimed in a transaction of its
own before anything is sent; whoever dies in between leaves a lease that runs out, and then nobody
knows whether the list has arrived, so a person decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.handover.delivery_flow import (
    DUE,
    SENT_AGAIN,
    TRIED_FOR,
    DeliveryState,
    due_day,
    next_try,
)
from cameras.handover.line import Filters
from cameras.handover.models import LONGEST_ERROR, Delivery, DeliveryPlan
from cameras.handover.services.plans import plan_for
from cameras.models import Outage, OutageMember
from gis_server import audit
from gis_server.errors import Conflict, NotFound
from gis_server.models import User
from gis_server.plain_text import one_line, shortened
from gis_server.roles import within_q
from gis_server.scopes import common_code
from gis_server.workdays import calendar
from gis_server.workdays.worktime import Calendar
from grids.codes import BadCode, prefix

LEASE = timedelta(minutes=3)
"""Longer than any sending: making the files, then ten seconds at most on the network."""
CLAIM_LOCK = 7_214_041
"""The advisory lock of claims, so that the limit of robots holds; any number nobody else uses."""
ROBOTS = ("wecom", "dingtalk")
ROBOT_LIMIT, ROBOT_SPAN = 20, timedelta(minutes=1)
"""Both services take 20 messages a minute of a robot; 钉钉 then refuses ten minutes of them."""
KEPT = timedelta(days=180)


# ---- Made ----------------------------------------------------------------------------------------


def make_due(now: datetime) -> int:
    """The deliveries that are due now and not there yet; how many were made.  A fixed number of
    queries, and one more for each plan that wants large outages.
    """
    made, today = 0, timezone.localdate(now)
    days = calendar.between(today, today)
    for plan in DeliveryPlan.objects.filter(enabled=True).select_related("made_by"):
        keys = [*_daily_keys(plan, now, days), *_outage_keys(plan)]
        made += _insert(plan, keys, now)
    return made


def _daily_keys(plan: DeliveryPlan, now: datetime, days: Calendar) -> list[str]:
    if plan.daily_at is None:
        return []
    zone = timezone.get_default_timezone()
    day = due_day(now, plan.daily_at, frozenset(plan.weekdays), plan.since, zone, days)
    return [f"daily:{day:%Y-%m-%d}"] if day else []


def _outage_keys(plan: DeliveryPlan) -> list[str]:
    """Settled outages since the plan was made that hold down enough cameras in its reach."""
    if plan.outage_cameras is None or plan.made_by is None:
        return []
    recent = Outage.objects.filter(
        closed_at=None, told_at__isnull=False, opened_at__gte=plan.since
    ).exclude(deliveries_of(plan))
    return [
        f"outage:{outage_id}"
        for outage_id in large_outages(plan.made_by.reach, plan, recent.values("pk"))
    ]


def deliveries_of(plan: DeliveryPlan) -> Q:
    told = Delivery.objects.filter(plan=plan, key__startswith="outage:").values_list(
        "key", flat=True
    )
    return Q(pk__in=[int(key.partition(":")[2]) for key in told.order_by("-id")[:1000]])


def large_outages(reach: list[str], plan: DeliveryPlan, outages: Any) -> list[int]:
    parts = OutageMember.objects.filter(
        _fits(reach, Filters.of(plan.filters)), outage__in=outages, left_at=None
    )
    rows = parts.values("outage").annotate(of=Count("id")).filter(of__gte=plan.outage_cameras or 0)
    return list(rows.order_by("outage").values_list("outage", flat=True))


def _fits(reach: list[str], filters: Filters) -> Q:
    """Cameras of a plan: those filters of it that say which cameras, not how they are."""
    fits = within_q(reach, "camera__scope_code")
    for name, value in (
        ("owner", filters.owner),
        ("team", filters.team),
        ("priority", filters.priority),
    ):
        if value:
            fits &= Q(**{f"camera__{name}": value})
    if filters.division:
        try:
            fits &= Q(camera__scope_code__startswith=prefix(filters.division))
        except BadCode:
            return Q(pk__in=[])
    return fits


def _insert(plan: DeliveryPlan, keys: Iterable[str], now: datetime) -> int:
    # Two workers may find the same morning: the name of the list decides.
    times = {"made_at": now, "next_at": now, "give_up_at": now + TRIED_FOR}
    made = [Delivery.objects.get_or_create(plan=plan, key=key, defaults=times) for key in keys]
    return sum(is_new for _row, is_new in made)


@transaction.atomic
def ask_now(*, by: User, plan_id: int, now: datetime) -> Delivery:
    """The list as it is now, sent as soon as a worker is free.

    Raises:
        NotFound: no such plan in reach of `by`.
        Conflict: one that was asked for is still under way.
    """
    plan = plan_for(by, plan_id)
    DeliveryPlan.objects.select_for_update().get(pk=plan.pk)
    asked = Delivery.objects.filter(plan=plan, key__startswith="asked:")
    if asked.filter(state__in=[*DUE, DeliveryState.SENDING]).exists():
        raise Conflict(_("A delivery of this plan is under way. Wait until it has ended."))
    row = Delivery.objects.create(
        plan=plan,
        key=f"asked:{timezone.localtime(now):%Y-%m-%d %H:%M:%S.%f}",
        asked_by=by,
        made_at=now,
        next_at=now,
        give_up_at=now + TRIED_FOR,
    )
    _note(by, row, action="delivery.asked")
    return row


@transaction.atomic
def send_again(*, by: User, delivery_id: int, now: datetime) -> Delivery:
    """Somebody has looked and wants it sent (again).

    Raises:
        NotFound: no such delivery in reach of `by`.
        Conflict: it is not (or no longer) given up or unclear.
    """
    row = Delivery.objects.filter(pk=delivery_id).first()
    if row is None:
        raise NotFound(_("There is no such delivery (any more)."))
    plan_for(by, row.plan_id)
    ended = Delivery.objects.filter(pk=row.pk, state__in=SENT_AGAIN)
    again = {
        "state": DeliveryState.WAITING,
        "next_at": now,
        "give_up_at": now + TRIED_FOR,
        "attempts": 0,
    }
    if ended.update(**again) != 1:
        raise Conflict(_("This delivery is under way or was sent already."))
    row.refresh_from_db()
    _note(by, row, action="delivery.sent_again")
    return row


def _note(by: User, row: Delivery, *, action: str) -> None:
    detail = {"subject": row.key}
    scope = common_code(by.reach)
    audit.note(by=by, action=action, subject=row.plan.name, scope=scope, detail=detail)


# ---- Claimed -------------------------------------------------------------------------------------


@transaction.atomic
def claim(*, worker: str, now: datetime) -> Delivery | None:
    """The delivery that has been due for longest, now this worker's alone; None where none is.

    What its plan's robot cannot take now waits for a minute.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    due = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state__in=DUE, next_at__lte=now
    )
    for row in due.select_related("plan").order_by("next_at", "id")[:50]:
        if row.plan.channel in ROBOTS and _is_full(row.plan, now):
            Delivery.objects.filter(pk=row.pk).update(next_at=now + ROBOT_SPAN)
            continue
        row.state, row.attempts, row.next_at = DeliveryState.SENDING, row.attempts + 1, None
        row.lease_until, row.leased_by, row.tried_at = now + LEASE, worker, now
        row.save(
            update_fields=[
                "state",
                "attempts",
                "next_at",
                "lease_until",
                "leased_by",
                "tried_at",
            ]
        )
        return row
    return None


def _is_full(plan: DeliveryPlan, now: datetime) -> bool:
    sent = Delivery.objects.filter(plan__address_mark=plan.address_mark)
    return sent.filter(tried_at__gt=now - ROBOT_SPAN).count() >= ROBOT_LIMIT


# ---- Ended ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an attempt.  rows, sha256: of what was sent."""

    state: DeliveryState
    error: str = ""
    rows: int | None = None
    sha256: str = ""


def end(row: Delivery, ended: Ended, now: datetime) -> bool:
    """Write what became of a claimed delivery; False where it is no longer this worker's."""
    mine = Delivery.objects.filter(
        pk=row.pk, state=DeliveryState.SENDING, leased_by=row.leased_by, attempts=row.attempts
    )
    state, again = ended.state, None
    if state is DeliveryState.FAILED:
        again = next_try(row.attempts, now, row.give_up_at)
        state = DeliveryState.FAILED if again else DeliveryState.GIVEN_UP
    error = shortened(one_line(ended.error), LONGEST_ERROR)
    columns: dict[str, object] = {
        "state": state,
        "next_at": again,
        "lease_until": None,
        "leased_by": "",
        "last_error": error,
        "sent_at": now if state is DeliveryState.SENT else None,
    }
    if ended.rows is not None:
        columns |= {"rows": ended.rows, "sha256": ended.sha256}
    return mine.update(**columns) == 1


def call_unclear(now: datetime) -> int:
    """Deliveries whose sender has died: nobody knows whether they have arrived; how many."""
    lost = Delivery.objects.filter(state=DeliveryState.SENDING, lease_until__lt=now)
    return lost.update(
        state=DeliveryState.UNCLEAR,
        lease_until=None,
        leased_by="",
        last_error=_("The server stopped while it was sending. Ask whether it has arrived."),
    )


def note_trouble(plan: DeliveryPlan, text: str) -> None:
    """Why the plan cannot deliver, for a reason of its own; empty when it can (again)."""
    if plan.trouble != text:
        DeliveryPlan.objects.filter(pk=plan.pk).update(trouble=text[:LONGEST_ERROR])


def forget_old(now: datetime) -> int:
    """Drop deliveries that ended long ago; how many."""
    old = Delivery.objects.filter(made_at__lt=now - KEPT)
    return old.exclude(state__in=[*DUE, DeliveryState.SENDING]).delete()[0]
