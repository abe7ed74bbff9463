"""Where photos lie: one file each, below the folder of their room and day."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import disk
from gis_server.errors import Unavailable
from gis_server.photos.decoding import decoded, size_of

STRAY_AFTER = timedelta(days=1)
DROPPED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored photo.  file: below MEDIA_ROOT, with forward slashes.  The names are columns'."""

    file: str
    sha256: str
    width: int
    height: int


def keep(content: bytes, folder: str, now: datetime) -> Kept:
    """Store what a phone sent as a JPEG of ours.

    Raises:
        Invalid: see `decoding.decoded`.
        Unavailable: it cannot be stored now.
    """
    jpeg = decoded(content)
    height, width = size_of(jpeg)
    file = Path(folder, now.strftime("%Y/%m/%d"), f"{secrets.token_hex(16)}.jpg")
    root = Path(settings.MEDIA_ROOT)
    try:
        disk.leave_reserve(root)
        disk.write_whole(root / file, jpeg)
    except (OSError, disk.NoRoom):
        message = _("The photo cannot be stored now: tell the administrator. Nothing else is lost.")
        raise Unavailable(message) from None
    return Kept(file.as_posix(), hashlib.sha256(jpeg).hexdigest(), width, height)


def throw_away(file: str) -> None:
    """Delete a file that no row names."""
    Path(settings.MEDIA_ROOT, file).unlink(missing_ok=True)


def drop_unused(unused: QuerySet[Any]) -> int:
    """Delete rows that nothing uses and their files, at most DROPPED_AT_ONCE; how many."""
    return sum(_drop(unused, row) for row in unused[:DROPPED_AT_ONCE])


@transaction.atomic
def _drop(unused: QuerySet[Any], row: Any) -> bool:
    # The row goes in a transaction that ends with the file: who uses it meanwhile keeps both.
    if unused.filter(pk=row.pk).delete()[0] != 1:
        return False
    throw_away(row.file)
    return True


def drop_strays(folder: str, names_in: Callable[[str], set[str]], now: datetime) -> int:
    """Delete files of more than a day ago that no row names; how many.  See `disk.drop_strays`."""
    before = timezone.localdate(now - STRAY_AFTER)
    return disk.drop_strays(Path(settings.MEDIA_ROOT), folder, before=before, names_in=names_in)
