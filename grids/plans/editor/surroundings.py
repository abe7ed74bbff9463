"""What lies around the grids that are drawn: streets and buildings to snap to, people to assign.

The base map belongs to an app that knows of grids, not the other way round: it offers what pages
must know of it (`offer_base_map`).
"""

from collections.abc import Callable
from typing import Any

import shapely
from django.contrib.gis.geos import Polygon
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from gis_server.geo import WGS84
from gis_server.models import User
from gis_server.roles import scope_q
from grids.models import Assignment, Building, GridWorker, Street
from grids.plan import Plan
from grids.plans.editor.drawn import around
from grids.queries.people import workers_of

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


def staff_of(user: User, scope_code: str, community: str, asked: str) -> list[dict[str, Any]]:
    """People to assign, of those that the user may know of: who has, had or will have a grid in the
    street of a community, or below the plan's territory where a beginning of names or numbers is
    asked for; and who never had one, so that somebody can give them their first.

    Who is at work in the community stands first, who has no grid today last.  Two queries.
    """
    below = scope_code if asked or not community else community[:STREET_DIGITS]
    posts = Assignment.objects.filter(worker=OuterRef("pk"))
    near = posts.filter(grid__code__startswith=below)
    today = near.filter(valid__contains=timezone.localdate())
    people = workers_of(user).filter(Q(Exists(near)) | ~Q(Exists(posts)))
    if asked:
        people = people.filter(Q(name__istartswith=asked) | Q(number__startswith=asked))
    here = Exists(today.filter(grid__code__startswith=community))
    found = list(people.order_by(here.desc(), Exists(today).desc(), "number")[:MOST_PEOPLE])
    codes = _codes_held(found, user, below)
    return [
        {
            "number": one.number,
            "name": one.name,
            "role": one.get_role_display(),
            "grids": codes.get(one.pk, []),
        }
        for one in found
    ]


def _codes_held(people: list[GridWorker], user: User, below: str) -> dict[int, list[str]]:
    """The grids that people hold today below a prefix, in the user's reach."""
    held = Assignment.objects.filter(
        scope_q(user, "grid__code"),
        worker__in=people,
        grid__code__startswith=below,
        valid__contains=timezone.localdate(),
    )
    codes: dict[int, list[str]] = {}
    for worker, code in held.order_by("grid__code").values_list("worker", "grid__code"):
        codes.setdefault(worker, []).append(code)
    return codes
