"""The sweep: who asks which camera, and what is written of the answers.

Any number of pollers on any number of machines share the work.  A poller claims cameras with a
lease; a verdict is written only while its poller still holds the lease, under the row's lock, so no
verdict is written twice and none of an interrupted question.  Rows are always locked in the order
of their ids, so two bulk writes cannot block each other.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, Q, Value
from django.db.models.functions import Coalesce

from cameras.fleet_models import MAIN_SITE
from cameras.health import (
    DOWN_AFTER,
    SLOW_AFTER,
    STALE_INTERVALS,
    Health,
    State,
    after,
    is_good,
    next_due,
    next_slot,
    unasked,
)
from cameras.models import Camera, CameraState, Credential
from cameras.probe.budget import refused_now
from cameras.probe.reason import SAYS_NOTHING, Reason
from cameras.probe.result import LoginOutcome, Verdict
from cameras.probe.steps import LADDER, Step
from cameras.probe.target import Login, Target
from cameras.reasons_text import reason_name
from cameras.services import outages, watch
from cameras.services.logins import Ask, Leave, Outcome, ask_of, note_outcomes, permit
from cameras.services.seldom import (
    asked_seldom,
    counted,
    note_answers,
    note_devices,
    steps_due,
)
from cameras.services.targets import target_at, target_of
from gis_server import live
from gis_server.errors import Unavailable

CLOCKS_DIFFER = timedelta(seconds=30)
"""So much the clocks of machines may differ before a verdict counts as one of the future."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One camera to ask, under a lease that ends at `until`; no two leases of a camera end alike.

    trouble: why it cannot be asked, when the fault is on our side.  steps: what to ask.
    leave: what the outcome of its login is noted with.
    """

    camera_id: int
    target: Target
    until: datetime
    trouble: str = ""
    steps: tuple[Step, ...] = LADDER
    leave: Leave | None = None

    def asks_as(self, other: "Claim") -> bool:
        """Whether both ask the same device in the same way; not how much of it, nor since when, nor
        whether the login may be sent.
        """
        return (bare(self.target), self.trouble) == (bare(other.target), other.trouble)


def bare(target: Target) -> Target:
    """`target` with what the registry says of it alone."""
    login = target.login and Login(
        target.login.username, target.login.password, allow_plain=target.login.allow_plain
    )
    return replace(target, login=login, clock_offset_s=0.0)


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
    "site_id",
    "credential_id",
    "onvif_port",
    "tls",
)
"""What `target_of` needs of a camera, in the order of the model's fields (`from_db`)."""
CREDENTIAL_COLUMNS = ("id", "username", "sealed_password", "allow_plain")
"""What it needs of the camera's group of logins, likewise."""
STATE_COLUMNS = (
    "camera_id",
    "failed_logins",
    "failed_login_at",
    "clock_asked_at",
    "device_asked_at",
    "clock_offset_s",
)
"""What `target_of` and `steps_due` need of its state, likewise."""
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
    so no camera is given out twice while its lease lasts.  One
    statement, and one or two for the logins.
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
    return permitted([claim_of(row[1:], now, until) for row in rows], now)


def claim_of(row: Sequence[Any], now: datetime, until: datetime) -> tuple[Claim, Ask | None]:
    """A claim, and what is wished of its login."""
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
        target = target_of(camera, state)
    except Unavailable as error:
        return Claim(camera.id, target_at(camera, None), until, str(error.message)), None
    steps = steps_due(target, state, now)
    return Claim(camera.id, target, until, steps=steps), ask_of(camera.site_id, target, state)


def permitted(claims: Sequence[tuple[Claim, Ask | None]], now: datetime) -> list[Claim]:
    """The claims with what their logins may do."""
    given = iter(permit([ask for _, ask in claims if ask], now))
    done = []
    for claim, ask in claims:
        if ask is None:
            done.append(claim)
            continue
        login, leave = next(given)
        done.append(replace(claim, target=replace(claim.target, login=login), leave=leave))
    return done


def hand_back(*, poller: str) -> int:
    """Give up all leases of a poller that stops; its cameras are due for the others at once."""
    return CameraState.objects.filter(leased_by=poller).update(leased_by="", lease_until=None)


def record(findings: Sequence[Finding], *, poller: str, down_after: int = DOWN_AFTER) -> int:
    """Write verdicts: states, probes, outages, and one change row for each state that moved; then
    what devices say they are.

    down_after: failures in a row that make a camera offline, for `health.after`.

    A camera whose lease has gone to someone else, was taken away (another login, another address),
    also when this poller has claimed it anew since, or that was deleted meanwhile is passed over.
    Returns how many were written.
    """
    # First, and also of what is passed over below: the passwords have been sent.
    note_outcomes(
        Outcome(one.claim.leave, one.at, one.verdict.login, one.verdict.onvif_login)
        for one in findings
        if one.claim.leave
    )
    by_camera = {finding.claim.camera_id: finding for finding in findings}
    written = write_verdicts(by_camera, poller, down_after)
    written_ones = [by_camera[camera_id] for camera_id in written]
    note_devices(
        {
            one.claim.camera_id: (one.claim.target, one.verdict.device)
            for one in written_ones
            if one.verdict.device
        }
    )
    return len(written)


@transaction.atomic
def write_verdicts(by_camera: Mapping[int, Finding], poller: str, down_after: int) -> list[int]:
    """All of `record` that is one transaction; the ids of the cameras whose verdict was written."""
    steady, held = list[Steady](), list[Held]()
    for row in lock(by_camera, poller):
        finding = by_camera[row.state.camera_id]
        if row.state.lease_until != finding.claim.until:
            continue
        if is_steady(row, finding):
            due_at = next_slot(row.state.camera_id, row.interval_s, finding.at)
            steady.append(Steady(row.state.camera_id, due_at, finding.at))
        else:
            held.append(row)
    write_steady(steady)
    write_changed(held, by_camera, down_after)
    return [one.camera_id for one in steady] + [one.state.camera_id for one in held]


@dataclass(frozen=True, slots=True)
class Held:
    """A state whose row is locked, and the seconds between two probes of its camera."""

    state: CameraState
    interval_s: int


class Steady(NamedTuple):
    """A camera that is as well as before: all that is written of it."""

    camera_id: int
    due_at: datetime
    last_probe_at: datetime


LOCKED = (
    "camera_id",
    "state",
    "since",
    "reason",
    "detail",
    "last_probe_at",
    "due_at",
    "lease_until",
    "streak_ok",
    "streak_bad",
    "history",
    "unstable",
    "failed_logins",
    "failed_login_at",
    "kept_at",
    "clock_asked_at",
    "device_asked_at",
    "clock_offset_s",
    "clock_fault",
)
"""What is read of a state before a verdict is put into it, in the order of the model's fields, as
`from_db` wants it."""
LOCK = """
    SELECT {columns}, c.interval_s
    FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id
    WHERE s.camera_id = ANY(%s) AND s.leased_by = %s
    ORDER BY s.camera_id FOR UPDATE OF s
""".format(columns=", ".join(f"s.{name}" for name in LOCKED))  # noqa: S608 - our own names
WRITE_STEADY = """
    UPDATE cameras_camerastate AS s
    SET due_at = v.due_at, last_probe_at = v.at, lease_until = NULL, leased_by = ''
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS v (camera_id, due_at, at)
    WHERE s.camera_id = v.camera_id
"""
KEEP_GOOD_EVERY = timedelta(minutes=10)
"""Of good answers of a camera that is well, one in this time is kept as a `Probe`."""
KEEP_SAME_EVERY = timedelta(hours=1)
"""Of equal failures of a camera that has long been dead, one in this time."""


def lock(camera_ids: Iterable[int], poller: str) -> list[Held]:
    """The states of these cameras that the poller still holds, locked in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(camera_ids), poller])
        rows = cursor.fetchall()
    usual = int(settings.PROBE_INTERVAL_S)
    return [
        Held(CameraState.from_db("default", LOCKED, row[:-1]), row[-1] or usual) for row in rows
    ]


def is_steady(held: Held, finding: Finding) -> bool:
    """Whether the verdict changes nothing, and nobody wants to keep it."""
    state = held.state
    reason, detail = counted(state, finding.claim.target, finding.verdict)
    return (
        is_good(reason)
        and (reason, detail) == (state.reason, state.detail)
        and not asked_seldom(finding.verdict)
        and not state.failed_logins
        and state.kept_at is not None
        and finding.at - state.kept_at < KEEP_GOOD_EVERY
        and health_of(state).is_steady
    )


def write_steady(steady: Sequence[Steady]) -> None:
    if not steady:
        return
    with connection.cursor() as cursor:
        cursor.execute(WRITE_STEADY, [list(column) for column in zip(*steady, strict=True)])


def write_changed(held: Sequence[Held], by_camera: Mapping[int, Finding], down_after: int) -> None:
    """Put the verdicts into these rows, with all that follows from them."""
    if not held:
        return
    before = {one.state.camera_id: one.state.state for one in held}
    kept = [one.state for one in held if is_kept(one.state, by_camera[one.state.camera_id])]
    moved = [one.state for one in held if apply(one, by_camera[one.state.camera_id], down_after)]
    write_states([one.state for one in held])
    keep_results([by_camera[state.camera_id] for state in kept])
    if not moved:
        return
    watch.write_spans([state for state in moved if state.state != before[state.camera_id]])
    told = open_and_close_outages(moved)
    cameras = Camera.objects.in_bulk([state.camera_id for state in moved])
    for state in moved:
        state.camera = cameras[state.camera_id]
    live.record(*[change_of(state) for state in moved], *told)


def is_kept(state: CameraState, finding: Finding) -> bool:
    """Whether the result is kept, and note it: what is new at once, what goes on one in a while."""
    reason = finding.verdict.reason
    if asked_seldom(finding.verdict):
        pause = timedelta(0)
    elif reason in SAYS_NOTHING or (is_good(reason) and not state.streak_bad):
        pause = KEEP_GOOD_EVERY
    elif state.streak_bad >= SLOW_AFTER and state.reason == reason:
        pause = KEEP_SAME_EVERY
    else:
        pause = timedelta(0)
    if state.kept_at and timedelta(0) <= finding.at - state.kept_at < pause:
        return False
    state.kept_at = finding.at
    return True


def apply(held: Held, finding: Finding, down_after: int = DOWN_AFTER) -> bool:
    """Put the verdict into the row (not saved yet); whether the state has changed by it."""
    state, verdict = held.state, finding.verdict
    before = (state.state, state.unstable)
    reason, detail = counted(state, finding.claim.target, verdict)
    health = after(health_of(state), reason, detail, finding.at, down_after=down_after)
    put_health(state, health)
    note_answers(state, verdict, finding.at)
    state.due_at = next_due(
        health,
        verdict.reason,
        interval_s=held.interval_s,
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
    "kept_at": "timestamptz",
    "clock_asked_at": "timestamptz",
    "device_asked_at": "timestamptz",
    "clock_offset_s": "float8",
    "clock_fault": "text",
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


def keep_results(findings: Sequence[Finding]) -> None:
    """Store verdicts with their ladders; by COPY, for rows of the ORM cost five times as much."""
    if not findings:
        return
    lines = StringIO()
    for finding in findings:
        verdict = finding.verdict
        fields = (
            str(finding.claim.camera_id),
            finding.at.isoformat(),
            verdict.reason.value,
            verdict.detail,
            str(verdict.took_ms),
            json.dumps(list(verdict.rungs), ensure_ascii=False),
        )
        lines.write("\t".join(escaped(field) for field in fields) + "\n")
    lines.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY cameras_probe (camera_id, at, reason, detail, took_ms, steps) FROM STDIN", lines
        )


def escaped(field: str) -> str:
    """A field as COPY's text format wants it; verdicts hold no control characters."""
    return field.replace("\\", "\\\\")


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
