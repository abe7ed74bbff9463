"""Where photos lie: one file each, below the folder of their room and day."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import disk
from gis_server.errors import Unavailable
from gis_server.photos.decoding import decoded, size_of

STRAY_AFTER = timedelta(days=1)


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


def drop_strays(folder: str, names_in: Callable[[str], set[str]], now: datetime) -> int:
    """Delete files of more than a day ago that no row names; how many.  See `disk.drop_strays`."""
    before = timezone.localdate(now - STRAY_AFTER)
    return disk.drop_strays(Path(settings.MEDIA_ROOT), folder, before=before, names_in=names_in)
