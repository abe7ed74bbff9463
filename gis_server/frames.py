"""Frames that coordinates arrive in, and the way from each to WGS84 and back.  Pure.

Where the wall stands: whatever comes from outside (a file, a phone, a map service) names its frame
and becomes WGS84 degrees here, before it is looked at, stored or compared; nothing behind the edge
knows any other frame.  `gis_server.geo` then moves shapes between our own three: WGS84 degrees, the
site's metres, Web Mercator.  The two files are kept apart because this one depends on no setting,
so that an importer, a test or a benchmark can run it without Django.  The one place that builds
transformers is `transformer` below; a test holds that nobody else imports the library for it.

CGCS2000 degrees are taken as WGS84 degrees, as in `gis_server.geo`: both follow the ITRF and are
well under a metre apart for this use.

GCJ-02, the offset that the state's surveyors (国测局) require of map services, is secret.  What is
computed here is the approximation that has been public since the early 2010s, first widely seen as
the anonymous C# file "EvilTransform" (codeplex.com, project on4wp7) and in many libraries since;
BD-09 is Baidu's further shift of GCJ-02, from the same public sources.  How far they are from the
secret originals we cannot measure; what is promised below is that forward and inverse agree.
Both apply inside `BOUNDS` only, the
rectangle of that public formula.  It is wider than China and runs more than a degree outside the
land border, so places in Mongolia, Korea or western Japan are moved as well although map services
do not do that there.  Outside it a point stays where it is.  Along the rectangle itself the offset
begins with a jump; within about 0.02 degrees of it the inverse may be off by that jump (1.5 km).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Pair = tuple[Floats, Floats]
Box = tuple[float, float, float, float]

EPSG_WGS84 = 4326


class Frame(StrEnum):
    """Frames in degrees, longitude first."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, order=True)
class Zone:
    """A zone of CGCS2000 / 3-degree Gauss-Krueger: metres, easting first, 500,000 on the meridian.

    EPSG 4513 to 4533 are the zones 25 to 45 with the zone's number before the easting (37,512,345);
    4534 to 4554 are the same zones without it (512,345).

    Raises:
        ValueError: the number is none of these.
    """

    epsg: int

    def __post_init__(self) -> None:
        if not 4513 <= self.epsg <= 4554:
            raise ValueError(f"EPSG:{self.epsg} is no 3-degree zone of CGCS2000 (4513 to 4554)")

    @property
    def prefixed(self) -> bool:
        """Whether eastings begin with the zone's number."""
        return self.epsg < 4534

    @property
    def number(self) -> int:
        """Count of the zone, 25 to 45."""
        return self.epsg - (4513 if self.prefixed else 4534) + 25

    @property
    def meridian_deg(self) -> int:
        """Central meridian, degrees east: 75 to 135."""
        return 3 * self.number

    def __str__(self) -> str:
        return f"EPSG:{self.epsg}"


AnyFrame = Frame | Zone


def zone_at(lon: float) -> Zone:
    """The zone whose central meridian is nearest, eastings without its number; at either end of
    the zones the last.
    """
    number = min(max(round(lon / 3), 25), 45)
    return Zone(4534 + number - 25)


ZONES = tuple(Zone(epsg) for epsg in range(4513, 4555))

# West, east, south, north of the public formula for GCJ-02, degrees; see above.
BOUNDS: Box = (72.004, 137.8347, 0.8293, 55.8271)
# Metres of a 3-degree zone: half a million either side of its meridian; 55.9 degrees north.
ZONE_WIDTH_M = 1_000_000.0
ZONE_NORTH_M = 6_200_000.0

# The formula's ellipsoid: Krasovsky 1940, metres, and its first eccentricity squared.
SEMI_MAJOR_M = 6_378_245.0
ECCENTRICITY_2 = 0.00669342162296594323
# Baidu's: the constant shift in degrees, and the frequency of its ripple per degree.
BD_EAST, BD_NORTH = 0.0065, 0.006
BD_FREQUENCY = np.pi * 3000.0 / 180.0

INVERSE_TOLERANCE_DEG = 1e-9  # 0.1 mm
INVERSE_LEAVES = 0.025  # share of the error that one step leaves, at most; measured: 0.006 to 0.015
INVERSE_STEPS = 10  # five have always been enough


class BadCoordinatesError(ValueError):
    """Coordinates that cannot be what they are said to be; the message names the first of them.

    `refused` marks all of them, in the shape of the input; empty when the input is no numbers or
    its two halves differ in shape.
    """

    def __init__(self, message: str, refused: Flags) -> None:
        super().__init__(message)
        self.refused = refused


@cache
def transformer(source: int, target: int) -> Transformer:
    """The conversion between two EPSG numbers; x is east, y is north, whatever the authority says.

    Only this file and `gis_server.geo` may use it.
    """
    return Transformer.from_crs(source, target, always_xy=True)


def to_wgs84(x: ArrayLike, y: ArrayLike, frame: AnyFrame) -> Pair:
    """WGS84 longitudes and latitudes of coordinates in `frame`, degrees.

    Args:
        x: longitudes in degrees, or eastings in metres for a `Zone`; any shape.
        y: latitudes in degrees, or northings in metres; the same shape.
        frame: what they are in.

    The inverse of GCJ-02 and BD-09 is iterated until forward and inverse agree to 1e-9 degrees.

    Raises:
        BadCoordinatesError: not numbers, NaN, infinite, or impossible in that frame.
    """
    here = _checked(x, y, frame)
    if isinstance(frame, Zone):
        return _projected(here, frame.epsg, EPSG_WGS84)
    return _inside_bounds(here, FROM_FRAME[frame])


def from_wgs84(lon: ArrayLike, lat: ArrayLike, frame: AnyFrame) -> Pair:
    """Coordinates in `frame` of WGS84 longitudes and latitudes; the inverse of `to_wgs84`.

    Raises:
        BadCoordinatesError: not numbers, NaN, infinite, no degrees, or outside the zone.
    """
    here = _checked(lon, lat, Frame.WGS84)
    if isinstance(frame, Zone):
        return _checked(*_projected(here, EPSG_WGS84, frame.epsg), frame)
    return _inside_bounds(here, INTO_FRAME[frame])


def looks_swapped(x: ArrayLike, y: ArrayLike) -> bool:
    """Whether first and second column were exchanged: latitude or northing where east should be.

    True when most points lie in China only after an exchange.  In degrees that is no guess: every
    longitude of China (from 73) is larger than every latitude (to 54).  In metres it rests on
    northings beyond 1,000,000 (9 degrees north) and eastings below it, or with a zone's number.
    Empty or unreadable input looks like nothing, hence False.
    """
    first, second = _numbers(x, y)
    with np.errstate(invalid="ignore"):
        exchanged = _chinese(second, first) & ~_chinese(first, second)
    return bool(exchanged.size and np.mean(exchanged) > 0.5)


def _chinese(x: Floats, y: Floats) -> Flags:
    degrees = (x >= 73) & (x <= 136) & (y >= 3) & (y <= 54)
    easting = np.where(x >= 25e6, x % 1e6, x)
    zone = (x < 46e6) & (easting >= 1e5) & (easting <= 9e5) & (y >= 1e6) & (y <= ZONE_NORTH_M)
    return np.asarray(degrees | zone)


def _numbers(x: ArrayLike, y: ArrayLike) -> Pair:
    try:
        first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadCoordinatesError(f"coordinates must be numbers: {error}", _none()) from error
    if first.shape != second.shape:
        shapes = f"{first.shape} and {second.shape}"
        raise BadCoordinatesError(f"coordinates must come in pairs, not {shapes}", _none())
    return first, second


def _none() -> Flags:
    return np.zeros(0, dtype=np.bool_)


def _checked(x: ArrayLike, y: ArrayLike, frame: AnyFrame) -> Pair:
    first, second = _numbers(x, y)
    box, what = _limits(frame)
    refused = ~_within(first, second, box)  # NaN lies within nothing
    if refused.any():
        k = int(np.argmax(refused))
        one = f"number {k} is ({first.flat[k]:.10g}, {second.flat[k]:.10g})"
        count = f"{int(refused.sum())} of {refused.size} points"
        raise BadCoordinatesError(f"{count} cannot be {what}: {one}", refused)
    return first, second


def _limits(frame: AnyFrame) -> tuple[Box, str]:
    """West, east, south, north that are possible, and words for them."""
    if not isinstance(frame, Zone):
        return (-180.0, 180.0, -90.0, 90.0), "longitude and latitude in degrees"
    west = frame.number * 1e6 if frame.prefixed else 0.0
    east = west + ZONE_WIDTH_M
    words = f"metres of {frame}, where eastings run from {west:,.0f} to {east:,.0f}"
    return (west, east, 0.0, ZONE_NORTH_M), words


def _within(x: Floats, y: Floats, box: Box) -> Flags:
    west, east, south, north = box
    with np.errstate(invalid="ignore"):
        return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _projected(here: Pair, source: int, target: int) -> Pair:
    x, y = transformer(source, target).transform(*here)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _inside_bounds(here: Pair, move: Callable[[Floats, Floats], Pair]) -> Pair:
    lon, lat = here[0].copy(), here[1].copy()
    inside = _within(lon, lat, BOUNDS)
    lon[inside], lat[inside] = move(lon[inside], lat[inside])
    return lon, lat


def _unmoved(lon: Floats, lat: Floats) -> Pair:
    return lon, lat


def _gcj02(lon: Floats, lat: Floats) -> Pair:
    """GCJ-02 of WGS84, degrees: an offset in metres, laid on the formula's own ellipsoid."""
    x, y = lon - 105.0, lat - 35.0
    east_m, north_m = _offset_m(x, y)
    phi = np.radians(lat)
    squeeze = 1.0 - ECCENTRICITY_2 * np.sin(phi) ** 2
    parallel_m = SEMI_MAJOR_M / np.sqrt(squeeze) * np.cos(phi)
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / squeeze**1.5
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _offset_m(x: Floats, y: Floats) -> Pair:
    """The public formula: a quadratic surface, a root, and waves of 1/3 to 60 degrees; metres.

    `x` and `y` are degrees from 105 E, 35 N.
    """
    px, py, root = np.pi * x, np.pi * y, np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * px) + 20.0 * np.sin(2.0 * px)
    east = 20.0 * np.sin(px) + 40.0 * np.sin(px / 3.0)
    east += 150.0 * np.sin(px / 12.0) + 300.0 * np.sin(px / 30.0)
    north = 20.0 * np.sin(py) + 40.0 * np.sin(py / 3.0)
    north += 160.0 * np.sin(py / 12.0) + 320.0 * np.sin(py / 30.0)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    return east_m + (ripple + east) * 2.0 / 3.0, north_m + (ripple + north) * 2.0 / 3.0


def _bd09(lon: Floats, lat: Floats) -> Pair:
    """BD-09 of WGS84: GCJ-02, rippled in polar coordinates, then shifted."""
    x, y = _gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * BD_FREQUENCY)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * BD_FREQUENCY)
    return radius * np.cos(angle) + BD_EAST, radius * np.sin(angle) + BD_NORTH


def _inverse(forward: Callable[[Floats, Floats], Pair]) -> Callable[[Floats, Floats], Pair]:
    """Turn a small shift round by fixed-point iteration: step by what the forward way misses.

    Offsets change by less than `INVERSE_LEAVES` degrees a degree, so each step leaves at most that
    share of the error.  The plain inverse that most libraries use is the first step alone.
    """

    def backward(lon: Floats, lat: Floats) -> Pair:
        x, y = lon, lat
        for _ in range(INVERSE_STEPS):
            there = forward(x, y)
            east, north = lon - there[0], lat - there[1]
            x, y = x + east, y + north
            miss = max(np.abs(east).max(initial=0.0), np.abs(north).max(initial=0.0))
            if miss * INVERSE_LEAVES <= INVERSE_TOLERANCE_DEG:
                break
        return x, y

    return backward


INTO_FRAME: dict[Frame, Callable[[Floats, Floats], Pair]] = {
    Frame.WGS84: _unmoved,
    Frame.CGCS2000: _unmoved,
    Frame.GCJ02: _gcj02,
    Frame.BD09: _bd09,
}
FROM_FRAME: dict[Frame, Callable[[Floats, Floats], Pair]] = {
    Frame.WGS84: _unmoved,
    Frame.CGCS2000: _unmoved,
    Frame.GCJ02: _inverse(_gcj02),
    Frame.BD09: _inverse(_bd09),
}
