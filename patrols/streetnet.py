"""How far it is along the streets.  Pure: no Django, no clock.

Streets are lines in metres.  Where two of them cross or touch there is a node, also where neither
has a corner; bridges are not known and count as crossings.  A place is taken to the nearest point
of a street, and the way there is part of the distance.  Where no street is near, or no way leads
through what is loaded, nothing is said (NaN): the caller then tells the straight distance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from patrols.track import Floats, Numbers

FARTHEST_OFF_M = 200.0
"""A place that far from every street is in a courtyard, or the streets are not loaded."""
JOINT_M = 1.0
"""Ends nearer to each other than that are one node: maps are drawn by hand."""
LIMIT_M = 20_000.0
"""Nobody is sent farther than that on foot; it bounds the search."""


@dataclass(frozen=True, slots=True)
class StreetNet:
    """pieces: parts of streets between nodes (shapely lines) with their lengths; begin, end: their
    nodes.  graph: metres between neighbouring nodes, both ways.
    """

    pieces: Any
    tree: shapely.STRtree
    begin: Numbers
    end: Numbers
    length: Floats
    graph: csr_array

    def __len__(self) -> int:
        return len(self.length)


@dataclass(frozen=True, slots=True)
class Snapped:
    """A place on a street.  off: metres to it; NaN where none is near.  piece: which one.  along:
    metres from the piece's beginning.
    """

    off: Floats
    piece: Numbers
    along: Floats


def build(lines: Iterable[Any]) -> StreetNet | None:
    """lines: shapely LineStrings or MultiLineStrings in metres.  None where there is none."""
    parts = shapely.get_parts(np.asarray(list(lines), dtype=object))
    parts = parts[~shapely.is_empty(parts)] if len(parts) else parts
    if not len(parts):
        return None
    # Rounded first, so that ends that almost meet do; noded, so that crossings are ends.
    noded = shapely.node(
        shapely.MultiLineString(
            shapely.get_parts(shapely.set_precision(shapely.union_all(parts), JOINT_M)).tolist()
        )
    )
    pieces = shapely.get_parts(noded)
    length = shapely.length(pieces)
    pieces, length = pieces[length > 0], length[length > 0]
    if not len(pieces):
        return None
    begin, end, count = _nodes(pieces)
    graph = _graph(begin, end, length, count)
    return StreetNet(pieces, shapely.STRtree(pieces), begin, end, length, graph)


def _nodes(pieces: Any) -> tuple[Numbers, Numbers, int]:
    """The numbers of each piece's ends, and how many nodes there are."""
    ends = np.concatenate(
        [
            shapely.get_coordinates(shapely.get_point(pieces, 0)),
            shapely.get_coordinates(shapely.get_point(pieces, -1)),
        ]
    )
    _, number = np.unique(np.round(ends / JOINT_M).astype(np.int64), axis=0, return_inverse=True)
    number = number.reshape(-1)
    return number[: len(pieces)], number[len(pieces) :], int(number.max()) + 1


def _graph(begin: Numbers, end: Numbers, length: Floats, count: int) -> csr_array:
    """Of several pieces between two nodes the shortest; a matrix would add them up."""
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    order = np.lexsort((length, high, low))
    low, high, length = low[order], high[order], length[order]
    first = np.ones(len(low), np.bool_)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return csr_array((length[first], (low[first], high[first])), shape=(count, count))


def snap(net: StreetNet, x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> Snapped:
    """Each place at the nearest point of a street."""
    points = shapely.points(np.asarray(x, float), np.asarray(y, float))
    piece = np.asarray(net.tree.nearest(points), np.int64)
    off = np.asarray(shapely.distance(points, net.pieces[piece]))
    along = np.asarray(shapely.line_locate_point(net.pieces[piece], points))
    return Snapped(np.where(off <= FARTHEST_OFF_M, off, np.nan), piece, along)


def distances(
    net: StreetNet, x: float, y: float, xs: Sequence[float], ys: Sequence[float]
) -> Floats:
    """Metres along the streets from one place to each of many, NaN where that cannot be told."""
    if not len(xs):
        return np.zeros(0)
    here, there = snap(net, [x], [y]), snap(net, xs, ys)
    if np.isnan(here.off[0]):
        return np.full(len(xs), np.nan)
    source, along = int(here.piece[0]), float(here.along[0])
    to_begin, to_end = along, float(net.length[source]) - along
    ways = dijkstra(
        net.graph,
        directed=False,
        indices=[int(net.begin[source]), int(net.end[source])],
        limit=LIMIT_M,
    )
    to_node = np.minimum(ways[0] + to_begin, ways[1] + to_end)
    left = net.length[there.piece] - there.along
    over = np.minimum(
        to_node[net.begin[there.piece]] + there.along, to_node[net.end[there.piece]] + left
    )
    # On the same piece nobody needs to go by its ends.
    direct = np.where(there.piece == source, np.abs(there.along - along), np.inf)
    found = np.minimum(over, direct) + here.off[0] + there.off
    return np.where(np.isfinite(found), found, np.nan)
