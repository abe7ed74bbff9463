"""What was found on blocks, done to the plan: operations along the borders of blocks.  Pure.

Every operation is done to the plan itself, with its proof; what it refuses is not proposed.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import shapely

from grids.balance.blocks import Blocks
from grids.plan import HandOver, Merge, Operation, Plan, Refused, Split, apply
from grids.plan.nodes import edges


class Drawing:
    """A plan, what was done to it so far, and the key of the grid that each block lies in."""

    def __init__(self, plan: Plan, blocks: Blocks) -> None:
        self.plan, self.blocks = plan, blocks
        self.home = list(blocks.grids)
        self.operations: list[Operation] = []
        self.places = shapely.point_on_surface(np.array(blocks.shapes, dtype=object))

    def of(self, key: str) -> list[int]:
        """The blocks of a grid."""
        return [block for block, home in enumerate(self.home) if home == key]

    def households(self, some: Iterable[int]) -> int:
        return sum(self.blocks.households[block] for block in some)

    def split(self, key: str, gone: Collection[int], code: str, name: str) -> bool:
        """Make a new grid of some of a grid's blocks; False where the plan refuses."""
        kept = [block for block in self.of(key) if block not in gone]
        line = self._between(kept, gone)
        if line is None:
            return False
        home = [code if block in gone else at for block, at in enumerate(self.home)]
        return any(
            self._do(Split(key, line, side, code, name), home, (key, code))
            for side in ("left", "right")
        )

    def merge(self, key: str, into: str) -> bool:
        home = [into if at == key else at for at in self.home]
        return self._do(Merge((key, into), into), home, (into,))

    def hand_over(self, some: Collection[int], taker: str) -> bool:
        """Give blocks of one grid, which hang together, to another."""
        giver = self.home[min(some)]
        whole = _one_piece(self.blocks, some)
        if whole is None:
            return False
        outer = shapely.Polygon(whole.exterior)
        rest = [block for block in self.of(giver) if block not in some]
        if len(whole.interiors) and shapely.intersects(outer, self.places[rest]).any():
            return False  # the ring would take what it goes around
        ring = _points(whole.exterior)
        home = [taker if block in some else at for block, at in enumerate(self.home)]
        return self._do(HandOver(giver, taker, ring), home, (giver, taker))

    def _do(self, operation: Operation, home: list[str], keys: Collection[str]) -> bool:
        """Do it, if the plan takes it and every block then lies in the grid that was meant."""
        try:
            plan = apply(self.plan, operation)
        except Refused:
            return False
        for key in keys:
            own = [block for block, at in enumerate(home) if at == key]
            if not shapely.intersects(plan.grids[key].shape, self.places[own]).all():
                return False
        self.plan, self.home = plan, home
        self.operations.append(operation)
        return True

    def _between(self, some: Collection[int], others: Collection[int]) -> Any:
        """The line between two parts of a grid, None where it is none or several."""
        one, other = _one_piece(self.blocks, some), _one_piece(self.blocks, others)
        if one is None or other is None:
            return None
        common = sorted(set(edges(one)) & set(edges(other)))
        if not common:
            return None
        line = shapely.line_merge(shapely.multilinestrings(common))
        if line.geom_type != "LineString" or line.is_closed:
            return None
        return _points(line)


def _one_piece(blocks: Blocks, some: Collection[int]) -> Any:
    if not some:
        return None
    whole = shapely.coverage_union_all([blocks.shapes[block] for block in sorted(some)])
    return whole if whole.geom_type == "Polygon" else None


def _points(line: Any) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in shapely.get_coordinates(line).tolist())


def redraw(drawing: Drawing, wanted: Sequence[str]) -> set[int]:
    """Hand blocks over until each lies in the grid that is wanted; those that cannot be moved.

    Blocks that go the same way together go as one piece where that is possible.
    """
    for whole in (True, False):
        waiting = True
        while waiting:
            done = [drawing.hand_over(some, key) for some, key in _ways(drawing, wanted, whole)]
            waiting = any(done)
    return {block for block, key in enumerate(wanted) if drawing.home[block] != key}


def _ways(drawing: Drawing, wanted: Sequence[str], whole: bool) -> list[tuple[frozenset[int], str]]:
    """What goes from whom to whom, as pieces that hang together, or block by block."""
    moving = [block for block, key in enumerate(wanted) if drawing.home[block] != key]
    if not whole:
        return [(frozenset([block]), wanted[block]) for block in moving]
    pieces, left = [], set(moving)
    while left:
        start = min(left)
        way = drawing.home[start], wanted[start]
        piece, edge = {start}, [start]
        while edge:
            for n in drawing.blocks.beside[edge.pop()]:
                if n in left and n not in piece and (drawing.home[n], wanted[n]) == way:
                    piece.add(n)
                    edge.append(n)
        left -= piece
        pieces.append((frozenset(piece), way[1]))
    return sorted(pieces, key=lambda pair: (-len(pair[0]), min(pair[0])))
