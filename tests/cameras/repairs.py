"""Orders for the tests of repairs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cameras.models import (
    Camera,
    CameraState,
    Outage,
    OutageMember,
    RepairOrder,
    RepairOrderCamera,
    Team,
)
from cameras.repairs.models import OPEN_VALUES
from cameras.repairs.services import look
from tests.cameras.conftest import NOW

_numbers = count(1)


def make_order(
    *cameras: Camera, state: str = "open", at: datetime = NOW, **values: Any
) -> RepairOrder:
    """An order in a state, with these cameras, for their team; due in 30 min, 2 h and 12 h."""
    team: Team | None = cameras[0].team if cameras else None
    known: dict[str, Any] = {
        "number": f"WX20260301-{next(_numbers):05}",
        "kind": "outage",
        "priority": "ordinary",
        "reason": "connect_timeout",
        "team": team,
        "team_name": team.name if team else "",
        "since": at,
        "opened_at": at,
        "round_at": at,
        "respond_due": at + timedelta(minutes=30),
        "arrive_due": at + timedelta(hours=2),
        "fix_due": at + timedelta(hours=12),
    }
    order = RepairOrder.objects.create(state=state, **(known | values))
    put_cameras(order, cameras, at)
    return order


def put_cameras(order: RepairOrder, cameras: Sequence[Camera], at: datetime) -> None:
    is_open = order.state in OPEN_VALUES
    RepairOrderCamera.objects.bulk_create(
        [
            RepairOrderCamera(
                order=order, camera=one, reason=order.reason, joined_at=at, is_open=is_open
            )
            for one in cameras
        ]
    )


def fall(*cameras: Camera, at: datetime, thing: tuple[str, str] | None = None) -> Outage:
    """An outage that is settled: of one camera, or of several that fell with a thing."""
    kind, name = thing or ("", "")
    outage = Outage.objects.create(
        opened_at=at,
        told_at=at + timedelta(seconds=90),
        reason="connect_timeout",
        suspect_kind=kind,
        suspect_name=name,
    )
    for camera in cameras:
        fall_with(outage, camera, at)
    return outage


def fall_with(outage: Outage, camera: Camera, at: datetime) -> None:
    OutageMember.objects.create(
        outage=outage, camera=camera, joined_at=at, reason="connect_timeout"
    )
    _state(camera, state="offline", reason="connect_timeout", since=at, streak_bad=3, streak_ok=0)


def rise(*cameras: Camera, at: datetime) -> None:
    """The cameras are up again; an outage that nobody is left in is over."""
    parts = OutageMember.objects.filter(camera__in=cameras, left_at=None)
    outages = {part.outage_id for part in parts}
    parts.update(left_at=at)
    down = OutageMember.objects.filter(outage__in=outages, left_at=None).values("outage_id")
    Outage.objects.filter(pk__in=outages).exclude(pk__in=down).update(closed_at=at)
    for camera in cameras:
        _state(camera, state="online", reason="ok", since=at, streak_bad=0, streak_ok=2)
        _state(camera, last_probe_at=at)


def answer(*cameras: Camera, at: datetime) -> None:
    """A good answer of cameras that are up."""
    for camera in cameras:
        _state(camera, last_probe_at=at, streak_bad=0)


def show_fault(camera: Camera, at: datetime, fault: str = "picture_dark") -> None:
    """Two pictures in a row have shown a fault; empty: they are good again."""
    state = "degraded" if fault else "online"
    _state(camera, state=state, reason=fault or "ok", picture_fault=fault, since=at, streak_bad=0)


def _state(camera: Camera, **values: Any) -> None:
    CameraState.objects.filter(camera=camera).update(**values)


def look_until_proved(*cameras: Camera, start: datetime) -> datetime:
    """Three good answers, a minute apart, each seen by a look; when the last one was."""
    at = start
    for _ in range(3):
        at += timedelta(minutes=1)
        answer(*cameras, at=at)
        look(at)
    return at


def order_of(camera: Camera) -> RepairOrder:
    """The newest order that a camera has a part in."""
    return RepairOrder.objects.filter(cameras__camera=camera).latest("id")


def actions(order: RepairOrder) -> list[str]:
    return list(order.steps.values_list("action", flat=True))
