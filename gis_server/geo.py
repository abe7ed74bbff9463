"""The only place that converts shapes.  Stored and spoken in WGS84, computed in metres.

What arrives from outside in another frame passes through `gis_server.frames` first; that file also
says where the wall between the two stands.

CGCS2000 equals WGS84 to well under a metre for this use (both frames are ITRF realisations), so
degrees of one are taken as degrees of the other.
"""

from functools import cache
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from pyproj import CRS, Geod

from gis_server.frames import EPSG_WGS84, transformer

WGS84 = EPSG_WGS84
WEB_MERCATOR = 3857
MARGIN_DEG = 3.0
"""So far beside its area of use a projected CRS is still taken: a zone's width."""
FARTHEST_DEG = 89.0  # from the equator; Web Mercator has no poles
SIDE_STEPS = 64
ELLIPSOID = Geod(ellps="WGS84")


def metric_srid() -> int:
    """The projected CRS (EPSG number, metres) in which lengths and areas are computed."""
    return int(settings.METRIC_SRID)


def convert(geometry: Any, source: int, target: int) -> Any:
    """Shapely geometries, one or an array of them, from one CRS to another; x is east, y north."""
    steps = transformer(source, target)

    def moved(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(steps.transform(points[:, 0], points[:, 1]))

    return shapely.transform(geometry, moved)


def metres_between(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Along the ellipsoid of WGS84 (Karney 2013, by PROJ), which no projection stretches."""
    return float(ELLIPSOID.inv(lon, lat, to_lon, to_lat)[2])


def to_metric(geometry: Any) -> Any:
    """WGS84 degrees → metres."""
    return convert(geometry, WGS84, metric_srid())


def to_wgs84(geometry: Any) -> Any:
    """Metres → WGS84 degrees."""
    return convert(geometry, metric_srid(), WGS84)


def metric_xy(lon: Any, lat: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Arrays of WGS84 degrees → arrays of metres, x to the east and y to the north."""
    x, y = transformer(WGS84, metric_srid()).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


def lon_lat(x: Any, y: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Arrays of metres → arrays of WGS84 degrees: what `metric_xy` undoes."""
    lon, lat = transformer(metric_srid(), WGS84).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


@cache
def north_first(srid: int) -> bool:
    """Whether the authority names north before east, as EPSG does of degrees and Chinese zones."""
    return bool(CRS.from_epsg(srid).axis_info[0].direction == "north")


def area_in(west: float, south: float, east: float, north: float, srid: int) -> Any:
    """What a box of a projected CRS (metres; x is east, y north) covers, as a shape in WGS84
    degrees; empty where it lies outside of all that the CRS is good for, with a margin.

    Its sides are followed closely: a straight line there is a curve in degrees.
    """
    least_x, least_y, most_x, most_y = _reach(srid)
    west, east = max(west, least_x), min(east, most_x)
    south, north = max(south, least_y), min(north, most_y)
    if west > east or south > north:
        return shapely.Polygon()
    step = max(east - west, north - south) / SIDE_STEPS
    asked = rectangle(west, south, east, north)
    return convert(shapely.segmentize(asked, step) if step else asked, srid, WGS84)


def rectangle(west: float, south: float, east: float, north: float) -> Any:
    """A box as a shape: one without a width, or a height, is a line or a point."""
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


@cache
def _reach(srid: int) -> tuple[float, float, float, float]:
    """Where coordinates of a projected CRS may lie: its area of use and `MARGIN_DEG` around it."""
    area = CRS.from_epsg(srid).area_of_use
    west, south, east, north = area.bounds if area else (-180, -90, 180, 90)
    west, east = max(west - MARGIN_DEG, -180), min(east + MARGIN_DEG, 180)
    south, north = max(south - MARGIN_DEG, -FARTHEST_DEG), min(north + MARGIN_DEG, FARTHEST_DEG)
    whole = shapely.segmentize(shapely.box(west, south, east, north), 1.0)
    least_x, least_y, most_x, most_y = convert(whole, WGS84, srid).bounds
    return least_x, least_y, most_x, most_y


def mercator_of_degrees(lon: Any, lat: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Arrays of degrees → arrays of metres in Web Mercator (EPSG:3857)."""
    x, y = transformer(WGS84, WEB_MERCATOR).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


def degrees_of_mercator(x: Any, y: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """What `mercator_of_degrees` undoes."""
    lon, lat = transformer(WEB_MERCATOR, WGS84).transform(x, y)
    return np.asarray(lon), np.asarray(lat)
