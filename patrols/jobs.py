"""What runs in the background."""

import logging
from datetime import timedelta

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from patrols.errands import services as errands
from patrols.intake import retention
from patrols.intake.partitions import midnight
from patrols.intake.taking import oldest_kept
from patrols.seen import keeping

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=15, max_retries=3)  # type: ignore[untyped-decorator]
def keep_days() -> int:
    """Make the partitions of the days to come, and drop positions and errands that are older than
    they are kept; how many days were dropped.
    """
    now = timezone.now()
    errands.drop_before(midnight(oldest_kept(now)))
    dropped = retention.keep_days(now)
    for day in dropped:
        logger.info("positions of %s are dropped: kept for so long", day)
    return len(dropped)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=15, max_retries=3)  # type: ignore[untyped-decorator]
def keep_seen() -> int:
    """Drop what was seen by halves of hours of days whose positions have gone; work the day that
    is over out as a whole and have mended what differs: how many tracks that were.
    """
    now = timezone.now()
    keeping.drop_old(now)
    yesterday = timezone.localdate(now) - timedelta(days=1)
    wrong = keeping.mend(yesterday, now)
    if wrong:
        logger.warning("%d tracks of %s were not what their positions give", len(wrong), yesterday)
    return len(wrong)
