"""What must be true of the territory and SQL constraints cannot say; `check_world` prints it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import shapely
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Substr
from django.utils import timezone

from gis_server.geo import to_metric
from grids.codes import BadCode, level_of, parent_code
from grids.models import Building, Division, Grid, GridShape, ServicePoint, Shop
from grids.topology import prove

# Stored to 7 decimals (1 cm): over all borders of a division that is less than this.
TOLERANCE_M2 = 1.0
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
    grids = GridShape.objects.filter(valid__contains=on).values_list("grid__code", "shape")
    divisions = Division.objects.exclude(shape=None).values_list("code", "shape")
    yield from _undivided(_in_metres(grids), _in_metres(divisions))


def _in_metres(rows: Iterable[tuple[str, Any]]) -> dict[str, shapely.Geometry]:
    shapes = {code: shapely.from_wkb(bytes(shape.wkb)) for code, shape in rows}
    if not shapes:
        return {}
    return dict(zip(shapes, to_metric(list(shapes.values())), strict=True))


def _undivided(
    grids: Mapping[str, shapely.Geometry], divisions: Mapping[str, shapely.Geometry]
) -> Iterator[str]:
    children: dict[str, dict[str, shapely.Geometry]] = defaultdict(dict)
    for code, shape in [*grids.items(), *divisions.items()]:
        above = parent_code(code)
        if above is not None and above in divisions:
            children[above][code] = shape
    for code, parent in divisions.items():
        for finding in prove(children[code], (code, parent), tolerance=TOLERANCE_M2):
            yield f"below {code}: {finding}"
