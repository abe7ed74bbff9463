"""What is read of repair orders across tables; every function costs a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from cameras.models import Camera, Team
from cameras.repairs.dues import overdue_q
from cameras.repairs.models import (
    OPEN_VALUES,
    RepairOrder,
    RepairOrderCamera,
    RepairPhoto,
    RoutingRule,
    TeamMember,
)
from cameras.repairs.workflow import Status
from gis_server.edge import Page
from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.roles import scope_q

MOST_CAMERAS = 300
MOST_TEAMS = 300
MOST_MINE = 200


def open_orders_of(camera_ids: Iterable[int]) -> dict[int, RepairOrder]:
    """The open order of each of these cameras that has one.  One query."""
    rows = RepairOrderCamera.objects.filter(camera_id__in=list(camera_ids), is_open=True)
    return {row.camera_id: row.order for row in rows.select_related("order")}


def orders_of(user: User) -> QuerySet[RepairOrder]:
    """The orders of which a camera lies in the user's reach."""
    seen = RepairOrderCamera.objects.filter(scope_q(user, "camera__scope_code"))
    return RepairOrder.objects.filter(Exists(seen.filter(order=OuterRef("pk"))))


def order_for(user: User, order_id: int) -> RepairOrder:
    """Raises NotFound: there is none, or none in the user's reach (which must look the same)."""
    order = orders_of(user).filter(pk=order_id).select_related("team").first()
    if order is None:
        raise NotFound(_("There is no such repair order in your area."))
    return order


def parts_of(user: User, order: RepairOrder) -> list[RepairOrderCamera]:
    """The cameras of an order that the user may see, those that are still in it first."""
    rows = RepairOrderCamera.objects.filter(scope_q(user, "camera__scope_code"), order=order)
    related = ("camera__state", "camera__owner", "camera__upstream", "camera__grid")
    ordered = rows.select_related(*related).order_by("left_at", "camera__name", "id")
    return list(ordered[:MOST_CAMERAS])


def teams_seen(user: User) -> QuerySet[Team]:
    """Teams with a camera in the user's reach, those that have none anywhere, and one's own."""
    cameras = Camera.objects.filter(team=OuterRef("pk"))
    mine = TeamMember.objects.filter(team=OuterRef("pk"), user=user)
    within = cameras.filter(scope_q(user, "scope_code"))
    return Team.objects.filter(Exists(within) | ~Exists(cameras) | Exists(mine)).order_by(
        "name", "id"
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader of the desk looks for; empty fields and 0 let everything through.

    state: a state, or "" for all that is not over, "all" for all.
    """

    state: str = ""
    team: int = 0
    priority: str = ""
    overdue: bool = False
    text: str = ""
    sort: str = ""


ALL = "all"
SORTS: dict[str, tuple[str, ...]] = {
    "": ("fix_due", "id"),
    "newest": ("-opened_at", "-id"),
    "oldest": ("since", "id"),
    "cameras": ("-seen", "fix_due", "id"),
}


def desk(
    user: User, filters: Filters, page: Page, now: datetime
) -> tuple[Sequence[RepairOrder], int]:
    """One piece of the list, each with how many of its cameras are `seen`, and how many there are.

    Three queries: with `cameras`, of which the reader may see these.
    """
    rows = filtered(orders_of(user), filters, now)
    seen = Count("cameras", filter=scope_q(user, "cameras__camera__scope_code"))
    ordered = rows.annotate(seen=seen).select_related("team").order_by(*SORTS[filters.sort])
    found = list(ordered[page.offset : page.offset + page.limit])
    put_first_cameras(user, found)
    return found, rows.count()


def filtered(rows: QuerySet[RepairOrder], filters: Filters, now: datetime) -> QuerySet[RepairOrder]:
    if filters.overdue:
        rows = rows.filter(overdue_q(now))
    if filters.state == "":
        rows = rows.exclude(state__in=[Status.CLOSED.value, Status.WITHDRAWN.value])
    elif filters.state != ALL:
        rows = rows.filter(state=filters.state)
    if filters.team:
        rows = rows.filter(team=filters.team)
    if filters.priority:
        rows = rows.filter(priority=filters.priority)
    for word in filters.text.split()[:5]:
        named = RepairOrderCamera.objects.filter(
            Q(camera__name__icontains=word) | Q(camera__code__icontains=word),
            order=OuterRef("pk"),
        )
        rows = rows.filter(
            Q(number__icontains=word) | Q(suspect_name__icontains=word) | Exists(named)
        )
    return rows


def put_first_cameras(user: User, orders: Sequence[RepairOrder]) -> None:
    """Give each order `first`: the first of its cameras that the user may see.  One query."""
    parts = RepairOrderCamera.objects.filter(
        scope_q(user, "camera__scope_code"), order__in=[one.pk for one in orders]
    )
    firsts = parts.order_by("order_id", "left_at", "id").distinct("order_id")
    found = {part.order_id: part.camera for part in firsts.select_related("camera__owner")}
    for one in orders:
        one.first = found.get(one.pk)  # type: ignore[attr-defined]


def counts(user: User, now: datetime) -> tuple[dict[str, int], int]:
    """How many orders in reach are in each state, and how many are overdue.  One query."""
    late = Count("id", filter=overdue_q(now))
    rows = orders_of(user).order_by().values_list("state").annotate(of=Count("id"), late=late)
    found, overdue = dict.fromkeys((status.value for status in Status), 0), 0
    for state, number, late_ones in rows:
        found[state] = number
        overdue += late_ones
    return found, overdue


def own_teams(user: User) -> list[int]:
    return list(TeamMember.objects.filter(user=user).values_list("team_id", flat=True))


def mine(user: User) -> list[RepairOrder]:
    """The open orders of the user's teams, what is due first; the user's own before the rest."""
    rows = orders_of(user).filter(team__in=own_teams(user), state__in=OPEN_VALUES)
    return list(rows.select_related("team").order_by("fix_due", "id")[:MOST_MINE])


def photo_for(user: User, photo_id: int) -> RepairPhoto:
    """Raises NotFound: there is none, or none of an order in the user's reach."""
    row = RepairPhoto.objects.filter(pk=photo_id).first()
    if row is None or not orders_of(user).filter(pk=row.order_id).exists():
        raise NotFound(_("There is no such photo in your area."))
    return row


def routing_seen(user: User) -> list[RoutingRule]:
    """The rules whose area lies in the user's reach, in the order in which they are tried."""
    rows = RoutingRule.objects.filter(scope_q(user, "area"))
    return list(rows.select_related("team", "owner", "upstream").order_by("position", "id")[:500])
