"""The one way in which an order moves: by compare-and-set on its row, with a step and a change for
browsers in the same transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.repairs.models import RepairOrder, RepairOrderCamera, RepairStep
from cameras.repairs.texts import state_name
from cameras.repairs.workflow import MOVES, OPEN_STATES, Action, Status, can
from cameras.services.outages import common_start
from gis_server import live
from gis_server.errors import Conflict
from gis_server.models import User

NOT_WAITING: dict[str, Any] = {"waits_for": "", "waiting_since": None, "review_on": None}
NOT_ASKED: dict[str, Any] = {"override_by": None, "override_at": None, "override_reason": ""}


@transaction.atomic
def move(
    order: RepairOrder,
    action: Action,
    *,
    by: User | None,
    now: datetime,
    values: Mapping[str, Any] | None = None,
    moved: list[RepairOrder] | None = None,
    **told: Any,
) -> RepairOrder:
    """Take the order from the state it was read in to where the action leads.

    by: None for the machine.  values: columns that change with it.  told: see `step_of`.
    moved: where given, browsers are told by the caller, at the end of its work, of what is in it:
    whoever tells them makes all others wait until the transaction ends.

    Raises:
        Conflict: the action does not follow from its state, or somebody else was first.
    """
    before = Status(order.state)
    if not can(action, before):
        raise passed(order)
    after = MOVES[action].after
    columns = {"state": after.value} | leaving(order, before, now) | dict(values or {})
    if RepairOrder.objects.filter(pk=order.pk, state=before.value).update(**columns) != 1:
        raise passed(order)
    for name, value in columns.items():
        setattr(order, name, value)
    if after not in OPEN_STATES:
        RepairOrderCamera.objects.filter(order=order, is_open=True).update(is_open=False)
    note_steps([step_of(order, action, by=by, now=now, before=before.value, **told)])
    if moved is None:
        live.record(*changes_of([order]))
    else:
        moved.append(order)
    return order


def leaving(order: RepairOrder, before: Status, now: datetime) -> dict[str, Any]:
    """What leaving a state changes by itself: after a wait, all that is due is due later."""
    if before is Status.REPAIRED:
        return NOT_ASKED
    if before is not Status.WAITING or order.waiting_since is None:
        return {}
    stood_still = max(now - order.waiting_since, now - now)
    dues = ("respond_due", "arrive_due", "fix_due")
    return NOT_WAITING | {name: getattr(order, name) + stood_still for name in dues}


def step_of(
    order: RepairOrder,
    action: Action,
    *,
    by: User | None,
    now: datetime,
    before: str | None = None,
    note: str = "",
    parts: Sequence[Mapping[str, Any]] = (),
    photos: Sequence[int] = (),
    detail: Mapping[str, Any] | None = None,
) -> RepairStep:
    """A step, not stored yet; `before` is the order's state unless told otherwise."""
    return RepairStep(
        order=order,
        at=now,
        user_id=by.pk if by else None,
        who=(by.display_name or by.get_username()) if by else "",
        action=action.value,
        before=order.state if before is None else before,
        after=order.state,
        team_name=order.team_name,
        note=note,
        parts=list(parts),
        photos=list(photos),
        detail=dict(detail or {}),
    )


def note_steps(steps: Iterable[RepairStep]) -> None:
    RepairStep.objects.bulk_create(list(steps))


def passed(order: RepairOrder) -> Conflict:
    """Why an action came too late, and who was first."""
    row = RepairOrder.objects.get(pk=order.pk)
    last = RepairStep.objects.filter(order=order).exclude(before="").order_by("-id").first()
    state = state_name(row.state)
    if last is None:
        return Conflict(
            _("This order is “%(state)s”: this step does not follow.") % {"state": state}
        )
    rule = _("%(who)s was first: since %(at)s this order is “%(state)s”.")
    at = timezone.localtime(last.at)
    who = last.who or _("The machine")
    return Conflict(rule % {"who": who, "at": f"{at:%m-%d %H:%M:%S}", "state": state})


def changes_of(orders: Collection[RepairOrder]) -> list[live.Change]:
    """What browsers hear of orders: no more than who may see one camera of them may know."""
    if not orders:
        return []
    parts = RepairOrderCamera.objects.filter(order__in=[one.pk for one in orders])
    scopes = dict[int, list[str]]()
    for order_id, scope in parts.values_list("order_id", "camera__scope_code"):
        scopes.setdefault(order_id, []).append(scope)
    return [
        live.Change(
            "order",
            str(one.pk),
            common_start(scopes[one.pk]),
            {"number": one.number, "state": one.state, "cameras": len(scopes[one.pk])},
        )
        for one in orders
        if one.pk in scopes
    ]
