"""The sweep: who asks which camera, and what is written of the answers.

Any number of pollers on any number of machines share the work.  A poller claims cameras with a
lease; a verdict is written only while its poller still holds the lease, under the row's lock, so no
verdict is written twice and none of an interrupted question.  Rows are always locked in the order
of their ids, so two bulk writes cannot block each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, Q, Value
from django.db.models.functions import Coalesce

from cameras.fleet_models import MAIN_SITE
from cameras.health import DOWN_AFTER, STALE_INTERVALS, Health, State, after, next_due, unasked
from cameras.models import Camera, CameraState, Credential, Probe
from cameras.probe.budget import refused_now
from cameras.probe.reason import SAYS_NOTHING, Reason
from cameras.probe.result import LoginOutcome, Verdict
from cameras.probe.target import Target
from cameras.reasons_text import reason_name
from cameras.services import outages, watch
from cameras.services.targets import target_of
from gis_server import live
from gis_server.errors import Unavailable

CLOCKS_DIFFER = timedelta(seconds=30)
"""So much the clocks of machines may differ before a verdict counts as one of the future."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One camera to ask, under a lease that ends at `until`; no two leases of a camera end alike.

    trouble: why it cannot be asked, when the fault is on our side.
    """

    camera_id: int
    target: Target
    until: datetime
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on what was claimed, and when it was reached."""

    claim: Claim
    at: datetime
    verdict: Verdict


CAMERA_COLUMNS = (
    "id",
    "host",
    "port",
    "path",
    "username",
    "sealed_password",
    "allow_plain_login",
    "credential_id",
)
"""What `target_of` needs of a camera."""
CREDENTIAL_COLUMNS = ("id", "username", "sealed_password", "allow_plain")
"""What it needs of the camera's group of logins."""
STATE_COLUMNS = ("camera_id", "failed_logins", "failed_login_at")
"""What `target_of` needs of its state."""
CLAIM = """
    WITH due AS (
        SELECT s.camera_id
        FROM cameras_camerastate AS s
        JOIN cameras_camera AS c ON c.id = s.camera_id
        JOIN cameras_site AS site ON site.id = c.site_id
        WHERE s.due_at <= %(now)s AND (s.lease_until IS NULL OR s.lease_until < %(now)s)
            AND c.enabled AND site.name = %(site)s
        ORDER BY s.due_at LIMIT %(limit)s
        FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE cameras_camerastate AS s
    SET leased_by = %(poller)s, lease_until = %(until)s
    FROM due JOIN cameras_camera AS c ON c.id = due.camera_id
    LEFT JOIN cameras_credential AS g ON g.id = c.credential_id
    WHERE s.camera_id = due.camera_id
    RETURNING s.due_at, {camera}, {credential}, {state}
""".format(  # noqa: S608 - column names from the tables above
    camera=", ".join(f"c.{name}" for name in CAMERA_COLUMNS),
    credential=", ".join(f"g.{name}" for name in CREDENTIAL_COLUMNS),
    state=", ".join(f"s.{name}" for name in STATE_COLUMNS),
)


def claim(
    *, poller: str, limit: int, lease: timedelta, now: datetime, site: str = MAIN_SITE
) -> list[Claim]:
    """Take up to `limit` cameras of a site that are due, those that have waited longest first.

    Two pollers may look at the same moment: a row that one has locked is passed over by the other,
    so no camera is given out twice while its lease lasts.  One statement.
    """
    until = now + lease
    values: dict[str, Any] = {
        "poller": poller,
        "limit": limit,
        "now": now,
        "until": until,
        "site": site,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows = sorted(cursor.fetchall(), key=itemgetter(0, 1))
    return [claim_of(row[1:], now, until) for row in rows]


def claim_of(row: Sequence[Any], now: datetime, until: datetime) -> Claim:
    values = iter(row)
    of_camera, of_credential, of_state = (
        list(islice(values, len(columns)))
        for columns in (CAMERA_COLUMNS, CREDENTIAL_COLUMNS, STATE_COLUMNS)
    )
    # Other columns are not read: asking for one of them would be a query for each camera.
    camera = Camera.from_db("default", CAMERA_COLUMNS, of_camera)
    if camera.credential_id:
        camera.credential = Credential.from_db("default", CREDENTIAL_COLUMNS, of_credential)
    state = CameraState.from_db("default", STATE_COLUMNS, of_state)
    try:
        return Claim(camera.id, target_of(camera, state, now), until)
    except Unavailable as error:
        target = Target(camera.host, camera.port, camera.path)
        return Claim(camera.id, target, until, str(error.message))


def hand_back(*, poller: str) -> int:
    """Give up all leases of a poller that stops; its cameras are due for the others at once."""
    return CameraState.objects.filter(leased_by=poller).update(leased_by="", lease_until=None)


@transaction.atomic
def record(findings: Sequence[Finding], *, poller: str, down_after: int = DOWN_AFTER) -> int:
    """Write verdicts: states, probes, outages, and one change row for each state that moved.

    down_after: failures in a row that make a camera offline, for `health.after`.

    A camera whose lease has gone to someone else, was taken away (another login, another address),
    also when this poller has claimed it anew since, or that was deleted meanwhile is passed over.
    Returns how many were written.
    """
    by_camera = {finding.claim.camera_id: finding for finding in findings}
    leased = (
        CameraState.objects.filter(camera_id__in=by_camera, leased_by=poller)
        .select_related("camera")
        .select_for_update(of=("self",))
        .order_by("camera_id")
    )
    held = [row for row in leased if row.lease_until == by_camera[row.camera_id].claim.until]
    before = {state.camera_id: state.state for state in held}
    moved = [state for state in held if apply(state, by_camera[state.camera_id], down_after)]
    write_states(held)
    Probe.objects.bulk_create([probe_row(by_camera[state.camera_id]) for state in held])
    watch.write_spans([state for state in moved if state.state != before[state.camera_id]])
    told = open_and_close_outages(moved)
    live.record(*[change_of(state) for state in moved], *told)
    return len(held)


def apply(state: CameraState, finding: Finding, down_after: int = DOWN_AFTER) -> bool:
    """Put the verdict into the row (not saved yet); whether the state has changed by it."""
    verdict, before = finding.verdict, (state.state, state.unstable)
    health = after(
        health_of(state), verdict.reason, verdict.detail, finding.at, down_after=down_after
    )
    put_health(state, health)
    state.due_at = next_due(
        health,
        verdict.reason,
        interval_s=interval_of(state.camera),
        spread_key=state.camera_id,
        now=finding.at,
    )
    if verdict.reason not in SAYS_NOTHING:
        state.last_probe_at = finding.at
    count_login(state, verdict.login, finding.at)
    return (state.state, state.unstable) != before


def count_login(state: CameraState, outcome: LoginOutcome, at: datetime) -> None:
    """Keep the count of refusals that `cameras.probe.budget` decides by."""
    if outcome is LoginOutcome.ACCEPTED:
        state.failed_logins, state.failed_login_at = 0, None
    elif outcome is LoginOutcome.REFUSED:
        state.failed_logins = refused_now(state.failed_logins, state.failed_login_at, at)
        state.failed_login_at = at


def health_of(state: CameraState) -> Health:
    return Health(
        State(state.state),
        state.since,
        Reason(state.reason),
        state.detail,
        state.streak_ok,
        state.streak_bad,
        state.history,
        state.unstable,
    )


def put_health(state: CameraState, health: Health) -> None:
    state.state, state.since = health.state.value, health.since
    state.reason, state.detail = health.reason.value, health.detail
    state.streak_ok, state.streak_bad = health.streak_ok, health.streak_bad
    state.history, state.unstable = health.history, health.unstable


def interval_of(camera: Camera) -> int:
    """Seconds between two probes of this camera."""
    return camera.interval_s or int(settings.PROBE_INTERVAL_S)


HEALTH = (
    "state",
    "since",
    "reason",
    "detail",
    "streak_ok",
    "streak_bad",
    "history",
    "unstable",
)
"""The columns of a `cameras.health.Health`."""
WRITTEN = {
    "state": "text",
    "since": "timestamptz",
    "reason": "text",
    "detail": "text",
    "last_probe_at": "timestamptz",
    "due_at": "timestamptz",
    "streak_ok": "int",
    "streak_bad": "int",
    "history": "int",
    "unstable": "boolean",
    "failed_logins": "smallint",
    "failed_login_at": "timestamptz",
}
"""The columns a verdict may change, and their types."""
WRITE_STATES = """
    UPDATE cameras_camerastate AS s
    SET {columns}, lease_until = NULL, leased_by = ''
    FROM unnest(%s::bigint[], {arrays}) AS v (camera_id, {names})
    WHERE s.camera_id = v.camera_id
""".format(  # noqa: S608 - column names from the table above
    columns=", ".join(f"{name} = v.{name}" for name in WRITTEN),
    arrays=", ".join(f"%s::{kind}[]" for kind in WRITTEN.values()),
    names=", ".join(WRITTEN),
)


def write_states(states: Sequence[CameraState]) -> None:
    """Store the rows, which the caller has locked, in one statement, and end their leases."""
    if not states:
        return
    columns: list[list[Any]] = [[getattr(state, name) for state in states] for name in WRITTEN]
    with connection.cursor() as cursor:
        cursor.execute(WRITE_STATES, [[state.camera_id for state in states], *columns])


def probe_row(finding: Finding) -> Probe:
    verdict = finding.verdict
    return Probe(
        camera_id=finding.claim.camera_id,
        at=finding.at,
        reason=verdict.reason.value,
        detail=verdict.detail,
        took_ms=verdict.took_ms,
        steps=list(verdict.rungs),
    )


def open_and_close_outages(moved: Sequence[CameraState]) -> list[live.Change]:
    """Outages of what has fallen and risen; the changes that browsers are to hear of."""
    fallen = [
        outages.Fall(state.camera_id, state.since, state.reason)
        for state in moved
        if state.state == State.OFFLINE
    ]
    risen = {state.camera_id: state.since for state in moved if health_of(state).is_up}
    return outages.open_and_close(fallen, risen)


def change_of(state: CameraState) -> live.Change:
    """What browsers hear of a state that moved."""
    camera = state.camera
    data = {
        "code": camera.code,
        "name": camera.name,
        "state": state.state,
        "unstable": state.unstable,
        "reason": state.reason,
        "reason_text": reason_name(state.reason),
        "since": state.since.isoformat(),
        "lon": camera.point.x,
        "lat": camera.point.y,
    }
    return live.Change("camera", str(camera.id), camera.scope_code, data)


@transaction.atomic
def mark_stale(now: datetime) -> int:
    """Call every camera unknown whose last verdict is older than three intervals, or of a time to
    come: the clock has been set back, and nobody can say how old it is.

    Whoever stopped asking: this runs in the poller and, for the case that there is none, as a job.
    An open outage stays open: only a good answer ends it.  Rows that a poller is writing right now
    are passed over.  Returns how many became unknown.
    """
    interval_s = Coalesce("camera__interval_s", Value(int(settings.PROBE_INTERVAL_S)))
    # The rule of `health.is_stale`, where the rows are.
    allowed = ExpressionWrapper(
        interval_s * Value(timedelta(seconds=STALE_INTERVALS)), output_field=DurationField()
    )
    stale = list(
        CameraState.objects.exclude(state=State.UNKNOWN)
        .filter(
            Q(last_probe_at=None)
            | Q(last_probe_at__lt=Value(now) - allowed)
            | Q(last_probe_at__gt=now + CLOCKS_DIFFER)
        )
        .select_related("camera")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("camera_id")
    )
    for state in stale:
        put_health(state, unasked(health_of(state), now))
        # The interval may have been shortened since: do not wait out the old one.
        state.due_at = min(state.due_at, now)
    # Not the lease: that is the poller's own.
    CameraState.objects.bulk_update(stale, [*HEALTH, "due_at"], batch_size=500)
    watch.write_spans(stale)
    live.record(*[change_of(state) for state in stale])
    return len(stale)
