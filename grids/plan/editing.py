"""Do an operation to a plan: who takes part, what comes of it, and the proof of it.  Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import shapely

from grids import topology
from grids.plan import cutting, moving, reshaping
from grids.plan.faces import a_place, joined, same_land
from grids.plan.flaws import Flaw, Point, Refused
from grids.plan.lines import MOST_VERTICES, SNAP_DEG, rounded
from grids.plan.nodes import Edge, with_nodes
from grids.plan.operations import (
    LONGEST_TEXT,
    Add,
    Assign,
    Drawn,
    HandOver,
    Merge,
    Move,
    Operation,
    Redraw,
    Rename,
    Renumber,
    Reshape,
    Retire,
    Split,
)
from grids.plan.value import Grid, Plan, Step, begin, check_code, fingerprint, unpack
from grids.topology import Fault

# Finer than this a shape cannot be told from a slip of the pen; borders that were finer before may
# stay so.
LEAST_CLEARANCE_DEG = 0.8 * SNAP_DEG


@dataclass(frozen=True)
class Change:
    """What an operation wants: grids by key, None for one that ends, and nodes on borders.

    noded: those of the grids that only get other vertices on their borders.
    """

    grids: dict[str, Grid | None]
    nodes: Mapping[Edge, list[Point]] = field(default_factory=dict)
    noded: frozenset[str] = frozenset()


def apply(plan: Plan, operation: Operation) -> Plan:
    """The plan with one thing more done to it; what was undone can no longer be done again.

    Raises:
        Refused: why not; the plan stays as it is.
    """
    return plan.with_step(_step(plan, operation))


def redo(plan: Plan) -> Plan:
    """The plan with what was undone last done again.

    Raises:
        Refused: nothing was undone.
    """
    if not plan.undone:
        raise Refused(Flaw.NOTHING_TO_REDO)
    return plan.with_step(_step(plan, plan.undone[-1]), plan.undone[:-1])


def load(given: Any, grids: Iterable[Grid]) -> Plan:
    """The plan that `dump` wrote, done again on the grids of its base day.

    Raises:
        Refused: it is no plan; a grid that it touches is not what it was; an operation, whose
            number is told, cannot be done.
    """
    day, seen, done, undone = unpack(given)
    plan = begin(day, grids)
    for key, known in seen.items():
        if key not in plan.base.grids or fingerprint(plan.base.grids[key]) != known:
            raise Refused(Flaw.BASE_CHANGED, str(key))
    for number, operation in enumerate(done):
        try:
            plan = apply(plan, operation)
        except Refused as refused:
            refused.step = number
            raise
    return replace(plan, undone=tuple(undone))


def _step(plan: Plan, operation: Operation) -> Step:
    change = DOING[type(operation)](plan, operation)
    noded = _noded_neighbours(plan, change)
    after = change.grids | noded
    before = {key: plan.grids.get(key) for key in after}
    if before == after:
        raise Refused(Flaw.CHANGES_NOTHING, *after)
    if _shapes(before) != _shapes(after):
        _check(plan, _shapes(before), _shapes(after))
        # Whoever drew elsewhere may have drawn finer; a pen here slips.
        if not isinstance(operation, Redraw):
            _refuse_slips(_shapes(before), _shapes(after))
    return Step(operation, before, after, change.noded | frozenset(noded))


def _shapes(grids: Mapping[str, Grid | None]) -> dict[str, shapely.Geometry]:
    return {key: grid.shape for key, grid in grids.items() if grid}


def _noded_neighbours(plan: Plan, change: Change) -> dict[str, Grid | None]:
    """The grids beside a cut, with vertices where it meets their borders."""
    if not change.nodes:
        return {}
    points = [point for side in change.nodes for point in side]
    noded: dict[str, Grid | None] = {}
    for key, grid in plan.near(shapely.MultiPoint(points).bounds).items():
        if key not in change.grids:
            shape = with_nodes(grid.shape, change.nodes)
            if shape is not grid.shape:
                noded[key] = replace(grid, shape=shape)
    return noded


def _check(
    plan: Plan, before: Mapping[str, shapely.Geometry], after: Mapping[str, shapely.Geometry]
) -> None:
    """Refuse what would break the partition, or leave something too small to be meant."""
    if not after:
        ended = min(before)
        raise Refused(Flaw.BREAKS_PARTITION, ended, place=a_place(before[ended]))
    around = plan.near(shapely.total_bounds(list(after.values())))
    apart = {key: grid.shape for key, grid in around.items() if key not in before}
    for finding in topology.prove_edit(before, after, apart):
        thin = finding.fault in (Fault.TOO_SMALL, Fault.TOO_NARROW)
        flaw = Flaw.SLIVER if thin else FLAWS.get(finding.fault, Flaw.BREAKS_PARTITION)
        raise Refused(flaw, finding.code, place=finding.place)


def _refuse_slips(
    before: Mapping[str, shapely.Geometry], after: Mapping[str, shapely.Geometry]
) -> None:
    was = min(map(shapely.minimum_clearance, before.values()), default=0.0)
    for key, shape in after.items():
        if shapely.minimum_clearance(shape) < min(was, LEAST_CLEARANCE_DEG):
            x, y = shapely.get_coordinates(shapely.minimum_clearance_line(shape))[0].tolist()
            raise Refused(Flaw.SLIVER, key, place=(x, y))


FLAWS = {Fault.NOT_ONE_PIECE: Flaw.NOT_ONE_PIECE, Fault.EMPTY: Flaw.TAKES_ALL}


def _pair(plan: Plan, first: str, second: str) -> tuple[Grid, Grid]:
    """Two grids of one community."""
    one, other = plan.grid(first), plan.grid(second)
    if first == second:
        raise Refused(Flaw.SAME_GRID, first)
    if one.community != other.community:
        raise Refused(Flaw.OTHER_COMMUNITY, first, second)
    return one, other


def _new(plan: Plan, code: str, name: str, shape: shapely.Geometry) -> Grid:
    check_code(code)
    if plan.was_given(code):
        raise Refused(Flaw.CODE_TAKEN, code)
    return Grid(code, _name(name), shape)


def _name(name: str) -> str:
    if not name.strip() or len(name) > LONGEST_TEXT:
        raise Refused(Flaw.BAD_NAME)
    return name.strip()


def _split(plan: Plan, do: Split) -> Change:
    grid = plan.grid(do.grid)
    new = _new(plan, do.code, do.name, grid.shape)
    if new.community != grid.community:
        raise Refused(Flaw.OTHER_COMMUNITY, do.grid, do.code)
    cut = cutting.split(do.grid, grid.shape, do.line)
    kept, gone = (cut.first, cut.second) if do.keeps == "left" else (cut.second, cut.first)
    grids = {do.grid: replace(grid, shape=kept), do.code: replace(new, shape=gone)}
    return Change(dict(grids), cut.nodes)


def _merge(plan: Plan, do: Merge) -> Change:
    if len(set(do.grids)) != len(do.grids) or do.into not in do.grids:
        raise Refused(Flaw.MALFORMED)
    if len(do.grids) < 2:
        raise Refused(Flaw.SAME_GRID, *do.grids)
    for key in do.grids:
        if key != do.into:
            _pair(plan, key, do.into)
    return _together(plan, do.grids, do.into)


def _together(plan: Plan, keys: tuple[str, ...], into: str) -> Change:
    whole = joined(plan.grid(key).shape for key in keys)
    if len(whole) > 1:
        raise Refused(Flaw.NOT_NEIGHBOURS, *keys, place=a_place(min(whole, key=shapely.area)))
    grids: dict[str, Grid | None] = dict.fromkeys(keys)
    grids[into] = replace(plan.grid(into), shape=whole[0])
    return Change(grids)


def _reshape(plan: Plan, do: Reshape) -> Change:
    one, other = _pair(plan, do.grid, do.other)
    cut = reshaping.reshape((do.grid, one.shape), (do.other, other.shape), do.line)
    return _two(plan, do.grid, do.other, cut)


def _hand_over(plan: Plan, do: HandOver) -> Change:
    giver, taker = _pair(plan, do.grid, do.into)
    cut = cutting.hand_over((do.grid, giver.shape), (do.into, taker.shape), do.ring)
    return _two(plan, do.into, do.grid, cut)


def _two(plan: Plan, first: str, second: str, cut: cutting.Cut) -> Change:
    return Change(
        {
            first: replace(plan.grid(first), shape=cut.first),
            second: replace(plan.grid(second), shape=cut.second),
        },
        cut.nodes,
    )


def _move(plan: Plan, do: Move) -> Change:
    if not do.moves:
        raise Refused(Flaw.TOO_FEW_POINTS)
    starts = shapely.MultiPoint([rounded([start])[0] for start, _ in do.moves])
    west, south, east, north = starts.bounds
    box = west - SNAP_DEG, south - SNAP_DEG, east + SNAP_DEG, north + SNAP_DEG
    around = {key: grid.shape for key, grid in plan.near(box).items()}
    moved, nodes = moving.move(do.moves, around)
    homes = {plan.grid(key).community for key in moved}
    if len(homes) > 1:
        raise Refused(Flaw.OUTER_BORDER, *moved, place=do.moves[0][0])
    return Change({key: replace(plan.grid(key), shape=s) for key, s in moved.items()}, nodes)


def _add(plan: Plan, do: Add) -> Change:
    grid = plan.grid(do.grid)
    new = _new(plan, do.code, do.name, grid.shape)
    if new.community in plan.base.communities:
        raise Refused(Flaw.COMMUNITY_IS_OLD, do.code)
    if do.ring is None:
        return Change({do.grid: None, do.code: new})
    cut = cutting.cut_out(do.grid, grid.shape, do.ring)
    if cut.first.geom_type != "Polygon":
        raise Refused(Flaw.NOT_ONE_PIECE, do.code, place=a_place(cut.first))
    left = replace(grid, shape=cut.second)
    return Change({do.grid: left, do.code: replace(new, shape=cut.first)}, cut.nodes)


def _retire(plan: Plan, do: Retire) -> Change:
    ended, heir = plan.grid(do.grid), plan.grid(do.into)
    if ended.community == heir.community:
        raise Refused(Flaw.SAME_COMMUNITY, do.grid, do.into)
    return _together(plan, (do.grid, do.into), do.into)


def _renumber(plan: Plan, do: Renumber) -> Change:
    codes = dict(do.codes)
    if len(codes) != len(do.codes):
        raise Refused(Flaw.MALFORMED)
    changed: dict[str, Grid | None] = {}
    for key, code in codes.items():
        grid = plan.grid(key)
        check_code(code)
        new = replace(grid, code=code)
        if new.community != grid.community:
            raise Refused(Flaw.OTHER_COMMUNITY, key, code)
        if new != grid:
            changed[key] = new
    taken = {grid.code: key for key, grid in plan.grids.items() if key not in codes}
    for key, code in codes.items():
        if code in taken:
            raise Refused(Flaw.CODE_TAKEN, key, taken[code])
        taken[code] = key
    if not changed:
        raise Refused(Flaw.CHANGES_NOTHING, *codes)
    return Change(changed)


def _rename(plan: Plan, do: Rename) -> Change:
    return Change({do.grid: replace(plan.grid(do.grid), name=_name(do.name))})


def _assign(plan: Plan, do: Assign) -> Change:
    people = tuple(dict.fromkeys(do.people))
    return Change({do.grid: replace(plan.grid(do.grid), people=people)})


def _redraw(plan: Plan, do: Redraw) -> Change:
    keys = [*(one.key for one in do.drawn), *(key for key, _heirs in do.ended)]
    if not keys or len(set(keys)) != len(keys):
        raise Refused(Flaw.MALFORMED)
    if sum(len(ring) for one in do.drawn for ring in one.rings) > MOST_VERTICES:
        raise Refused(Flaw.TOO_MANY_VERTICES)
    grids: dict[str, Grid | None] = {}
    for key, _heirs in do.ended:
        plan.grid(key)
        grids[key] = None
    drawn = {one.key: one for one in do.drawn}
    taken = {grid.code: key for key, grid in plan.grids.items() if key not in drawn}
    freed = {plan.grids[key].code for key in drawn if key in plan.grids}
    given = plan.given()
    spent = given - freed
    for key, one in drawn.items():
        if one.kind and (key in given or one.code in spent):
            raise Refused(Flaw.CODE_TAKEN, key)
        new = _new_one(one) if one.kind else _other(plan.grid(key), one)
        if new.code in taken:
            raise Refused(Flaw.CODE_TAKEN, key, taken[new.code])
        taken[new.code] = key
        grids[key] = new
    return Change(grids, noded=frozenset(_only_noded(plan, grids)))


def _new_one(one: Drawn) -> Grid:
    check_code(one.code)
    return Grid(one.code, _name(one.name), _shape(one), _people((), one))


def _other(old: Grid, one: Drawn) -> Grid:
    check_code(one.code)
    shape = _shape(one) if one.rings else old.shape
    new = Grid(one.code, _name(one.name), shape, _people(old.people, one))
    if new.community != old.community:
        raise Refused(Flaw.OTHER_COMMUNITY, one.key, one.code)
    return new


def _people(there: tuple[str, ...], one: Drawn) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*there, *(number for number, _role in one.staff)]))


def _shape(one: Drawn) -> shapely.Geometry:
    if not one.rings or min(map(len, one.rings)) < 4:
        raise Refused(Flaw.MALFORMED)
    return shapely.Polygon(one.rings[0], one.rings[1:])


def _only_noded(plan: Plan, grids: Mapping[str, Grid | None]) -> Iterator[str]:
    """The grids that keep their names, their people and their land."""
    for key, new in grids.items():
        old = plan.grids.get(key)
        is_called_so = old and new and new != old and replace(new, shape=old.shape) == old
        if is_called_so and new.shape.is_valid and same_land(old.shape, new.shape):
            yield key


DOING: dict[type[Any], Callable[[Plan, Any], Change]] = {
    Split: _split,
    Merge: _merge,
    Reshape: _reshape,
    HandOver: _hand_over,
    Move: _move,
    Add: _add,
    Retire: _retire,
    Renumber: _renumber,
    Rename: _rename,
    Assign: _assign,
    Redraw: _redraw,
}
"""How each operation is done; a new one is entered here and in `operations`."""
