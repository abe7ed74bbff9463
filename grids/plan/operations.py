"""What can be done to a plan, as values, and how they are written as plain JSON.  Pure.

Grids are named by their keys: the code that a grid had when it came to the plan, which it keeps
there whatever it is renumbered to.  Points are (longitude, latitude) in WGS84 degrees.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, ClassVar

from gis_server.openapi import schemas as described
from grids.plan.flaws import Flaw, Point, Refused
from grids.plan.lines import MOST_POINTS, MOST_VERTICES

LONGEST_TEXT = 80
MOST_GRIDS = 2_000  # that one operation names
MOST_PEOPLE = 50
GRID_KINDS = frozenset({"basic", "special"})
ROLES = frozenset({"chief", "worker", "assistant"})

Line = tuple[Point, ...]


@dataclass(frozen=True)
class Split:
    """Divide a grid along a line that runs through it once.

    keeps: the side of the line, "left" or "right" as drawn, that stays `grid`; the other becomes
        `code`.
    """

    do: ClassVar[str] = "split"
    grid: str
    line: Line
    keeps: str
    code: str
    name: str


@dataclass(frozen=True)
class Merge:
    """Join grids of one community; `into`, one of them, goes on, the others end."""

    do: ClassVar[str] = "merge"
    grids: tuple[str, ...]
    into: str


@dataclass(frozen=True)
class Reshape:
    """Lay the border between two grids along a line.

    The line replaces the common border between the first and the last place where they meet; where
    they meet less than twice it must run through both grids together, and is all of their border.
    """

    do: ClassVar[str] = "reshape"
    grid: str
    other: str
    line: Line


@dataclass(frozen=True)
class HandOver:
    """Give what a ring encloses of `grid` to its neighbour `into`."""

    do: ClassVar[str] = "hand over"
    grid: str
    into: str
    ring: Line


@dataclass(frozen=True)
class Move:
    """Move vertices from where they are; all grids that have them move along.

    One pair moves a vertex, two move a side.  A place on a border that is no vertex becomes one.
    """

    do: ClassVar[str] = "move"
    moves: tuple[tuple[Point, Point], ...]


@dataclass(frozen=True)
class Add:
    """Found a grid of a new community on what a ring encloses of `grid`, or on all of it."""

    do: ClassVar[str] = "add"
    grid: str
    ring: Line | None
    code: str
    name: str


@dataclass(frozen=True)
class Retire:
    """End a grid whose community is dissolved; its land goes to `into`, of another community."""

    do: ClassVar[str] = "retire"
    grid: str
    into: str


@dataclass(frozen=True)
class Renumber:
    """Give grids other codes within their communities: pairs of key and code."""

    do: ClassVar[str] = "renumber"
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rename:
    do: ClassVar[str] = "rename"
    grid: str
    name: str


@dataclass(frozen=True)
class Assign:
    """Say who answers for a grid: the numbers of its people."""

    do: ClassVar[str] = "assign"
    grid: str
    people: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
    """A grid as `Redraw` leaves it.

    code, name: what it goes by afterwards.
    rings: its closed rings, the outer one first, with every digit; none where it keeps its shape.
    kind: of a new grid, "basic" or "special"; "" of one that is there already.
    of: keys of the grids that a new one gets its land from.
    staff: numbers and roles of who is given the grid besides those who have it.
    """

    key: str
    code: str
    name: str
    rings: tuple[Line, ...] = ()
    kind: str = ""
    of: tuple[str, ...] = ()
    staff: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Redraw:
    """Give grids the shapes that were drawn elsewhere, all at once, on the land that they have.

    ended: keys of grids that end, each with the keys of those that get its land.
    source: where the shapes come from, in words.
    """

    do: ClassVar[str] = "redraw"
    drawn: tuple[Drawn, ...]
    ended: tuple[tuple[str, tuple[str, ...]], ...]
    source: str

    @property
    def born(self) -> dict[str, Drawn]:
        return {one.key: one for one in self.drawn if one.kind}


Operation = (
    Split | Merge | Reshape | HandOver | Move | Add | Retire | Renumber | Rename | Assign | Redraw
)
KINDS: dict[str, type[Any]] = {
    kind.do: kind
    for kind in (
        Split, Merge, Reshape, HandOver, Move, Add, Retire, Renumber, Rename, Assign, Redraw,
    )
}  # fmt: skip


def written(operation: Operation) -> dict[str, Any]:
    """As plain JSON; numbers keep every digit."""
    return {"do": operation.do} | _fields(operation)


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Drawn):
        return _fields(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def read(given: Any) -> Operation:
    """What `written` wrote, or what a browser sends.

    Raises:
        Refused: MALFORMED where it is anything else, TOO_MANY_POINTS.
    """
    kind = KINDS.get(given["do"]) if _names_a_kind(given) else None
    if kind is None or given.keys() != {"do", *(field.name for field in fields(kind))}:
        raise Refused(Flaw.MALFORMED)
    values = {field.name: READERS[field.name](given[field.name]) for field in fields(kind)}
    if kind is Add and given["ring"] is None:
        return Add(**values)
    if values.get("ring", ()) is None:
        raise Refused(Flaw.MALFORMED)
    operation: Operation = kind(**values)
    return operation


def _names_a_kind(given: Any) -> bool:
    return isinstance(given, Mapping) and isinstance(given.get("do"), str)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise Refused(Flaw.MALFORMED)
    return value


def _side(value: Any) -> str:
    if value not in ("left", "right"):
        raise Refused(Flaw.MALFORMED)
    return str(value)


def _list(value: Any, most: int, flaw: Flaw = Flaw.MALFORMED) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise Refused(Flaw.MALFORMED)
    if len(value) > most:
        raise Refused(flaw)
    return list(value)


def _texts(most: int) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: tuple(_text(one) for one in _list(value, most))


def _point(value: Any) -> Point:
    x, y = _pair(value)
    if isinstance(x, bool) or isinstance(y, bool):
        raise Refused(Flaw.MALFORMED)
    if not isinstance(x, (int, float)) or not isinstance(y, (int, float)):
        raise Refused(Flaw.MALFORMED)
    try:
        return float(x), float(y)
    except OverflowError:
        raise Refused(Flaw.NOT_DEGREES) from None


def _pair(value: Any) -> tuple[Any, Any]:
    both = _list(value, 2)
    if len(both) != 2:
        raise Refused(Flaw.MALFORMED)
    return both[0], both[1]


def _line(value: Any) -> Line:
    return tuple(_point(one) for one in _list(value, MOST_POINTS, Flaw.TOO_MANY_POINTS))


def _ring(value: Any) -> Line | None:
    return None if value is None else _line(value)


def _moves(value: Any) -> tuple[tuple[Point, Point], ...]:
    pairs = (_pair(one) for one in _list(value, MOST_POINTS, Flaw.TOO_MANY_POINTS))
    return tuple((_point(start), _point(end)) for start, end in pairs)


def _codes(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = (_pair(one) for one in _list(value, MOST_GRIDS))
    return tuple((_text(key), _text(code)) for key, code in pairs)


def _drawn(value: Any) -> tuple[Drawn, ...]:
    read = tuple(_one_drawn(one) for one in _list(value, MOST_GRIDS))
    if sum(len(ring) for one in read for ring in one.rings) > MOST_VERTICES:
        raise Refused(Flaw.TOO_MANY_VERTICES)
    return read


def _one_drawn(value: Any) -> Drawn:
    names = {field.name for field in fields(Drawn)}
    if not isinstance(value, Mapping) or value.keys() != names:
        raise Refused(Flaw.MALFORMED)
    return Drawn(
        key=_text(value["key"]),
        code=_text(value["code"]),
        name=_text(value["name"]),
        rings=tuple(_closed(one) for one in _list(value["rings"], MOST_VERTICES)),
        kind=_one_of(value["kind"], GRID_KINDS | {""}),
        of=_texts(MOST_GRIDS)(value["of"]),
        staff=tuple(map(_post, _list(value["staff"], MOST_PEOPLE))),
    )


def _closed(value: Any) -> Line:
    given = _list(value, MOST_VERTICES, Flaw.TOO_MANY_VERTICES)
    ring = tuple(_point(one) for one in given)
    if any(not (isfinite(x) and isfinite(y) and abs(x) <= 180 and abs(y) <= 90) for x, y in ring):
        raise Refused(Flaw.NOT_DEGREES)
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise Refused(Flaw.MALFORMED)
    return ring


def _one_of(value: Any, known: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise Refused(Flaw.MALFORMED)
    return value


def _post(value: Any) -> tuple[str, str]:
    number, role = _pair(value)
    return _text(number), _one_of(role, ROLES)


def _ended(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    pairs = (_pair(one) for one in _list(value, MOST_GRIDS))
    return tuple((_text(key), _texts(MOST_GRIDS)(heirs)) for key, heirs in pairs)


READERS: dict[str, Callable[[Any], Any]] = {
    "grid": _text,
    "other": _text,
    "into": _text,
    "grids": _texts(MOST_GRIDS),
    "line": _line,
    "ring": _ring,
    "moves": _moves,
    "keeps": _side,
    "code": _text,
    "name": _text,
    "codes": _codes,
    "people": _texts(MOST_PEOPLE),
    "drawn": _drawn,
    "ended": _ended,
    "source": _text,
}
"""How each field is read, by its name; it means the same in every operation."""

_TEXT = described.written(LONGEST_TEXT)
_NUMBER = {"type": "number"}
_POINT = described.listing(_NUMBER, minItems=2, maxItems=2)
_LINE = described.listing(_POINT, maxItems=MOST_POINTS)


def _pairs(one: described.Schema, most: int) -> described.Schema:
    return described.listing(described.listing(one, minItems=2, maxItems=2), maxItems=most)


_SCHEMAS: dict[str, described.Schema] = {
    **dict.fromkeys(("grid", "other", "into", "code", "name", "source"), _TEXT),
    "grids": described.listing(_TEXT, maxItems=MOST_GRIDS),
    "line": _LINE,
    "ring": described.nullable(_LINE),
    "moves": _pairs(_POINT, MOST_POINTS),
    "keeps": described.words(("left", "right")),
    "codes": _pairs(_TEXT, MOST_GRIDS),
    "people": described.listing(_TEXT, maxItems=MOST_PEOPLE),
    "drawn": described.listing({"type": "object"}, maxItems=MOST_GRIDS),
    "ended": _pairs({}, MOST_GRIDS),
}
SCHEMA: described.Schema = {
    "oneOf": [
        described.record(
            {
                "do": described.words([kind.do]),
                **{field.name: _SCHEMAS[field.name] for field in fields(kind)},
            }
        )
        | {"additionalProperties": False}
        for kind in KINDS.values()
    ]
}
"""What `read` takes, for programs."""
