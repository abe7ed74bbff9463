"""Who may do what, as one table, and which part of the territory is theirs.

A user's scope is a list of code prefixes: "140107" is a whole district, "140107001" one street.  A
division's code begins with that of every ancestor, so being inside is beginning with.  `user.reach`
is the scope and what has been granted for a time; every list, tile, file and message is cut to it.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from gis_server.models import User


class Permission(StrEnum):
    SEE_MAP = "see_map"
    TAKE_ALARMS = "take_alarms"
    SEE_CAMERAS = "see_cameras"
    SEE_PICTURES = "see_pictures"
    TAKE_PICTURES = "take_pictures"
    MANAGE_CAMERAS = "manage_cameras"
    MANAGE_LOGINS = "manage_logins"
    DO_REPAIRS = "do_repairs"
    LEAD_REPAIRS = "lead_repairs"
    PLAN_WORK = "plan_work"
    REVIEW_WORK = "review_work"
    SEE_RATES = "see_rates"
    HAND_OVER = "hand_over"
    SEE_EVENTS = "see_events"
    REPORT_EVENTS = "report_events"
    HANDLE_EVENTS = "handle_events"
    LEAD_EVENTS = "lead_events"
    SEE_EVENT_FIGURES = "see_event_figures"
    EDIT_EVENT_RULES = "edit_event_rules"
    EDIT_CALENDAR = "edit_calendar"
    SEE_CONTROL = "see_control"
    SWITCH_CONTROL = "switch_control"
    SEE_COVERAGE = "see_coverage"
    SEE_PATROLS = "see_patrols"
    SEND_PATROLS = "send_patrols"
    PLAN_DUTIES = "plan_duties"
    EDIT_PATROL_RULES = "edit_patrol_rules"
    DO_PATROLS = "do_patrols"
    DO_ROUNDS = "do_rounds"
    SEE_PEOPLE = "see_people"
    EDIT_TERRITORY = "edit_territory"
    IMPORT_TERRITORY = "import_territory"
    REVIEW_PLANS = "review_plans"
    ASK_FOR_AREA = "ask_for_area"
    GRANT_AREA = "grant_area"
    SEE_AUDIT = "see_audit"
    MANAGE_USERS = "manage_users"
    ADMINISTER = "administer"


PERMISSION_NAMES = {
    Permission.SEE_MAP: _("See the map"),
    Permission.TAKE_ALARMS: _("Take alarms of the wall"),
    Permission.SEE_CAMERAS: _("See cameras"),
    Permission.SEE_PICTURES: _("See pictures of cameras"),
    Permission.TAKE_PICTURES: _("Take pictures"),
    Permission.MANAGE_CAMERAS: _("Add and change cameras"),
    Permission.MANAGE_LOGINS: _("Manage the logins that cameras share"),
    Permission.DO_REPAIRS: _("Carry out repair orders"),
    Permission.LEAD_REPAIRS: _("Lead repairs: teams, rules, decisions"),
    Permission.PLAN_WORK: _("Enter planned work and power cuts"),
    Permission.REVIEW_WORK: _("Review planned work and power cuts"),
    Permission.SEE_RATES: _("See rates and reports"),
    Permission.HAND_OVER: _("Have lists delivered to others"),
    Permission.SEE_EVENTS: _("See events"),
    Permission.REPORT_EVENTS: _("Report events"),
    Permission.HANDLE_EVENTS: _("Handle events"),
    Permission.LEAD_EVENTS: _("Accept, dispatch, verify and supervise events"),
    Permission.SEE_EVENT_FIGURES: _("See figures and briefings of events"),
    Permission.EDIT_EVENT_RULES: _("Change the catalogue, deadlines and departments of events"),
    Permission.EDIT_CALENDAR: _("Change working days and holidays"),
    Permission.SEE_CONTROL: _("See control levels"),
    Permission.SWITCH_CONTROL: _("Switch control levels"),
    Permission.SEE_COVERAGE: _("See where patrols have and have not been"),
    Permission.SEE_PATROLS: _("See who is on duty, and where"),
    Permission.SEND_PATROLS: _("Send people on duty somewhere"),
    Permission.PLAN_DUTIES: _("Plan posts, people and duties"),
    Permission.EDIT_PATROL_RULES: _("Change shifts and rules of patrols"),
    Permission.DO_PATROLS: _("Be on duty with a phone"),
    Permission.DO_ROUNDS: _("Do video rounds"),
    Permission.SEE_PEOPLE: _("See who is responsible"),
    Permission.EDIT_TERRITORY: _("Change grids and their boundaries"),
    Permission.IMPORT_TERRITORY: _("Import grids and divisions"),
    Permission.REVIEW_PLANS: _("See and approve boundary plans"),
    Permission.ASK_FOR_AREA: _("Ask for more territory"),
    Permission.GRANT_AREA: _("Grant territory"),
    Permission.SEE_AUDIT: _("See the audit trail"),
    Permission.MANAGE_USERS: _("Manage users"),
    Permission.ADMINISTER: _("Administer the server"),
}


class Role(StrEnum):
    OPERATOR = "operator"
    MAINTAINER = "maintainer"
    PLANNER = "planner"
    GRID_WORKER = "grid_worker"
    PATROLLER = "patroller"
    HANDLER = "handler"
    COMMUNITY_LEADER = "community_leader"
    STREET_LEADER = "street_leader"
    DISTRICT_LEADER = "district_leader"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = [
    (Role.OPERATOR.value, _("Operator")),
    (Role.MAINTAINER.value, _("Maintenance team")),
    (Role.PLANNER.value, _("Planner")),
    (Role.GRID_WORKER.value, _("Grid worker")),
    (Role.PATROLLER.value, _("Patrol member")),
    (Role.HANDLER.value, _("Department that handles events")),
    (Role.COMMUNITY_LEADER.value, _("Community leader")),
    (Role.STREET_LEADER.value, _("Street leader")),
    (Role.DISTRICT_LEADER.value, _("District leader")),
    (Role.AUDITOR.value, _("Auditor")),
    (Role.ADMINISTRATOR.value, _("Administrator")),
]

# Everybody's map; what a role adds to it stands in its line.
_MAP = {Permission.SEE_MAP}
_WATCH = _MAP | {Permission.SEE_CAMERAS, Permission.SEE_PICTURES, Permission.SEE_RATES}
_HANDLE = {Permission.SEE_EVENTS, Permission.REPORT_EVENTS, Permission.HANDLE_EVENTS}
_LEAD_EVENTS = _HANDLE | {
    Permission.LEAD_EVENTS,
    Permission.SEE_EVENT_FIGURES,
    Permission.TAKE_ALARMS,
}
_SEE_PATROLS = {Permission.SEE_COVERAGE, Permission.SEE_PATROLS, Permission.SEND_PATROLS}
_LEAD = (
    _WATCH
    | _LEAD_EVENTS
    | _SEE_PATROLS
    | {
        Permission.PLAN_DUTIES,
        Permission.DO_ROUNDS,
        Permission.SEE_PEOPLE,
        Permission.ASK_FOR_AREA,
        Permission.GRANT_AREA,
        Permission.REVIEW_WORK,
        Permission.SEE_CONTROL,
        Permission.SWITCH_CONTROL,
    }
)

MAY: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(
        _WATCH
        | _SEE_PATROLS
        | {
            Permission.TAKE_ALARMS,
            Permission.DO_ROUNDS,
            Permission.TAKE_PICTURES,
            Permission.SEE_PEOPLE,
            Permission.ASK_FOR_AREA,
            Permission.LEAD_REPAIRS,
            Permission.PLAN_WORK,
            Permission.HAND_OVER,
            Permission.SEE_EVENTS,
            Permission.REPORT_EVENTS,
            Permission.LEAD_EVENTS,
            Permission.SEE_EVENT_FIGURES,
            Permission.SEE_CONTROL,
        }
    ),
    Role.MAINTAINER: frozenset(
        _WATCH
        | {
            Permission.TAKE_ALARMS,
            Permission.TAKE_PICTURES,
            Permission.MANAGE_CAMERAS,
            Permission.ASK_FOR_AREA,
            Permission.DO_REPAIRS,
            Permission.PLAN_WORK,
        }
    ),
    Role.PLANNER: frozenset(
        _MAP
        | {
            Permission.SEE_CAMERAS,
            Permission.SEE_COVERAGE,
            Permission.SEE_PEOPLE,
            Permission.EDIT_TERRITORY,
            Permission.IMPORT_TERRITORY,
            Permission.REVIEW_PLANS,
            Permission.ASK_FOR_AREA,
        }
    ),
    Role.GRID_WORKER: frozenset(_MAP | _HANDLE | {Permission.DO_PATROLS}),
    # Auxiliaries, guards and volunteers: on duty, and telling what they see.
    Role.PATROLLER: frozenset(_MAP | {Permission.REPORT_EVENTS, Permission.DO_PATROLS}),
    # Handles what its department is sent, wherever in the department's area that lies.
    Role.HANDLER: frozenset(_MAP | _HANDLE),
    Role.COMMUNITY_LEADER: frozenset(
        _MAP
        | _LEAD_EVENTS
        | _SEE_PATROLS
        | {Permission.PLAN_DUTIES, Permission.SEE_PEOPLE, Permission.ASK_FOR_AREA}
    ),
    Role.STREET_LEADER: frozenset(_LEAD),
    Role.DISTRICT_LEADER: frozenset(
        _LEAD
        | {
            Permission.TAKE_PICTURES,
            Permission.LEAD_REPAIRS,
            Permission.HAND_OVER,
            # Who answers for all deadlines says them; those measured by them do not.
            Permission.EDIT_EVENT_RULES,
            Permission.EDIT_CALENDAR,
            Permission.EDIT_PATROL_RULES,
            # A planner draws; whoever answers for the district, or another planner, approves.
            Permission.REVIEW_PLANS,
        }
    ),
    # Reads what was done, by whom, and the figures; sees no picture and changes nothing.
    Role.AUDITOR: frozenset(
        _MAP
        | {
            Permission.SEE_PEOPLE,
            Permission.SEE_AUDIT,
            Permission.SEE_RATES,
            Permission.SEE_EVENTS,
            Permission.SEE_EVENT_FIGURES,
            Permission.SEE_CONTROL,
            Permission.SEE_COVERAGE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Permission),
}


class LentRole(str):
    """A role of which an API token lends only some permissions; `may` asks for both.

    It is the role's name in every other way, so whoever has a user's role has the limit with it.
    """

    __slots__ = ("lent",)
    lent: frozenset[str]

    @classmethod
    def of(cls, role: str, permissions: Iterable[str]) -> "LentRole":
        made = cls(role)
        made.lent = frozenset(permissions)
        return made


def may(role: str, permission: Permission) -> bool:
    """Whether the role holds the permission; an unknown role holds none."""
    if isinstance(role, LentRole) and permission not in role.lent:
        return False
    return permission in MAY.get(role, frozenset())  # type: ignore[call-overload]


def common(scope: list[str], other: list[str] | None) -> list[str]:
    """The prefixes of what lies in both; all of `scope` where `other` is None."""
    if other is None:
        return scope
    inside = {a for a in scope if covers(other, a)} | {b for b in other if covers(scope, b)}
    return sorted(inside)


def covers(scope: list[str], code: str) -> bool:
    """Whether one of the prefixes in `scope` is an ancestor of `code`, or `code` itself."""
    return any(prefix and code.startswith(prefix) for prefix in scope)


def touches(scope: list[str], code: str) -> bool:
    """Whether one of the prefixes in `scope` covers `code` or lies inside of it."""
    return covers(scope, code) or any(covers([code], prefix) for prefix in scope)


def in_scope(user: "User", code: str) -> bool:
    return covers(user.reach, code)


def scope_q(user: "User", field: str) -> Q:
    """The rows whose `field` (a division's or grid's code) lies in the user's reach."""
    return within_q(user.reach, field)


def within_q(prefixes: list[str], field: str) -> Q:
    """The rows whose `field` begins with one of the prefixes; none, when there is none."""
    parts = [Q(**{f"{field}__startswith": prefix}) for prefix in prefixes if prefix]
    return reduce(or_, parts, Q(pk__in=[]))
