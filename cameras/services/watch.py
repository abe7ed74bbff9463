"""The watching of the watchers: signs of life, notices, and when to doubt a mass of failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from cameras import sight
from cameras.grouping import explain, groups, suspects
from cameras.health import IN_DOUBT, State
from cameras.models import Camera, CameraState, Notice, PollerBeat
from cameras.probe.reason import Reason
from cameras.services.columns import numbers, texts, times
from cameras.services.outages import settling, shared_by, sizes_of
from cameras.services.sites import SiteRules, site_rules
from cameras.services.states import StateRow
from gis_server import live
from gis_server.version import version

BEAT_LASTS = timedelta(seconds=30)
"""A poller that has not been heard for so long is not counted on."""
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a poller says of itself (`PollerBeat`)."""

    name: str
    site: str
    started_at: datetime
    in_flight: int
    asked: int
    lag_ms: int
    canaries_up: int
    canaries: int
    suspects_itself: bool
    loses_packets: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What the poller is told in return.

    others: whether another poller of the site is well.  blind: whether the site is said to be
    blind.  down_after: failures in a row that make a camera offline, for `health.after`.
    """

    rules: SiteRules
    others: bool
    blind: bool
    down_after: int


def beat(beat: Beat, *, now: datetime) -> Told:
    """Note the sign of life.  Raises NotFound or Invalid as `site_rules` does."""
    values = {name: getattr(beat, name) for name in Beat.__slots__ if name != "name"}
    PollerBeat.objects.update_or_create(
        name=beat.name, defaults=values | {"seen_at": now, "version": version()}
    )
    PollerBeat.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    rules = site_rules(beat.site)
    note(beat.site, Notice.Kind.NOT_ASKED, is_open=False, now=now)
    pollers = PollerBeat.objects.filter(
        kind=PollerBeat.Kind.POLLER, site=beat.site, seen_at__gte=now - BEAT_LASTS
    )
    lossy = pollers.filter(loses_packets=True).exists()
    note(beat.site, Notice.Kind.LOSSY_LINE, is_open=lossy, now=now)
    well = pollers.filter(suspects_itself=False).exclude(name=beat.name)
    blind = Notice.objects.filter(site=beat.site, kind=Notice.Kind.BLIND, closed_at=None)
    return Told(rules, well.exists(), blind.exists(), down_after(rules, beat, now))


def say_farewell(name: str) -> None:
    """A poller that stops is not waited for."""
    PollerBeat.objects.filter(name=name).delete()


def down_after(rules: SiteRules, beat: Beat, now: datetime) -> int:
    """How many failures in a row to believe: more while too many fail with nothing in common.

    "Too many" is the site's share of what was online one sweep ago.  A recorder, switch, subnet or
    owner that explains most of them is a cause inside the site, and no reason to doubt ourselves.
    """
    doubtful = is_doubtful(rules, now)
    note(rules.name, Notice.Kind.MANY_AT_ONCE, is_open=doubtful, now=now)
    well = beat.canaries > 0 and not beat.suspects_itself
    return sight.down_after(is_doubtful=doubtful, canaries_answer=well)


def is_doubtful(rules: SiteRules, now: datetime) -> bool:
    """Whether too many are lost (`sight.is_lost`) with nothing in common that explains it."""
    maybe = [camera_id for (camera_id,) in maybe_lost(now)]
    if len(maybe) < sight.FEWEST_WATCHED * rules.lost_share:
        return False  # nearly always, without a look at the fleet
    watched = CameraState.objects.filter(camera__site__name=rules.name, camera__enabled=True)
    lost = watched.filter(pk__in=maybe)
    number = lost.count()
    fine = watched.filter(state__in=[State.ONLINE, State.DEGRADED], streak_bad=0)
    counted = fine[: sight.most_counted(number, rules.lost_share)].count()
    if not sight.are_many(number, counted, rules.lost_share):
        return False
    return not is_explained(lost, number)


def maybe_lost(now: datetime) -> QuerySet[CameraState, tuple[int]]:
    """Cameras of whichever site that are lost; each kind is found by an index of its own."""
    states = CameraState.objects.order_by().values_list("camera_id")
    return states.filter(state__in=[State.ONLINE, State.DEGRADED], streak_bad__gt=0).union(
        states.filter(state=State.UNKNOWN, detail=IN_DOUBT),
        states.filter(state=State.OFFLINE, since__gt=now - settling()),
        all=True,
    )


def is_explained(lost: QuerySet[CameraState], number: int) -> bool:
    """Whether things that cameras share explain most of these failures."""
    if number > sight.MOST_EXPLAINED:
        return False
    shared = shared_by(Camera.objects.filter(id__in=lost.values("camera_id")))
    return explain(groups(shared, sizes_of(suspects(shared))), number)


@transaction.atomic
def go_blind(site: str, *, detail: str, now: datetime) -> bool:
    """Say once that nothing is known of the site's cameras; False when it was said already.

    Their states become unknown together, with one message: browsers load them anew.
    """
    if Notice.objects.filter(site=site, kind=Notice.Kind.BLIND, closed_at=None).exists():
        return False
    with connection.cursor() as cursor:
        cursor.execute(BLIND_STATES, [site, now, Reason.OWN_TROUBLE.value, detail])
    return note(site, Notice.Kind.BLIND, is_open=True, now=now, detail=detail)


BLIND_STATES = """
    WITH known AS (
        SELECT s.camera_id FROM cameras_camerastate AS s
        JOIN cameras_camera AS c ON c.id = s.camera_id
        JOIN cameras_site AS site ON site.id = c.site_id
        WHERE site.name = %s AND s.state <> 'unknown'
        ORDER BY s.camera_id FOR UPDATE OF s
    ), hidden AS (
        UPDATE cameras_camerastate AS s
        SET state = 'unknown', since = greatest(%s, s.since), reason = %s, detail = %s,
            streak_ok = 0, streak_bad = 0, history = 0, unstable = false
        FROM known WHERE s.camera_id = known.camera_id
        RETURNING s.camera_id, s.state, s.reason, s.since
    )
    INSERT INTO cameras_statespan (camera_id, state, reason, since)
    SELECT camera_id, state, reason, since FROM hidden
"""


@transaction.atomic
def see_again(site: str, *, now: datetime) -> None:
    """The canaries answer: verdicts count again."""
    note(site, Notice.Kind.BLIND, is_open=False, now=now)


@transaction.atomic
def note(site: str, kind: str, *, is_open: bool, now: datetime, detail: str = "") -> bool:
    """Open or close the site's notice of this kind, and tell browsers; False when it was so."""
    opened = Notice.objects.filter(site=site, kind=kind, closed_at=None)
    if not is_open:
        rows = list(opened.select_for_update())
        for row in rows:
            row.closed_at = max(now, row.opened_at)
        Notice.objects.bulk_update(rows, ["closed_at"])
        live.record(*[change_of(row) for row in rows])
        return bool(rows)
    if opened.exists():
        return False
    row = Notice(site=site, kind=kind, opened_at=now, detail=detail)
    # Two pollers may find out together: the database lets one of them say it.
    made = Notice.objects.bulk_create([row], ignore_conflicts=True)
    mine = opened.filter(opened_at=now, detail=detail).first()
    if not made or mine is None:
        return False
    live.record(change_of(mine))
    return True


def change_of(row: Notice) -> live.Change:
    """What browsers hear: everybody who sees cameras, for a site may reach over territories."""
    return live.Change("notice", str(row.id), "", notice_item(row))


def notice_item(row: Notice) -> dict[str, object]:
    return {
        "id": row.id,
        "kind": row.kind,
        "text": row.get_kind_display(),
        "site": row.site,
        "opened_at": row.opened_at.isoformat(),
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "detail": row.detail,
    }


def write_spans(rows: Sequence[StateRow]) -> None:
    """Note that these cameras have come into these states."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_SPANS,
            [
                numbers(row.camera_id for row in rows),
                texts(row.state for row in rows),
                texts(row.reason for row in rows),
                times(row.since for row in rows),
            ],
        )


WRITE_SPANS = """
    INSERT INTO cameras_statespan (camera_id, state, reason, since)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
"""
