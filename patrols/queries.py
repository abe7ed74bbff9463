"""What is read of patrols across tables; every function costs a fixed number of queries."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import scope_q
from patrols import control, roster
from patrols.control import ControlLevel
from patrols.models import ControlSwitch, Duty
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


def duty_windows(duties: QuerySet[Duty], begin: datetime, end: datetime) -> list[roster.Window]:
    """When duties of shifts that begin on the days from `begin` to `end` are or were in force, in
    the order of time; with the one before, whose shift may last past midnight.

    A switch of the control level counts from its moment on, and so does whoever is put on the
    roster, taken off it or stood in for while the shift runs.  Three queries.
    """
    return coded_windows(duties, begin, end)[0]


def coded_windows(
    duties: QuerySet[Duty], begin: datetime, end: datetime
) -> tuple[list[roster.Window], dict[int, str]]:
    """The same, and the territories of the posts by their ids."""
    days = _days(begin, end)
    rows = list(_coded(duties.filter(day__range=days)))
    # Who is stood in for: also by somebody who is not among those asked for.
    known = {row.pk for row in rows}
    others = Duty.objects.filter(stands_in_for__in=known).exclude(pk__in=known)
    every = [*rows, *_coded(others)]
    shifts = {row.shift_id: row.shift.as_shift() for row in every}
    codes = {row.post_id: row.post_code for row in every}
    zone = timezone.get_default_timezone()
    found = roster.windows(
        [row.as_duty() for row in every], shifts, codes, switches_over(codes.values(), end), zone
    )
    asked_for = roster.Span(begin, end)
    kept = [one for one in found if one.duty.id in known and one.span.meets(asked_for)]
    return kept, codes


def _coded(duties: QuerySet[Duty]) -> Any:
    """With their shifts and `post_code`: each post as a whole would be made with its point."""
    return duties.select_related("shift").annotate(post_code=F("post__scope_code"))


def _days(begin: datetime, end: datetime) -> tuple[date, date]:
    local = timezone.localdate
    return local(begin) - timedelta(days=1), local(end)


def switches_over(codes: Iterable[str], before: datetime) -> list[control.Switch]:
    """All switches before a moment of the areas that hold the codes.  One query."""
    known = set(codes)
    areas = {code[:digits] for code in known for digits in (DISTRICT_DIGITS, STREET_DIGITS)}
    rows = ControlSwitch.objects.filter(area__in=areas, begins__lt=before)
    return [row.as_switch() for row in rows]
