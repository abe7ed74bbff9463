"""What is read of patrols across tables; every function costs a fixed number of queries."""

from collections.abc import Iterable, Mapping
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
    in_force = levels_of(newest_switches(areas, at), at)
    return {code: control.level_of(code, in_force) for code in known}


def newest_switches(areas: Iterable[str], at: datetime) -> dict[str, ControlSwitch]:
    """Of each area the newest switch that has begun, whether it still holds or not.  One query."""
    rows = ControlSwitch.objects.filter(area__in=set(areas), begins__lte=at)
    newest = rows.order_by("area", "-begins", "-id").distinct("area")
    return {row.area: row for row in newest}


def levels_of(newest: Mapping[str, ControlSwitch], at: datetime) -> dict[str, ControlLevel]:
    """See `control.levels`."""
    return control.levels((row.as_switch() for row in newest.values()), at)


def level_at(code: str, at: datetime) -> ControlLevel:
    """The control level in force at a place.  One query."""
    return levels_at([code], at)[code]


def switches(user: User) -> QuerySet[ControlSwitch]:
    """Those of areas in reach, the newest first."""
    return ControlSwitch.objects.filter(scope_q(user, "area")).order_by("-begins", "-id")
