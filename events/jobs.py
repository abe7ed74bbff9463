"""What runs in the background for events."""

import logging

from celery import shared_task
from django.utils import timezone

from events.briefings.services import make_due

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def make_briefings() -> int:
    """The briefings that should be there by now; how many were made."""
    made = make_due(timezone.now())
    if made:
        logger.info("%d briefings were made", len(made))
    return len(made)
