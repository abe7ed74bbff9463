"""What runs in the background for events: the tidying up."""

import logging

from celery import shared_task
from django.utils import timezone

from events.reporting import photos

logger = logging.getLogger(__name__)


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
