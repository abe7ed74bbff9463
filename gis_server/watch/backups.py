"""The last backup, as the folder of backups shows it (`gis_server.backups.shelf`)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from gis_server.backups import shelf, tries
from gis_server.backups.tries import Tries
from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

# Nightly: one that is missing shows by noon, two are bad.
OLD_S, TOO_OLD_S = 36 * words.HOUR_S, 60 * words.HOUR_S
UNTRIED_S, LONG_UNTRIED_S = 8 * words.DAY_S, 60 * words.DAY_S
METRICS = {
    "gis_backups": "Whole backups in BACKUP_DIR.",
    "gis_backup_made_timestamp_seconds": "When the newest whole backup was begun.",
    "gis_backup_verified_timestamp_seconds": (
        "When the newest backup was begun of which a restore was tried and found right."
    ),
    "gis_backup_failed_tries": (
        "How often verifying the newest backup that was tried has failed; 0 once one is verified."
    ),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """How many backups there are, and when the newest of them were begun.

    failed: the one that was not found right, while nothing newer is.
    """

    count: int = 0
    made_at: datetime | None = None
    verified_at: datetime | None = None
    failed: tuple[Path, Tries] | None = None


def look(root: Path) -> Shelf:
    """Raises OSError: the folder is there and cannot be read."""
    there = shelf.complete(root)
    made = {folder: shelf.made_at(folder) for folder in there}
    verified = [at for folder, at in made.items() if (folder / shelf.VERIFIED).is_file()]
    tried = tries.unverified(there)
    return Shelf(
        len(made),
        max(made.values(), default=None),
        max(verified, default=None),
        tried if tried and tried[1].in_vain else None,
    )


def find(now: datetime) -> Found:
    """Raises OSError."""
    there = look(Path(settings.BACKUP_DIR))
    failed = there.failed[1].count if there.failed else 0
    samples = [Sample("gis_backups", there.count), Sample("gis_backup_failed_tries", failed)]
    for name, moment in (
        ("gis_backup_made_timestamp_seconds", there.made_at),
        ("gis_backup_verified_timestamp_seconds", there.verified_at),
    ):
        if moment is not None:
            samples.append(Sample(name, moment.timestamp()))
    return Found(samples, told_of(there, now))


def told_of(there: Shelf, now: datetime) -> list[Reading]:
    what = _("Last backup")
    if there.made_at is None:
        told = _("there is none in BACKUP_DIR")
        todo = _(
            "One comes every night unless BACKUP_AT is never; bin/manage backup makes one now"
            " (docs/backup.md). Where another machine makes them, watch them there."
        )
        return [Reading(what, told, State.UNKNOWN, todo)]
    state = judged((now - there.made_at).total_seconds(), doubtful=OLD_S, bad=TOO_OLD_S)
    todo = _("Look whether backups are made and their disk has room; make one by hand now.")
    told = words.ago(there.made_at, now)
    return [
        Reading(what, told, state, "" if state is State.GOOD else todo),
        _verified(there.verified_at, now),
        *([_failed(*there.failed, now)] if there.failed else []),
    ]


def _failed(folder: Path, tried: Tries, now: datetime) -> Reading:
    told = _("%(name)s: %(count)d of %(most)d tries failed, the last %(ago)s: %(why)s") % {
        "name": folder.name, "count": tried.count, "most": tries.MOST,
        "ago": words.ago(tried.at, now), "why": tried.why or _("it was cut off"),
    }  # fmt: skip
    command = {"command": f"{settings.BASE_DIR / 'bin' / 'verify-backup'} {folder}"}
    if tried.left:
        todo = _(
            "It is tried again by itself within the hour. Mend what is said here; %(command)s, run"
            " on this machine as root or as the server's user, tries it at once and says all of it."
        )
    else:
        todo = _(
            "It is not tried again by itself. Mend what is said here, then run %(command)s on this"
            " machine as root or as the server's user; where the backup is damaged, make another"
            " with bin/manage backup and verify that."
        )
    state = State.DOUBTFUL if tried.left else State.BAD
    return Reading(_("Verifying a backup failed"), told, state, todo % command)


def _verified(at: datetime | None, now: datetime) -> Reading:
    what = _("Last backup of which a restore was tried")
    todo = _(
        "Run bin/verify-backup: it restores the newest backup into a server that is thrown away,"
        " and compares. One that nobody has tried is a hope."
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
