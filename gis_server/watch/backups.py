"""The last backup, as whoever makes backups has written it down.

The seam is one small file, `BACKUP_STATUS`: a JSON object, written whole after each try.

    finished_at   when the last backup that is good was finished, in ISO 8601 with a zone
    checked_at    when a restore of a backup was last tried and found right; may be missing
    bytes         how large that backup is; may be missing
    error         what went wrong with the newest try, in one sentence; empty when it was good
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from gis_server.plain_text import one_line, shortened
from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

LARGEST_BYTES = 16_384
LONGEST_ERROR = 200
# Nightly: one that is missing shows by noon, two are bad.
OLD_S, TOO_OLD_S = 36 * 3_600, 60 * 3_600
METRICS = {
    "gis_backup_finished_timestamp_seconds": "When the last good backup was finished.",
    "gis_backup_checked_timestamp_seconds": "When a backup was last restored and found right.",
    "gis_backup_bytes": "Size of the last good backup.",
    "gis_backup_failed": "1 where the newest try has failed, else 0; missing: nobody has tried.",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What the file says."""

    finished_at: datetime | None = None
    checked_at: datetime | None = None
    bytes: float | None = None
    error: str = ""


def read_status(path: Path) -> Status | None:
    """None where there is no such file: nobody makes backups, or nobody says so.

    Raises:
        OSError: it is there and cannot be read, or is no such object.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    try:
        told: dict[str, Any] = json.loads(text)
        size = told.get("bytes")
        return Status(
            _moment(told.get("finished_at")),
            _moment(told.get("checked_at")),
            None if size is None else float(size),
            shortened(one_line(str(told.get("error") or "")), LONGEST_ERROR),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise OSError("the status of backups cannot be understood") from error


def _moment(text: str | None) -> datetime | None:
    """Raises ValueError or TypeError: no moment, or one without a zone."""
    if not text:
        return None
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(text)
    return moment


def find(now: datetime) -> Found:
    """Raises OSError."""
    status = read_status(Path(settings.BACKUP_STATUS))
    if status is None:
        todo = _(
            "Set up nightly backups (docs/operate.md): without them a broken disk ends it all."
        )
        told = _("nobody has made one, or said so")
        return Found((), [Reading(_("Last backup"), told, State.UNKNOWN, todo)])
    samples = [Sample("gis_backup_failed", float(bool(status.error)))]
    for name, value in (
        ("gis_backup_finished_timestamp_seconds", _seconds(status.finished_at)),
        ("gis_backup_checked_timestamp_seconds", _seconds(status.checked_at)),
        ("gis_backup_bytes", status.bytes),
    ):
        if value is not None:
            samples.append(Sample(name, value))
    return Found(samples, [_last(status, now), _checked(status, now)])


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _last(status: Status, now: datetime) -> Reading:
    what = _("Last backup")
    if status.finished_at is None:
        told = _("none is good yet")
        todo = status.error or _("Look at the log of the backup.")
        return Reading(what, told, State.BAD, todo)
    age_s = (now - status.finished_at).total_seconds()
    state = judged(age_s, doubtful=OLD_S, bad=TOO_OLD_S)
    told = words.ago(status.finished_at, now)
    if status.bytes is not None:
        told = f"{told}, {words.size(status.bytes)}"
    if status.error:
        todo = _("The newest try has failed: %(error)s") % {"error": status.error}
        return Reading(what, told, State.BAD if state is State.BAD else State.DOUBTFUL, todo)
    todo = _("Look whether the timer of backups runs and its disk has room; make one by hand now.")
    return Reading(what, told, state, "" if state is State.GOOD else todo)


def _checked(status: Status, now: datetime) -> Reading:
    what = _("Last restore that was tried")
    todo = _(
        "Restore the newest backup into an empty cluster: one that nobody has tried is a hope."
    )
    if status.checked_at is None:
        return Reading(what, pgettext("restore", "never"), State.DOUBTFUL, todo)
    age_s = (now - status.checked_at).total_seconds()
    state = judged(age_s, doubtful=40 * words.DAY_S, bad=120 * words.DAY_S)
    told = words.ago(status.checked_at, now)
    return Reading(what, told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "backups",
        gettext_lazy("Backups"),
        METRICS,
        find,
        gettext_lazy("The file that BACKUP_STATUS names cannot be read: look at it."),
        uses_database=False,
    ),
)
