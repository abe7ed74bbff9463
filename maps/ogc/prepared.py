"""What only Python works out of a layer, for the sources of `maps.ogc.collections`."""

import json
import math
from datetime import datetime
from typing import Any

from django.utils import timezone

from gis_server.models import User
from maps.onduty.positions import on_duty
from patrols.seen.queries import Asked, Row, rows
from patrols.seen.windows import Window


def on_duty_now(user: User, now: datetime) -> dict[str, Any]:
    """The duties in force.  Three queries."""
    return {"running": [window.duty.id for window in on_duty(user, now)]}


def unseen_now(user: User, now: datetime) -> dict[str, Any]:
    """The grids of today, as the page of coverage has them."""
    found = rows(user, Asked(timezone.localdate(now)), Window(now), now)
    return {"rows": json.dumps([_told(row) for row in found])}


def _told(row: Row) -> dict[str, Any]:
    known = row.ages.ages if row.ages and row.ages.ages.all else None
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "community": row.community,
        "unseen_median_h": _hours(known.median_h) if known else None,
        "unseen_longest_h": _hours(known.worst_h) if known else None,
        "was_seen": known is not None and math.isfinite(known.median_h),
        "street": row.street,
        "visits": row.visits,
        "visits_needed": row.required,
        "visits_missing": row.missing,
        "control": row.level.value,
        "window_h": row.window_h,
        "street_share": row.streets.value,
        "area_share": row.area.value,
        "building_share": row.buildings.value,
        "has_ground": row.has_ground,
    }


def _hours(hours: float) -> float | None:
    """None for never."""
    return round(hours, 1) if math.isfinite(hours) else None
