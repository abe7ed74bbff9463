"""What runs in the background."""

import logging

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from patrols.intake import retention

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=15, max_retries=3)  # type: ignore[untyped-decorator]
def keep_days() -> int:
    """Make the partitions of the days to come, and drop positions that are older than they are
    kept; how many days were dropped.
    """
    dropped = retention.keep_days(timezone.now())
    for day in dropped:
        logger.info("positions of %s are dropped: kept for so long", day)
    return len(dropped)
