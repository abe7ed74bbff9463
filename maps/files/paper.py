"""Where things stand on a sheet with a map, and how the ground gets there.

Lengths on the sheet are in millimetres from the top left.  The map is drawn in the CGCS2000 zone of
its middle, which is true to scale to three parts in ten thousand; what is left of that, and the
angle between the grid's north and true north, are worked out for the middle and not left out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from gis_server.errors import Invalid
from gis_server.frames import zone_at
from gis_server.geo import WGS84, convert, metres_between
from maps.tiles import Bounds

SIZES_MM = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
# Room around what was asked for, of the frame's width.
MARGIN_SHARE = 0.03
STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
SMALLEST_SCALE_DENOMINATOR = 500
WIDEST_DEG = 6.0
"""Beyond, one zone is no longer true to scale."""
EDGE_POINTS = 9
BAR_STEPS = (1, 2, 5)
LONGEST_BAR_MM = 55.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on the sheet."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x <= self.right and self.y <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class Bar:
    """A scale bar: `length_m` on the ground is `length_mm` on the sheet."""

    length_m: int
    length_mm: float

    @property
    def text(self) -> str:
        return f"{self.length_m // 1000} km" if self.length_m >= 1000 else f"{self.length_m} m"


@dataclass(frozen=True, slots=True)
class View:
    """A map in a frame.  x, y: its middle in metres of `srid`; scale: 1 to so many."""

    frame: Frame
    srid: int
    x: float
    y: float
    scale: int

    def to_sheet(self, geometry: Any) -> Any:
        """Shapely geometries in WGS84, one or an array of them, in millimetres of the sheet."""
        moved = convert(geometry, WGS84, self.srid)
        middle = self.frame.x + self.frame.width / 2, self.frame.y + self.frame.height / 2
        mm_per_m = 1000 / self.scale

        def placed(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            return np.column_stack(
                (
                    middle[0] + (points[:, 0] - self.x) * mm_per_m,
                    middle[1] - (points[:, 1] - self.y) * mm_per_m,
                )
            )

        return shapely.transform(moved, placed)

    def to_ground(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Longitude and latitude of a place on the sheet."""
        m_per_mm = self.scale / 1000
        x = self.x + (x_mm - self.frame.x - self.frame.width / 2) * m_per_mm
        y = self.y - (y_mm - self.frame.y - self.frame.height / 2) * m_per_mm
        point = convert(shapely.Point(x, y), self.srid, WGS84)
        return point.x, point.y

    @property
    def box(self) -> Bounds:
        """All that the frame shows, in WGS84 degrees."""
        frame = self.frame
        xs = np.linspace(frame.x, frame.right, EDGE_POINTS)
        ys = np.linspace(frame.y, frame.bottom, EDGE_POINTS)
        edge = [(x, y) for x in xs for y in (frame.y, frame.bottom)]
        edge += [(x, y) for y in ys for x in (frame.x, frame.right)]
        places = np.array([self.to_ground(x, y) for x, y in edge])
        west, south = places.min(axis=0)
        east, north = places.max(axis=0)
        return float(west), float(south), float(east), float(north)

    @property
    def north_deg(self) -> float:
        """How far true north lies right of the sheet's up in the middle of the map, degrees: the
        convergence of meridians, with the sign turned.
        """
        frame = self.frame
        middle = frame.x + frame.width / 2, frame.y + frame.height / 2
        lon, lat = self.to_ground(*middle)
        ahead = self.to_sheet(shapely.Point(lon, lat + 0.001))
        return math.degrees(math.atan2(ahead.x - middle[0], middle[1] - ahead.y))

    def bar(self, longest_mm: float = LONGEST_BAR_MM) -> Bar:
        """The longest bar of a round length that fits, true on the ground in the map's middle."""
        frame = self.frame
        y = frame.y + frame.height / 2
        x = frame.x + frame.width / 2
        ends = self.to_ground(x - longest_mm / 2, y), self.to_ground(x + longest_mm / 2, y)
        ground_m = metres_between(*ends[0], *ends[1])
        power = 10.0 ** math.floor(math.log10(ground_m))
        length_m = max(step * power for step in BAR_STEPS if step * power <= ground_m)
        return Bar(int(length_m), longest_mm * length_m / ground_m)


def view_of(extent: Bounds, frame: Frame) -> View:
    """What was asked for in the middle of a frame, at the largest round scale that shows it whole.

    Raises:
        Invalid: too wide for one zone.
    """
    west, south, east, north = extent
    if east - west > WIDEST_DEG or north - south > WIDEST_DEG:
        message = _(
            "A map on paper shows at most %(most)d degrees each way. Choose a smaller area."
        )
        raise Invalid(message % {"most": int(WIDEST_DEG)})
    srid = zone_at((west + east) / 2).epsg
    moved = convert(_outline(extent), WGS84, srid)
    left, low, right, high = moved.bounds
    room = 1 - 2 * MARGIN_SHARE
    needed = max((right - left) / frame.width, (high - low) / frame.height) * 1000 / room
    return View(frame, srid, (left + right) / 2, (low + high) / 2, round_scale(needed))


def _outline(extent: Bounds) -> Any:
    west, south, east, north = extent
    return shapely.segmentize(shapely.box(west, south, east, north), (east - west) / 8 or 1.0)


def round_scale(needed: float) -> int:
    """The next denominator that people write, not below what is needed."""
    needed = max(needed, SMALLEST_SCALE_DENOMINATOR)
    power = 10.0 ** math.floor(math.log10(needed))
    steps: Sequence[float] = [*STEPS, 10.0]
    return round(next(step * power for step in steps if step * power >= needed - 1e-6))
