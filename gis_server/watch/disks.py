"""What is left on the disks that things are kept on."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gis_server.disk import RESERVE_BYTES
from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, worst

LITTLE_BYTES = 5 * 2**30
LITTLE_SHARE = 0.10
METRICS = {
    "gis_disk_free_bytes": "Free for this server on the disk that something is kept on.",
    "gis_disk_bytes": "Size of that disk.",
    "gis_disk_free_files": "Files that may still be made on it; some file systems have no limit.",
    "gis_disk_writable": "1 where this server may write there, else 0.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Something that is kept on a disk."""

    key: str
    name: str | Promise
    folder: Path


def places() -> list[Place]:
    """What this machine keeps; PostgreSQL only where it is the private one of bin/up."""
    var = Path(settings.VAR_DIR)
    found = [
        Place("media", pgettext_lazy("kept on a disk", "Pictures"), Path(settings.MEDIA_ROOT)),
        Place("tiles", pgettext_lazy("kept on a disk", "Map tiles"), Path(settings.TILE_STORE)),
        Place("backups", pgettext_lazy("kept on a disk", "Backups"), Path(settings.BACKUP_DIR)),
    ]
    # Where a service manager keeps the logs there is no such folder.
    if (var / "log").is_dir():
        found.append(Place("log", pgettext_lazy("kept on a disk", "Logs"), var / "log"))
    if (var / "pg").is_dir():
        found.insert(0, Place("database", pgettext_lazy("kept on a disk", "Database"), var / "pg"))
    return found


def find(now: datetime) -> Found:
    """A look at each place; what lies on one disk is told together.  Raises OSError."""
    samples: list[Sample] = []
    by_disk: dict[int, list[tuple[Place, os.statvfs_result, bool]]] = {}
    for place in places():
        folder = _there(place.folder)
        seen = os.statvfs(folder)
        # PostgreSQL's folder belongs to a user of its own where root has set it up.
        is_writable = place.key == "database" or os.access(folder, os.W_OK)
        samples += _samples(place.key, seen, is_writable)
        by_disk.setdefault(folder.stat().st_dev, []).append((place, seen, is_writable))
    return Found(samples, [_told(on_disk) for on_disk in by_disk.values()])


def _there(folder: Path) -> Path:
    """The folder, or the nearest above it that there is: it is made when it is needed."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _samples(key: str, seen: os.statvfs_result, is_writable: bool) -> Iterator[Sample]:
    labels = {"keeps": key}
    yield Sample("gis_disk_free_bytes", float(seen.f_bavail * seen.f_frsize), labels)
    yield Sample("gis_disk_bytes", float(seen.f_blocks * seen.f_frsize), labels)
    if seen.f_files:
        yield Sample("gis_disk_free_files", float(seen.f_favail), labels)
    yield Sample("gis_disk_writable", float(is_writable), labels)


def state_of(free: int, whole: int, free_files: int, files: int) -> State:
    """Bad where the reserve that is left to the database is touched: pictures are refused then."""
    room = State.GOOD
    if free < 2 * RESERVE_BYTES:
        room = State.BAD
    elif free < LITTLE_BYTES or free < LITTLE_SHARE * whole:
        room = State.DOUBTFUL
    names = State.GOOD if not files or free_files > 0.05 * files else State.DOUBTFUL
    return worst((room, names))


def _told(on_disk: list[tuple[Place, os.statvfs_result, bool]]) -> Reading:
    seen = on_disk[0][1]
    free, whole = seen.f_bavail * seen.f_frsize, seen.f_blocks * seen.f_frsize
    what = " · ".join(str(place.name) for place, _seen, _is_writable in on_disk)
    closed = [str(place.name) for place, _seen, is_writable in on_disk if not is_writable]
    if closed:
        told = _("cannot be written to: %(names)s") % {"names": ", ".join(closed)}
        todo = _(
            "Give the folder back to the user that this server runs as, and mount it writable."
        )
        return Reading(what, told, State.BAD, todo)
    told = _("%(free)s free of %(whole)s") % {"free": words.size(free), "whole": words.size(whole)}
    state = state_of(free, whole, seen.f_favail, seen.f_files)
    todo = _(
        "Make room or enlarge the disk. Fewer days of pictures (PICTURE_DAYS) and a smaller"
        " TILE_STORE_MB free some within the hour, fewer days of backups (BACKUP_DAYS) in the next"
        " night; below 256 MiB pictures and uploads are refused."
    )
    return Reading(what, told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "disks",
        gettext_lazy("Disks"),
        METRICS,
        find,
        gettext_lazy("A disk does not answer: look at it with df -h and dmesg."),
        uses_database=False,
    ),
)
