"""The page of one grid: its cells by age, what of it was unseen for longest, and its days."""

from datetime import datetime
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import allow, show, user_of
from gis_server.errors import NotFound
from gis_server.roles import Permission, scope_q
from grids.models import Grid
from patrols import ages
from patrols.seen import grounds, queries, video
from patrols.seen.queries import DayShares
from patrols.seen.texts import percent, since
from patrols.seen.unseen import Spot
from patrols.seen.views.asked import of_grid, question_of
from patrols.seen.views.coverage import row_shown, shared
from patrols.seen.windows import Window, part_of

MOST_SPOTS = 20
MARGIN = 1


@allow(Permission.SEE_COVERAGE)
@require_safe
def grid(request: HttpRequest, code: str) -> HttpResponseBase:
    """
    Raises:
        NotFound: no such grid in reach.
    """
    user, now = user_of(request), timezone.now()
    found = Grid.objects.filter(scope_q(user, "code"), code=code).select_related("community")
    one = found.first()
    if one is None:
        raise NotFound(_("There is no such grid in your area."))
    question = question_of(request, user, now)
    window = question.window
    rows = queries.rows(user, of_grid(question.asked, code), window, now)
    blind = queries.blind_spots(user, code, window, now, hours=0)
    mine = [spot for spot in blind.spots if spot.grid == one.pk]
    context = shared(question) | {
        "grid": one,
        "row": row_shown(rows[0], window) if rows and rows[0].code == code else None,
        "plot": plot(one, window, now),
        "spots": [spot_shown(spot, window) for spot in mine[:MOST_SPOTS]],
        "days": [day_shown(day) for day in queries.history(one, timezone.localdate(now))],
        "history_days": queries.HISTORY_DAYS,
    }
    return show(request, "patrols/seen/grid.html", context)


def spot_shown(spot: Spot, window: Window) -> dict[str, Any]:
    return {
        "spot": spot,
        "since": since(spot.hours, window),
        "video": since(spot.video_h, window) if spot.video_h is not None else "",
    }


def day_shown(day: DayShares) -> dict[str, Any]:
    return {
        "day": day,
        "area": percent(day.area),
        "streets": percent(day.streets),
        "buildings": percent(day.buildings),
    }


def plot(one: Grid, window: Window, now: datetime) -> dict[str, Any] | None:
    """The cells of a grid as paths, one for each class of age at a window's end; a unit is a cell,
    y goes down.  video: what cameras have shown, over them.
    """
    day = timezone.localdate(window.at)
    ground = next((at for at in grounds.latest(day) if one.code.startswith(at.area)), None)
    if ground is None or one.pk not in ground.terrain.index:
        return None
    land = ground.terrain.ground
    index = ground.terrain.index[one.pk]
    rows, columns = np.nonzero(land.grid_of == index)
    if not len(rows):
        return None
    low, left = int(rows.min()), int(columns.min())
    height, width = int(rows.max()) - low + 1, int(columns.max()) - left + 1
    part = slice(low, low + height), slice(left, left + width)
    box = land.x0 + left, land.y0 + low, width, height
    whole = land.x0, land.y0, land.grid_of.shape[1], land.grid_of.shape[0]
    classes = ages.classes(part_of(window, whole, box, now), window.at.timestamp())
    mine = land.grid_of[part] == index
    shown = np.where(mine & land.is_patrolable[part], classes, -1)
    drawn = [{"age": age, "path": path_of(shown == age)} for age in range(ages.OLDEST + 1)]
    outside = {"age": "none", "path": path_of(mine & (shown < 0))}
    filmed = path_of(mine & video.shown(box, window))
    return {"width": width, "height": height, "paths": [outside, *drawn], "video": filmed}


def path_of(where: Any) -> str:
    """An SVG path over the cells that are true, row by row."""
    height, width = where.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = where
    edges = np.diff(padded, axis=1)
    rows, first = np.nonzero(edges == 1)
    _rows, last = np.nonzero(edges == -1)
    return "".join(
        f"M{a} {height - 1 - row}h{b - a}v1h{a - b}z"
        for row, a, b in zip(rows, first, last, strict=True)
    )
