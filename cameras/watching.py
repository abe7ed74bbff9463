"""How the watching of cameras fares, for `gis_server.watch`: who asks them, how late, and what is
not known.  Of the whole installation, whoever looks: no camera is named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cameras import notices_text
from cameras.health import STALE_INTERVALS
from cameras.health import State as CameraState
from cameras.models import Notice, PollerBeat
from cameras.services.watch import BEAT_LASTS
from gis_server.watch import words
from gis_server.watch.readings import Found, Reading, Sample, State, Watch, judged

MOST_SITES, MOST_BEATS = 200, 500
FRESH = timedelta(minutes=1)
STATES = tuple(state.value for state in CameraState)
_BY_STATE = ", ".join(
    f"count(*) FILTER (WHERE coalesce(s.state, 'unknown') = '{one}' AND c.id IS NOT NULL)"
    for one in STATES
)
LOOK = f"""
    SELECT site.name, count(c.id), {_BY_STATE},
           count(c.id) FILTER (WHERE s.last_probe_at IS NULL OR s.last_probe_at < %(now)s
               - make_interval(secs => %(intervals)s * coalesce(c.interval_s, %(usual_s)s))),
           count(s.camera_id) FILTER (WHERE s.last_probe_at > %(fresh)s),
           coalesce(extract(epoch FROM %(now)s - min(s.due_at) FILTER (
               WHERE s.lease_until IS NULL OR s.lease_until < %(now)s)), 0)::float8
    FROM cameras_site AS site
    LEFT JOIN cameras_camera AS c ON c.site_id = site.id AND c.enabled
    LEFT JOIN cameras_camerastate AS s ON s.camera_id = c.id
    GROUP BY site.id ORDER BY site.name LIMIT %(most)s"""  # noqa: S608 - our own names
OUTAGES = """
    SELECT count(*), count(*) FILTER (WHERE suspect_kind <> '')
    FROM cameras_outage WHERE closed_at IS NULL"""
METRICS = {
    "gis_cameras": "Cameras in use, by site and by what the wall says of them.",
    "gis_cameras_watched": "Cameras in use, by site.",
    "gis_cameras_stale": "Those of them of which nothing has been heard for three intervals.",
    "gis_cameras_asked_last_minute": "Those of them that were asked in the last minute.",
    "gis_poller_lag_seconds": "For how long the camera that has waited longest is due, by site.",
    "gis_site_pollers": "Pollers at work, by site.",
    "gis_site_photographers": "Processes that take pictures at work, by site.",
    "gis_poller_probes_total": "Cameras asked since the poller was started.",
    "gis_poller_in_flight": "Cameras that a poller asks now.",
    "gis_poller_clock_delay_seconds": "How late a poller's own clockwork was of late.",
    "gis_poller_suspects_itself": "1 while the canaries of a poller do not answer, else 0.",
    "gis_pictures_taken_total": "Pictures that a process has taken since it was started.",
    "gis_site_notices": "Open notices that the watching itself is in trouble, by site and kind.",
    "gis_outages_open": "Outages that are open.",
    "gis_outages_open_of_several": "Those of them that took several cameras down together.",
}


@dataclass(frozen=True, slots=True)
class Site:
    """How the cameras of a site fare.  lag_s: see `gis_poller_lag_seconds`."""

    name: str
    watched: int
    states: Sequence[int]
    stale: int
    fresh: int
    lag_s: float


def find(now: datetime) -> Found:
    """Four statements."""
    sites = _sites(now)
    beats = list(
        PollerBeat.objects.filter(seen_at__gte=now - BEAT_LASTS).order_by("name")[:MOST_BEATS]
    )
    notices = list(Notice.objects.filter(closed_at=None).order_by("site", "kind")[:MOST_BEATS])
    with connection.cursor() as cursor:
        cursor.execute(OUTAGES)
        outages, of_several = cursor.fetchone()
    samples = [
        *(sample for site in sites for sample in _of_site(site, beats)),
        *(sample for beat in beats for sample in _of_beat(beat)),
        *(_of_notice(notice) for notice in notices),
        Sample("gis_outages_open", outages),
        Sample("gis_outages_open_of_several", of_several),
    ]
    readings = [
        *(reading for site in sites for reading in _told_of_site(site, beats)),
        *(_told_of_notice(notice, now) for notice in notices),
        _told_of_outages(sites, outages, of_several),
    ]
    return Found(samples, readings)


def _sites(now: datetime) -> list[Site]:
    asked: dict[str, Any] = {
        "now": now,
        "fresh": now - FRESH,
        "intervals": STALE_INTERVALS,
        "usual_s": settings.PROBE_INTERVAL_S,
        "most": MOST_SITES,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOOK, asked)
        rows = cursor.fetchall()
    return [
        Site(row[0], row[1], row[2 : 2 + len(STATES)], row[-3], row[-2], max(0.0, row[-1]))
        for row in rows
    ]


def _at(site: Site, beats: Iterable[PollerBeat], kind: PollerBeat.Kind) -> list[PollerBeat]:
    return [beat for beat in beats if beat.site == site.name and beat.kind == kind]


def _of_site(site: Site, beats: Sequence[PollerBeat]) -> list[Sample]:
    labels = {"site": site.name}
    numbers = {
        "gis_cameras_watched": site.watched,
        "gis_cameras_stale": site.stale,
        "gis_cameras_asked_last_minute": site.fresh,
        "gis_poller_lag_seconds": site.lag_s,
        "gis_site_pollers": len(_at(site, beats, PollerBeat.Kind.POLLER)),
        "gis_site_photographers": len(_at(site, beats, PollerBeat.Kind.PICTURES)),
    }
    by_state = zip(STATES, site.states, strict=True)
    return [
        *(Sample("gis_cameras", count, labels | {"state": state}) for state, count in by_state),
        *(Sample(name, value, labels) for name, value in numbers.items()),
    ]


def _of_beat(beat: PollerBeat) -> list[Sample]:
    labels = {"site": beat.site, "poller": beat.name}
    if beat.kind == PollerBeat.Kind.PICTURES:
        return [Sample("gis_pictures_taken_total", beat.asked, labels)]
    return [
        Sample("gis_poller_probes_total", beat.asked, labels),
        Sample("gis_poller_in_flight", beat.in_flight, labels),
        Sample("gis_poller_clock_delay_seconds", beat.lag_ms / 1000, labels),
        Sample("gis_poller_suspects_itself", float(beat.suspects_itself), labels),
    ]


def _of_notice(notice: Notice) -> Sample:
    return Sample("gis_site_notices", 1, {"site": notice.site, "kind": notice.kind})


def _told_of_site(site: Site, beats: Sequence[PollerBeat]) -> list[Reading]:
    if not site.watched:
        return []
    pollers = _at(site, beats, PollerBeat.Kind.POLLER)
    return [_who_asks(site, pollers), _how_late(site, pollers), _not_heard_of(site)]


def _named(site: Site, what: str) -> str:
    return f"{what} · {site.name}"


def _who_asks(site: Site, pollers: Sequence[PollerBeat]) -> Reading:
    what = _named(site, _("Who asks the cameras"))
    if not pollers:
        todo = _(
            "Its cameras become unknown. Start bin/manage poll --site %(site)s on a machine that"
            " reaches them and the database, and look at the page of sites."
        ) % {"site": site.name}
        return Reading(what, _("nobody"), State.BAD, todo)
    at_work = ngettext("%(count)d poller", "%(count)d pollers", len(pollers))
    told = _("%(pollers)s; %(flight)s are being asked, %(fresh)s in the last minute") % {
        "pollers": at_work % {"count": len(pollers)},
        "flight": words.number(sum(beat.in_flight for beat in pollers)),
        "fresh": words.number(site.fresh),
    }
    if all(beat.suspects_itself for beat in pollers):
        todo = _(
            "The canaries do not answer, so nothing is believed: look at the network of the"
            " poller's machine, then at the canaries on the page of sites."
        )
        return Reading(what, told, State.BAD, todo)
    return Reading(what, told, State.GOOD)


def _how_late(site: Site, pollers: Sequence[PollerBeat]) -> Reading:
    state = judged(site.lag_s, doubtful=15, bad=60)
    own_s = max((beat.lag_ms / 1000 for beat in pollers), default=0.0)
    told = _("the one that waits longest is %(lag)s late; own delay of the pollers %(own)s") % {
        "lag": words.length(site.lag_s),
        "own": words.length(own_s),
    }
    todo = _(
        "There are more cameras than are asked in time: start another poller, give it a processor,"
        " or raise PROBE_INTERVAL_S (docs/operate.md says what carries how many)."
    )
    what = _named(site, _("How late cameras are asked"))
    return Reading(what, told, state, "" if state is State.GOOD else todo)


def _not_heard_of(site: Site) -> Reading:
    state = judged(site.stale / site.watched, doubtful=0.005, bad=0.05)
    told = _("%(stale)s of %(watched)s") % {
        "stale": words.number(site.stale),
        "watched": words.number(site.watched),
    }
    todo = _(
        "The wall calls them unknown. Cameras that were just entered are asked within a minute;"
        " else look at who asks them, and at PROBE_NETWORKS."
    )
    what = _named(site, _("Cameras of which nothing is heard"))
    return Reading(what, told, state, "" if state is State.GOOD else todo)


def _told_of_notice(notice: Notice, now: datetime) -> Reading:
    todo = f"{notices_text.meanwhile(notice.kind)} {notices_text.todo(notice.kind, notice.site)}"
    what = f"{notice.get_kind_display()} · {notice.site}"
    since = words.ago(notice.opened_at, now)
    told = _("since %(since)s") % {"since": since}
    return Reading(what, told, State.BAD, todo)


def _told_of_outages(sites: Sequence[Site], outages: int, of_several: int) -> Reading:
    watched = sum(site.watched for site in sites)
    offline = sum(site.states[STATES.index(CameraState.OFFLINE.value)] for site in sites)
    state = judged(offline / watched if watched else 0.0, doubtful=0.2, bad=0.5)
    told = _(
        "%(open)s open, of which %(several)s took several cameras down; %(offline)s offline"
    ) % {
        "open": words.number(outages),
        "several": words.number(of_several),
        "offline": words.number(offline),
    }
    todo = _(
        "A large part of the fleet is down: look at the offline list for what the cameras share (a"
        " switch, a network, power) before at single ones."
    )
    return Reading(_("Open outages"), told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "cameras",
        gettext_lazy("Watching of cameras"),
        METRICS,
        find,
        gettext_lazy("It stands in the database: look at the database first."),
    ),
)
