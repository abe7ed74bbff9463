"""What runs in the background: deadlines that pass, briefings, the tidying up of photos."""

import logging

from celery import shared_task
from django.utils import timezone

from events.briefings.services import make_due
from events.exchange import calls
from events.reporting import photos
from events.services.clock import mark_overdue

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def keep_deadlines() -> int:
    """Tell of deadlines that have passed and pass their events up; how many there were."""
    count = mark_overdue(timezone.now())
    if count:
        logger.info("%d events have missed a deadline", count)
    return count


@shared_task  # type: ignore[untyped-decorator]
def make_briefings() -> int:
    """The briefings that should be there by now; how many were made."""
    made = make_due(timezone.now())
    if made:
        logger.info("%d briefings were made", len(made))
    return len(made)


@shared_task  # type: ignore[untyped-decorator]
def drop_unused_photos() -> int:
    """Delete photos that no report or step has named for a day; how many."""
    return photos.drop_unused_photos(timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def drop_stray_photos() -> int:
    """Delete files of photos that no row names; how many."""
    strays = photos.drop_stray_photos(timezone.now())
    if strays:
        logger.warning("%d files without a photo deleted: a process was killed", strays)
    return strays


@shared_task  # type: ignore[untyped-decorator]
def forget_calls() -> int:
    """Delete calls of other systems that are too old to be repeated; how many."""
    return calls.forget(timezone.now())
