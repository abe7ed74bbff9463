"""What must be true of the territory and SQL constraints cannot say; `check_world` prints it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import shapely
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Substr
from django.utils import timezone

from gis_server.geo import to_metric
from grids.codes import BadCode, level_of, parent_code
from grids.models import Building, Division, Grid, GridShape, ServicePoint, Shop
from grids.topology import Finding, prove

# About 1 m²: what rounding to 7 decimals may leave between a division and its parts.
TOLERANCE_DEG2 = 1e-10
MOST_PLACES = 20  # listed of each kind; more would hide the rest


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _codes()
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
    strays = Grid.objects.annotate(home=Substr("code", 1, 12)).exclude(home=F("community__code"))
    for code, community in strays.values_list("code", "community__code"):
        yield f"grid {code} belongs to community {community}, its code says {code[:12]}"


def _places() -> Iterator[str]:
    home = GridShape.objects.filter(
        grid=OuterRef("grid"), valid__contains=timezone.localdate(), shape__covers=OuterRef("point")
    )
    lost: dict[str, QuerySet[Any, tuple[int, str]]] = {
        "building": Building.objects.filter(~Exists(home)).values_list("id", "grid__code"),
        "shop": Shop.objects.filter(~Exists(home)).values_list("id", "grid__code"),
        "service point": ServicePoint.objects.filter(~Exists(home)).values_list("id", "grid__code"),
    }
    for word, rows in lost.items():
        for key, code in rows[:MOST_PLACES]:
            yield f"{word} {key} lies outside of its grid {code}"


def _partition(on: date) -> Iterator[str]:
    """Prove the partition in stored coordinates: straight there is what border means."""
    grids = _stored(GridShape.objects.filter(valid__contains=on).values_list("grid__code", "shape"))
    divisions = _stored(Division.objects.exclude(shape=None).values_list("code", "shape"))
    children: dict[str, dict[str, shapely.Geometry]] = defaultdict(dict)
    for code, shape in [*grids.items(), *divisions.items()]:
        above = parent_code(code)
        if above is not None and above in divisions:
            children[above][code] = shape
    for code, parent in divisions.items():
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
