"""What must be true of events and SQL constraints cannot say; `check_world` prints it."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from events.models import EventPhoto


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _photos()


def _photos() -> Iterator[str]:
    for photo, file in EventPhoto.objects.order_by("id").values_list("id", "file").iterator():
        if not Path(settings.MEDIA_ROOT, file).is_file():
            yield f"photo {photo} of an event is gone from {file}"
