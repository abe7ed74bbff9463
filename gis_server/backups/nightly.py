"""The backup that nobody asks for."""

import logging
import subprocess
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from gis_server import beats
from gis_server.backups import clock, making, shelf
from gis_server.backups.errors import Refused
from gis_server.models import ProcessBeat

SETPRIV = "/usr/bin/setpriv"
log = logging.getLogger(__name__)


def run(now: datetime) -> str:
    """Make the backup that is due and verify it; its name, or nothing where none is due.

    What fails is logged, tried again by the next call, and an alarm when it goes on
    (`beats.Part.BACKUPS`).
    """
    if settings.BACKUP_AT is None:
        # What has been switched off is not missed.
        ProcessBeat.objects.filter(part=beats.Part.BACKUPS.value).delete()
        return ""
    there = shelf.complete(Path(settings.BACKUP_DIR))
    newest = shelf.made_at(there[-1]) if there else None
    if not clock.is_due(timezone.localtime(now), settings.BACKUP_AT, newest):
        return ""
    try:
        folder = making.make(now).folder
        if settings.BACKUP_VERIFY:
            _verify(folder)
    except Refused as error:
        log.error("the nightly backup: %s", error)  # noqa: TRY400 - the sentence says it all
        return ""
    beats.beat(beats.Part.BACKUPS, timezone.now())
    return folder.name


def _verify(folder: Path) -> None:
    """By the command that starts a server for it; this process has no business with one.

    Raises:
        Refused: with the last line that it said.
    """
    command = [settings.BASE_DIR / "bin" / "verify-backup", folder]
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [SETPRIV, "--pdeathsig=TERM", *command], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Refused(f"{folder.name} was made, but not verified: {(lines or ['no word'])[-1]}")
