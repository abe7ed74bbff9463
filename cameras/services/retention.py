"""For how long pictures are kept: by the class of their camera, faults longer.

The file goes first and the row after it: what is interrupted is done again, and no picture stays on
the disk that nobody knows of.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from cameras.models import PictureCleanup, PictureRule, RepairOrderCamera, Snapshot
from cameras.picture.rounds import USUAL
from gis_server import disk

AT_ONCE = 1000
MOST_AT_ONCE = 20 * AT_ONCE
"""In one run of the job, which comes every few minutes."""
STRAY_AFTER = timedelta(days=1)
FOLDER = "snapshots"
SIDES = ("before", "after")


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days pictures of a class are kept, and those with a fault."""

    priority: str
    days: int
    faults_days: int


@dataclass(slots=True)
class Dropped:
    """What a run has deleted."""

    pictures: int = 0
    faults: int = 0
    freed_bytes: int = 0


def kept_for() -> list[Kept]:
    """By class; what nobody has set is what the settings say.  One query."""
    own = {row.priority: row for row in PictureRule.objects.all()}
    return [
        Kept(
            priority,
            (row and row.keep_days) or settings.PICTURE_DAYS,
            (row and row.keep_faults_days) or settings.PICTURE_FAULT_DAYS,
        )
        for priority in USUAL
        for row in [own.get(priority)]
    ]


def overdue(kept: Kept, now: datetime) -> Q:
    """The pictures and failed attempts of a class that are to go."""
    ordinary = Q(is_fault=False, requested_at__lt=now - timedelta(days=kept.days))
    faulty = Q(is_fault=True, requested_at__lt=now - timedelta(days=kept.faults_days))
    return Q(camera__priority=kept.priority) & (ordinary | faulty) & ~proves_repair()


def proves_repair() -> Q:
    """The pictures from before and after a repair: they stay as long as its order."""
    named = (RepairOrderCamera.objects.filter(**{side: OuterRef("pk")}) for side in SIDES)
    before, after = (Q(Exists(rows)) for rows in named)
    return before | after


def drop_old_pictures(now: datetime) -> Dropped:
    """Delete what is older than its class is kept for, and add it to the day's report."""
    dropped = Dropped()
    for kept in kept_for():
        drop(Snapshot.objects.filter(overdue(kept, now)).order_by("id")[:MOST_AT_ONCE], dropped)
    report(dropped, now)
    return dropped


def delete_pictures(camera_id: int, *, before_version: int, now: datetime) -> Dropped:
    """Delete all pictures of a camera that were taken with older masks, and report it."""
    dropped = Dropped()
    rows = Snapshot.objects.filter(camera=camera_id, masks_version__lt=before_version)
    drop(rows.exclude(taken_at=None).order_by("id"), dropped)
    report(dropped, now)
    return dropped


def drop(rows: Iterable[Snapshot], dropped: Dropped) -> None:
    """Delete the files of these pictures and then the rows."""
    for piece in pieces(list(rows)):
        for row in piece:
            dropped.freed_bytes += sum(remove(name) for name in (row.file, row.thumb) if name)
        Snapshot.objects.filter(id__in=[row.pk for row in piece]).delete()
        pictures = [row for row in piece if row.taken_at]
        dropped.pictures += len(pictures)
        dropped.faults += sum(row.is_fault for row in pictures)


def pieces(rows: list[Snapshot]) -> Iterator[list[Snapshot]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def remove(name: str) -> int:
    """Delete a file below MEDIA_ROOT; its bytes, 0 where it was gone already."""
    file = Path(settings.MEDIA_ROOT, name)
    try:
        size = file.stat().st_size
        file.unlink()
    except FileNotFoundError:
        return 0
    return size


def report(dropped: Dropped, now: datetime) -> None:
    """Add to the report of the local day."""
    day = timezone.localtime(now).date()
    PictureCleanup.objects.bulk_create([PictureCleanup(day=day, ran_at=now)], ignore_conflicts=True)
    PictureCleanup.objects.filter(day=day).update(
        deleted=F("deleted") + dropped.pictures,
        deleted_faults=F("deleted_faults") + dropped.faults,
        freed_bytes=F("freed_bytes") + dropped.freed_bytes,
        kept_faults=faults_beyond(now),
        ran_at=now,
    )


def faults_beyond(now: datetime) -> int:
    """How many pictures are kept for their fault alone.  Two queries."""
    counts = [
        Count(
            "id",
            filter=Q(
                camera__priority=kept.priority, requested_at__lt=now - timedelta(days=kept.days)
            ),
        )
        for kept in kept_for()
    ]
    faults = Snapshot.objects.filter(is_fault=True, taken_at__isnull=False).order_by()
    named = {f"of_{number}": count for number, count in enumerate(counts)}
    return sum(faults.aggregate(**named).values())


def drop_strays(now: datetime) -> int:
    """Delete files of more than a day ago that no picture names; how many."""
    before = timezone.localdate(now - STRAY_AFTER)
    return disk.drop_strays(Path(settings.MEDIA_ROOT), FOLDER, before=before, names_in=names_in)


def names_in(folder: str) -> set[str]:
    """The files that rows name in the folder of a day.  One query."""
    year, month, day = (int(part) for part in folder.split("/")[-3:])
    noon = datetime(year, month, day, 12, tzinfo=timezone.get_default_timezone())
    # A day either side: the folder is by the time it was taken, in whatever zone that was.
    near = (noon - timedelta(days=1.5), noon + timedelta(days=1.5))
    rows = Snapshot.objects.filter(requested_at__range=near, file__startswith=f"{folder}/")
    return {name for names in rows.values_list("file", "thumb") for name in names if name}
