"""What has been seen, for programs and for the wall; places, never people."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from gis_server.edge import allow, json_ok, parse_choice, parse_int, parse_page, user_of
from gis_server.openapi.marks import asks, paged
from gis_server.openapi.schemas import whole, words
from gis_server.roles import Permission
from patrols.coverage import RADIUS_M
from patrols.seen import queries
from patrols.seen.queries import Row
from patrols.seen.texts import QUARTER_M2, definition, interval, number, share_told
from patrols.seen.unseen import Spot
from patrols.seen.views.asked import ASKED, ordered, question_of
from patrols.seen.windows import Window

PER_PAGE = 200
MOST_HOURS = 24 * 366


@allow(Permission.SEE_COVERAGE)
@require_safe
@asks(ASKED, paged(PER_PAGE), below=whole(0, 1, 0))
def coverage(request: HttpRequest) -> HttpResponseBase:
    """Grids of a day with their shares, hours unseen and visits; `below=1`: only those that miss
    visits.  Area is told in squares of `area_unit_m2`, streets in pieces.

    Parameters: day, shift, area (digits of a code), sort, limit, offset; and of the window of hours
    unseen: window (day, days), days, until, level.
    """
    user, now, piece = user_of(request), timezone.now(), parse_page(request, PER_PAGE)
    question = question_of(request, user, now)
    rows = ordered(queries.rows(user, question.asked, question.window, now), question.sort)
    if parse_int(request, "below", 0, 0, 1):
        rows = [row for row in rows if row.missing]
    return json_ok(
        {
            "day": question.day.isoformat(),
            "shift": question.shift_name,
            "interval": interval(question.day, question.shift_name),
            "window": window_shown(question.window),
            "definition": definition(),
            "area_unit_m2": QUARTER_M2,
            "radius_m": {means.value: metres for means, metres in RADIUS_M.items()},
            "total": len(rows),
            "grids": [row_told(row) for row in rows[piece.offset : piece.offset + piece.limit]],
        }
    )


def window_shown(window: Window) -> dict[str, Any]:
    """What hours unseen are counted in; from: None for all that is known."""
    return {
        "at": window.at.isoformat(),
        "from": window.begins.isoformat() if window.begins else None,
        "day": window.day.isoformat() if window.day else None,
        "shift": window.shift,
        "level": window.level.value if window.level else None,
    }


def row_told(row: Row) -> dict[str, Any]:
    ages = row.ages
    return {
        "code": row.code,
        "name": row.name,
        "community": row.community,
        "area": share_told(row.area),
        "streets": share_told(row.streets),
        "buildings": share_told(row.buildings),
        "counts_whole": row.is_bare,
        "has_ground": row.has_ground,
        "unseen_median_h": number(ages.ages.median_h) if ages else None,
        "was_seen": bool(ages and ages.ages.all and number(ages.ages.median_h) is not None),
        "by_age": list(ages.ages.by_class) if ages else [],
        "street": row.street,
        "street_unseen_h": number(ages.street_h) if ages and row.street else None,
        "video_unseen_h": number(row.video.hours) if row.video else None,
        "video_cells": row.video.seen if row.video else 0,
        "visits": row.visits,
        "visits_needed": row.required,
        "level": row.level.value,
        "window_h": row.window_h,
        "updated_at": row.updated_at.isoformat() if row.updated_at else None,
    }


@allow(Permission.SEE_COVERAGE)
@require_safe
@asks(ASKED, paged(PER_PAGE), hours=whole(0, MOST_HOURS), kind=words(("street", "building")))
def blind_spots(request: HttpRequest) -> HttpResponseBase:
    """Streets and buildings that nobody has seen for too long, as GeoJSON points.

    Parameters: area, kind (street, building), hours: longer than that instead of what the visits
    leave between them that a grid needs at the level in force; limit, offset; day and shift, and of
    the window: window (day, days), days, until, level.
    """
    user, now, piece = user_of(request), timezone.now(), parse_page(request, PER_PAGE)
    hours = parse_int(request, "hours", -1, 0, MOST_HOURS)
    kind = parse_choice(request, "kind", ("street", "building"))
    question = question_of(request, user, now)
    found = queries.blind_spots(
        user, question.asked.area, question.window, now, None if hours < 0 else float(hours), kind
    )
    part = found.spots[piece.offset : piece.offset + piece.limit]
    return json_ok(
        {
            "type": "FeatureCollection",
            "at": question.window.at.isoformat(),
            "window": window_shown(question.window),
            "total": len(found.spots),
            "features": [spot_told(spot, *found.grids[spot.grid]) for spot in part],
        }
    )


def spot_told(spot: Spot, code: str, grid: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(spot.point)},
        "properties": {
            "kind": spot.kind, "id": spot.id, "name": spot.name, "unseen_h": spot.hours,
            "video_unseen_h": spot.video_h,
            "length_m": spot.length_m, "grid_code": code, "grid_name": grid,
        },
    }  # fmt: skip
