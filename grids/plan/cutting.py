"""Divide a grid along a line, and cut a piece out of one along a ring.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from grids.plan.faces import a_place, faces, joined, lies_left, sides_of
from grids.plan.flaws import Flaw, Point, Refused
from grids.plan.lines import Laid, Piece, closed_line, lay, open_line
from grids.plan.nodes import Edge, edges, with_nodes


@dataclass(frozen=True)
class Cut:
    """A grid in two parts, and the nodes that other grids must have on its borders."""

    first: shapely.Geometry
    second: shapely.Geometry
    nodes: dict[Edge, list[Point]]


def split(key: str, shape: shapely.Geometry, line: Sequence[Point]) -> Cut:
    """What lies left and what lies right of a line that runs through a grid.

    The line may begin and end outside: what sticks out does not count.

    Raises:
        Refused: the line does not run through the grid exactly once.
    """
    laid = lay(open_line(line), {key: shape})
    way = _the_one_way_through(key, laid)
    noded = laid.shapes[key]
    parts = faces([*edges(noded), *sides_of(way.points)], noded)
    if len(parts) != 2:
        flaw = Flaw.TOUCHES_BORDER if way.points[0] == way.points[-1] else Flaw.HOLE_IN_THE_WAY
        raise Refused(flaw, key, place=way.points[-1])
    if not lies_left(parts[0], way.points[0], way.points[1]):
        parts.reverse()
    return Cut(parts[0], parts[1], laid.nodes)


def _the_one_way_through(key: str, laid: Laid) -> Piece:
    along = next((piece for piece in laid.pieces if piece.along), None)
    inside = [piece for piece in laid.pieces if piece.home == key]
    if along is not None:
        raise Refused(Flaw.RUNS_ALONG_BORDER, key, place=along.middle)
    if not inside:
        met = sorted(laid.meetings)
        flaw = Flaw.TOUCHES_BORDER if met else Flaw.DOES_NOT_CROSS
        raise Refused(flaw, key, place=met[0] if met else laid.pieces[0].points[0])
    for piece in inside:
        for end in (piece.points[0], piece.points[-1]):
            if end not in laid.meetings:
                raise Refused(Flaw.ENDS_INSIDE, key, place=end)
    if len(inside) > 1:
        first, second = inside[0].points[-1], inside[1].points[0]
        flaw = Flaw.TOUCHES_BORDER if first == second else Flaw.CROSSES_TOO_OFTEN
        raise Refused(flaw, key, place=second)
    return inside[0]


def cut_out(key: str, shape: shapely.Geometry, ring: Sequence[Point]) -> Cut:
    """What a ring encloses of a grid, and the rest.  The first may be several pieces.

    Raises:
        Refused: the ring encloses nothing of the grid or all of it, or the rest is several pieces.
    """
    drawn = closed_line(ring)
    laid = lay(drawn, {key: shape})
    noded = laid.shapes[key]
    inside = [side for p in laid.pieces if p.home == key for side in sides_of(p.points)]
    enclosed = shapely.Polygon([p for piece in laid.pieces for p in piece.points[:-1]])
    if not enclosed.is_valid:
        raise Refused(Flaw.SLIVER, key, place=drawn[0])
    parts = faces([*edges(noded), *inside], noded)
    taken = [part for part in parts if enclosed.intersects(shapely.Point(a_place(part)))]
    rest = [part for part in parts if part not in taken]
    if not taken:
        raise Refused(Flaw.DOES_NOT_CROSS, key, place=drawn[0])
    if not rest:
        raise Refused(Flaw.TAKES_ALL, key, place=a_place(shape))
    if len(rest) > 1:
        raise Refused(Flaw.NOT_ONE_PIECE, key, place=a_place(min(rest, key=shapely.area)))
    piece = taken[0] if len(taken) == 1 else shapely.MultiPolygon(taken)
    return Cut(piece, rest[0], laid.nodes)


def hand_over(
    giver: tuple[str, shapely.Geometry], taker: tuple[str, shapely.Geometry], ring: Sequence[Point]
) -> Cut:
    """What two grids are after one has given the other what a ring encloses of it: taker, giver.

    Raises:
        Refused: see `cut_out`; a piece does not lie beside the taker.
    """
    cut = cut_out(*giver, ring)
    pieces = list(shapely.get_parts(cut.first))
    whole = joined([with_nodes(taker[1], cut.nodes), *pieces])
    if len(whole) > 1:
        apart = min(whole, key=shapely.area)
        raise Refused(Flaw.NOT_NEIGHBOURS, giver[0], taker[0], place=a_place(apart))
    return Cut(whole[0], cut.second, cut.nodes)
