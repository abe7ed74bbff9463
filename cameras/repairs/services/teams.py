"""Teams of technicians: made, renamed, filled, and removed with a successor that takes all over."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.models import Camera, Team
from cameras.repairs.models import LIVE_VALUES, RepairOrder, RoutingRule, TeamMember
from cameras.repairs.queries import teams_seen
from cameras.repairs.services.acting import given_to
from cameras.repairs.services.steps import changes_of, move, note_steps, step_of
from cameras.repairs.workflow import Action, Status
from gis_server import audit, live
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import MAY, Permission, Role, scope_q

MOST_MEMBERS = 100
BEGINS_ANEW = (Status.ACCEPTED.value, Status.ON_SITE.value)
"""Somebody of the old team has these in hand: the successor accepts them for itself."""


def add_team(*, by: User, name: str, phone: str) -> Team:
    """Raises Conflict: the name is taken."""
    try:
        with transaction.atomic():
            row = Team.objects.create(name=name, phone=phone)
            audit.note(by=by, action="team.added", subject=name, detail={"phone": phone})
    except IntegrityError:
        raise name_taken() from None
    return row


@transaction.atomic
def change_team(*, by: User, team_id: int, seen: tuple[str, str], name: str, phone: str) -> Team:
    """Rename a team or change its phone, if both are still what was `seen`.

    Open orders carry the new name from now on; those that are over keep the old one.

    Raises:
        NotFound, NotAllowed: see `team_for`.
        Conflict: somebody else was first, or the name is taken.
    """
    team_for(by, team_id)
    rows = Team.objects.filter(pk=team_id, name=seen[0], phone=seen[1])
    try:
        with transaction.atomic():
            changed = rows.update(name=name, phone=phone)
    except IntegrityError:
        raise name_taken() from None
    if changed != 1:
        raise Conflict(_("Somebody else has changed this team meanwhile. Load the page again."))
    RepairOrder.objects.filter(team=team_id, state__in=LIVE_VALUES).update(team_name=name)
    audit.note(
        by=by,
        action="team.changed",
        subject=name,
        detail={"name": [seen[0], name], "phone": [seen[1], phone]},
    )
    return Team.objects.get(pk=team_id)


@transaction.atomic
def set_members(*, by: User, team_id: int, user_ids: Collection[int]) -> None:
    """Make these, of those whom `by` may choose, the members; others that are in it stay.

    Raises:
        Invalid: too many, or somebody whom `by` may not choose.
        NotFound, NotAllowed: see `team_for`.
    """
    team = team_for(by, team_id)
    Team.objects.select_for_update().get(pk=team_id)
    choices = {user.pk: user for user in fitters_for(by)}
    if len(user_ids) > MOST_MEMBERS or not set(user_ids) <= choices.keys():
        raise Invalid(_("Choose members from the list: accounts of maintenance teams."))
    now_in = set(TeamMember.objects.filter(team=team).values_list("user_id", flat=True))
    fresh, gone = set(user_ids) - now_in, (now_in & choices.keys()) - set(user_ids)
    TeamMember.objects.bulk_create(TeamMember(user_id=one, team=team) for one in sorted(fresh))
    TeamMember.objects.filter(team=team, user__in=gone).delete()
    if fresh or gone:
        detail = {
            "entered": sorted(choices[one].username for one in fresh),
            "removed": sorted(choices[one].username for one in gone),
        }
        audit.note(by=by, action="team.members_changed", subject=team.name, detail=detail)


def fitters_for(by: User) -> list[User]:
    """Whom a leader may put into a team: who carries out repairs, in a territory that meets theirs.

    One query.
    """
    roles = [role.value for role in Role if Permission.DO_REPAIRS in MAY[role]]
    users = User.objects.filter(role__in=roles, is_active=True).order_by("display_name", "id")
    return [user for user in users[:1000] if meets(by.reach, user.scope)]


def meets(reach: Collection[str], scope: Collection[str]) -> bool:
    return any(a and b and (a.startswith(b) or b.startswith(a)) for a in reach for b in scope)


@transaction.atomic
def remove_team(*, by: User, team_id: int, successor_id: int, now: datetime) -> int:
    """Remove a team; its cameras, rules and open orders go to a successor, its past stays written.

    Returns how many orders were handed over.

    Raises:
        Invalid: the successor is the team itself, or none that `by` sees.
        NotFound, NotAllowed: see `team_for`.
    """
    team = team_for(by, team_id)
    successor = teams_seen(by).filter(pk=successor_id).exclude(pk=team_id).first()
    if successor is None:
        raise Invalid(_("Choose another team that takes over cameras and open orders."))
    # Locked in the order of ids: a camera or order that is being given to it waits, then fails.
    locked = Team.objects.filter(pk__in=[team.pk, successor.pk]).order_by("pk")
    if len(locked.select_for_update()) != 2:
        raise NotFound(_("There is no such team (any more)."))
    count = hand_over(by, team, successor, now)
    cameras = Camera.objects.filter(team=team).update(team=successor, version=F("version") + 1)
    RoutingRule.objects.filter(team=team).update(team=successor)
    audit.note(
        by=by,
        action="team.removed",
        subject=team.name,
        detail={"successor": successor.name, "cameras": cameras, "orders": count},
    )
    team.delete()
    return count


def hand_over(by: User, team: Team, successor: Team, now: datetime) -> int:
    """Give the live orders of a team to its successor, in the caller's transaction."""
    orders = list(RepairOrder.objects.filter(team=team, state__in=LIVE_VALUES).order_by("pk"))
    stayed: list[RepairOrder] = []
    detail = {"team": [team.name, successor.name]}
    for order in orders:
        if order.state in BEGINS_ANEW:
            values = given_to(order, successor, now)
            move(order, Action.ROUTE, by=by, now=now, values=values, moved=stayed, detail=detail)
        else:
            RepairOrder.objects.filter(pk=order.pk).update(team=successor, team_name=successor.name)
            order.team, order.team_name = successor, successor.name
            note_steps([step_of(order, Action.HAND_OVER, by=by, now=now, detail=detail)])
            stayed.append(order)
    live.record(*changes_of(stayed))
    return len(orders)


def team_for(by: User, team_id: int) -> Team:
    """The team, if it is all of it in the area of `by`.

    Raises:
        NotFound: no such team, or none that `by` sees.
        NotAllowed: cameras outside of the area of `by` belong to it.
    """
    team = teams_seen(by).filter(pk=team_id).first()
    if team is None:
        raise NotFound(_("There is no such team (any more)."))
    if Camera.objects.filter(team=team).exclude(scope_q(by, "scope_code")).exists():
        raise NotAllowed(
            _(
                "This team has cameras outside of your area: only who answers for all of them "
                "changes it."
            )
        )
    return team


def name_taken() -> Conflict:
    return Conflict(_("There is a team of this name already. Choose another."))
