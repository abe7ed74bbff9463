"""Orders for the tests of repairs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cameras.models import Camera, RepairOrder, RepairOrderCamera, Team
from cameras.repairs.models import OPEN_VALUES
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
