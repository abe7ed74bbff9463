"""How many grids there are to be, and where there are too few or too many: split, merge.  Pure.

Barriers and locked grids divide a community into parts between which nothing can change hands.  In
each part the number of grids is today's, or the nearest that floor and cap allow.
"""

import math
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from gis_server.ellipsoid import areas_m2
from grids.balance.carry import Drawing
from grids.balance.gaps import Shape
from grids.balance.reasons import Reason, Why
from grids.balance.search import Band, Weights

TREES = 40  # drawn at random for each split
ROOM = 0.05  # by which the mean should keep away from floor and cap, as a share
TRIED = 12  # of the cuts found on them, best first


@dataclass(frozen=True)
class Wishes:
    """floor, cap: households of a grid.  tolerance: how far a grid may differ from the mean of its
    part, as a share.  locked: keys of grids that do not change.  barriers: lines in WGS84 degrees
    that no grid shall cross.
    """

    floor: int = 300
    cap: int = 500
    tolerance: float = 0.15
    seed: int = 1
    locked: frozenset[str] = frozenset()
    barriers: tuple[Shape, ...] = ()


@dataclass
class Part:
    """Grids among which blocks can change hands."""

    keys: list[str]
    band: Band


@dataclass
class Settled:
    """parts: see there.  still: blocks that must stay where they are.  reasons: what is in the way
    whatever the borders.
    """

    parts: list[Part] = field(default_factory=list)
    still: set[int] = field(default_factory=set)
    reasons: list[Reason] = field(default_factory=list)


def settle(
    drawing: Drawing, wishes: Wishes, free: Iterator[tuple[str, str]], weights: Weights,
    dice: random.Random,
) -> Settled:  # fmt: skip
    """Bring each grid to one side of the barriers, and each part to the right number of grids.

    Args:
        free: codes and names for new grids.
    """
    settled = Settled()
    _leave_barriers(drawing, wishes, free, settled)
    for keys in parts_of(drawing, wishes.locked, settled.still):
        settled.parts.append(_counted(drawing, keys, wishes, free, weights, dice, settled))
    return settled


# ---- Graph ---------------------------------------------------------------------------------------


def pieces(drawing: Drawing, some: Collection[int]) -> list[list[int]]:
    """Blocks that hang together without crossing a barrier, those with most households first."""
    left, found = set(some), []
    while left:
        piece, edge = [min(left)], [min(left)]
        left.discard(edge[0])
        while edge:
            for n, contact in drawing.blocks.beside[edge.pop()].items():
                if n in left and contact.is_open:
                    left.discard(n)
                    piece.append(n)
                    edge.append(n)
        found.append(sorted(piece))
    return sorted(found, key=lambda piece: (-drawing.households(piece), -len(piece), piece[0]))


def parts_of(
    drawing: Drawing, locked: Collection[str], still: Collection[int] = ()
) -> list[list[str]]:
    """The keys of grids that can exchange blocks, directly or through others."""
    heads: dict[str, str] = {key: key for key in sorted(set(drawing.home)) if key not in locked}

    def head(key: str) -> str:
        while heads[key] != key:
            key = heads[key]
        return key

    for block, beside in enumerate(drawing.blocks.beside):
        for n, contact in beside.items():
            one, other = drawing.home[block], drawing.home[n]
            if contact.is_open and one in heads and other in heads and not {block, n} & set(still):
                low, high = sorted((head(one), head(other)))
                heads[high] = low
    parts: dict[str, list[str]] = {}
    for key in heads:
        parts.setdefault(head(key), []).append(key)
    return list(parts.values())


# ---- Barriers ------------------------------------------------------------------------------------


def _leave_barriers(
    drawing: Drawing, wishes: Wishes, free: Iterator[tuple[str, str]], settled: Settled
) -> None:
    """Give away what grids have beyond barriers, or found new grids there."""
    refused: set[frozenset[int]] = set()
    while True:
        mains, strays = _mains_and_strays(drawing, wishes.locked, settled.still)
        if not any(
            _given(drawing, stray, mains, refused)
            or _founded(drawing, stray, mains, wishes, free, refused)
            for stray in strays
        ):
            break
    for stray in strays:
        settled.still |= set(stray)
        settled.reasons.append(
            Reason(
                Why.CROSSES, (drawing.home[stray[0]],), drawing.households(stray),
                place_of(drawing, stray),
            )
        )  # fmt: skip


def _mains_and_strays(
    drawing: Drawing, locked: Collection[str], still: Collection[int]
) -> tuple[set[int], list[list[int]]]:
    """The blocks of each grid's main piece, and its other pieces, most households first."""
    mains: set[int] = set()
    strays = []
    for key in sorted(set(drawing.home) - set(locked)):
        main, *rest = pieces(drawing, [block for block in drawing.of(key) if block not in still])
        mains |= set(main)
        strays += rest
    return mains, sorted(strays, key=lambda one: (-drawing.households(one), one))


def _given(
    drawing: Drawing, stray: list[int], mains: set[int], refused: set[frozenset[int]]
) -> bool:
    beside = {
        drawing.home[n]
        for block in stray
        for n, contact in drawing.blocks.beside[block].items()
        if contact.is_open and n in mains
    } - {drawing.home[stray[0]]}
    if frozenset(stray) in refused:
        return False
    by_load = sorted(beside, key=lambda key: (drawing.households(drawing.of(key)), key))
    return any(drawing.hand_over(stray, key) for key in by_load)


def _founded(
    drawing: Drawing, stray: list[int], mains: set[int], wishes: Wishes,
    free: Iterator[tuple[str, str]], refused: set[frozenset[int]],
) -> bool:  # fmt: skip
    """Found a grid where enough people live beyond a barrier and no grid has its main piece."""
    unlocked = [k for k, key in enumerate(drawing.home) if key not in wishes.locked]
    around = next(piece for piece in pieces(drawing, unlocked) if stray[0] in piece)
    if set(around) & mains or drawing.households(around) < wishes.floor:
        return False
    if frozenset(stray) in refused:
        return False
    pair = next(free, None)
    if pair is not None and drawing.split(drawing.home[stray[0]], set(stray), *pair):
        return True
    refused.add(frozenset(stray))
    return False


def place_of(drawing: Drawing, some: Sequence[int]) -> tuple[float, float]:
    point = drawing.places[max(some, key=lambda k: (drawing.blocks.households[k], -k))]
    return float(point.x), float(point.y)


# ---- The number of grids -------------------------------------------------------------------------


def _counted(
    drawing: Drawing, keys: list[str], wishes: Wishes, free: Iterator[tuple[str, str]],
    weights: Weights, dice: random.Random, settled: Settled,
) -> Part:  # fmt: skip
    own = [block for block, key in enumerate(drawing.home) if key in keys]
    households = drawing.households(own)
    count, why = count_for(households, len(keys), wishes)
    if why is not None:
        place = place_of(drawing, own)
        settled.reasons.append(Reason(why, tuple(keys), households, place))
    while len(keys) < count:
        code = _split_one(drawing, keys, households / count, free, weights, dice)
        if code is None:
            settled.reasons.append(Reason(Why.NOT_DRAWN, tuple(keys)))
            break
        keys = [*keys, code]
    while len(keys) > count:
        ended = _merge_one(drawing, keys, wishes)
        if ended is None:
            settled.reasons.append(Reason(Why.NOT_DRAWN, tuple(keys)))
            break
        keys = [key for key in keys if key != ended]
    band = band_of(households, len(keys), wishes)
    for block in own:
        if drawing.blocks.households[block] > band.high:
            held = drawing.blocks.households[block]
            where = place_of(drawing, [block])
            settled.reasons.append(Reason(Why.LARGE_BLOCK, (drawing.home[block],), held, where))
    return Part(keys, band)


def count_for(households: int, today: int, wishes: Wishes) -> tuple[int, Why | None]:
    """The number of grids nearest to today's that floor and cap allow; why there is none.

    Where it can be had, with `ROOM` between the mean and either: else every grid had to be even.
    """
    least, most = math.ceil(households / wishes.cap), households // wishes.floor
    if most < 1:
        return 1, Why.TOO_FEW
    if least > most:
        return min((least, most), key=lambda n: (abs(n - today), n)), Why.NO_COUNT_FITS
    roomy = math.ceil(households * (1 + ROOM) / wishes.cap)
    roomy_most = math.floor(households / (wishes.floor * (1 + ROOM)))
    if roomy <= roomy_most:
        least, most = roomy, roomy_most
    return min(max(today, least), most), None


def band_of(households: int, count: int, wishes: Wishes) -> Band:
    """What a grid of a part should have; about the mean where floor or cap are out of reach."""
    mean = max(households / count, 1.0)
    low, high = mean * (1 - wishes.tolerance), mean * (1 + wishes.tolerance)
    if wishes.floor <= mean <= wishes.cap:
        low, high = max(low, wishes.floor), min(high, wishes.cap)
    return Band(low, high, mean)


def _split_one(
    drawing: Drawing, keys: Sequence[str], mean: float, free: Iterator[tuple[str, str]],
    weights: Weights, dice: random.Random,
) -> str | None:  # fmt: skip
    """Divide the largest grid that can be divided; the new one's code."""
    pair = next(free, None)
    if pair is None:
        return None
    loads = {key: drawing.households(drawing.of(key)) for key in keys}
    for key in sorted(keys, key=lambda key: (-loads[key], key)):
        parts = max(2, round(loads[key] / mean))
        share = (parts // 2) / parts
        for gone in _halves(drawing, drawing.of(key), share, weights, dice)[:TRIED]:
            if drawing.split(key, gone, *pair):
                return pair[0]
    return None


def _halves(
    drawing: Drawing, own: list[int], share: float, weights: Weights, dice: random.Random
) -> list[frozenset[int]]:
    """Ways to cut off about a share of a grid's households, best first.

    Each random spanning tree of the blocks falls into two pieces at each of its sides: what
    recombination of districts does (DeFord, Duchin, Solomon, Harvard Data Science Review 3.1,
    2021).
    """
    total = max(drawing.households(own), 1)
    side = math.sqrt(float(areas_m2([drawing.blocks.shapes[k] for k in own]).sum()))
    found: dict[frozenset[int], float] = {}
    for _ in range(TREES):
        for gone in _subtrees(drawing, own, dice):
            if gone in found:
                continue
            miss = abs(drawing.households(gone) / total - share)
            border = off = 0.0
            for block in gone:
                for n, contact in drawing.blocks.beside[block].items():
                    if n not in gone and drawing.home[n] == drawing.home[block]:
                        border, off = border + contact.length_m, off + contact.off_m
            line = (weights.border * border + weights.off * off) / side
            found[gone] = 10 * miss + line
    return sorted(found, key=lambda gone: (found[gone], sorted(gone)))


def _subtrees(drawing: Drawing, own: list[int], dice: random.Random) -> list[frozenset[int]]:
    """What hangs on each side of a random spanning tree, of one piece of the grid, both ways."""
    inside, root = set(own), own[dice.randrange(len(own))]
    above: dict[int, int] = {root: root}
    order, edge = [root], [root]
    while edge:
        block = edge.pop(dice.randrange(len(edge)))
        ways = [
            n
            for n, contact in drawing.blocks.beside[block].items()
            if n in inside and n not in above and contact.is_open
        ]
        if not ways:
            continue
        new = ways[dice.randrange(len(ways))]
        above[new] = block
        order.append(new)
        edge += [block, new]
    below: dict[int, set[int]] = {block: {block} for block in order}
    for block in reversed(order[1:]):
        below[above[block]] |= below[block]
    return [frozenset(below[block]) for block in order[1:]]


def _merge_one(drawing: Drawing, keys: Sequence[str], wishes: Wishes) -> str | None:
    """Join the two neighbours for whose people least changes; the key of the one that ends."""
    loads = {key: drawing.households(drawing.of(key)) for key in keys}
    common: dict[tuple[str, str], float] = {}
    for block, beside in enumerate(drawing.blocks.beside):
        for n, contact in beside.items():
            one, other = drawing.home[block], drawing.home[n]
            if one < other and one in loads and other in loads and contact.is_open:
                common[one, other] = common.get((one, other), 0.0) + contact.open_m

    def cost(pair: tuple[str, str]) -> tuple[float, float, tuple[str, str]]:
        one, other = loads[pair[0]], loads[pair[1]]
        return min(one, other) + 2 * max(0, one + other - wishes.cap), -common[pair], pair

    for pair in sorted(common, key=cost):
        ended, into = sorted(pair, key=lambda key: (loads[key], key))
        if drawing.merge(ended, into):
            return ended
    return None


def locked_reasons(drawing: Drawing, wishes: Wishes) -> Iterator[Reason]:
    """What is wrong with grids that nobody may change."""
    for key in sorted(wishes.locked & set(drawing.home)):
        own = drawing.of(key)
        held = drawing.households(own)
        if not wishes.floor <= held <= wishes.cap:
            yield Reason(Why.LOCKED_OUTSIDE, (key,), held, place_of(drawing, own))
        if len(parted := pieces(drawing, own)) > 1:
            yield Reason(Why.LOCKED_CROSSES, (key,), held, place_of(drawing, parted[1]))
