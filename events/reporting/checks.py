"""What a report may say of place and time, and what of it is doubted.  Pure: no Django or clock."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gis_server.frames import BadCoordinatesError, Frame, to_wgs84

CLOCK_TOLERANCE = timedelta(minutes=5)
"""So much a phone's clock may be off, and a request under way, before it is noted."""
OLDEST = timedelta(days=31)
"""How long ago something can have been seen; a queue that is older says nothing of a day."""
NOWHERE_DEG = 0.5
"""Nearer than this to 0,0 is a phone that knows no position; the sea there has no grids."""
EARTH_M = 6_371_008.8  # mean radius of the IUGG
DIRECTIONS = 8
OTHER_FRAMES = (Frame.GCJ02, Frame.BD09)


@dataclass(frozen=True, slots=True)
class Seen:
    """When something was seen, by our clock.

    clock_off_s: how far the phone's clock is ahead of ours, in seconds; 0 within the tolerance.
    is_doubted: what the phone said cannot be, and the time of receipt stands instead.
    """

    at: datetime
    clock_off_s: int = 0
    is_doubted: bool = False


def believed(said_at: datetime | None, sent_at: datetime | None, now: datetime) -> Seen:
    """When it was seen, as far as the phone can be believed.

    said_at: what the phone's clock showed when it was seen; sent_at: what it shows now.  As long as
    nobody has set that clock in between, their difference is right however wrong it goes.
    """
    off = sent_at - now if sent_at else timedelta()
    if abs(off) <= CLOCK_TOLERANCE:
        off = timedelta()
    off_s = round(off.total_seconds())
    if said_at is None:
        return Seen(now, off_s)
    at = said_at - off
    if not now - OLDEST <= at <= now + CLOCK_TOLERANCE:
        return Seen(now, off_s, is_doubted=True)
    return Seen(min(at, now), off_s)


def is_nowhere(lon: float, lat: float) -> bool:
    return abs(lon) < NOWHERE_DEG and abs(lat) < NOWHERE_DEG


@dataclass(frozen=True, slots=True)
class Instead:
    """Where a position would lie, in WGS84, had it come in another frame.

    distance_m, direction: how far and where to from the position as it was told; direction 0 is
    north, 1 north-east, and so on to 7.
    """

    frame: Frame
    lon: float
    lat: float
    distance_m: float
    direction: int


def instead(lon: float, lat: float) -> Iterator[Instead]:
    """What it could mean if a map service has shifted it without saying so."""
    for frame in OTHER_FRAMES:
        try:
            x, y = (float(one[0]) for one in to_wgs84([lon], [lat], frame))
        except BadCoordinatesError:
            continue
        distance_m, bearing_deg = way(lon, lat, x, y)
        if distance_m > 1:
            direction = round(bearing_deg / (360 / DIRECTIONS)) % DIRECTIONS
            yield Instead(frame, x, y, distance_m, direction)


def way(lon: float, lat: float, to_lon: float, to_lat: float) -> tuple[float, float]:
    """Metres and bearing in degrees from one place to another near by, on a flat earth.

    Equirectangular: over 2 km at these latitudes it errs by centimetres.
    """
    middle = math.radians((lat + to_lat) / 2)
    east_m = math.radians(to_lon - lon) * math.cos(middle) * EARTH_M
    north_m = math.radians(to_lat - lat) * EARTH_M
    return math.hypot(east_m, north_m), math.degrees(math.atan2(east_m, north_m)) % 360
