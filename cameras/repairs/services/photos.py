"""Photos of technicians: made ours and stored by `gis_server.photos`, beside those of cameras."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from cameras.repairs.models import RepairPhoto
from cameras.repairs.services.acting import MAX_PHOTOS, ready
from cameras.repairs.workflow import Action
from gis_server.errors import TooMany
from gis_server.models import User
from gis_server.photos import keeping

FOLDER = "repairs"
UNUSED_FOR = timedelta(days=1)


def add_photo(*, by: User, order_id: int, content: bytes, now: datetime) -> RepairPhoto:
    """Store a photo for the step that is about to say "repaired".

    Raises:
        Invalid: it is no JPEG, PNG or WebP, cannot be read, or is too large.
        TooMany: there are as many as one step takes.
        Unavailable: it cannot be stored now.
        And see `acting.ready`.
    """
    order = ready(by, order_id, Action.REPAIR)
    waiting = RepairPhoto.objects.filter(order=order, by=by, is_used=False)
    if waiting.filter(at__gt=now - UNUSED_FOR).count() >= 2 * MAX_PHOTOS:
        raise TooMany(_("At most %(most)d photos.") % {"most": MAX_PHOTOS})
    kept = keeping.keep(content, FOLDER, now)
    return RepairPhoto.objects.create(
        order=order,
        by=by,
        who=by.display_name or by.get_username(),
        at=now,
        file=kept.file,
        sha256=kept.sha256,
        width=kept.width,
        height=kept.height,
    )


def drop_unused_photos(now: datetime) -> int:
    """Delete photos that no step has named for a day; how many."""
    unused = RepairPhoto.objects.filter(is_used=False, at__lt=now - UNUSED_FOR)
    return keeping.drop_unused(unused.order_by("pk"))


def drop_stray_photos(now: datetime) -> int:
    """Delete files of repair photos that no row names; how many."""
    return keeping.drop_strays(FOLDER, names_in, now)


def names_in(folder: str) -> set[str]:
    """The files that rows name in the folder of a day."""
    rows = RepairPhoto.objects.filter(file__startswith=f"{folder}/")
    return set(rows.values_list("file", flat=True))
