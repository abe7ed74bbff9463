"""A shape out of an address, checked before anybody searches with it.  Pure: texts in, shapes out.

Places are written as longitude and latitude in WGS84 degrees with a comma between them, one after
the other with semicolons: `112.5,37.8;112.6,37.8;112.6,37.9`.
"""

import math
import re
from enum import StrEnum

import shapely
from shapely.validation import explain_validity

MOST_PLACES = 200
"""So many fit into an address that every server and proxy takes."""
LONGEST_TEXT = MOST_PLACES * 40
FARTHEST_NORTH = 85.0
"""As far as a map in Web Mercator goes."""
NUMBER = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")


class Kind(StrEnum):
    POINT = "point"
    LINE = "line"
    POLYGON = "polygon"
    BOX = "bbox"


class Fault(StrEnum):
    """Why a text is no shape."""

    UNREADABLE = "unreadable"
    OUTSIDE = "outside"
    TOO_MANY = "too many"
    TOO_FEW = "too few"
    ANTIMERIDIAN = "antimeridian"
    CROSSING = "crossing"
    FLAT = "flat"


class BadShapeError(ValueError):
    """place: longitude and latitude of what is wrong, where there is one such place."""

    def __init__(self, fault: Fault, place: tuple[float, float] | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.place = place


def read(kind: Kind, text: str) -> shapely.Geometry:
    """The shape in WGS84 degrees.

    Raises:
        BadShapeError: it cannot be read, or is none that can be searched with.
    """
    if kind is Kind.BOX:
        return _box(text)
    places = _places(text)
    if kind is Kind.POINT:
        if len(places) != 1:
            raise BadShapeError(Fault.UNREADABLE)
        return shapely.Point(places[0])
    _check_far(places)
    return _line(places) if kind is Kind.LINE else _polygon(places)


def _places(text: str) -> list[tuple[float, float]]:
    if len(text) > LONGEST_TEXT or text.count(";") >= MOST_PLACES:
        raise BadShapeError(Fault.TOO_MANY)
    return [_place(part) for part in text.split(";")]


def _place(text: str) -> tuple[float, float]:
    numbers = text.split(",")
    if len(numbers) != 2 or not all(NUMBER.fullmatch(number) for number in numbers):
        raise BadShapeError(Fault.UNREADABLE)
    lon, lat = float(numbers[0]), float(numbers[1])
    if abs(lon) > 180 or abs(lat) > FARTHEST_NORTH:
        raise BadShapeError(Fault.OUTSIDE, (lon, lat))
    return lon, lat


def _check_far(places: list[tuple[float, float]]) -> None:
    """Two places more than half the world apart are meant across the antimeridian."""
    lons = [lon for lon, _lat in places]
    if max(lons) - min(lons) > 180:
        raise BadShapeError(Fault.ANTIMERIDIAN)


def _line(places: list[tuple[float, float]]) -> shapely.Geometry:
    if len(set(places)) < 2:
        raise BadShapeError(Fault.TOO_FEW)
    return shapely.LineString(places)


def _polygon(places: list[tuple[float, float]]) -> shapely.Geometry:
    if len(set(places)) < 3:
        raise BadShapeError(Fault.TOO_FEW)
    made = shapely.Polygon(places)
    if made.convex_hull.area == 0:
        raise BadShapeError(Fault.FLAT)
    if not made.is_valid:
        raise BadShapeError(Fault.CROSSING, _where(explain_validity(made)))
    return made


def _where(told: str) -> tuple[float, float] | None:
    """The place in GEOS's words: `Self-intersection[112.5 37.8]`."""
    found = re.search(r"\[([-0-9.e]+) ([-0-9.e]+)\]", told)
    return (float(found[1]), float(found[2])) if found else None


def _box(text: str) -> shapely.Geometry:
    numbers = text.split(",")
    if len(numbers) != 4:
        raise BadShapeError(Fault.UNREADABLE)
    west, south = _place(",".join(numbers[:2]))
    east, north = _place(",".join(numbers[2:]))
    if west > east or east - west > 180:
        raise BadShapeError(Fault.ANTIMERIDIAN)
    if west == east or south >= north:
        raise BadShapeError(Fault.FLAT)
    return shapely.box(west, south, east, north)


def around(shape: shapely.Geometry, radius_m: float) -> tuple[float, float, float, float]:
    """A box in degrees that surely holds all within `radius_m`; an index is asked with it.

    A degree of latitude is at least 110,574 m, one of longitude at least its part in the parallel
    farthest from the equator, on the ellipsoid of WGS84.

    Raises:
        BadShapeError: it reaches over the antimeridian, or farther north or south than maps go.
    """
    west, south, east, north = shape.bounds
    high = radius_m / 110_574
    farthest = max(abs(south - high), abs(north + high))
    if farthest > FARTHEST_NORTH:
        raise BadShapeError(Fault.OUTSIDE)
    wide = radius_m / (111_319 * math.cos(math.radians(farthest)))
    if west - wide < -180 or east + wide > 180:
        raise BadShapeError(Fault.ANTIMERIDIAN)
    return west - wide, south - high, east + wide, north + high
