"""What lies around the grids that are drawn: streets and buildings to snap to, people to assign.

The base map belongs to an app that knows of grids, not the other way round: it offers what pages
must know of it (`offer_base_map`).
"""

from collections.abc import Callable
from typing import Any

import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Q
from django.utils import timezone

from gis_server.geo import WGS84
from grids.models import Assignment, Building, Street
from grids.models.people import StaffRole
from grids.plan import Plan
from grids.plans.editor.drawn import around

MOST_STREETS = 2_000
MOST_BUILDINGS = 5_000
MOST_PEOPLE = 500
STREET_DIGITS = 9

_base_map: list[Callable[[], dict[str, Any] | None]] = []


def offer_base_map(config: Callable[[], dict[str, Any] | None]) -> None:
    _base_map[:] = [config]


def base_map() -> dict[str, Any] | None:
    """Kind, credit, layers, zooms and address of the base map; None where there is none."""
    return _base_map[0]() if _base_map else None


def to_snap_to(plan: Plan, scope_code: str, community: str) -> dict[str, Any]:
    """Lines of streets, and points of buildings, about a community's grids.  Two queries."""
    shapes = [grid.shape for grid in around(plan, community).values()]
    if not shapes:
        return {"streets": [], "buildings": []}
    box = Polygon.from_bbox(shapely.total_bounds(shapes).tolist())
    box.srid = WGS84
    streets = Street.objects.filter(line__bboverlaps=box).order_by("id")[:MOST_STREETS]
    near = Building.objects.filter(point__bboverlaps=box, scope_code__startswith=scope_code)
    points = near.order_by("id").values_list("point", flat=True)[:MOST_BUILDINGS]
    return {
        "streets": [line.coords for street in streets for line in street.line],  # type: ignore[attr-defined]
        "buildings": [point.coords for point in points if point is not None],
    }


def staff_of(scope_code: str, community: str, asked: str) -> list[dict[str, Any]]:
    """People who hold grids today in the street of a community, or below the plan's territory
    those whose name or number begins as asked.  One query.
    """
    day = timezone.localdate()
    held = Assignment.objects.filter(valid__contains=day)
    if asked:
        held = held.filter(grid__code__startswith=scope_code)
        held = held.filter(Q(worker__name__istartswith=asked) | Q(worker__number__startswith=asked))
    else:
        held = held.filter(grid__code__startswith=community[:STREET_DIGITS])
    found: dict[str, dict[str, Any]] = {}
    roles = dict(StaffRole.choices)
    rows = held.order_by("worker__number", "grid__code").values_list(
        "worker__number", "worker__name", "worker__role", "grid__code"
    )
    for number, name, role, code in rows[: 4 * MOST_PEOPLE]:
        one = found.setdefault(
            number, {"number": number, "name": name, "role": str(roles[role]), "grids": []}
        )
        one["grids"].append(code)
    # Who is at work in the community already stands first.
    nearest = sorted(found.values(), key=lambda one: not one["grids"][0].startswith(community))
    return nearest[:MOST_PEOPLE]
