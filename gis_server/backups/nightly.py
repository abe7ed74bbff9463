"""The backup that nobody asks for."""

import logging
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from gis_server import beats
from gis_server.backups import clock, making, shelf, tries
from gis_server.backups.errors import Refused
from gis_server.models import ProcessBeat

SETPRIV = "/usr/bin/setpriv"
log = logging.getLogger(__name__)


def run(now: datetime) -> str:
    """Make the backup that is due, or take one that was not found right, and verify it; its name,
    or nothing where there is nothing to do or it failed.

    What fails is logged, tried again by the next call (verifying: `tries.MOST` times in all), and
    an alarm when it goes on (`beats.Part.BACKUPS`).
    """
    if settings.BACKUP_AT is None:
        # What has been switched off is not missed.
        ProcessBeat.objects.filter(part=beats.Part.BACKUPS.value).delete()
        return ""
    there = shelf.complete(Path(settings.BACKUP_DIR))
    newest = shelf.made_at(there[-1]) if there else None
    try:
        if clock.is_due(timezone.localtime(now), settings.BACKUP_AT, newest):
            folder = making.make(now).folder
        elif not settings.BACKUP_VERIFY or not (waiting := _waiting(there)):
            return ""
        else:
            folder = waiting
        if settings.BACKUP_VERIFY and not _try(folder, now):
            return ""
    except Refused as error:
        log.error("the nightly backup: %s", error)  # noqa: TRY400 - the sentence says it all
        return ""
    beats.beat(beats.Part.BACKUPS, timezone.now())
    return folder.name


def _waiting(there: Sequence[Path]) -> Path | None:
    """The backup that is to be tried again."""
    found = tries.unverified(there)
    return found[0] if found and found[1].left else None


def _try(folder: Path, now: datetime) -> bool:
    """Verify a backup and note beside it how that went; False where somebody else is at it.

    Raises:
        Refused: it was not found right, or nothing can be noted.
    """
    try:
        with tries.alone(folder) as ours:
            if not ours:
                return False
            this = tries.begin(folder, now)
            if why := _what_is_wrong(folder):
                tries.fail(folder, this, why)
                raise Refused(
                    f"{folder.name} was made, but not verified ({this.count} of {tries.MOST}"
                    f" tries): {why}"
                )
    except OSError as error:
        raise Refused(
            f"{error.filename or folder} cannot be read or written ({error.strerror}): look at the"
            " disk, then run bin/verify-backup."
        ) from None
    return True


def _what_is_wrong(folder: Path) -> str:
    """The last line of the command that starts a server for it; this process has no business with
    one.  Empty where the backup was found right.
    """
    command = [settings.BASE_DIR / "bin" / "verify-backup", folder]
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [SETPRIV, "--pdeathsig=TERM", *command], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    lines = (done.stderr or done.stdout).strip().splitlines()
    return (lines or ["it ended without a word"])[-1] if done.returncode else ""
