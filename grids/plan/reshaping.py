"""Lay the border between two grids along a drawn line.  Pure.

Where the line meets the common border at least twice, it takes the place of the border between the
first and the last meeting.  Where it meets it less often, it must run right through both grids, and
is all of their border from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter

import shapely

from grids.plan.cutting import Cut
from grids.plan.faces import a_place, faces, joined, sides_of
from grids.plan.flaws import Flaw, Point, Refused
from grids.plan.lines import Laid, Piece, halfway, lay, open_line
from grids.plan.nodes import Edge, edge, edges


def reshape(
    first: tuple[str, shapely.Geometry],
    second: tuple[str, shapely.Geometry],
    line: Sequence[Point],
) -> Cut:
    """What two neighbours are with the line as their border, each where most of it was.

    Raises:
        Refused: the two are no neighbours, or the line does not say where their border should be.
    """
    keys = first[0], second[0]
    laid = lay(open_line(line), dict([first, second]))
    one, other = laid.shapes[keys[0]], laid.shapes[keys[1]]
    whole = joined([one, other])
    common = set(edges(one)) & set(edges(other))
    if len(whole) > 1 or not common:
        raise Refused(Flaw.NOT_NEIGHBOURS, *keys, place=a_place(one))
    outer = (set(edges(one)) | set(edges(other))) - common
    way = _way(keys, laid, common)
    separators = _separators(keys, way, common, outer)
    if common in separators:
        raise Refused(Flaw.RUNS_ALONG_BORDER, *keys, place=halfway(way[0], way[1]))
    divisions = [faces([*outer, *separator], whole[0]) for separator in separators]
    pairs = [_by_owner(parts, one, other) for parts in divisions if len(parts) == 2]
    if not pairs:
        many = max(map(len, divisions)) > 2
        flaw = Flaw.CROSSES_TOO_OFTEN if many else Flaw.ENDS_NOT_ON_BORDER
        raise Refused(flaw, *keys, place=way[-1])
    _, mine, theirs = max(pairs, key=itemgetter(0))
    return Cut(mine, theirs, laid.nodes)


def _way(keys: tuple[str, str], laid: Laid, common: set[Edge]) -> list[Point]:
    """The line's one stretch through the two grids, from its first meeting there to its last."""
    at_common = {point for side in common for point in side}
    runs = [run for run in _runs(laid.pieces, common) if any(piece.home for piece in run)]
    if not runs:
        along = next((piece for piece in laid.pieces if piece.along), None)
        flaw = Flaw.RUNS_ALONG_BORDER if along else Flaw.DOES_NOT_CROSS
        raise Refused(flaw, *keys, place=(along or laid.pieces[0]).middle)
    if len(runs) > 1:
        raise Refused(Flaw.CROSSES_TOO_OFTEN, *keys, place=runs[1][0].points[0])
    points = [*runs[0][0].points, *(p for piece in runs[0][1:] for p in piece.points[1:])]
    met = [k for k, point in enumerate(points) if point in at_common]
    if len(met) < 2:
        met = [k for k in (0, len(points) - 1) if points[k] in laid.meetings]
    if len(met) < 2:
        free = points[-1] if met == [0] else points[0]
        raise Refused(Flaw.ENDS_NOT_ON_BORDER, *keys, place=free)
    way = points[met[0] : met[-1] + 1]
    for point in way[1:-1]:
        if point in laid.meetings and point not in at_common:
            raise Refused(Flaw.TOUCHES_BORDER, *keys, place=point)
    return way


def _runs(pieces: Iterable[Piece], common: set[Edge]) -> list[list[Piece]]:
    """Pieces in a row that run through the grids or along their common border."""
    runs: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.home or (piece.along and edge(*piece.points) in common):
            runs[-1].append(piece)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _separators(
    keys: tuple[str, str], way: list[Point], common: set[Edge], outer: set[Edge]
) -> list[set[Edge]]:
    """The borders that the line can mean: one, or two where the common border is a ring."""
    at_common = {point for side in common for point in side}
    at_outer = {point for side in outer for point in side}
    start, end = way[0], way[-1]
    if start in at_common and end in at_common:
        replaced = _paths(common, start, end)
        if replaced:
            return [(common - set(path)) | set(sides_of(way)) for path in replaced]
        if not (start in at_outer and end in at_outer):
            raise Refused(Flaw.TWO_BORDERS, *keys, place=end)
    return [set(sides_of(way))]


def _paths(sides: set[Edge], start: Point, end: Point) -> list[list[Edge]]:
    """The ways along a border, which never forks, from one of its vertices to another."""
    beside: Mapping[Point, list[Point]] = defaultdict(list)
    for a, b in sorted(sides):
        beside[a].append(b)
        beside[b].append(a)
    found = []
    for step in beside[start]:
        path = [start, step]
        while path[-1] != end:
            onward = [p for p in beside[path[-1]] if p != path[-2]]
            if len(onward) != 1 or onward[0] == start:
                break
            path.append(onward[0])
        if path[-1] == end:
            found.append([edge(a, b) for a, b in pairwise(path)])
    return found


def _by_owner(
    parts: Sequence[shapely.Geometry], one: shapely.Geometry, other: shapely.Geometry
) -> tuple[float, shapely.Geometry, shapely.Geometry]:
    """Two parts as the first grid and the second, so that most stays whose it was, and how much."""
    left, right = parts
    straight = left.intersection(one).area + right.intersection(other).area
    crosswise = right.intersection(one).area + left.intersection(other).area
    return (straight, left, right) if straight >= crosswise else (crosswise, right, left)
