"""The grounds of days: which one counts, making it, and noticing that the shapes have changed.

A ground belongs to a district and a day: it is made from the shapes in force on that day when the
day's ground is first asked for, and stays.  Only when shapes in force on that day become others
afterwards (a plan was published or corrected) it is made anew, what was seen that day against the
old one is dropped, and the tracks of the day are worked out again.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from gis_server.geo import to_metric
from patrols import terrain
from patrols.cells import Area, TooLarge
from patrols.intake import stale
from patrols.intake.partitions import midnight
from patrols.models import Coverage, DayGround, Duty, Part, StoredGround, Visit
from patrols.models.seen import AREA_DIGITS
from patrols.seen.locks import GROUND_LOCK, WRITE_LOCK, hold
from patrols.terrain import Named, Terrain

CHECK = timedelta(minutes=1)
RECENT = timedelta(days=2)
"""The grounds of such days are compared every `CHECK`; of older ones every day."""
AROUND_DEG = 0.002
"""What lies so near to the district may make its cells patrolable."""
IN_MEMORY = 3

SHAPES = """
    SELECT coalesce(md5(string_agg(
        drawn.grid_id || ':' || md5(ST_AsBinary(drawn.shape)), ',' ORDER BY drawn.grid_id)), '')
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(day)s AND starts_with(grid.code, %(area)s)"""
# A grid that is part of another has the longer code, and comes later: its cells are its own.
AREAS = """
    SELECT grid.id, ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %(day)s AND starts_with(grid.code, %(area)s)
    ORDER BY length(grid.code), grid.id"""
STREETS = """
    SELECT id, ST_AsBinary(line) FROM grids_street
    WHERE line && ST_MakeEnvelope(%s, %s, %s, %s, 4326) ORDER BY id"""
PLACES = """
    SELECT id, ST_X(point), ST_Y(point) FROM {table}
    WHERE point && ST_MakeEnvelope(%s, %s, %s, %s, 4326) ORDER BY id"""


@dataclass(frozen=True, slots=True)
class OfDay:
    """The ground of a district on a day."""

    area: str
    day: date
    ground_id: int

    @property
    def terrain(self) -> Terrain:
        return terrain_of(self.ground_id)


def areas() -> list[str]:
    """The districts that have grids.  One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT left(code, %s) FROM grids_grid", [AREA_DIGITS])
        return sorted(area for (area,) in cursor.fetchall())


@lru_cache(IN_MEMORY)
def terrain_of(ground_id: int) -> Terrain:
    """A ground; one that is stored never changes."""
    data = StoredGround.objects.values_list("data", flat=True).get(pk=ground_id)
    return terrain.unpack(bytes(data))


def known(day: date) -> list[OfDay]:
    """The grounds of a day that have been made.  One query."""
    rows = DayGround.objects.filter(day=day).order_by("area")
    return [OfDay(row.area, row.day, row.ground_id) for row in rows]


def latest(day: date) -> list[OfDay]:
    """The newest grounds up to a day: where the day's own is not made yet, that of a day before.
    One query.
    """
    rows = DayGround.objects.filter(day__lte=day).order_by("area", "-day").distinct("area")
    return [OfDay(row.area, row.day, row.ground_id) for row in rows]


def of_day(day: date, now: datetime) -> list[OfDay]:
    """The grounds of all districts on a day; those that are missing are made, which can take as
    long as a cup of tea for the first.
    """
    there = {one.area: one for one in known(day)}
    for area in areas():
        if area not in there and (made := _make(area, day, now)):
            there[area] = made
    return [there[area] for area in sorted(there)]


@transaction.atomic
def _make(area: str, day: date, now: datetime) -> OfDay | None:
    """The ground of a day, by whoever is first; None where no grid is in force, or too many."""
    hold(GROUND_LOCK)
    row = DayGround.objects.filter(area=area, day=day).first()
    if row is not None:
        return OfDay(area, day, row.ground_id)
    ground_id = _stored(area, day, now)
    if ground_id is None:
        return None
    shapes = shapes_of(area, day)
    DayGround.objects.create(area=area, day=day, ground_id=ground_id, shapes=shapes, checked_at=now)
    return OfDay(area, day, ground_id)


def shapes_of(area: str, day: date) -> str:
    """A hash of the shapes in force on a day; empty where there are none."""
    with connection.cursor() as cursor:
        cursor.execute(SHAPES, {"area": area, "day": day})
        return str(cursor.fetchone()[0])


def _stored(area: str, day: date, now: datetime) -> int | None:
    """The id of the ground of a district's present streets, buildings and shops and the shapes of a
    day; made where there is none of these yet.
    """
    sources = Sources.read(area, day)
    if sources is None:
        return None
    there = StoredGround.objects.filter(area=area, sources=sources.digest)
    if pk := there.values_list("pk", flat=True).first():
        return int(pk)
    try:
        packed = terrain.pack(sources.make())
    except TooLarge:
        return None
    row = StoredGround(area=area, sources=sources.digest, made_at=now, data=packed)
    row.save(force_insert=True)
    return row.pk


@dataclass(frozen=True, slots=True)
class Sources:
    """What a ground is made from, as the database tells it: ids and WKB, ids and degrees."""

    areas: list[tuple[int, bytes]]
    streets: list[tuple[int, bytes]]
    buildings: list[tuple[int, float, float]]
    shops: list[tuple[int, float, float]]
    digest: str

    @classmethod
    def read(cls, area: str, day: date) -> "Sources | None":
        """Four queries; None where no grid is in force."""
        with connection.cursor() as cursor:
            cursor.execute(AREAS, {"area": area, "day": day})
            shapes = [(pk, bytes(wkb)) for pk, wkb in cursor.fetchall()]
            if not shapes:
                return None
            edges = shapely.total_bounds(shapely.from_wkb([wkb for _pk, wkb in shapes]))
            west, south, east, north = (float(edge) for edge in edges)
            box = [west - AROUND_DEG, south - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG]
            cursor.execute(STREETS, box)
            lines = [(pk, bytes(wkb)) for pk, wkb in cursor.fetchall()]
            cursor.execute(PLACES.format(table="grids_building"), box)
            buildings = cursor.fetchall()
            cursor.execute(PLACES.format(table="grids_shop"), box)
            shops = cursor.fetchall()
        return cls(shapes, lines, buildings, shops, _digest(shapes, lines, buildings, shops))

    def make(self) -> Terrain:
        """Raises: see `cells.ground`."""
        grids = to_metric(shapely.from_wkb([wkb for _pk, wkb in self.areas]))
        given = [Area(pk, shape) for (pk, _wkb), shape in zip(self.areas, grids, strict=True)]
        lines: Any = []
        if self.streets:
            lines = list(to_metric(shapely.from_wkb([wkb for _pk, wkb in self.streets])))
        houses = Named([pk for pk, _x, _y in self.buildings], _metres(self.buildings))
        return terrain.terrain(
            given, Named([pk for pk, _wkb in self.streets], lines), houses, _metres(self.shops)
        )


def _metres(places: list[tuple[int, float, float]]) -> Any:
    """Points as an array of (n, 2) in metres."""
    if not places:
        return np.zeros((0, 2))
    points = shapely.points([(x, y) for _pk, x, y in places])
    return shapely.get_coordinates(to_metric(points))


def _digest(*sources: list[Any]) -> str:
    told = hashlib.sha256(str(settings.METRIC_SRID).encode())
    for rows in sources:
        told.update(repr(rows).encode())
    return told.hexdigest()


# ---- Shapes that change afterwards ---------------------------------------------------------------


def refresh(now: datetime) -> list[tuple[str, date]]:
    """Make the grounds anew of days whose shapes have changed since; which these were."""
    today = timezone.localdate(now)
    due = DayGround.objects.filter(checked_at__lt=now - CHECK, day__gte=today - RECENT)
    kept = timedelta(days=settings.PATROL_KEPT_DAYS)
    older = DayGround.objects.filter(checked_at__lt=now - timedelta(days=1), day__gte=today - kept)
    rows = [*due.order_by("id"), *older.filter(day__lt=today - RECENT).order_by("id")[:10]]
    return [(row.area, row.day) for row in rows if _renew(row, now)]


@transaction.atomic
def _renew(row: DayGround, now: datetime) -> bool:
    """Whether the shapes of the day have changed; then the day begins anew."""
    shapes = shapes_of(row.area, row.day)
    if shapes == row.shapes:
        DayGround.objects.filter(pk=row.pk).update(checked_at=now)
        return False
    hold(GROUND_LOCK)
    hold(WRITE_LOCK)
    ground_id = _stored(row.area, row.day, now)
    if ground_id is None:
        return False
    mine = DayGround.objects.filter(pk=row.pk, shapes=row.shapes)
    if mine.update(shapes=shapes, ground_id=ground_id, checked_at=now) != 1:
        return False  # another process was first
    of_old = {"day": row.day, "ground_id": row.ground_id}
    gone = set(Coverage.objects.filter(**of_old).values_list("grid_id", flat=True))
    Coverage.objects.filter(**of_old).delete()
    Part.objects.filter(**of_old).delete()
    Visit.objects.filter(day=row.day, grid_id__in=gone).delete()
    duties = Duty.objects.filter(day=row.day, stretches__isnull=False).distinct()
    begin = midnight(row.day)
    stale.mark(dict.fromkeys(duties.values_list("pk", flat=True), begin), now)
    return True
