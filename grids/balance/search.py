"""Which block belongs to which grid: seeded search among ways to divide that hang together.  Pure.

One step gives one block at a border to the grid beside it, if the giver stays one piece without it.
Steps that make things worse are taken too, ever more rarely (simulated annealing: Kirkpatrick,
Gelatt, Vecchi, Science 220, 1983), so that the search gets out of corners; the best way of all that
were seen is kept, and then improved until no single step improves it.  The number of steps depends
on the number of blocks only, never on a clock: the same seed gives the same answer.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grids.balance.blocks import Blocks

Tell = Callable[[float], None]
LEAST_STEPS, MOST_STEPS, STEPS_A_BLOCK = 10_000, 60_000, 400
OUTSIDE = 5.0
WARM, COLD = 2.0, 0.005  # in units of cost
TOLD_EVERY = 1_000


class Aim(StrEnum):
    FEWEST = "fewest"
    BALANCED = "balanced"
    COMPACT = "compact"


@dataclass(frozen=True)
class Weights:
    """What a way to divide costs.

    outside: households of a grid outside its band, as a share of the mean; a grid that is outside
    at all costs `OUTSIDE` more, so that one household too many is not bought by a shorter border.
    uneven: the square of
    its difference from the mean, as a share.  change: households that get another grid, in means.
    border, off: length of borders, and of what lies off streets, in sides of a middling grid.
    """

    outside: float
    uneven: float
    change: float
    border: float
    off: float


WEIGHTS = {
    Aim.FEWEST: Weights(outside=100, uneven=0.05, change=4, border=0.2, off=0.05),
    Aim.BALANCED: Weights(outside=100, uneven=20, change=0.5, border=0.3, off=0.1),
    Aim.COMPACT: Weights(outside=100, uneven=0.2, change=0.3, border=1.0, off=0.7),
}


@dataclass(frozen=True)
class Band:
    """How many households a grid should have."""

    low: float
    high: float
    mean: float

    def outside(self, load: float) -> float:
        return max(0.0, self.low - load, load - self.high)


class Division:
    """A way to divide blocks into grids, and what it costs.

    home: the number of each block's grid.  still: blocks that do not move.  bands: of each grid by
    number; those that must not take part (locked) have none, and all their blocks are still.
    """

    def __init__(
        self,
        blocks: Blocks,
        home: Sequence[int],
        today: Sequence[int],
        bands: Sequence[Band | None],
        still: frozenset[int],
        weights: Weights,
        side_m: float,
    ) -> None:
        self.blocks, self.home, self.today = blocks, list(home), list(today)
        self.bands, self.still, self.weights, self.side_m = bands, still, weights, side_m
        self.open = [
            [n for n, contact in beside.items() if contact.is_open] for beside in blocks.beside
        ]
        self.loads = [0] * len(bands)
        for block, grid in enumerate(self.home):
            self.loads[grid] += blocks.households[block]
        self.movable = [
            k for k in range(len(blocks)) if k not in still and bands[self.home[k]] is not None
        ]

    def takers(self, block: int) -> list[int]:
        """Grids that could have a block: those beside it, over no barrier, that are not locked."""
        mine = self.home[block]
        found = {self.home[n] for n in self.open[block]} - {mine}
        return sorted(grid for grid in found if self.bands[grid] is not None)

    def stays_whole(self, block: int) -> bool:
        """Whether the block's grid is one piece without it, and something."""
        mine, home, ways = self.home[block], self.home, self.open
        wanted = {n for n in ways[block] if home[n] == mine}
        if not wanted:
            return False
        if len(wanted) == 1:
            return True
        start = min(wanted)
        seen, edge = {block, start}, [start]
        wanted.discard(start)
        while edge:
            for n in ways[edge.pop()]:
                if n not in seen and home[n] == mine:
                    wanted.discard(n)
                    if not wanted:
                        return True
                    seen.add(n)
                    edge.append(n)
        return False

    def gain(self, block: int, taker: int) -> float:
        """What the cost changes by when a block is given."""
        weights, blocks, giver = self.weights, self.blocks, self.home[block]
        moved = blocks.households[block]
        cost = self._of_grid(giver, -moved) - self._of_grid(giver, 0)
        cost += self._of_grid(taker, moved) - self._of_grid(taker, 0)
        band = self.bands[taker]
        mean = band.mean if band else 1.0
        was, now = giver != self.today[block], taker != self.today[block]
        cost += weights.change * (now - was) * moved / mean
        for n, contact in blocks.beside[block].items():
            other = self.home[n]
            turn = (other != taker) - (other != giver)
            if turn:
                length = weights.border * contact.length_m + weights.off * contact.off_m
                cost += turn * length / self.side_m
        return cost

    def _of_grid(self, grid: int, more: int) -> float:
        band = self.bands[grid]
        if band is None:
            return 0.0
        load = self.loads[grid] + more
        uneven = (load - band.mean) / band.mean
        cost = self.weights.uneven * uneven * uneven
        outside = band.outside(load)
        if outside:
            cost += OUTSIDE + self.weights.outside * outside / band.mean
        return cost

    def give(self, block: int, taker: int) -> None:
        moved = self.blocks.households[block]
        self.loads[self.home[block]] -= moved
        self.loads[taker] += moved
        self.home[block] = taker


def improve(division: Division, dice: random.Random, tell: Tell) -> None:
    """Leave the division as the best that was found; tell hears the share done, 0 to 1."""
    _anneal(division, dice, tell)
    _descend(division)


def _anneal(division: Division, dice: random.Random, tell: Tell) -> None:
    home, bands = division.home, division.bands
    ways = [(block, n) for block in division.movable for n in division.open[block]]
    if not ways:
        return
    steps = min(MOST_STEPS, max(LEAST_STEPS, STEPS_A_BLOCK * len(division.movable)))
    cost = least = 0.0
    best = list(home)
    for step in range(steps):
        if step % TOLD_EVERY == 0:
            tell(step / steps)
        block, n = ways[int(dice.random() * len(ways))]
        taker = home[n]
        if taker == home[block] or bands[taker] is None:
            continue
        gain = division.gain(block, taker)
        heat = WARM * (COLD / WARM) ** (step / steps)
        if gain > 0 and dice.random() >= math.exp(-gain / heat):
            continue
        if not division.stays_whole(block):
            continue
        division.give(block, taker)
        cost += gain
        if cost < least - 1e-9:
            least, best = cost, list(home)
    for block, grid in enumerate(best):
        if home[block] != grid:
            division.give(block, grid)


def _descend(division: Division) -> None:
    """Take single steps that improve, the first of each round in the order of blocks."""
    better = True
    while better:
        better = False
        for block in division.movable:
            choices = [(division.gain(block, taker), taker) for taker in division.takers(block)]
            if not choices:
                continue
            gain, taker = min(choices)
            if gain < -1e-9 and division.stays_whole(block):
                division.give(block, taker)
                better = True
