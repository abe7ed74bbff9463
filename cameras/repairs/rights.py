"""Who may see an order, and which buttons it has for them."""

from cameras.repairs.models import RepairOrder, RepairOrderCamera, TeamMember
from cameras.repairs.workflow import MOVES, Action, Status, Who, can, may_grant
from gis_server.models import User
from gis_server.roles import Permission, may, scope_q

BY_PEOPLE = (
    Action.ACCEPT,
    Action.ARRIVE,
    Action.REPAIR,
    Action.WAIT,
    Action.RESUME,
    Action.REFUSE,
    Action.ASK,
    Action.GRANT,
    Action.DECLINE,
    Action.ROUTE,
    Action.AGREE,
    Action.WITHDRAW,
    Action.NOTE,
)
"""What people do, in the order of the buttons."""


def leads(user: User) -> bool:
    return may(user.role, Permission.LEAD_REPAIRS)


def is_of_team(user: User, order: RepairOrder) -> bool:
    """Whether the user carries out repairs in the order's team.  One query at most."""
    if order.team_id is None or not may(user.role, Permission.DO_REPAIRS):
        return False
    return TeamMember.objects.filter(user=user, team=order.team_id).exists()


def holds(user: User, order: RepairOrder) -> bool:
    """Whether all cameras of the order lie in the user's reach.  One query."""
    parts = RepairOrderCamera.objects.filter(order=order, left_at=None)
    return not parts.exclude(scope_q(user, "camera__scope_code")).exists()


def actions_of(user: User, order: RepairOrder) -> list[Action]:
    """What this user may do with an order that they see, in the order of the buttons.

    Three queries at most.
    """
    lead = leads(user)
    acts = lead or is_of_team(user, order)
    decides = lead and holds(user, order)
    return [one for one in BY_PEOPLE if _may(one, user, order, acts=acts, decides=decides)]


def _may(action: Action, user: User, order: RepairOrder, *, acts: bool, decides: bool) -> bool:
    status = Status(order.state)
    if action is Action.NOTE:
        return acts
    if action is Action.ASK:
        return acts and status is Status.REPAIRED and order.override_by_id is None
    if action in (Action.GRANT, Action.DECLINE):
        return decides and status is Status.REPAIRED and _may_grant(user, order)
    allowed = acts if MOVES[action].who is Who.TEAM else decides
    return allowed and can(action, status)


def _may_grant(user: User, order: RepairOrder) -> bool:
    return may_grant(
        user_id=user.pk, asked_by=order.override_by_id, repaired_by=order.repaired_by_id
    )
