"""The proof that the grids divide their communities exactly, as they would be under a plan."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

import shapely
from django.db import connection

from gis_server.errors import Invalid
from grids.codes import GRID_DIGITS, PART_DIGITS
from grids.models import Division, PlanChange
from grids.plans.texts import findings_text
from grids.topology import LIMITS, Finding, newly_thin, prove

# About 1 m²: what rounding to 7 decimals may leave between a division and its parts.
TOLERANCE_DEG2 = 1e-10
GAP_WIDTH_DEG = 1e-6  # 0.1 m: narrower gaps are slips of a pen, wider ones show as uncovered
MOST_FINDINGS = 500

SHAPES = """
    SELECT grid.id, grid.code, ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE drawn.valid @> %s::date AND left(grid.code, 12) = ANY (%s)
    ORDER BY grid.code"""

Shapes = dict[str, shapely.Polygon]


@dataclass(frozen=True)
class World:
    """The communities that a plan touches, before and after it.

    before, after: code → polygon (WGS84) of all their grids.  outlines: community → what somebody
    stated as its outline; a community that is not in it is as large as its grids.
    """

    communities: frozenset[str]
    before: Shapes
    after: Shapes
    outlines: Shapes = field(default_factory=dict)


def world_under(changes: Iterable[PlanChange], day: date) -> World:
    """The communities as they are on a day, and as they would be with the changes.  Two queries."""
    changes = list(changes)
    communities = {one.community.code for one in changes}
    communities |= {
        code[:12] for one in changes for code in (one.code_before, one.code_after) if code
    }
    with connection.cursor() as cursor:
        cursor.execute(SHAPES, [day, sorted(communities)])
        drawn = cursor.fetchall()
    polygons = shapely.from_wkb([bytes(wkb) for _id, _code, wkb in drawn])
    known = dict(zip((code for _id, code, _wkb in drawn), polygons, strict=True))
    codes = {grid_id: code for grid_id, code, _wkb in drawn}
    after = dict(known)
    for change in changes:
        if change.grid_id in codes:
            after.pop(codes[change.grid_id])
    for change in changes:
        if change.after is not None:
            after[change.code_after] = shapely.from_wkb(bytes(change.after.wkb))
    stated = Division.objects.filter(
        code__in=communities, shape_is_union=False, shape__isnull=False
    )
    outlines = {
        code: shapely.from_wkb(bytes(shape.wkb))
        for code, shape in stated.values_list("code", "shape")
        if shape is not None
    }
    return World(frozenset(communities), known, after, outlines)


def findings(world: World) -> list[Finding]:
    """Everything that keeps the grids from dividing what they divided before; empty when proven."""
    return list(islice(_findings(world), MOST_FINDINGS))


def _findings(world: World) -> Iterator[Finding]:
    below = _by_parent(world.after)
    for code, outline in sorted(world.outlines.items()):
        yield from _prove(below.get(code, {}), (code, outline))
    yield from _together(world, below)
    for code in sorted(below):
        if len(code) >= GRID_DIGITS and code in world.after:
            yield from _prove(below[code], (code, world.after[code]))
    yield from _slivers(world)


def _slivers(world: World) -> Iterator[Finding]:
    """Grids that the plan draws too small or too narrow; another code alone draws nothing."""
    there = {shape.wkb for shape in world.before.values()}
    drawn = {code: one for code, one in world.after.items() if one.wkb not in there}
    yield from newly_thin(world.before, drawn, LIMITS)


def _together(world: World, below: Mapping[str, Shapes]) -> Iterator[Finding]:
    """Communities without a stated outline may give each other ground; all of it stays theirs."""
    free = world.communities - set(world.outlines)
    before = [
        shape for code, shape in world.before.items() if _is_whole(code) and code[:12] in free
    ]
    if not before:
        for code in sorted(free):
            yield from _prove_alone(code, below.get(code, {}))
        return
    after = {code: shape for one in sorted(free) for code, shape in below.get(one, {}).items()}
    yield from _prove(after, (min(free), shapely.union_all(before)))


def _prove_alone(code: str, shapes: Shapes) -> Iterator[Finding]:
    """The first grids of communities whose outline nobody has stated."""
    if shapes:
        yield from _prove(shapes, (code, shapely.union_all(list(shapes.values()))))


def _prove(shapes: Shapes, parent: tuple[str, shapely.Geometry]) -> list[Finding]:
    return prove(shapes, parent, tolerance=TOLERANCE_DEG2, gap_width=GAP_WIDTH_DEG)


def _is_whole(code: str) -> bool:
    return len(code) == GRID_DIGITS


def _by_parent(shapes: Mapping[str, shapely.Polygon]) -> dict[str, Shapes]:
    below: dict[str, Shapes] = defaultdict(dict)
    for code, shape in shapes.items():
        below[code[:12] if _is_whole(code) else code[:-PART_DIGITS]][code] = shape
    return below


def refuse_faults(world: World) -> None:
    """
    Raises:
        Invalid: the grids would not divide the communities; names the first faults and places.
    """
    found = findings(world)
    if not found:
        return
    places = [shapely.get_coordinates(one.where)[:1].tolist() for one in found]
    told = [
        {"code": one.code, "fault": one.fault.value, "place": place[0] if place else None}
        for one, place in zip(found, places, strict=True)
    ]
    raise Invalid(findings_text(found), {"faults": told})
