"""Orders for what is wrong: one for each independent fault.

Only one transaction at a time opens orders (an advisory lock).  What falls behind one thing is one
order; what joins the outage later joins the order; what relapses within a day goes on with the
order it had; what has a fault of its own when its thing works again gets its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Least
from django.utils import timezone

from cameras.grouping import Thing
from cameras.models import Team
from cameras.rates.planned import covered
from cameras.repairs import faults
from cameras.repairs.faults import Fault
from cameras.repairs.models import RepairOrder, RepairOrderCamera, RepairStep
from cameras.repairs.services.deadlines import Minutes, dues, gravest, rules_at
from cameras.repairs.services.routing import Place, rules, team_for
from cameras.repairs.services.steps import move, note_steps, step_of
from cameras.repairs.workflow import LIVE_STATES, Action, Status
from gis_server.errors import Conflict

ORDER_LOCK = 7_214_003
"""The advisory lock of who opens orders; any number that nobody else uses."""
MOST_CODES = 50
"""So many cameras are named in a step."""
PART_COLUMNS = [
    "reason", "joined_at", "left_at", "is_open", "back_at", "good_probes", "counted_at", "before",
    "after",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """The cameras of one fault, and what it is: a thing, or one camera alone."""

    thing: Thing | None
    faults: Sequence[Fault]

    @property
    def kind(self) -> str:
        return "picture" if self.faults[0].outage_id is None else "outage"

    @property
    def first(self) -> Fault:
        return min(self.faults, key=lambda one: (one.at, one.camera_id))

    def is_due(self, by_class: dict[str, Minutes], now: datetime) -> bool:
        """Whether it has lasted as long as the class wants that waits least."""
        began = min(one.thing_at if self.thing else one.at for one in self.faults)
        return any(began + by_class[one.priority].delay(self.kind) <= now for one in self.faults)


def take_lock() -> bool:
    """Whether this transaction is the one that opens orders now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ORDER_LOCK])
        return bool(cursor.fetchone()[0])


def open_orders(now: datetime, moved: list[RepairOrder]) -> int:
    """Open what is due, in the caller's transaction, which has the lock; how many orders are new.

    moved: browsers are to hear of these.
    """
    let_go(now, moved)
    found = wanted(now)
    if not found:
        return 0
    by_class, live_orders = rules_at(now), orders_of_things(found)
    relapsing = verified_alone(found)
    fresh: list[Group] = []
    for group in found:
        order = live_orders.get(group.thing) if group.thing else relapsing.get(key_of(group))
        if order is not None and order.state != Status.VERIFIED:
            join(order, group, by_class, now, moved)
        elif not group.is_due(by_class, now):
            continue
        elif order is not None:
            relapse(order, group, by_class, now, moved)
        else:
            fresh.append(group)
    return create(fresh, by_class, now, moved)


def wanted(now: datetime) -> list[Group]:
    """What has no order, without what planned work excuses now; groups first."""
    by_camera = {one.camera_id: one for one in [*faults.shown(), *faults.fallen()]}
    if not by_camera:
        return []
    for camera_id in covered(list(by_camera), now):
        by_camera.pop(camera_id, None)
    groups = defaultdict[Thing, list[Fault]](list)
    alone: list[Group] = []
    for one in by_camera.values():
        if one.thing is None:
            alone.append(Group(None, [one]))
        else:
            groups[one.thing].append(one)
    return [*(Group(thing, members) for thing, members in groups.items()), *alone]


def key_of(group: Group) -> tuple[int, str]:
    return group.first.camera_id, group.kind


def orders_of_things(groups: Iterable[Group]) -> dict[Thing, RepairOrder]:
    """The live orders of these things.  One query at most."""
    names = {one.thing.name for one in groups if one.thing}
    if not names:
        return {}
    rows = RepairOrder.objects.filter(
        state__in=[state.value for state in LIVE_STATES], suspect_name__in=names
    ).exclude(suspect_kind="")
    return {row.suspect: row for row in rows}


def verified_alone(groups: Iterable[Group]) -> dict[tuple[int, str], RepairOrder]:
    """The verified orders of single cameras, by camera and what they were for; the newest last."""
    cameras = [one.first.camera_id for one in groups if one.thing is None]
    rows = RepairOrderCamera.objects.filter(
        camera__in=cameras, order__state=Status.VERIFIED.value, order__suspect_kind=""
    )
    parts = rows.select_related("order").order_by("order__verified_at", "id")
    return {(part.camera_id, part.order.kind): part.order for part in parts}


def let_go(now: datetime, moved: list[RepairOrder]) -> None:
    """Take from the orders of things the cameras that stay down without them."""
    behind = defaultdict[int, list[faults.LeftBehind]](list)
    for one in faults.left_behind():
        behind[one.order_id].append(one)
    if not behind:
        return
    orders = RepairOrder.objects.in_bulk(list(behind))
    parts = [one.part_id for members in behind.values() for one in members]
    RepairOrderCamera.objects.filter(pk__in=parts).update(is_open=False, left_at=now)
    note_steps(
        step_of(
            orders[order_id],
            Action.LEAVE,
            by=None,
            now=now,
            detail=codes([one.code for one in members]),
        )
        for order_id, members in behind.items()
    )
    moved += orders.values()


def codes(found: Sequence[str]) -> dict[str, object]:
    return {"cameras": list(found[:MOST_CODES]), "count": len(found)}


def join(
    order: RepairOrder,
    group: Group,
    by_class: dict[str, Minutes],
    now: datetime,
    moved: list[RepairOrder],
) -> None:
    """Late members of a thing's outage join its order, and make it as grave as they are."""
    members = absorbed(group.faults, order.number, now, moved)
    if not members:
        return
    put_parts([(order, one) for one in members], now)
    detail = codes([one.code for one in members]) | raised(order, members, by_class, now)
    note_steps([step_of(order, Action.JOIN, by=None, now=now, detail=detail)])
    moved.append(order)


def raised(
    order: RepairOrder, members: Sequence[Fault], by_class: dict[str, Minutes], now: datetime
) -> dict[str, object]:
    """Give the order the class of its gravest member, whose times begin now; nothing is due later
    than it was.  What the step is to tell of it.
    """
    priority, before = with_members(order, members), order.priority
    if priority == before:
        return {}
    sooner = {name: Least(F(name), at) for name, at in dues(by_class[priority], now).items()}
    RepairOrder.objects.filter(pk=order.pk).update(priority=priority, **sooner)
    order.priority = priority
    return {"priority": [before, priority]}


def with_members(order: RepairOrder, members: Sequence[Fault]) -> str:
    return gravest([order.priority, *(one.priority for one in members)])


def absorbed(
    members: Sequence[Fault], number: str, now: datetime, moved: list[RepairOrder]
) -> list[Fault]:
    """Those that the order of a thing can have: not what somebody has just accepted alone."""
    own = {one.own_order_id for one in members if one.own_order_id}
    kept = set[int]()
    for order in RepairOrder.objects.filter(pk__in=own) if own else []:
        RepairOrderCamera.objects.filter(order=order).update(is_open=False, left_at=now)
        try:
            move(
                order,
                Action.ABSORB,
                by=None,
                now=now,
                values={"closed_at": now},
                moved=moved,
                detail={"into": number},
            )
        except Conflict:
            RepairOrderCamera.objects.filter(order=order).update(is_open=True, left_at=None)
            kept.add(order.pk)
    return [one for one in members if one.own_order_id not in kept]


def relapse(
    order: RepairOrder,
    group: Group,
    by_class: dict[str, Minutes],
    now: datetime,
    moved: list[RepairOrder],
) -> None:
    """Open an order anew that was verified less than a day ago; its history goes on."""
    members = absorbed(group.faults, order.number, now, moved)
    if not members:
        return
    priority = with_members(order, members)
    values = round_values(priority, by_class, now) | {
        "priority": priority,
        "since": group.first.at,
        "reason": group.first.reason,
        "reopened": order.reopened + 1,
    }
    move(
        order,
        Action.RELAPSE,
        by=None,
        now=now,
        values=values,
        moved=moved,
        detail=codes([one.code for one in members]) | {"reason": group.first.reason},
    )
    put_parts([(order, one) for one in members], now)


def round_values(priority: str, by_class: dict[str, Minutes], now: datetime) -> dict[str, object]:
    """The columns of a round that begins now."""
    return {
        "round_at": now,
        "escalated": [],
        "accepted_by": None,
        "accepted_at": None,
        "arrived_at": None,
        "repaired_by": None,
        "repaired_at": None,
        "verified_at": None,
        "verified_how": "",
    } | dict(dues(by_class[priority], now))


def create(
    groups: Sequence[Group], by_class: dict[str, Minutes], now: datetime, moved: list[RepairOrder]
) -> int:
    """New orders, in a fixed number of statements."""
    if not groups:
        return 0
    known = rules()
    teams = [team_for([place_of(one) for one in group.faults], known) for group in groups]
    names = dict(Team.objects.filter(pk__in=set(teams)).values_list("pk", "name"))
    numbers = next_numbers(timezone.localdate(now), len(groups))
    made, parts = list[RepairOrder](), list[tuple[RepairOrder, Fault]]()
    for group, team_id, number in zip(groups, teams, numbers, strict=True):
        members = absorbed(group.faults, number, now, moved)
        if members:
            order = order_of(Group(group.thing, members), number, by_class, now)
            order.team_id, order.team_name = team_id, names[team_id]
            made.append(order)
            parts += [(order, one) for one in members]
    RepairOrder.objects.bulk_create(made)
    put_parts(parts, now)
    note_steps(opened_step(order, now) for order in made)
    moved += made
    return len(made)


def place_of(fault: Fault) -> Place:
    return Place(fault.scope_code, fault.owner_id, fault.upstream_id, fault.team_id)


def order_of(group: Group, number: str, by_class: dict[str, Minutes], now: datetime) -> RepairOrder:
    priority = gravest(one.priority for one in group.faults)
    thing = group.thing
    return RepairOrder(
        number=number,
        state=Status.OPEN.value,
        kind=group.kind,
        priority=priority,
        reason=group.first.reason,
        suspect_kind=thing.kind.value if thing else "",
        suspect_name=thing.name if thing else "",
        suspect_site_id=thing.site or None if thing else None,
        since=group.first.at,
        opened_at=now,
        round_at=now,
        **dues(by_class[priority], now),
    )


def opened_step(order: RepairOrder, now: datetime) -> RepairStep:
    return step_of(
        order, Action.OPENED, by=None, now=now, before="", detail={"reason": order.reason}
    )


def next_numbers(day: date, count: int) -> list[str]:
    """Numbers that nobody has, of a local day; whoever holds the lock may take them."""
    prefix = f"WX{day:%Y%m%d}-"
    rows = RepairOrder.objects.filter(number__startswith=prefix)
    last = rows.aggregate(last=Max("number"))["last"]
    taken = int(last.removeprefix(prefix)) if last else 0
    return [f"{prefix}{taken + step:05}" for step in range(1, count + 1)]


def put_parts(members: Sequence[tuple[RepairOrder, Fault]], now: datetime) -> None:
    """Give cameras their part in an order, a new one or the one they had before a relapse."""
    before = faults.last_pictures([one.camera_id for _order, one in members])
    parts = [
        RepairOrderCamera(
            order=order,
            camera_id=one.camera_id,
            reason=one.reason,
            joined_at=now,
            before_id=before.get(one.camera_id),
        )
        for order, one in members
    ]
    RepairOrderCamera.objects.bulk_create(
        parts,
        update_conflicts=True,
        unique_fields=["order", "camera"],
        update_fields=PART_COLUMNS,
    )
