"""A plan: grids as they were on a day, what is done to them, and the grids that come of it.  Pure.

A plan never changes: each operation makes the next one.  Each step keeps what it replaced, so it is
taken back bit by bit; operations done again in their order make the same plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from grids.codes import DIVISION_DIGITS, GRID_DIGITS, BadCode, Level, level_of
from grids.plan.faces import same_land
from grids.plan.flaws import Flaw, Refused
from grids.plan.operations import Operation, read, written

Box = tuple[float, float, float, float]
MOST_OPERATIONS = 2_000
VERSION = 1


@dataclass(frozen=True)
class Grid:
    """A grid in a plan.  shape: a polygon in WGS84 degrees; people: numbers of who answers."""

    code: str
    name: str
    shape: shapely.Geometry
    people: tuple[str, ...] = ()

    @property
    def community(self) -> str:
        return self.code[:DIVISION_DIGITS]


@dataclass(frozen=True)
class Base:
    """The grids that a plan starts from, by key, as they were on a day."""

    day: date
    grids: Mapping[str, Grid]

    @cached_property
    def keys(self) -> list[str]:
        return list(self.grids)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of each, (n, 4) degrees."""
        shapes = [grid.shape for grid in self.grids.values()]
        return np.asarray(shapely.bounds(shapes)).reshape(-1, 4)

    @cached_property
    def communities(self) -> frozenset[str]:
        return frozenset(grid.community for grid in self.grids.values())

    def near(self, box: Box) -> list[str]:
        west, south, east, north = box
        at = self.bounds
        met = (at[:, 0] <= east) & (at[:, 2] >= west) & (at[:, 1] <= north) & (at[:, 3] >= south)
        return [self.keys[k] for k in np.flatnonzero(met)]


@dataclass(frozen=True)
class Step:
    """An operation that was done.

    before, after: the grids that it changed, by key; None where there is none.
    noded: those of them that got vertices on their borders, and whose land is the same.
    """

    operation: Operation
    before: Mapping[str, Grid | None]
    after: Mapping[str, Grid | None]
    noded: frozenset[str] = frozenset()

    @property
    def sides(self) -> list[str]:
        """The grids that the operation is about."""
        return [key for key in self.after if key not in self.noded]

    @cached_property
    def reformed(self) -> frozenset[str]:
        """Communities whose outlines it changes: new ones, dissolved ones, and who gave."""
        if self.operation.do not in ("add", "retire", "redraw"):
            return frozenset()
        both = [self.before[key] for key in self.sides], [self.after[key] for key in self.sides]
        old, new = map(_by_community, both)
        if self.operation.do != "redraw":
            return frozenset(old.keys() | new.keys())
        lands = {home: (_land(old.get(home)), _land(new.get(home))) for home in old.keys() | new}
        if len(lands) < 2:
            return frozenset()
        return frozenset(home for home, pair in lands.items() if not same_land(*pair))


def _by_community(grids: Iterable[Grid | None]) -> dict[str, list[shapely.Geometry]]:
    found: dict[str, list[shapely.Geometry]] = {}
    for grid in grids:
        if grid:
            found.setdefault(grid.community, []).append(grid.shape)
    return found


def _land(shapes: list[shapely.Geometry] | None) -> shapely.Geometry:
    return shapely.union_all(shapes) if shapes else shapely.Polygon()


@dataclass(frozen=True)
class Plan:
    """What is drawn so far.

    grids: all grids as they would be, by key: the code that a grid came to the plan with.
    steps: what was done, oldest first.
    undone: what was taken back, and can be done again, next one last.
    """

    base: Base
    grids: Mapping[str, Grid]
    steps: tuple[Step, ...] = ()
    undone: tuple[Operation, ...] = ()

    @property
    def changed(self) -> dict[str, tuple[Grid | None, Grid | None]]:
        """Before and after of every grid that is not as it was on the base day, nodes included."""
        keys = {key for step in self.steps for key in step.after}
        pairs = {key: (self.base.grids.get(key), self.grids.get(key)) for key in sorted(keys)}
        return {key: (old, new) for key, (old, new) in pairs.items() if old != new}

    @property
    def reformed(self) -> frozenset[str]:
        """Communities whose outlines the plan changes: new ones, dissolved ones, and who gave."""
        return frozenset[str]().union(*(step.reformed for step in self.steps))

    @property
    def half_dissolved(self) -> list[str]:
        """Communities of which grids were retired to others and that have grids left."""
        retired = {
            self._community_before(step) for step in self.steps if step.operation.do == "retire"
        }
        return sorted(retired & {grid.community for grid in self.grids.values()})

    @staticmethod
    def _community_before(step: Step) -> str:
        ended = next(key for key in step.sides if step.after[key] is None)
        grid = step.before[ended]
        return grid.community if grid else ""

    def grid(self, key: str) -> Grid:
        """Raises: Refused."""
        if key not in self.grids:
            raise Refused(Flaw.UNKNOWN_GRID, key)
        return self.grids[key]

    def near(self, box: Box) -> dict[str, Grid]:
        """The grids whose boxes meet a box, by key, in an order that does not depend on steps."""
        keys = {*self.base.near(box), *(key for step in self.steps for key in step.after)}
        found = {key: self.grids[key] for key in sorted(keys & self.grids.keys())}
        return {key: grid for key, grid in found.items() if _meet(grid.shape.bounds, box)}

    def with_step(self, step: Step, undone: tuple[Operation, ...] = ()) -> "Plan":
        if len(self.steps) >= MOST_OPERATIONS:
            raise Refused(Flaw.TOO_MANY_OPERATIONS)
        grids = _with(self.grids, step.after)
        return replace(self, grids=grids, steps=(*self.steps, step), undone=undone)

    def undo(self) -> "Plan":
        """The plan before its last step; the operation can be done again.

        Raises:
            Refused: nothing was done.
        """
        if not self.steps:
            raise Refused(Flaw.NOTHING_TO_UNDO)
        *earlier, last = self.steps
        return replace(
            self,
            grids=_with(self.grids, last.before),
            steps=tuple(earlier),
            undone=(*self.undone, last.operation),
        )

    def was_given(self, code: str) -> bool:
        """Whether a code is or was some grid's, here or when the plan began."""
        return code in self.given()

    def given(self) -> set[str]:
        """All codes and keys that grids have or had, here or when the plan began."""
        later = [grid for step in self.steps for grid in step.after.values() if grid]
        codes = {grid.code for grid in (*self.grids.values(), *later)}
        return codes.union(self.grids, self.base.grids, *(step.after for step in self.steps))


def _meet(one: Box, other: Box) -> bool:
    apart = one[0] > other[2] or one[2] < other[0] or one[1] > other[3] or one[3] < other[1]
    return not apart


def _with(grids: Mapping[str, Grid], changes: Mapping[str, Grid | None]) -> Mapping[str, Grid]:
    """In the order of keys, so that what was taken back is where it was."""
    new = dict(grids)
    for key, grid in changes.items():
        if grid is None:
            new.pop(key, None)
        else:
            new[key] = grid
    if new.keys() != grids.keys():
        new = dict(sorted(new.items()))
    return MappingProxyType(new)


def begin(day: date, grids: Iterable[Grid]) -> Plan:
    """A plan in which nothing is done yet.

    Raises:
        Refused: a code is no grid's or there twice, or a shape is no valid polygon.
    """
    by_key: dict[str, Grid] = {}
    for grid in grids:
        check_code(grid.code)
        if grid.code in by_key:
            raise Refused(Flaw.CODE_TAKEN, grid.code)
        by_key[grid.code] = grid
    shapes = np.array([grid.shape for grid in by_key.values()], dtype=object)
    sound = (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON) & shapely.is_valid(shapes)
    sound &= ~shapely.is_empty(shapes)
    if not sound.all():
        broken = list(by_key)[int(np.argmin(sound))]
        raise Refused(Flaw.BREAKS_PARTITION, broken)
    ordered = MappingProxyType(dict(sorted(by_key.items())))
    return Plan(Base(day, ordered), ordered)


def check_code(code: str) -> None:
    """Raises: Refused: it is no code of a grid of 15 digits."""
    try:
        fits = level_of(code) is Level.GRID and len(code) == GRID_DIGITS
    except BadCode:
        fits = False
    if not fits:
        raise Refused(Flaw.BAD_CODE, code)


def fingerprint(grid: Grid) -> str:
    """Sixteen hex digits that another shape, code or name of a grid does not have."""
    told = "\0".join([grid.code, grid.name]).encode()
    return sha256(told + b"\0" + shapely.to_wkb(grid.shape)).hexdigest()[:16]


def dump(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON: operations, and of what they were done to only fingerprints.

    seen: of every grid that the plan has touched, so that a plan made of other shapes is noticed.
    """
    touched = {key for step in plan.steps for key, old in step.before.items() if old}
    known = sorted(touched & plan.base.grids.keys())
    return {
        "version": VERSION,
        "day": plan.base.day.isoformat(),
        "seen": {key: fingerprint(plan.base.grids[key]) for key in known},
        "done": [written(step.operation) for step in plan.steps],
        "undone": [written(operation) for operation in plan.undone],
    }


def unpack(given: Any) -> tuple[date, dict[str, str], list[Operation], list[Operation]]:
    """Day, fingerprints, what was done and undone, of a plan written as JSON.

    Raises:
        Refused: it is no such thing.
    """
    try:
        if given["version"] != VERSION:
            raise Refused(Flaw.MALFORMED)
        day, seen = date.fromisoformat(given["day"]), dict(given["seen"])
        done, undone = list(given["done"]), list(given["undone"])
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(Flaw.MALFORMED) from error
    if len(done) + len(undone) > MOST_OPERATIONS:
        raise Refused(Flaw.TOO_MANY_OPERATIONS)
    return day, seen, [read(one) for one in done], [read(one) for one in undone]
