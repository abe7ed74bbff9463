"""What pages read of imports; every list is cut to the user's reach."""

import json
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import GEOSGeometry, Point
from django.db.models import Count, Exists, OuterRef, QuerySet

from gis_server.frames import BadCoordinatesError, to_wgs84
from gis_server.models import User
from gis_server.roles import scope_q
from grids.codes import prefix
from grids.imports.frame_choice import UnknownFrame, frame_named
from grids.imports.problems import Problem
from grids.imports.stage import Stage
from grids.imports.targets import TARGETS
from grids.imports.texts import sentence
from grids.imports.told import said_of_fault
from grids.models import (
    Building,
    Division,
    Grid,
    GridShape,
    GridWorker,
    ImportFault,
    ImportRun,
    ImportTarget,
    ServicePoint,
    Shop,
    Street,
)

MOST_TERRITORIES = 500  # offered by name; others are typed
MOST_OUTLINES = 3_000  # shapes of the file that the map of faults draws
MOST_MARKED = 2_000  # faults on it
MOST_DIVISIONS = 200
MOST_AROUND = 500
NEAR_DEG = 0.03  # with more shapes, only those within about 3 km of a fault


def imports_of(user: User) -> QuerySet[ImportRun]:
    """Imports within the user's reach, the newest first."""
    return ImportRun.objects.filter(scope_q(user, "scope")).select_related("by").order_by("-id")


def territories(user: User) -> list[tuple[str, str]]:
    """Territories to choose from: (digits, name), the user's own first, then what is in the tree.

    A user's own are offered although nothing may be known there yet: a district begins so.
    """
    known = Division.objects.filter(scope_q(user, "code")).order_by("code")
    names = {prefix(d.code): d.name for d in known[:MOST_TERRITORIES]}
    own = {digits: names.get(digits, "") for digits in user.reach if digits}
    return list((own | names).items())


def what_is_there(user: User) -> dict[str, int]:
    """How many of each kind the user's territory holds; one query each."""
    people = GridWorker.objects.filter(scope_q_of_posts(user)).distinct()
    return {
        ImportTarget.DIVISIONS: Division.objects.filter(scope_q(user, "code")).count(),
        ImportTarget.GRIDS: Grid.objects.filter(scope_q(user, "code")).count(),
        ImportTarget.STREETS: Street.objects.count(),
        ImportTarget.BUILDINGS: Building.objects.filter(scope_q(user, "scope_code")).count(),
        ImportTarget.SHOPS: Shop.objects.filter(scope_q(user, "scope_code")).count(),
        ImportTarget.SERVICE_POINTS: ServicePoint.objects.filter(
            scope_q(user, "scope_code")
        ).count(),
        ImportTarget.WORKERS: people.count(),
    }


def scope_q_of_posts(user: User) -> Any:
    return scope_q(user, "assignments__grid__code")


def faults_of(run: ImportRun, problem: str = "") -> QuerySet[ImportFault]:
    """Faults of an import in the order in which they were found, of one kind where asked."""
    rows = run.faults.order_by("id")
    return rows.filter(problem=problem) if problem else rows


# The map of faults -------------------------------------------------------------------------------
def map_of_faults(run: ImportRun, user: User) -> dict[str, Any]:
    """GeoJSON of what is wrong and of the shapes around it, and the box of it all."""
    return {
        "faults": places_of_faults(run),
        "shapes": _collection(_outlines(run)),
        "around": _collection(_around(run, user)),
        "divisions": _collection(_divisions(run, user)),
    }


def places_of_faults(run: ImportRun) -> dict[str, Any]:
    """Faults that have a place, as GeoJSON."""
    marked = [
        _marked(fault, place)
        for fault in run.faults.order_by("id")[:MOST_MARKED]
        if (place := place_of(fault, run)) is not None
    ]
    return _collection(marked)


def has_places(run: ImportRun) -> bool:
    """Whether any fault of an import can be shown on a map."""
    with_place = run.faults.exclude(place=None)
    return with_place.exists() or any(
        place_of(fault, run) for fault in run.faults.filter(details__has_key="x")[:1]
    )


def place_of(fault: ImportFault, run: ImportRun) -> GEOSGeometry | None:
    """Where a fault lies in WGS84: its own place, or a position it names in the file's frame."""
    if fault.place is not None:
        return cast("GEOSGeometry", fault.place)
    try:
        x, y = float(fault.details["x"]), float(fault.details["y"])
        if run.exchange_axes:
            x, y = y, x
        lon, lat = to_wgs84(np.array([x]), np.array([y]), frame_named(run.frame))
    except (KeyError, TypeError, ValueError, UnknownFrame, BadCoordinatesError):
        return None
    return Point(float(lon[0]), float(lat[0]), srid=4326)


def _marked(fault: ImportFault, place: GEOSGeometry) -> dict[str, Any]:
    properties = {"id": fault.id, "said": said_of_fault(fault), "problem": fault.problem}
    return _feature(json.loads(place.json), properties)


def _outlines(run: ImportRun) -> list[dict[str, Any]]:
    """The file's own shapes; of very many only those near a fault."""
    stage = Stage(run.id, {})
    kind = TARGETS[run.target].shape
    if kind not in ("polygon", "line") or not stage.exists():
        return []
    [count] = stage.one("SELECT count(*) FROM {stage}")
    near = "" if count <= MOST_OUTLINES else _near_faults()
    rows = stage.rows(
        f"""SELECT s.code, s.name, ST_AsGeoJSON(s.shape, 6) FROM {{stage}} AS s
            WHERE s.shape IS NOT NULL {near} ORDER BY s.row LIMIT {MOST_OUTLINES}""",
        {"run": run.id, "near": NEAR_DEG},
    )
    return [_feature(json.loads(shape), {"code": code, "name": name}) for code, name, shape in rows]


def _near_faults() -> str:
    return """AND EXISTS (SELECT 1 FROM grids_importfault AS fault WHERE fault.run_id = %(run)s
        AND fault.place && ST_Expand(s.shape, %(near)s))"""


def _around(run: ImportRun, user: User) -> list[dict[str, Any]]:
    """Grids of the registry at the faults: the neighbours that the file does not name, too."""
    faults = ImportFault.objects.filter(run=run, place__bboverlaps=OuterRef("shape"))
    drawn = GridShape.objects.filter(
        scope_q(user, "grid__code"),
        Exists(faults),
        grid__code__startswith=run.scope[:6],
        valid__contains=run.valid_from,
    )
    rows = drawn.order_by("grid__code").annotate(drawn=AsGeoJSON("shape", precision=6))
    return [
        _feature(json.loads(shape), {"code": code})
        for code, shape in rows.values_list("grid__code", "drawn")[:MOST_AROUND]
    ]


def _divisions(run: ImportRun, user: User) -> list[dict[str, Any]]:
    """Outlines of the user's streets and towns around, so that one knows where one is."""
    around = Division.objects.filter(
        scope_q(user, "code"),
        code__startswith=run.scope[:6],
        level__in=("district", "street"),
        shape__isnull=False,
    )
    rows = around.order_by("code").annotate(drawn=AsGeoJSON("shape", precision=5))
    return [
        _feature(json.loads(drawn), {"name": name})
        for name, drawn in rows.values_list("name", "drawn")[:MOST_DIVISIONS]
    ]


def _feature(geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault: how many there are, how many of them are kept with row and place."""

    problem: str
    count: int
    kept: int
    example: str


def kinds_of_faults(run: ImportRun) -> list[FaultKind]:
    """The kinds of faults of an import, most first, each with the sentence of its first."""
    kept = dict(run.faults.values_list("problem").annotate(n=Count("id")).order_by())
    first = run.faults.order_by("problem", "id").distinct("problem")
    examples = {fault.problem: sentence(Problem(fault.problem), fault.details) for fault in first}
    rows = [
        FaultKind(problem, max(run.fault_counts.get(problem, 0), number), number, examples[problem])
        for problem, number in kept.items()
    ]
    return sorted(rows, key=lambda row: (-row.count, row.problem))
