"""The street graph around a place, made when it is asked for and kept while the streets stay."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

import shapely
from django.contrib.gis.geos import Polygon
from django.db import connection

from gis_server.geo import WGS84, convert, metric_srid
from grids.models import Street
from patrols import streetnet

TILE_M = 4000.0
"""Places of one square of this size share a graph."""
MARGIN_M = 4000.0
"""So far beyond its square a graph reaches; whoever is farther is told the straight distance."""
MOST_KEPT = 4
MOST_STREETS = 20_000
"""Of more streets no graph is made: it would take a minute and too much memory."""
ASKED_EVERY = timedelta(seconds=60)

DIGEST = """
    SELECT count(*), coalesce(sum(hashtextextended(ST_AsEWKB(line)::text, 0)::numeric), 0)
    FROM grids_street WHERE line && ST_MakeEnvelope(%s, %s, %s, %s, 4326)
"""
Digest = tuple[int, int]
Key = tuple[int, int]


@dataclass(slots=True)
class Kept:
    net: streetnet.StreetNet | None
    digest: Digest
    asked_at: datetime


_kept: OrderedDict[Key, Kept] = OrderedDict()
_lock = threading.Lock()


def net_around(x: float, y: float, now: datetime) -> streetnet.StreetNet | None:
    """The streets around a place (metres of `geo.metric_srid()`), None where none are loaded.

    No query while what is kept was compared lately; one to compare, two to make it.
    """
    key = int(x // TILE_M), int(y // TILE_M)
    with _lock:
        kept = _kept.get(key)
        if kept is None or not timedelta(0) <= now - kept.asked_at < ASKED_EVERY:
            kept = fresh(key, kept, now)
            _kept[key] = kept
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
        return kept.net


def fresh(key: Key, kept: Kept | None, now: datetime) -> Kept:
    """What is kept where the streets are as they were, else made anew."""
    box = box_of(key)
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, box)
        count, total = cursor.fetchone()
    digest = int(count), int(total)
    if kept is not None and kept.digest == digest:
        return Kept(kept.net, digest, now)
    net = made(box) if 0 < digest[0] <= MOST_STREETS else None
    return Kept(net, digest, now)


def box_of(key: Key) -> list[float]:
    """West, south, east, north in degrees of a square with its margin."""
    west, south = key[0] * TILE_M - MARGIN_M, key[1] * TILE_M - MARGIN_M
    side = TILE_M + 2 * MARGIN_M
    square = shapely.box(west, south, west + side, south + side)
    return [float(one) for one in convert(square, metric_srid(), WGS84).bounds]


def made(box: list[float]) -> streetnet.StreetNet | None:
    lines = Street.objects.filter(line__bboverlaps=box_polygon(box)).order_by("id")
    found = [shapely.from_wkb(bytes(line.wkb)) for line in lines.values_list("line", flat=True)]
    return streetnet.build(convert(found, WGS84, metric_srid())) if found else None


def box_polygon(box: list[float]) -> Polygon:
    west, south, east, north = box
    polygon = Polygon.from_bbox((west, south, east, north))
    polygon.srid = WGS84
    return polygon


def forget() -> None:
    """Drop all graphs: for tests, whose databases change under them."""
    with _lock:
        _kept.clear()
