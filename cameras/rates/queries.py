"""Rates by group and period, the line of their plot, and the intervals behind each figure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from cameras.models import Camera, Owner, Team
from cameras.rates.pieces import PIECES, Asked
from cameras.rates.share import Seconds
from grids.codes import DIGITS, DIVISION_DIGITS, Level
from grids.models import Division, DivisionDesignation

COUNTED = ("intact", "faulty", "down", "excused", "unknown")


class By(StrEnum):
    """What the rows of a table of rates are."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    OWNER = "owner"
    TEAM = "team"
    CLASS = "class"


def _division(level: Level) -> tuple[str, str]:
    # A camera that is only known to lie in a street belongs to no community: its row is the street.
    return f"rpad(left(scope_code, {DIGITS[level]}), {DIVISION_DIGITS}, '0')", "''"


# The key of a group, and the name it had, where the row itself tells it.
COLUMNS = {
    By.DISTRICT: _division(Level.DISTRICT),
    By.STREET: _division(Level.STREET),
    By.COMMUNITY: _division(Level.COMMUNITY),
    By.OWNER: ("owner_id::text", "owner_name"),
    By.TEAM: ("team_id::text", "team_name"),
    By.CLASS: ("priority", "''"),
}
SUMS = ", ".join(f"coalesce(sum(s) FILTER (WHERE counted = '{name}'), 0)" for name in COUNTED)
KEEP = "CREATE TEMPORARY TABLE pieces ON COMMIT DROP AS {pieces} SELECT * FROM pieces"
FROM_KEPT = "WITH kept AS (SELECT)"


@contextmanager
def kept(asked: Asked) -> Iterator[None]:
    """Within it, `table` and `series` of the same `asked` read the pieces from a table of this
    transaction: several of them cost little more than one.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEEP.format(pieces=PIECES), asked.values())
        yield
        cursor.execute("DROP TABLE pieces")


TOTALS = """
    {pieces}, keyed AS (
        SELECT {key} AS key, {name} AS name, priority, counted, camera_id,
            extract(epoch FROM hi - lo) AS s
        FROM pieces
    )
    SELECT key, max(name), priority, {sums}, count(DISTINCT camera_id)
    FROM keyed GROUP BY GROUPING SETS ((key, priority), (key), (priority), ())
"""


@dataclass(frozen=True, slots=True)
class Group:
    """A row of the table: all of its cameras, and those of each class."""

    key: str
    name: str
    all: Seconds
    classes: Mapping[str, Seconds] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Groups in the order of their names (of divisions: of their codes), and all of them together.

    One camera may belong to several groups one after the other, so their numbers of cameras may add
    up to more than there are.
    """

    groups: list[Group]
    total: Group


def table(asked: Asked, by: By, *, is_kept: bool = False) -> Table:
    """Three queries at most.  is_kept: within `kept`."""
    key, name = COLUMNS[by]
    pieces = FROM_KEPT if is_kept else PIECES
    statement = TOTALS.format(pieces=pieces, key=key, name=name, sums=SUMS)
    found: dict[str | None, Group] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, asked.values())
        rows = cursor.fetchall()
    for group_key, group_name, priority, *numbers in rows:
        group = found.setdefault(group_key, Group(group_key or "", group_name or "", Seconds(), {}))
        seconds = seconds_of(numbers)
        if priority is None:
            found[group_key] = replace(group, all=seconds)
        else:
            found[group_key] = replace(group, classes={**group.classes, priority: seconds})
    total = found.pop(None, Group("", "", Seconds()))
    return Table(named(by, list(found.values())), replace(total, name=""))


def seconds_of(numbers: Sequence[Any]) -> Seconds:
    """Of the columns `SUMS` and a number of cameras."""
    sums = {f"{name}_s": float(number) for name, number in zip(COUNTED, numbers, strict=False)}
    return Seconds.of_json({**sums, "cameras": int(numbers[-1])})


def named(by: By, groups: Iterable[Group]) -> list[Group]:
    """The groups with the names of today, else the last they had; in order.  One or two queries."""
    groups = list(groups)
    names = names_of(by, [one.key for one in groups])
    told = [replace(one, name=names.get(one.key) or one.name or one.key) for one in groups]
    if by in (By.OWNER, By.TEAM):
        return sorted(told, key=lambda one: (one.name, one.key))
    if by is By.CLASS:
        order = [*Camera.Priority.values]
        return sorted(told, key=lambda one: order.index(one.key))
    return sorted(told, key=lambda one: one.key)


def names_of(by: By, keys: Sequence[str]) -> dict[str, str]:
    if by is By.CLASS:
        return {value: str(label) for value, label in Camera.Priority.choices}
    if by in (By.OWNER, By.TEAM):
        model: Any = Owner if by is By.OWNER else Team
        rows = model.objects.filter(pk__in=[int(key) for key in keys])
        return {str(pk): name for pk, name in rows.values_list("pk", "name")}
    return division_names(keys, DIGITS[Level(by.value)])


def name_of(by: By, key: str) -> str:
    """What one group is called.  Two queries at most."""
    return names_of(by, [key]).get(key, key)


def division_names(codes: Sequence[str], digits: int) -> dict[str, str]:
    """Names by code; of one that has been given up, the last that went by it."""
    old = DivisionDesignation.objects.filter(code__in=codes).order_by("valid")
    names = dict(old.values_list("code", "name"))
    names |= dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
    higher = max(one for one in DIGITS.values() if one < digits)
    above = {code for code in codes if not int(code[higher:digits])}
    return {
        code: _("%(name)s (not assigned below)") % {"name": name} if code in above else name
        for code, name in names.items()
    }


# The points of a plot: pieces are cut where these begin.
SERIES = """
    {pieces}, keyed AS (
        SELECT point, counted, extract(epoch FROM
            least(hi, (%(edges)s::timestamptz[])[point + 1])
            - greatest(lo, (%(edges)s::timestamptz[])[point])) AS s
        FROM pieces, generate_series(width_bucket(lo, %(edges)s::timestamptz[]),
            width_bucket(hi - interval '1 microsecond', %(edges)s::timestamptz[])) AS point
        WHERE %(of_class)s = '' OR priority = %(of_class)s
    )
    SELECT point, {sums}, 0 FROM keyed GROUP BY point ORDER BY point
"""


def series(
    asked: Asked, edges: Sequence[datetime], *, of_class: str = "", is_kept: bool = False
) -> list[Seconds]:
    """The seconds between each edge and the next, without numbers of cameras.  One query.

    of_class: of the cameras of one class only.  is_kept: within `kept`.
    """
    statement = SERIES.format(pieces=FROM_KEPT if is_kept else PIECES, sums=SUMS)
    values = asked.values() | {"edges": list(edges), "of_class": of_class}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = {point: seconds_of(numbers) for point, *numbers in cursor.fetchall()}
    return [found.get(point, Seconds()) for point in range(1, len(edges))]


@dataclass(frozen=True, slots=True)
class Interval:
    """One piece behind a figure; x, y: where the camera is, in degrees of WGS84."""

    camera_id: int
    code: str
    name: str
    state: str
    reason: str
    since: datetime
    until: datetime
    seconds: float
    counted: str
    owner: str
    team: str
    x: float
    y: float


SUMMED = """
    {pieces} SELECT counted, count(*), sum(extract(epoch FROM hi - lo)) FROM pieces GROUP BY counted
"""
LISTED = """
    {pieces}
    SELECT camera_id, c.code, c.name, state, reason, lo, hi, extract(epoch FROM hi - lo), counted,
        owner_name, team_name, ST_X(c.point), ST_Y(c.point)
    FROM pieces JOIN cameras_camera AS c ON c.id = camera_id
    WHERE %(counted)s = '' OR counted = %(counted)s
    ORDER BY lo, camera_id, hi LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Sum:
    count: int
    seconds: float


def intervals(
    asked: Asked, counted: str, *, limit: int, offset: int
) -> tuple[list[Interval], dict[str, Sum]]:
    """One piece of the list, the earliest first; and what each kind sums up to.  Two queries."""
    values = asked.values()
    with connection.cursor() as cursor:
        cursor.execute(SUMMED.format(pieces=PIECES), values)
        sums = {kind: Sum(count, float(s)) for kind, count, s in cursor.fetchall()}
        more = {"counted": counted, "limit": limit, "offset": offset}
        cursor.execute(LISTED.format(pieces=PIECES), values | more)
        rows = [interval_of(*row) for row in cursor.fetchall()]
    return rows, {kind: sums.get(kind, Sum(0, 0.0)) for kind in COUNTED}


def interval_of(*columns: Any) -> Interval:
    """Of the columns of `LISTED`."""
    row = Interval(*columns)
    return replace(row, seconds=float(row.seconds))


def share_of(cameras: Sequence[int], start: datetime, end: datetime) -> Seconds:
    """These cameras together from `start` to `end`.  One query."""
    asked = Asked(start=start, end=end, known_at=end, prefixes=None, cameras=cameras)
    return series(asked, [start, end])[0]
