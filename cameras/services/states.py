"""Rows of states in bulk: read under their locks, written in one statement, told to browsers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from cameras.health import Health, State
from cameras.models import CameraState
from cameras.probe.budget import refused_now
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.reasons_text import reason_name
from cameras.services.columns import numbers, texts, times
from gis_server import live


@dataclass(slots=True)
class StateRow:
    """A state whose row is locked; the columns of `CameraState` in the order of `READ`.

    No row of the ORM: making one costs as much as all the rest of a verdict.
    interval_s: the seconds between two probes of its camera.
    """

    camera_id: int
    lease_until: datetime | None
    interval_s: int
    state: str
    since: datetime
    reason: str
    detail: str
    last_probe_at: datetime | None
    due_at: datetime
    streak_ok: int
    streak_bad: int
    history: int
    unstable: bool
    failed_logins: int
    failed_login_at: datetime | None
    kept_at: datetime | None
    clock_asked_at: datetime | None
    device_asked_at: datetime | None
    clock_offset_s: float | None
    clock_fault: str
    picture_fault: str
    picture_detail: str


Column = Callable[[Iterable[Any]], str]
WRITTEN: dict[str, tuple[str, Column]] = {
    "state": ("text", texts),
    "since": ("timestamptz", times),
    "reason": ("text", texts),
    "detail": ("text", texts),
    "last_probe_at": ("timestamptz", times),
    "due_at": ("timestamptz", times),
    "streak_ok": ("int", numbers),
    "streak_bad": ("int", numbers),
    "history": ("int", numbers),
    "unstable": ("boolean", numbers),
    "failed_logins": ("smallint", numbers),
    "failed_login_at": ("timestamptz", times),
    "kept_at": ("timestamptz", times),
    "clock_asked_at": ("timestamptz", times),
    "device_asked_at": ("timestamptz", times),
    "clock_offset_s": ("float8", numbers),
    "clock_fault": ("text", texts),
    "picture_fault": ("text", texts),
    "picture_detail": ("text", texts),
}
"""The columns a verdict may change, their types, and how they are passed."""
READ = ", ".join(
    ["s.camera_id", "s.lease_until", "c.interval_s", *(f"s.{name}" for name in WRITTEN)]
)
LOCK = f"""
    SELECT {READ}
    FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id
    WHERE s.camera_id = ANY(%s::bigint[]) AND s.leased_by = %s
    ORDER BY s.camera_id FOR UPDATE OF s
"""  # noqa: S608 - column names from the table above
LOCK_ONE = f"""
    SELECT {READ}
    FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id
    WHERE s.camera_id = %s FOR UPDATE OF s
"""  # noqa: S608 - column names from the table above
WRITE = """
    UPDATE cameras_camerastate AS s
    SET {columns} {more}
    FROM unnest(%s::bigint[], {arrays}) AS v (camera_id, {names})
    WHERE s.camera_id = v.camera_id
"""
WRITE_STATES, WRITE_AND_END_LEASES = (
    WRITE.format(
        columns=", ".join(f"{name} = v.{name}" for name in WRITTEN),
        arrays=", ".join(f"%s::{kind}[]" for kind, _column in WRITTEN.values()),
        names=", ".join(WRITTEN),
        more=more,
    )
    for more in ("", ", lease_until = NULL, leased_by = ''")
)
CAMERAS = """
    SELECT id, code, name, scope_code, ST_X(point), ST_Y(point)
    FROM cameras_camera WHERE id = ANY(%s::bigint[])
"""


def rows_of(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[StateRow]:
    """What a statement gives that selects `READ`."""
    usual = int(settings.PROBE_INTERVAL_S)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [
            StateRow(camera_id, lease_until, interval_s or usual, *rest)
            for camera_id, lease_until, interval_s, *rest in cursor.fetchall()
        ]


def lock(camera_ids: Iterable[int], poller: str) -> list[StateRow]:
    """The states of these cameras that the poller still holds, locked in the order of their ids."""
    return rows_of(LOCK, [numbers(camera_ids), poller])


def lock_one(camera_id: int) -> StateRow | None:
    """The state of a camera, whoever asks it now, locked; None where it has none."""
    return next(iter(rows_of(LOCK_ONE, [camera_id])), None)


def write_states(rows: Sequence[StateRow], *, end_leases: bool) -> None:
    """Store the rows, which the caller has locked, in one statement."""
    if not rows:
        return
    columns = [
        column([getattr(row, name) for row in rows]) for name, (_kind, column) in WRITTEN.items()
    ]
    statement = WRITE_AND_END_LEASES if end_leases else WRITE_STATES
    with connection.cursor() as cursor:
        cursor.execute(statement, [numbers(row.camera_id for row in rows), *columns])


def health_of(row: StateRow) -> Health:
    return Health(
        State(row.state),
        row.since,
        Reason(row.reason),
        row.detail,
        row.streak_ok,
        row.streak_bad,
        row.history,
        row.unstable,
    )


def put_health(row: StateRow, health: Health) -> None:
    row.state, row.since = health.state.value, health.since
    row.reason, row.detail = health.reason.value, health.detail
    row.streak_ok, row.streak_bad = health.streak_ok, health.streak_bad
    row.history, row.unstable = health.history, health.unstable


def count_login(row: StateRow | CameraState, outcome: LoginOutcome, at: datetime) -> None:
    """Keep the camera's own count of refusals, which `cameras.probe.budget` decides by."""
    if outcome is LoginOutcome.ACCEPTED:
        row.failed_logins, row.failed_login_at = 0, None
    elif outcome is LoginOutcome.REFUSED:
        row.failed_logins = refused_now(row.failed_logins, row.failed_login_at, at)
        row.failed_login_at = at


def changes_of(rows: Sequence[StateRow]) -> list[live.Change]:
    """What browsers hear of states that moved."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CAMERAS, [numbers(row.camera_id for row in rows)])
        cameras = {camera_id: rest for camera_id, *rest in cursor.fetchall()}
    return [change_of(row, *cameras[row.camera_id]) for row in rows]


def change_of(
    row: StateRow, code: str, name: str, scope: str, lon: float, lat: float
) -> live.Change:
    data = {
        "code": code,
        "name": name,
        "state": row.state,
        "unstable": row.unstable,
        "reason": row.reason,
        "reason_text": reason_name(row.reason),
        "since": row.since.isoformat(),
        "lon": lon,
        "lat": lat,
    }
    return live.Change("camera", str(row.camera_id), scope, data)
