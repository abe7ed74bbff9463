"""What a planner wishes of a proposal, read and checked once."""

from collections.abc import Mapping, Set
from math import isfinite
from typing import Any

import shapely
from django.conf import settings
from django.utils.translation import gettext as _

from gis_server.errors import Invalid
from gis_server.openapi.schemas import FLAG, Group, listing, nullable, text, whole, words
from grids.balance import Wishes
from grids.codes import DIVISION_DIGITS

MAX_BODY = 512 * 1024
MOST_HOUSEHOLDS = 100_000
MOST_PERCENT = 100
MOST_SEED = 2**31 - 1
MOST_LOCKS = 999
MOST_LINES, MOST_POINTS = 100, 5_000
USUAL = Wishes()
BY = ("households", "load")
LOAD_STEPS = 10  # a load is balanced in tenths of a household: a shop may count half of one
WISHES: Group = {
    "by": words(BY),
    "floor": whole(1, MOST_HOUSEHOLDS),
    "cap": whole(1, MOST_HOUSEHOLDS),
    "tolerance": whole(1, MOST_PERCENT),
    "seed": whole(0, MOST_SEED),
    "locked": listing(text(pattern="^[0-9]*$"), maxItems=MOST_LOCKS),
    "main_roads": FLAG,
    "barriers": nullable({"type": "object"}),
}
"""What `read` reads."""


def read(told: Mapping[str, Any]) -> dict[str, Any]:
    """by (what is shared out: households, or the load that a district's weights make of all that
    has a place), floor, cap (in households), tolerance (percent), seed, locked (codes), main_roads
    (whether they are barriers) and barriers (a GeoJSON MultiLineString, WGS84 degrees, or none), as
    plain data.

    Raises:
        Invalid: it is anything else, or more than a proposal takes.
    """
    kept = usual()
    floor = _number(told, "floor", kept["floor"], 1, MOST_HOUSEHOLDS)
    cap = _number(told, "cap", kept["cap"], 1, MOST_HOUSEHOLDS)
    if floor > cap:
        raise Invalid(_("The floor must not be above the cap: %(floor)d > %(cap)d households.")
                      % {"floor": floor, "cap": cap})  # fmt: skip
    by = told.get("by", BY[0])
    if by not in BY:
        raise Invalid(_("by must be one of: %(words)s.") % {"words": ", ".join(BY)})
    main_roads = told.get("main_roads", True)
    if not isinstance(main_roads, bool):
        raise Invalid(_("%(name)s must be true or false.") % {"name": "main_roads"})
    return {
        "by": by,
        "floor": floor,
        "cap": cap,
        "tolerance": _number(told, "tolerance", kept["tolerance"], 1, MOST_PERCENT),
        "seed": _number(told, "seed", kept["seed"], 0, MOST_SEED),
        "locked": _codes(told.get("locked", [])),
        "main_roads": main_roads,
        "barriers": _lines(told.get("barriers")),
    }


def usual() -> dict[str, int]:
    """What counts where nothing is said; floor and cap are the district's settings."""
    return {
        "floor": max(1, settings.PLAN_HOUSEHOLDS_LOW),
        "cap": min(MOST_HOUSEHOLDS, max(1, settings.PLAN_HOUSEHOLDS_HIGH)),
        "tolerance": round(100 * USUAL.tolerance),
        "seed": USUAL.seed,
    }


def _number(told: Mapping[str, Any], name: str, usual: int, least: int, most: int) -> int:
    value = told.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        rule = _("%(name)s must be a whole number from %(least)d to %(most)d.")
        raise Invalid(rule % {"name": name, "least": least, "most": most})
    return value


def _codes(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_LOCKS:
        raise Invalid(_("locked must be a list of at most %(most)d codes.") % {"most": MOST_LOCKS})
    if any(not isinstance(one, str) or not one.isascii() or not one.isdigit() for one in value):
        raise Invalid(_("locked must hold codes of grids."))
    return sorted({one[: DIVISION_DIGITS + 7] for one in value})


def _lines(value: object) -> list[list[list[float]]]:
    """Raises Invalid."""
    if value is None:
        return []
    wrong = Invalid(_("barriers must be a GeoJSON MultiLineString in degrees (WGS84)."))
    if not isinstance(value, Mapping) or value.get("type") != "MultiLineString":
        raise wrong
    lines = value.get("coordinates")
    if not isinstance(lines, list) or any(not isinstance(line, list) for line in lines):
        raise wrong
    if len(lines) > MOST_LINES or sum(map(len, lines)) > MOST_POINTS:
        rule = _("These are too many barriers: %(lines)d lines and %(points)d points at most.")
        raise Invalid(rule % {"lines": MOST_LINES, "points": MOST_POINTS})
    try:
        read = [[[float(x), float(y)] for x, y, *_more in line] for line in lines]
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if any(not _in_degrees(x, y) for line in read for x, y in line) or any(
        len({(x, y) for x, y in line}) < 2 for line in read
    ):
        raise wrong
    return read


def _in_degrees(x: float, y: float) -> bool:
    return isfinite(x) and isfinite(y) and -180 <= x <= 180 and -90 <= y <= 90


def is_by_load(kept: Mapping[str, Any]) -> bool:
    """Whether `read` made of it that the load is shared out; who asked long ago did not say."""
    return bool(kept.get("by") == "load")


def steps_of(kept: Mapping[str, Any]) -> int:
    """In how many steps a household is counted."""
    return LOAD_STEPS if is_by_load(kept) else 1


def wishes_of(
    kept: Mapping[str, Any], main_roads: list[shapely.Geometry], still: Set[str]
) -> Wishes:
    """What `read` made of it, for the work; still: grids that are locked for other reasons."""
    drawn = [shapely.LineString(line) for line in kept["barriers"]]
    roads = main_roads if kept["main_roads"] else []
    steps = steps_of(kept)
    return Wishes(
        floor=kept["floor"] * steps,
        cap=kept["cap"] * steps,
        tolerance=kept["tolerance"] / 100,
        seed=kept["seed"],
        locked=frozenset(kept["locked"]) | still,
        barriers=(*drawn, *roads),
    )
