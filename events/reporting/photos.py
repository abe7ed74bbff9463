"""Photos of events: sent one by one before the report or step that names them, each once."""

import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events.models import Category, EventPhoto
from events.reporting.sent import Draft
from gis_server.errors import Invalid, TooMany
from gis_server.models import User
from gis_server.photos import keeping

FOLDER = "events"
UNUSED_FOR = timedelta(days=1)
MOST_WAITING = 270
"""Of one sender in a day: thirty reports full of photos, whose reports have not come yet."""
WAIT_S = 600
ONE_PER_ID = "one_photo_per_client_id"


def check_asked_for(category: Category, draft: Draft) -> None:
    """Raises Invalid: the entry asks for a photo, and the report has none."""
    if category.needs_photo and not draft.photos and not draft.has_picture:
        raise Invalid(
            _("“%(entry)s” is only taken with a photo: add at least one.")
            % {"entry": category.name}
        )


def add_photo(
    *, by: User, client_id: uuid.UUID, content: bytes, now: datetime
) -> tuple[EventPhoto, bool]:
    """Store a photo: the row, and whether it is new; the same id again is what came first.

    Raises:
        Invalid: it is no JPEG, PNG or WebP, cannot be read, or is too large.
        TooMany: more wait for their reports than one sender can need.
        Unavailable: it cannot be stored now.
    """
    if known := photo_of(by, client_id):
        return known, False
    waiting = EventPhoto.objects.filter(by=by, event=None, at__gt=now - UNUSED_FOR)
    if waiting.count() >= MOST_WAITING:
        message = _("Too many photos wait for their reports: send the reports first.")
        raise TooMany(message, wait_s=WAIT_S)
    kept = keeping.keep(content, FOLDER, now)
    try:
        with transaction.atomic():
            return _row(by, client_id, kept, now), True
    except IntegrityError as error:
        keeping.throw_away(kept.file)
        known = photo_of(by, client_id) if ONE_PER_ID in str(error) else None
        if known is None:
            raise
        return known, False


def photo_of(by: User, client_id: uuid.UUID) -> EventPhoto | None:
    return EventPhoto.objects.filter(by=by, client_id=client_id).first()


def _row(by: User, client_id: uuid.UUID, kept: keeping.Kept, now: datetime) -> EventPhoto:
    return EventPhoto.objects.create(
        client_id=client_id,
        by=by,
        who=by.display_name or by.get_username(),
        at=now,
        file=kept.file,
        sha256=kept.sha256,
        width=kept.width,
        height=kept.height,
    )


def drop_unused_photos(now: datetime) -> int:
    """Delete photos that no report or step has named for a day; how many.

    A phone that comes later is told which are missing, and still has them.
    """
    unused = EventPhoto.objects.filter(event=None, at__lt=now - UNUSED_FOR)
    return keeping.drop_unused(unused.order_by("at", "pk"))


def drop_stray_photos(now: datetime) -> int:
    """Delete files of event photos that no row names; how many."""
    return keeping.drop_strays(FOLDER, names_in, now)


def names_in(folder: str) -> set[str]:
    """The files that rows name in the folder of a day."""
    rows = EventPhoto.objects.filter(file__startswith=f"{folder}/")
    return set(rows.values_list("file", flat=True))
