"""What is read of patrols across tables; every function costs a fixed number of queries."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from gis_server.models import User
from gis_server.roles import scope_q
from patrols import control
from patrols.control import ControlLevel
from patrols.models import ControlSwitch
from patrols.models.control import DISTRICT_DIGITS, STREET_DIGITS


def levels_at(codes: Iterable[str], at: datetime) -> dict[str, ControlLevel]:
    """The control level in force at each code.  One query."""
    known = set(codes)
    areas = {code[:digits] for code in known for digits in (DISTRICT_DIGITS, STREET_DIGITS)}
    rows = ControlSwitch.objects.filter(area__in=areas, begins__lte=at)
    newest = rows.order_by("area", "-begins", "-id").distinct("area")
    in_force = control.levels((row.as_switch() for row in newest), at)
    return {code: control.level_of(code, in_force) for code in known}


def level_at(code: str, at: datetime) -> ControlLevel:
    """The control level in force at a place.  One query."""
    return levels_at([code], at)[code]


def switches(user: User) -> QuerySet[ControlSwitch]:
    """Those of areas in reach, the newest first."""
    return ControlSwitch.objects.filter(scope_q(user, "area")).order_by("-begins", "-id")
