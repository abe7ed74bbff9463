"""Reports that a reader may see, and whether their figures still come out the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db.models import Q, QuerySet

from cameras.models import MonthlyReport, PlannedWork
from cameras.rates import figures, periods
from cameras.rates.figures import Difference
from gis_server.models import User
from gis_server.roles import scope_q

MOST_DIFFERENCES = 50
MOST_WORKS = 50


def visible(user: User) -> QuerySet[MonthlyReport]:
    """Reports of areas that lie in the reader's reach."""
    return MonthlyReport.objects.filter(scope_q(user, "scope")).select_related("made_by")


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A report computed again.

    by_then: differences by what was known when it was made; there should be none.  today: those by
    what is known now.  works: the windows that were reviewed, ended otherwise or withdrawn since,
    and which explain the latter.
    """

    by_then: Sequence[Difference]
    today: Sequence[Difference]
    works: Sequence[PlannedWork]


def recompute(report: MonthlyReport, now: datetime, zone: tzinfo) -> Recomputed:
    """Computes the month twice: as costly as making two reports."""
    then = figures.compute(report.month, report.scope, report.known_at, zone)
    today = figures.compute(report.month, report.scope, now, zone)
    return Recomputed(
        list(figures.differences(report.figures, then))[:MOST_DIFFERENCES],
        list(figures.differences(report.figures, today))[:MOST_DIFFERENCES],
        list(moved_since(report, zone)[:MOST_WORKS]),
    )


def moved_since(report: MonthlyReport, zone: tzinfo) -> QuerySet[PlannedWork]:
    """Windows that touch the month and were decided on after the report was made."""
    start, end = periods.month_of(report.month).bounds(zone)
    later = Q(reviews__at__gt=report.known_at) | Q(terms__set_at__gt=report.known_at)
    touching = PlannedWork.objects.filter(starts_at__lt=end, terms__ends_at__gt=start)
    return touching.filter(later | Q(withdrawn_at__gt=report.known_at)).distinct()
