"""What a boundary plan amounts to, as a value: which grids become what.  Pure: no Django.

However a plan was drawn (split by a line, merge, reshape, hand over), in the end some grids have
other shapes, some are new, some are gone, some have other codes, names or people.  This is what is
proven, stored and published.  Shapes are polygons in WGS84 degrees, x is east; codes are those of
today, but for grids that are new.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import shapely

from grids.codes import GRID_DIGITS, BadCode, Level, level_of, parent_code
from grids.plan import Drawn, Plan, Redraw
from grids.plan.nodes import rings
from grids.plan.operations import GRID_KINDS, ROLES
from grids.plan.value import Grid, Step

MOST_GRIDS = 2_000
MOST_VERTICES = 500_000
MOST_SOURCES = 100
LONGEST_NAME = 80


class Flaw(StrEnum):
    """What keeps something sent from being a redrawing: a closed list."""

    NO_OBJECT = "is not the object that belongs here"
    NO_CODE = "is not the code of a grid"
    TWICE = "is named twice"
    OTHER_PARENT = "does not begin as the code of its community or grid above"
    NO_POLYGON = "is not a polygon in degrees of longitude and latitude"
    BAD_SHAPE = "crosses itself, or has no area"
    NAME = "has no name of 1 to 80 characters"
    KIND = "is neither basic nor special"
    ROLE = "is no role of grid staff"
    GONE = "is retired, and named again"
    TOO_MANY = "is more than a plan holds"
    NOTHING = "changes nothing"


class BadRedrawing(ValueError):
    """about: the code or part that it is about, at most 40 characters."""

    def __init__(self, flaw: Flaw, about: object = "") -> None:
        self.flaw, self.about = flaw, str(about)[:40]
        super().__init__(f"{self.about} {flaw}")


@dataclass(frozen=True, slots=True)
class Reshaped:
    """seen: the shape that was changed, as the planner saw it; None where nobody says."""

    code: str
    shape: shapely.Polygon
    seen: shapely.Polygon | None = None


@dataclass(frozen=True, slots=True)
class Born:
    """A new grid, or one that comes back: `code` may be that of a grid that is gone.

    of: codes of the grids that it is split from, or that are merged into it.
    """

    code: str
    name: str
    kind: str
    community: str
    shape: shapely.Polygon
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retired:
    """into: codes (after the plan) of the grids that its ground goes to."""

    code: str
    into: tuple[str, ...] = ()
    seen: shapely.Polygon | None = None


@dataclass(frozen=True, slots=True)
class Renamed:
    """new_code, name: what it goes by afterwards; both are given, changed or not."""

    code: str
    new_code: str
    name: str


@dataclass(frozen=True, slots=True)
class Posted:
    """grid: its code after the plan.  worker: the staff number."""

    grid: str
    worker: str
    role: str


@dataclass(frozen=True, slots=True)
class Redrawing:
    """A draft in which nothing is drawn yet has none of these; nobody can send it to review.

    Raises:
        BadRedrawing: the parts contradict each other, or are too many.
    """

    reshaped: tuple[Reshaped, ...] = ()
    born: tuple[Born, ...] = ()
    retired: tuple[Retired, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    posted: tuple[Posted, ...] = ()
    codes_after: Mapping[str, str] = field(
        init=False, compare=False, repr=False, default_factory=dict
    )
    """Code of today → code afterwards, for what is renamed."""

    def __post_init__(self) -> None:
        after = {one.code: one.new_code for one in self.renamed}
        object.__setattr__(self, "codes_after", after)
        count = len(self.reshaped) + len(self.born) + len(self.retired) + len(self.renamed)
        if max(count, len(self.posted)) > MOST_GRIDS:
            raise BadRedrawing(Flaw.TOO_MANY, count)
        if shapely.get_num_coordinates(list(self._shapes())).sum() > MOST_VERTICES:
            raise BadRedrawing(Flaw.TOO_MANY, "vertices")
        self._check_codes()

    @property
    def is_empty(self) -> bool:
        return not (self.reshaped or self.born or self.retired or self.renamed or self.posted)

    def _shapes(self) -> Iterator[shapely.Polygon]:
        yield from (one.shape for one in self.reshaped)
        yield from (one.shape for one in self.born)

    def _check_codes(self) -> None:
        gone = _once(one.code for one in self.retired)
        kept = _once(one.code for one in self.reshaped) | _once(one.code for one in self.renamed)
        _once([*(one.code for one in self.born), *self.codes_after.values()])
        for code in (*gone, *kept):
            _check_grid(code)
        for code in kept & gone:
            raise BadRedrawing(Flaw.GONE, code)
        for one in self.born:
            _check_born(one, gone)
        for renamed in self.renamed:
            if parent_code(_check_grid(renamed.new_code)) != parent_code(renamed.code):
                raise BadRedrawing(Flaw.OTHER_PARENT, renamed.new_code)


def _once(codes: Iterable[str]) -> set[str]:
    met: set[str] = set()
    for code in codes:
        if code in met:
            raise BadRedrawing(Flaw.TWICE, code)
        met.add(code)
    return met


def _check_grid(code: str) -> str:
    try:
        if level_of(code) is Level.GRID and len(code) >= GRID_DIGITS:
            return code
    except BadCode:
        pass
    raise BadRedrawing(Flaw.NO_CODE, code)


def _check_born(one: Born, gone: set[str]) -> None:
    _check_grid(one.code)
    if one.code in gone:
        raise BadRedrawing(Flaw.GONE, one.code)
    if one.code[:12] != one.community:
        raise BadRedrawing(Flaw.OTHER_PARENT, one.code)


# ---- From what was drawn -------------------------------------------------------------------------


def of_plan(plan: Plan) -> Redrawing:
    """What the operations of a plan come to.

    The people that it names are given to their grids; nobody is taken away from one.

    Raises:
        BadRedrawing: too much has changed.
    """
    changed = plan.changed
    both = {key: (old, new) for key, (old, new) in changed.items() if old and new}
    return Redrawing(
        reshaped=tuple(
            Reshaped(old.code, _polygon(new), _polygon(old))
            for old, new in both.values()
            if old.shape != new.shape
        ),
        born=tuple(
            Born(
                new.code, new.name, _kind(plan, key), new.community, _polygon(new),
                _sources(plan, key),
            )
            for key, (old, new) in changed.items()
            if new and not old
        ),
        retired=tuple(
            Retired(old.code, _heirs(plan, key), _polygon(old))
            for key, (old, new) in changed.items()
            if old and not new
        ),
        renamed=tuple(
            Renamed(old.code, new.code, new.name)
            for old, new in both.values()
            if (old.code, old.name) != (new.code, new.name)
        ),
        posted=posted_of(plan),
    )  # fmt: skip


def posted_of(plan: Plan) -> tuple[Posted, ...]:
    """Whom the operations of a plan give to their grids."""
    roles = _roles(plan)
    return tuple(
        Posted(new.code, worker, role)
        for key, (old, new) in plan.changed.items()
        if new
        for worker in new.people
        if not old or worker not in old.people
        for role in roles.get((key, worker), ("worker",))
    )


def _polygon(grid: Grid) -> shapely.Polygon:
    shape: shapely.Polygon = grid.shape
    return shape


def _sources(plan: Plan, key: str) -> tuple[str, ...]:
    """Codes of the grids of the base day that a new one got its first land from, however often
    that was divided on the way.
    """
    made = _making(plan, key)
    if isinstance(made.operation, Redraw):
        from_whom = list(made.operation.born[key].of)
    else:
        from_whom = [one for one in made.sides if made.before[one] is not None]
    old = [plan.base.grids[one].code for one in from_whom if one in plan.base.grids]
    new = [code for one in from_whom if one not in plan.base.grids for code in _sources(plan, one)]
    return tuple(sorted({*old, *new}))


def _making(plan: Plan, key: str) -> Step:
    """The step by which a new grid began."""
    return next(step for step in plan.steps if step.before.get(key, plan) is None)


def _kind(plan: Plan, key: str) -> str:
    made = _making(plan, key).operation
    return made.born[key].kind if isinstance(made, Redraw) else "basic"


def _roles(plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    """As what people are given grids, by key and number, where it is told."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for step in plan.steps:
        if isinstance(step.operation, Redraw):
            for one in step.operation.drawn:
                for number, role in one.staff:
                    told = found.get((one.key, number), ())
                    found[one.key, number] = tuple(dict.fromkeys([*told, role]))
    return found


def _heirs(plan: Plan, key: str) -> tuple[str, ...]:
    """Codes, after the plan, of the grids that the land of one that ended has come to."""
    ended = next(step for step in reversed(plan.steps) if step.after.get(key, plan) is None)
    if isinstance(ended.operation, Redraw):
        takers = list(dict(ended.operation.ended)[key])
    else:
        takers = [one for one in ended.sides if ended.after[one] is not None]
    there = [plan.grids[one].code for one in takers if one in plan.grids]
    gone = [code for one in takers if one not in plan.grids for code in _heirs(plan, one)]
    return tuple(sorted({*there, *gone}))


# ---- As a step of a plan -------------------------------------------------------------------------


def as_operation(told: Redrawing, there: Mapping[str, Grid], source: str) -> Redraw:
    """What was drawn elsewhere, as the one step of a plan that makes it.

    Args:
        there: the grids that the plan begins with, by code.
        source: where it comes from, in words.

    Raises:
        KeyError: it names a grid that is not there.
    """
    shapes = {one.code: one.shape for one in told.reshaped}
    names = {one.code: (one.new_code, one.name) for one in told.renamed}
    codes = {code: told.codes_after.get(code, code) for code in there}
    posted = {one.grid for one in told.posted}
    born = {key_of_born(one.code, there): one for one in told.born}
    gone = {one.code for one in told.retired}
    kept = {code for code in codes if code not in gone}
    kept &= {*shapes, *names, *(code for code, after in codes.items() if after in posted)}
    if strange := ({*shapes, *names} | gone) - there.keys():
        raise KeyError(min(strange))
    keys = {after: code for code, after in codes.items() if code not in gone}
    keys |= {one.code: key for key, one in born.items()}
    drawn = [
        Drawn(
            key,
            *names.get(key, (there[key].code, there[key].name)),
            rings=_rings(shapes[key]) if key in shapes else (),
            staff=_staff(told, codes[key]),
        )
        for key in sorted(kept)
    ]
    drawn += [
        Drawn(
            key, one.code, one.name, _rings(one.shape), one.kind,
            tuple(code for code in one.of if code in there), _staff(told, one.code),
        )
        for key, one in sorted(born.items())
    ]  # fmt: skip
    ended = [
        (one.code, tuple(keys[code] for code in one.into if code in keys)) for one in told.retired
    ]
    return Redraw(tuple(drawn), tuple(sorted(ended)), source[:LONGEST_NAME])


def key_of_born(code: str, there: Collection[str]) -> str:
    """What a new grid goes by in a plan: its code, unless another came with that one."""
    return f"{code}*" if code in there else code


def _rings(shape: shapely.Polygon) -> tuple[tuple[tuple[float, float], ...], ...]:
    return tuple(map(tuple, rings(shape)))


def _staff(told: Redrawing, code: str) -> tuple[tuple[str, str], ...]:
    return tuple((one.worker, one.role) for one in told.posted if one.grid == code)


# ---- As JSON -------------------------------------------------------------------------------------


def from_json(told: object) -> Redrawing:
    """Read what a browser or another program sends.

    told: {"reshaped": [{"code", "shape", "seen"?}], "born": [{"code", "name", "kind"?, "community",
    "shape", "of"?}], "retired": [{"code", "into"?, "seen"?}], "renamed": [{"code", "new_code"?,
    "name"}], "posted": [{"grid", "worker", "role"}]}; shapes are GeoJSON polygons.

    Raises:
        BadRedrawing: see `Flaw`.
    """
    if not isinstance(told, Mapping):
        raise BadRedrawing(Flaw.NO_OBJECT, "changes")
    redrawing = Redrawing(
        reshaped=_each(told, "reshaped", _reshaped),
        born=_each(told, "born", _born),
        retired=_each(told, "retired", _retired),
        renamed=_each(told, "renamed", _renamed),
        posted=_each(told, "posted", _posted),
    )
    if redrawing.is_empty:
        raise BadRedrawing(Flaw.NOTHING, "changes")
    return redrawing


def _each(told: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], Any]) -> Any:
    given = told.get(name) or []
    if not isinstance(given, list) or any(not isinstance(one, Mapping) for one in given):
        raise BadRedrawing(Flaw.NO_OBJECT, name)
    if len(given) > MOST_GRIDS:
        raise BadRedrawing(Flaw.TOO_MANY, name)
    return tuple(read(one) for one in given)


def _reshaped(one: Mapping[str, Any]) -> Reshaped:
    code = _text(one, "code")
    return Reshaped(code, polygon(one.get("shape"), code), _seen(one, code))


def _born(one: Mapping[str, Any]) -> Born:
    code, kind = _text(one, "code"), one.get("kind") or "basic"
    if kind not in GRID_KINDS:
        raise BadRedrawing(Flaw.KIND, code)
    shape = polygon(one.get("shape"), code)
    return Born(code, _name(one), kind, _text(one, "community"), shape, _codes(one, "of"))


def _retired(one: Mapping[str, Any]) -> Retired:
    code = _text(one, "code")
    return Retired(code, _codes(one, "into"), _seen(one, code))


def _renamed(one: Mapping[str, Any]) -> Renamed:
    code = _text(one, "code")
    return Renamed(code, _text(one, "new_code") if one.get("new_code") else code, _name(one))


def _posted(one: Mapping[str, Any]) -> Posted:
    role = _text(one, "role")
    if role not in ROLES:
        raise BadRedrawing(Flaw.ROLE, role)
    return Posted(_check_grid(_text(one, "grid")), _text(one, "worker"), role)


def _seen(one: Mapping[str, Any], code: str) -> shapely.Polygon | None:
    return polygon(one["seen"], code) if one.get("seen") is not None else None


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME or "\0" in value:
        raise BadRedrawing(Flaw.NO_OBJECT, name)
    return value


def _name(one: Mapping[str, Any]) -> str:
    value = one.get("name")
    if not isinstance(value, str) or "\0" in value or not 1 <= len(value.strip()) <= LONGEST_NAME:
        raise BadRedrawing(Flaw.NAME, one.get("code"))
    return value.strip()


def _codes(one: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = one.get(name) or []
    if not isinstance(given, list) or len(given) > MOST_SOURCES:
        raise BadRedrawing(Flaw.NO_OBJECT, name)
    return tuple(_check_grid(code) for code in given)


def polygon(told: object, about: str) -> shapely.Polygon:
    """A GeoJSON polygon, checked; `about` is whose it is.

    Raises:
        BadRedrawing: no polygon, not in degrees, or one that crosses itself.
    """
    if not isinstance(told, Mapping) or told.get("type") != "Polygon":
        raise BadRedrawing(Flaw.NO_POLYGON, about)
    try:
        rings = [np.asarray(ring, dtype=np.float64) for ring in told["coordinates"]]
        if any(ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 4 for ring in rings):
            raise BadRedrawing(Flaw.NO_POLYGON, about)
        if any((~(np.abs(ring) <= (180.0, 90.0))).any() for ring in rings):
            raise BadRedrawing(Flaw.NO_POLYGON, about)
        shape = shapely.Polygon(rings[0], rings[1:])
    except (KeyError, IndexError, TypeError, ValueError, shapely.errors.GEOSException) as error:
        if isinstance(error, BadRedrawing):
            raise
        raise BadRedrawing(Flaw.NO_POLYGON, about) from None
    if not shape.is_valid or shape.area == 0:
        raise BadRedrawing(Flaw.BAD_SHAPE, about)
    return shape


def shape_json(shape: shapely.Polygon) -> dict[str, Any]:
    """The polygon as GeoJSON, every digit of it: what is read again is the same shape."""
    rings = [shape.exterior, *shape.interiors]
    return {"type": "Polygon", "coordinates": [shapely.get_coordinates(r).tolist() for r in rings]}
