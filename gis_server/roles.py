"""Who may do what, as one table, and which part of the territory is theirs.

A user's scope is a list of code prefixes: "140107" is a whole district, "140107001" one street.  A
division's code begins with that of every ancestor, so being inside is beginning with.
"""

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
    SEE_CAMERAS = "see_cameras"
    SEE_PICTURES = "see_pictures"
    TAKE_PICTURES = "take_pictures"
    SEE_PEOPLE = "see_people"
    ADMINISTER = "administer"


class Role(StrEnum):
    OPERATOR = "operator"
    MAINTAINER = "maintainer"
    PLANNER = "planner"
    GRID_WORKER = "grid_worker"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = [
    (Role.OPERATOR.value, _("Operator")),
    (Role.MAINTAINER.value, _("Maintenance team")),
    (Role.PLANNER.value, _("Planner")),
    (Role.GRID_WORKER.value, _("Grid worker")),
    (Role.ADMINISTRATOR.value, _("Administrator")),
]

MAY: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(set(Permission) - {Permission.ADMINISTER}),
    Role.MAINTAINER: frozenset(
        {
            Permission.SEE_MAP,
            Permission.SEE_CAMERAS,
            Permission.SEE_PICTURES,
            Permission.TAKE_PICTURES,
        }
    ),
    Role.PLANNER: frozenset({Permission.SEE_MAP, Permission.SEE_CAMERAS, Permission.SEE_PEOPLE}),
    Role.GRID_WORKER: frozenset({Permission.SEE_MAP}),
    Role.ADMINISTRATOR: frozenset(Permission),
}


def may(role: str, permission: Permission) -> bool:
    """Whether the role holds the permission; an unknown role holds none."""
    return permission in MAY.get(role, frozenset())  # type: ignore[call-overload]


def covers(scope: list[str], code: str) -> bool:
    """Whether one of the prefixes in `scope` is an ancestor of `code`, or `code` itself."""
    return any(prefix and code.startswith(prefix) for prefix in scope)


def in_scope(user: "User", code: str) -> bool:
    return covers(user.scope, code)


def scope_q(user: "User", field: str) -> Q:
    """The rows whose `field` (a division's or grid's code) lies in the user's scope."""
    parts = [Q(**{f"{field}__startswith": prefix}) for prefix in user.scope if prefix]
    return reduce(or_, parts, Q(pk__in=[]))
