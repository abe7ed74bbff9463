"""How long positions are kept: `PATROL_KEPT_DAYS` whole days and today.  Figures stay for ever."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from patrols.intake.partitions import DAYS_AHEAD, drop_before, ensure_days
from patrols.intake.taking import oldest_kept
from patrols.models import LastPosition

LAST_KEPT = timedelta(days=1)
"""Where somebody was last is of use for so long."""


def keep_days(now: datetime) -> list[date]:
    """Make the days ahead and drop what is old; the days that were dropped.

    Raises:
        OperationalError: somebody reads for too long; the next run goes on where this one stopped.
    """
    today = timezone.localdate(now)
    ensure_days(today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1))
    LastPosition.objects.filter(at__lt=now - LAST_KEPT).delete()
    return drop_before(oldest_kept(now))
