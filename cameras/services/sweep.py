"""The sweep: who asks which camera, and what is written of the answers.

Any number of pollers on any number of machines share the work.  A poller claims cameras with a
lease; a verdict is written only while its poller still holds the lease, under the row's lock, so no
verdict is written twice and none of an interrupted question.  Rows are always locked in the order
of their ids, so two bulk writes cannot block each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest

from cameras.health import STALE_INTERVALS, Health, State, after, next_due, unasked
from cameras.models import Camera, CameraState, Outage, Probe
from cameras.probe.budget import refused_now
from cameras.probe.reason import SAYS_NOTHING, Reason
from cameras.probe.result import LoginOutcome, Verdict
from cameras.probe.target import Target
from cameras.reasons_text import reason_name
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


@transaction.atomic
def claim(*, poller: str, limit: int, lease: timedelta, now: datetime) -> list[Claim]:
    """Take up to `limit` cameras that are due, those that have waited longest first.

    Two pollers may look at the same moment: a row that one has locked is passed over by the other,
    so no camera is given out twice while its lease lasts.
    """
    due = (
        CameraState.objects.filter(
            Q(lease_until=None) | Q(lease_until__lt=now), due_at__lte=now, camera__enabled=True
        )
        .select_related("camera__credential")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("due_at", "camera_id")
    )
    states = list(due[:limit])
    CameraState.objects.filter(camera_id__in=[state.camera_id for state in states]).update(
        leased_by=poller, lease_until=now + lease
    )
    return [claim_of(state, now, now + lease) for state in states]


def claim_of(state: CameraState, now: datetime, until: datetime) -> Claim:
    camera = state.camera
    try:
        return Claim(camera.id, target_of(camera, state, now), until)
    except Unavailable as error:
        target = Target(camera.host, camera.port, camera.path)
        return Claim(camera.id, target, until, str(error.message))


def hand_back(*, poller: str) -> int:
    """Give up all leases of a poller that stops; its cameras are due for the others at once."""
    return CameraState.objects.filter(leased_by=poller).update(leased_by="", lease_until=None)


@transaction.atomic
def record(findings: Sequence[Finding], *, poller: str) -> int:
    """Write verdicts: states, probes, outages, and one change row for each state that moved.

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
    moved = [state for state in held if apply(state, by_camera[state.camera_id])]
    write_states(held)
    Probe.objects.bulk_create([probe_row(by_camera[state.camera_id]) for state in held])
    open_and_close_outages(moved)
    live.record(*[change_of(state) for state in moved])
    return len(held)


def apply(state: CameraState, finding: Finding) -> bool:
    """Put the verdict into the row (not saved yet); whether the state has changed by it."""
    verdict, before = finding.verdict, state.state
    health = after(health_of(state), verdict.reason, verdict.detail, finding.at)
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
    return state.state != before


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
    )


def put_health(state: CameraState, health: Health) -> None:
    state.state, state.since = health.state.value, health.since
    state.reason, state.detail = health.reason.value, health.detail
    state.streak_ok, state.streak_bad = health.streak_ok, health.streak_bad


def interval_of(camera: Camera) -> int:
    """Seconds between two probes of this camera."""
    return camera.interval_s or int(settings.PROBE_INTERVAL_S)


HEALTH = ("state", "since", "reason", "detail", "streak_ok", "streak_bad")
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


def open_and_close_outages(moved: Sequence[CameraState]) -> None:
    """Open one for each camera that went down (unless one is open), close those of the risen."""
    Outage.objects.bulk_create(
        [
            Outage(camera_id=state.camera_id, opened_at=state.since, reason=state.reason)
            for state in moved
            if state.state == State.OFFLINE
        ],
        ignore_conflicts=True,
    )
    risen = [state.camera_id for state in moved if state.state == State.ONLINE]
    since = CameraState.objects.filter(camera_id=OuterRef("camera_id")).values("since")
    # Never before it was opened: clocks are set back, and those of two pollers differ.
    closed_at = Greatest(Subquery(since), F("opened_at"))
    Outage.objects.filter(camera_id__in=risen, closed_at=None).update(closed_at=closed_at)


def change_of(state: CameraState) -> live.Change:
    """What browsers hear of a state that moved."""
    camera = state.camera
    data = {
        "code": camera.code,
        "name": camera.name,
        "state": state.state,
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
    live.record(*[change_of(state) for state in stale])
    return len(stale)
