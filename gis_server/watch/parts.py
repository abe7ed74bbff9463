"""Parts that work unseen, by their signs of life (`gis_server.beats`), and the change feed."""

import time
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from gis_server import beats
from gis_server.models import ProcessBeat
from gis_server.watch import meters, words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

MOST = 200
LOOKS_EVERY_S = 5.0
SILENT_AFTER_S = 30.0
MOST_ID = 2**63 - 1
# Ids are in the order of commits, so the first that was not told is the oldest of them.
BEHIND = """
    SELECT (SELECT coalesce(max(id), 0) FROM gis_server_change),
           coalesce(extract(epoch FROM clock_timestamp() - (
               SELECT at FROM gis_server_change WHERE id > %s ORDER BY id LIMIT 1)), 0)::float8"""
SIGNS = {
    "gis_part_seen_timestamp_seconds": "When a part that works unseen last gave a sign of life.",
    "gis_part_silent": "1 where it has been silent for too long, else 0.",
}
FEED = {
    "gis_feed_last_change_id": "The newest change that is written down.",
    "gis_feed_lag_seconds": (
        "Age of the oldest change that the live process of this machine has not handed out."
    ),
}


def find_signs(now: datetime) -> Found:
    """One statement."""
    rows = list(ProcessBeat.objects.order_by("part", "place")[:MOST])
    samples, readings = [], []
    for row in rows:
        part = beats.Part(row.part)
        is_silent = now - row.seen_at > beats.SILENT_AFTER[part]
        labels = {"part": row.part, "place": row.place}
        samples.append(Sample("gis_part_seen_timestamp_seconds", row.seen_at.timestamp(), labels))
        samples.append(Sample("gis_part_silent", float(is_silent), labels))
        state = State.BAD if is_silent else State.GOOD
        told = _("heard %(ago)s") % {"ago": words.ago(row.seen_at, now)}
        name = str(beats.NAMES[part]) + (f" · {row.place}" if row.place else "")
        readings.append(Reading(name, told, state, _if_silent(part) if is_silent else ""))
    if not any(row.part == beats.Part.JOBS for row in rows):
        readings.append(_never_heard())
    return Found(samples, readings)


def _never_heard() -> Reading:
    todo = _("Start gis-server, or “jobs” alone; look at its lines in the log.")
    name = str(beats.NAMES[beats.Part.JOBS])
    return Reading(name, _("never heard on this installation"), State.UNKNOWN, todo)


def _if_silent(part: beats.Part) -> str:
    told: Mapping[beats.Part, str] = {
        beats.Part.JOBS: _(
            "No deadline passes, nothing is delivered or cleared away: look at the lines of “jobs”"
            " in the log and start it again."
        ),
        beats.Part.PICTURES: _(
            "No picture is taken: start bin/manage pictures for this site, and look at its lines in"
            " the log."
        ),
        beats.Part.COVER: _(
            "Coverage stands still and is worked out later: start bin/manage cover again."
        ),
        beats.Part.BACKUPS: _(
            "No backup was made and verified for two days: look at the lines of “jobs” with level"
            " ERROR in the log, and make one by hand (docs/backup.md)."
        ),
        beats.Part.POSITIONS: _(
            "Phones keep their positions and send them later: start the process “positions” again,"
            " and look whether its port is reached."
        ),
    }
    return told[part]


def find_feed(now: datetime) -> Found:
    """One statement, and what the live process says of itself in the files of this machine."""
    counted = meters.numbers(meters.LIVE_FILES)
    clients, heard, last_id, looked = (
        next(iter(counted.get(name, {}).values()), None)
        for name in (
            "gis_live_clients",
            "gis_live_heard",
            "gis_live_last_change_id",
            "gis_live_looked_timestamp_seconds",
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [MOST_ID if last_id is None else int(last_id)])
        newest, behind_s = cursor.fetchone()
    samples = [Sample("gis_feed_last_change_id", float(newest))]
    if looked is None or clients is None or last_id is None:
        return Found(samples, [_not_here()])
    samples.append(Sample("gis_feed_lag_seconds", behind_s))
    silent_s = max(0.0, time.time() - looked)
    return Found(
        samples,
        [
            _live_process(silent_s, bool(heard)),
            Reading(_("Browsers and phones that listen"), words.number(clients), State.GOOD),
            _lag(behind_s),
        ],
    )


def _not_here() -> Reading:
    todo = _(
        "Where it runs on another machine, ask /metrics there. Else start the process “live”: until"
        " then pages say that they are not live."
    )
    state = State.BAD if settings.LIVE_RUNS_HERE else State.UNKNOWN
    return Reading(_("Live process"), _("not heard on this machine"), state, todo)


def _live_process(silent_s: float, heard: bool) -> Reading:
    told = _("looked %(length)s ago") % {"length": words.length(silent_s)}
    if silent_s > SILENT_AFTER_S:
        todo = _("It hangs: end the process “live”, it is started again; keep its lines.")
        return Reading(_("Live process"), told, State.BAD, todo)
    if not heard:
        todo = _("It does not hear the database: look at the database first; it comes back alone.")
        return Reading(_("Live process"), _("cut off from the database"), State.BAD, todo)
    return Reading(_("Live process"), told, State.GOOD)


def _lag(behind_s: float) -> Reading:
    state = judged(behind_s, doubtful=LOOKS_EVERY_S, bad=SILENT_AFTER_S)
    told = words.length(behind_s) if behind_s else pgettext("delay", "none")
    todo = _("Walls show old news: look at the live process and at the load of the database.")
    return Reading(_("Changes wait to be told"), told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "parts",
        gettext_lazy("Parts that work unseen"),
        SIGNS,
        find_signs,
        gettext_lazy("It stands in the database: look at the database first."),
    ),
    Watch(
        "feed",
        gettext_lazy("Live stream"),
        FEED,
        find_feed,
        gettext_lazy("It stands in the database: look at the database first."),
    ),
)
