"""What must be true of the territory and SQL constraints cannot say; `check_world` prints it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import shapely
from django.db import connection
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Substr
from django.utils import timezone

from gis_server.geo import to_metric
from grids.codes import BadCode, level_of, parent_code
from grids.models import Division, Grid, GridShape
from grids.topology import Finding, prove

# About 1 m²: what rounding to 7 decimals may leave between a division and its parts.
TOLERANCE_DEG2 = 1e-10
MOST_PLACES = 20  # listed of each kind; more would hide the rest


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _codes()
    yield from _designations()
    yield from _places()
    yield from _partition(timezone.localdate())


def _codes() -> Iterator[str]:
    for code, level, parent in Division.objects.values_list("code", "level", "parent__code"):
        try:
            if level_of(code) != level:
                yield f"division {code} is stored as {level}, its code says {level_of(code)}"
            if parent is not None and parent != parent_code(code):
                yield f"division {code} hangs under {parent}, its code says {parent_code(code)}"
        except BadCode as error:
            yield f"division {error}"
    for code, parent in Grid.objects.exclude(parent=None).values_list("code", "parent__code"):
        if parent != parent_code(code):
            yield f"grid {code} is part of {parent}, its code says {parent_code(code)}"
    strays = Grid.objects.annotate(home=Substr("code", 1, 12)).exclude(home=F("community__code"))
    for code, community in strays.values_list("code", "community__code"):
        yield f"grid {code} belongs to community {community}, its code says {code[:12]}"


def _designations() -> Iterator[str]:
    """Today's code and name are the last ones in the history."""
    kinds: tuple[tuple[str, type[Any]], ...] = (("division", Division), ("grid", Grid))
    for word, model in kinds:
        now = model.designations.rel.related_model.objects.filter(
            **{word: OuterRef("pk")},
            valid__endswith=None,
            code=OuterRef("code"),
            name=OuterRef("name"),
        )
        there = model.objects.filter(gone_on=None) if model is Grid else model.objects
        for code in there.filter(~Exists(now)).values_list("code", flat=True)[:MOST_PLACES]:
            yield f"{word} {code} has a code or name that its history does not know"


STRAYS = """
    SELECT place.id, grid.code, home.code
    FROM {table} AS place LEFT JOIN grids_grid AS grid ON grid.id = place.grid_id,
         LATERAL grids_home(place.point, grids_today()) AS home
    WHERE place.grid_id IS DISTINCT FROM home.grid_id ORDER BY place.id LIMIT %s"""


def _places() -> Iterator[str]:
    """Every point is in the grid that its table says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT grids_assigned_tables()::text")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(STRAYS.format(table=table), [MOST_PLACES])
            for key, stored, found in cursor.fetchall():
                yield f"{table} {key} lies in grid {found}, the table says {stored}"


def _partition(on: date) -> Iterator[str]:
    """Prove the partition in stored coordinates: straight there is what border means."""
    grids = _stored(GridShape.objects.filter(valid__contains=on).values_list("grid__code", "shape"))
    divisions = _stored(Division.objects.exclude(shape=None).values_list("code", "shape"))
    children: dict[str, dict[str, shapely.Geometry]] = defaultdict(dict)
    for code, shape in [*grids.items(), *divisions.items()]:
        above = parent_code(code)
        if above is not None and (above in divisions or above in grids):
            children[above][code] = shape
    for code, parent in [*divisions.items(), *((c, grids[c]) for c in grids if c in children)]:
        for finding in prove(children[code], (code, parent), tolerance=TOLERANCE_DEG2):
            yield _told(code, finding)


def _stored(rows: Iterable[tuple[str, Any]]) -> dict[str, shapely.Geometry]:
    return {code: shapely.from_wkb(bytes(shape.wkb)) for code, shape in rows}


def _told(code: str, finding: Finding) -> str:
    where = "".join(f" at {east:.6f},{north:.6f}" for east, north in _first_point(finding.where))
    metres = to_metric(finding.where)
    size = f"{metres.area:.1f} m²" if metres.area else f"{metres.length:.1f} m of border"
    return f"below {code}: {finding.code} {finding.fault.value}{where}, {size}"


def _first_point(shape: shapely.Geometry) -> list[list[float]]:
    return list(shapely.get_coordinates(shape)[:1].tolist())
