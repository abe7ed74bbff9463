"""Where nothing looks: cameras that are down, and whose place nobody on duty has seen either."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.urls import reverse
from django.utils.http import urlencode

from cameras import viewing
from cameras.health import State
from cameras.models import Camera, OutageMember
from cameras.queries import cameras_of
from cameras.reasons_text import reason_name
from gis_server.geo import to_metric
from gis_server.models import User
from patrols.cells import CELL_M
from patrols.plane import Times, blocks_over, window
from patrols.seen.blocks import Place, read

DEFAULT_HOURS, MOST_HOURS = 8, 24 * 14
MOST_DARK = 1000


@dataclass(frozen=True, slots=True)
class Dark:
    """A camera that is down since a moment; reason: of its state.  seen_at: when anybody on duty
    last came by its view, None for never (or before positions were kept).
    """

    camera: Camera
    since: datetime
    reason: str
    seen_at: datetime | None

    @property
    def place(self) -> str:
        return self.camera.address_text or self.camera.name


def dark_and_unseen(user: User, hours: int, now: datetime, most: int = MOST_DARK) -> list[Dark]:
    """Cameras in reach that are down with an open outage, and whose view nobody on duty has come by
    for so many hours: longest unseen first, then longest down.

    Three queries.
    """
    found = down(user)[:most]
    before = now - timedelta(hours=hours)
    times = last_seen([camera for camera, _since in found])
    rows = [
        Dark(camera, since, camera.state.reason, seen_at)
        for (camera, since), seen_at in zip(found, times, strict=True)
    ]
    unseen = [row for row in rows if row.seen_at is None or row.seen_at < before]
    never = datetime.fromtimestamp(0, UTC)
    return sorted(unseen, key=lambda row: (row.seen_at or never, row.since, row.camera.pk))


def down(user: User) -> list[tuple[Camera, datetime]]:
    """Cameras in reach that are down, with the beginning of the open outage.  Two queries."""
    open_since = dict(
        OutageMember.objects.filter(left_at=None, outage__closed_at=None)
        .order_by()
        .values_list("camera_id", "joined_at")
    )
    rows = cameras_of(user).filter(
        pk__in=list(open_since), enabled=True, state__state=State.OFFLINE.value
    )
    found = rows.select_related("state").order_by("pk")
    return sorted(
        ((camera, open_since[camera.pk]) for camera in found), key=lambda one: (one[1], one[0].pk)
    )


def last_seen(cameras: list[Camera]) -> list[datetime | None]:
    """When anybody on duty last came by any cell of each camera's view.  One query."""
    if not cameras:
        return []
    points = to_metric(np.array([shapely.Point(one.point.x, one.point.y) for one in cameras]))
    views = [
        view_of(viewing.around(point.x, point.y, camera.direction_deg, camera.view_angle_deg))
        for camera, point in zip(cameras, points, strict=True)
    ]
    blocks = read(sorted({place for view in views for place in view.blocks}))
    return [newest_in(view, blocks) for view in views]


@dataclass(frozen=True, slots=True)
class View:
    """An area (metres) with the box of cells around it and the blocks that these lie in."""

    area: shapely.Polygon
    x0: int
    y0: int
    width: int
    height: int
    blocks: list[Place]


def view_of(area: shapely.Polygon) -> View:
    west, south, east, north = area.bounds
    x0, y0 = int(west // CELL_M), int(south // CELL_M)
    width, height = int(east // CELL_M) - x0 + 1, int(north // CELL_M) - y0 + 1
    left, right, low, high = blocks_over(x0, y0, width, height)
    blocks = [(x, y) for x in range(left, right + 1) for y in range(low, high + 1)]
    return View(area, x0, y0, width, height, blocks)


def newest_in(view: View, blocks: dict[Place, Times]) -> datetime | None:
    """The newest time of the cells whose middle lies in a view."""
    own = {place: blocks[place] for place in view.blocks if place in blocks}
    if not own:
        return None
    times = window(own, view.x0, view.y0, view.width, view.height)
    columns, rows = np.meshgrid(np.arange(view.width), np.arange(view.height))
    middles = shapely.points((view.x0 + columns + 0.5) * CELL_M, (view.y0 + rows + 0.5) * CELL_M)
    newest = int(times[shapely.contains(view.area, middles)].max(initial=0))
    return datetime.fromtimestamp(newest, UTC) if newest else None


def item(row: Dark, now: datetime) -> dict[str, Any]:
    """As the wall reads it; `send` is the page that sends the nearest on duty there."""
    camera = row.camera
    return {
        "camera": camera.pk,
        "code": camera.code,
        "name": camera.name,
        "address": camera.address_text,
        "lon": camera.point.x,
        "lat": camera.point.y,
        "reason": row.reason,
        "reason_text": str(reason_name(row.reason)),
        "down_since": row.since.isoformat(),
        "seen_at": row.seen_at.isoformat() if row.seen_at else None,
        "unseen_h": hours_between(row.seen_at, now),
        "page": reverse("camera-page", args=[camera.pk]),
        "send": send_address(row),
    }


def hours_between(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else int((now - at).total_seconds() // 3600)


def send_address(row: Dark) -> str:
    asked: dict[str, str | int] = {
        "lon": f"{row.camera.point.x:.6f}",
        "lat": f"{row.camera.point.y:.6f}",
        "place": row.place[:100],
        "about_kind": "camera",
        "about": row.camera.code,
    }
    return f"{reverse('send-errand')}?{urlencode(asked)}"
