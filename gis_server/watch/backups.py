"""The last backup, as the folder of backups shows it.

The seam to whoever makes them is `BACKUP_DIR`: a folder in it for each backup, which gets its name
(`gis-server-20260301T023000Z`, when it was begun) once it is whole, and a file `verified.json` in
it once a restore of it was tried and found right.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

NAMED = re.compile(r"gis-server-(\d{8}T\d{6})Z")
STAMP = "%Y%m%dT%H%M%S"
VERIFIED = "verified.json"
# Nightly: one that is missing shows by noon, two are bad.
OLD_S, TOO_OLD_S = 36 * words.HOUR_S, 60 * words.HOUR_S
UNTRIED_S, LONG_UNTRIED_S = 8 * words.DAY_S, 60 * words.DAY_S
METRICS = {
    "gis_backups": "Whole backups in BACKUP_DIR.",
    "gis_backup_made_timestamp_seconds": "When the newest whole backup was begun.",
    "gis_backup_verified_timestamp_seconds": (
        "When the newest backup was begun of which a restore was tried and found right."
    ),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """How many backups there are, and when the newest of them were begun."""

    count: int = 0
    made_at: datetime | None = None
    verified_at: datetime | None = None


def look(root: Path) -> Shelf:
    """Raises OSError: the folder is there and cannot be read."""
    if not root.exists():
        return Shelf()
    made = {folder: at for folder in root.iterdir() if (at := _made_at(folder))}
    verified = [at for folder, at in made.items() if (folder / VERIFIED).is_file()]
    return Shelf(len(made), max(made.values(), default=None), max(verified, default=None))


def _made_at(folder: Path) -> datetime | None:
    """By the name; None for what is no backup, or no moment."""
    named = NAMED.fullmatch(folder.name)
    if named is None or not folder.is_dir():
        return None
    try:
        return datetime.strptime(named[1], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def find(now: datetime) -> Found:
    """Raises OSError."""
    shelf = look(Path(settings.BACKUP_DIR))
    samples = [Sample("gis_backups", shelf.count)]
    for name, moment in (
        ("gis_backup_made_timestamp_seconds", shelf.made_at),
        ("gis_backup_verified_timestamp_seconds", shelf.verified_at),
    ):
        if moment is not None:
            samples.append(Sample(name, moment.timestamp()))
    return Found(samples, told_of(shelf, now))


def told_of(shelf: Shelf, now: datetime) -> list[Reading]:
    what = _("Last backup")
    if shelf.made_at is None:
        told = _("there is none in BACKUP_DIR")
        todo = _(
            "Set up nightly backups (docs/operate.md): without them a broken disk ends it all."
            " Where another machine makes them, watch them there."
        )
        return [Reading(what, told, State.UNKNOWN, todo)]
    state = judged((now - shelf.made_at).total_seconds(), doubtful=OLD_S, bad=TOO_OLD_S)
    todo = _("Look whether backups are made and their disk has room; make one by hand now.")
    told = words.ago(shelf.made_at, now)
    return [
        Reading(what, told, state, "" if state is State.GOOD else todo),
        _verified(shelf.verified_at, now),
    ]


def _verified(at: datetime | None, now: datetime) -> Reading:
    what = _("Last backup of which a restore was tried")
    todo = _(
        "Restore the newest backup into an empty cluster: one that nobody has tried is a hope."
    )
    if at is None:
        return Reading(what, pgettext("restore", "none"), State.DOUBTFUL, todo)
    state = judged((now - at).total_seconds(), doubtful=UNTRIED_S, bad=LONG_UNTRIED_S)
    return Reading(what, words.ago(at, now), state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "backups",
        gettext_lazy("Backups"),
        METRICS,
        find,
        gettext_lazy("The folder that BACKUP_DIR names cannot be read: look at it."),
        uses_database=False,
    ),
)
