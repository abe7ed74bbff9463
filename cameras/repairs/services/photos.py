"""Photos of technicians: what a phone sent is judged by its content, turned into a JPEG of ours by
a process that can do nothing else, and stored beside the pictures of cameras.
"""

import hashlib
import os
import secrets
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cameras import shelf
from cameras.repairs.models import RepairPhoto
from cameras.repairs.services.acting import MAX_PHOTOS, ready
from cameras.repairs.workflow import Action
from gis_server.errors import Invalid, TooMany, Unavailable
from gis_server.models import User

MAX_BYTES = 12 * 1024 * 1024
FOLDER = "repairs"
DECODE_S = 20
UNUSED_FOR = timedelta(days=1)
AT_ONCE = 500
# Never imported here: it loads OpenCV, and what it loads is meant for that process alone.
WORKER = Path(__file__).parents[1] / "photo_worker.py"
COMMAND = (sys.executable, "-I", str(WORKER))
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH", "TZ")


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
    jpeg = decoded(content)
    height, width = size_of(jpeg)
    file = store(jpeg, now)
    return RepairPhoto.objects.create(
        order=order,
        by=by,
        who=by.display_name or by.get_username(),
        at=now,
        file=file,
        sha256=hashlib.sha256(jpeg).hexdigest(),
        width=width,
        height=height,
    )


def decoded(content: bytes) -> bytes:
    """The photo as a JPEG of at most 1600 pixels a side.  Raises Invalid."""
    if len(content) > MAX_BYTES:
        raise Invalid(_("The photo is larger than 12 MB."))
    if not is_photo(content):
        raise Invalid(_("This is no photo: only JPEG, PNG and WebP are taken."))
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; what was sent goes in by the pipe
            COMMAND,
            input=content,
            capture_output=True,
            timeout=DECODE_S,
            cwd="/",
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode or not done.stdout.startswith(b"\xff\xd8"):
        raise Invalid(_("This photo cannot be read: take another one."))
    return done.stdout


def is_photo(content: bytes) -> bool:
    """By what it begins with, whatever it is called."""
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Height and width, from the header that our own encoder wrote (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        if jpeg[at + 1] in (0xC0, 0xC1, 0xC2):
            height, width = jpeg[at + 5 : at + 7], jpeg[at + 7 : at + 9]
            return int.from_bytes(height), int.from_bytes(width)
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    raise Invalid(_("This photo cannot be read: take another one."))


def store(jpeg: bytes, now: datetime) -> str:
    """Its name below MEDIA_ROOT.  Raises Unavailable."""
    root = Path(settings.MEDIA_ROOT)
    file = Path(FOLDER, now.strftime("%Y/%m/%d"), f"{secrets.token_hex(16)}.jpg")
    try:
        shelf.leave_reserve(root)
        shelf.write_whole(root / file, jpeg)
    except (OSError, shelf.NoRoom):
        message = _("The photo cannot be stored now: tell the administrator. Nothing else is lost.")
        raise Unavailable(message) from None
    return file.as_posix()


def drop_unused_photos(now: datetime) -> int:
    """Delete photos that no step has named for a day; how many."""
    rows = RepairPhoto.objects.filter(is_used=False, at__lt=now - UNUSED_FOR).order_by("pk")
    return sum(drop_unused(row) for row in rows[:AT_ONCE])


@transaction.atomic
def drop_unused(row: RepairPhoto) -> bool:
    """The row goes in a transaction that ends with the file: who uses it meanwhile keeps both."""
    if RepairPhoto.objects.filter(pk=row.pk, is_used=False).delete()[0] != 1:
        return False
    Path(settings.MEDIA_ROOT, row.file).unlink(missing_ok=True)
    return True
