"""What the pages of teams and rules read; a fixed number of queries each."""

from typing import Any

from django.db.models import Count, Q

from cameras.models import Camera, Team
from cameras.repairs.models import OPEN_VALUES, RepairOrder, TeamMember
from cameras.repairs.queries import teams_seen
from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q

MOST_NAMES = 8


def teams(user: User, page: Page) -> tuple[list[dict[str, Any]], int]:
    """One piece of the list, each team with its members and what it has to do in the user's reach,
    and how many there are.  Five queries.
    """
    rows = list(teams_seen(user)[page.offset : page.offset + page.limit])
    ids = [row.pk for row in rows]
    mine = Camera.objects.filter(scope_q(user, "scope_code"), team__in=ids).order_by()
    cameras = dict(mine.values_list("team").annotate(Count("id")))
    members = names_of(ids)
    seen = RepairOrder.objects.filter(
        scope_q(user, "cameras__camera__scope_code"), team__in=ids, state__in=OPEN_VALUES
    )
    orders = dict(seen.order_by().values_list("team").annotate(Count("id", distinct=True)))
    shown = [
        {
            "team": row,
            "cameras": cameras.get(row.pk, 0),
            "orders": orders.get(row.pk, 0),
            "members": members.get(row.pk, []),
            "more": max(0, len(members.get(row.pk, [])) - MOST_NAMES),
        }
        for row in rows
    ]
    return shown, teams_seen(user).count()


def names_of(team_ids: list[int]) -> dict[int, list[str]]:
    """The names of the members of each team."""
    rows = TeamMember.objects.filter(team__in=team_ids, user__is_active=True)
    found = dict[int, list[str]]()
    listed = rows.order_by("user__display_name", "user").values_list(
        "team_id", "user__display_name", "user__username"
    )
    for team_id, name, username in listed:
        found.setdefault(team_id, []).append(name or username)
    return found


def member_ids(team: Team) -> set[int]:
    return set(TeamMember.objects.filter(team=team).values_list("user_id", flat=True))


def team_counts(team: Team) -> dict[str, int]:
    """What a successor would take over.  One query."""
    return Team.objects.filter(pk=team.pk).aggregate(
        cameras=Count("cameras", distinct=True),
        orders=Count("orders", filter=Q(orders__state__in=OPEN_VALUES), distinct=True),
    )
