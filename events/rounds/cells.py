"""What video rounds have shown, as cells of the plane: for the pages and tiles of blind spots."""

from datetime import datetime

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Max

from events.models import VideoSeen
from gis_server.geo import WGS84, to_metric, to_wgs84
from patrols.cells import CELL_M
from patrols.plane import Times
from patrols.seen.video import Box


def shown_in(box: Box, begins: datetime | None, until: datetime) -> Times:
    """When each cell of a box was last shown from a moment (None: ever) to another, 0 for not: the
    cells whose middle lies in a camera's sector, at the time of the newest picture of it that
    somebody looked at.  One query.
    """
    x0, y0, width, height = box
    found = np.zeros((height, width), np.uint32)
    if not found.size:
        return found
    rows = VideoSeen.objects.filter(at__lte=until, shape__bboverlaps=_around(box))
    if begins is not None:
        rows = rows.filter(at__gte=begins)
    # A camera that was turned meanwhile has shown both sectors.
    newest = rows.order_by().values("shape").annotate(newest=Max("at"))
    told = list(newest.values_list("shape", "newest"))
    sectors = np.array([shapely.from_wkb(bytes(shape.wkb)) for shape, _at in told], object)
    for (_shape, at), sector in zip(told, to_metric(sectors), strict=True):
        _light(found, x0, y0, sector, int(at.timestamp()))
    return found


def _around(box: Box) -> Polygon:
    x0, y0, width, height = box
    west, south = x0 * CELL_M, y0 * CELL_M
    edge = shapely.box(west, south, west + width * CELL_M, south + height * CELL_M)
    area = Polygon.from_bbox(to_wgs84(shapely.segmentize(edge, 1000.0)).bounds)
    area.srid = WGS84
    return area


def _light(found: Times, x0: int, y0: int, sector: shapely.Polygon, t: int) -> None:
    """Give the cells of a sector (metres) that lie in the box a time, where it is later."""
    height, width = found.shape
    west, south, east, north = sector.bounds
    left, right = max(int(west // CELL_M) - x0, 0), min(int(east // CELL_M) - x0 + 1, width)
    low, high = max(int(south // CELL_M) - y0, 0), min(int(north // CELL_M) - y0 + 1, height)
    if left >= right or low >= high:
        return
    columns, rows = np.meshgrid(np.arange(left, right), np.arange(low, high))
    inside = shapely.contains_xy(sector, (columns + x0 + 0.5) * CELL_M, (rows + y0 + 0.5) * CELL_M)
    part = found[low:high, left:right]
    part[inside] = np.maximum(part[inside], np.uint32(t))
