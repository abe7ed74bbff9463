"""The only place that converts shapes.  Stored and spoken in WGS84, computed in metres.

What arrives from outside in another frame passes through `gis_server.frames` first; that file also
says where the wall between the two stands.

CGCS2000 equals WGS84 to well under a metre for this use (both frames are ITRF realisations), so
degrees of one are taken as degrees of the other.
"""

from typing import Any

import numpy as np
import shapely
from django.conf import settings

from gis_server.frames import EPSG_WGS84, transformer

WGS84 = EPSG_WGS84
WEB_MERCATOR = 3857


def metric_srid() -> int:
    """The projected CRS (EPSG number, metres) in which lengths and areas are computed."""
    return int(settings.METRIC_SRID)


def convert(geometry: Any, source: int, target: int) -> Any:
    """Shapely geometries, one or an array of them, from one CRS to another; x is east, y north."""
    steps = transformer(source, target)

    def moved(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(steps.transform(points[:, 0], points[:, 1]))

    return shapely.transform(geometry, moved)


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


def mercator_of_degrees(lon: Any, lat: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Arrays of degrees → arrays of metres in Web Mercator (EPSG:3857)."""
    x, y = transformer(WGS84, WEB_MERCATOR).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


def degrees_of_mercator(x: Any, y: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """What `mercator_of_degrees` undoes."""
    lon, lat = transformer(WEB_MERCATOR, WGS84).transform(x, y)
    return np.asarray(lon), np.asarray(lat)
