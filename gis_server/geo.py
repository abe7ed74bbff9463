"""The only place that converts coordinates.  Stored and spoken in WGS84, computed in metres.

CGCS2000 equals WGS84 to well under a metre for this use (both frames are ITRF realisations), so
degrees of one are taken as degrees of the other.
"""

from functools import cache
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from pyproj import Transformer

WGS84 = 4326
WEB_MERCATOR = 3857


def metric_srid() -> int:
    """The projected CRS (EPSG number, metres) in which lengths and areas are computed."""
    return int(settings.METRIC_SRID)


@cache
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def convert(geometry: Any, source: int, target: int) -> Any:
    """Shapely geometries, one or an array of them, from one CRS to another; x is east, y north."""
    transformer = _transformer(source, target)

    def moved(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return shapely.transform(geometry, moved)


def to_metric(geometry: Any) -> Any:
    """WGS84 degrees → metres."""
    return convert(geometry, WGS84, metric_srid())


def to_wgs84(geometry: Any) -> Any:
    """Metres → WGS84 degrees."""
    return convert(geometry, metric_srid(), WGS84)
