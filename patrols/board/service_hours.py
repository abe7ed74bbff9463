"""Hours of service of one person, and points where an administrator has switched them on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone

from patrols.board.hours import Served, served
from patrols.models import VOLUNTEERS, Duty, Member, PointsRule
from patrols.queries import duty_windows

FARTHEST = timedelta(days=20 * 366)


@dataclass(frozen=True, slots=True)
class Service:
    """points: of all hours; None where none are given."""

    hours: Served
    points: Decimal | None


def service_of(member: Member, now: datetime) -> Service | None:
    """None for those who do no voluntary service.  Five queries."""
    if member.force not in VOLUNTEERS:
        return None
    duties = Duty.objects.filter(member=member)
    windows = duty_windows(duties, now - FARTHEST, now)
    absent = set(duties.filter(is_absent=True).values_list("pk", flat=True))
    hours = served(windows, absent, timezone.localtime(now))
    return Service(hours, points_of(hours))


def points_of(hours: Served) -> Decimal | None:
    rule = PointsRule.objects.filter(is_on=True).first()
    if rule is None:
        return None
    points = Decimal(str(hours.total)) * rule.points_per_hour
    return points.quantize(Decimal("0.1"), ROUND_HALF_UP)


def service_told(member: Member, now: datetime) -> Mapping[str, object] | None:
    """The same for the person's own phone: hours with one decimal; points is null where none are
    given.
    """
    service = service_of(member, now)
    if service is None:
        return None
    hours, points = service.hours, service.points
    return {
        "hours": {"month": hours.month, "year": hours.year, "total": hours.total},
        "points": None if points is None else float(points),
    }
