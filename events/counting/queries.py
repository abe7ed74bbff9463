"""Figures by group and period, the line of their plot, and the events behind each figure."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db import connection, transaction
from django.utils.translation import gettext as _

from events.counting.cases import CASES, SUMS, TERMS, Asked
from events.counting.share import Counts
from events.models import Category, EventKind, Source
from events.texts import SEVERITIES
from events.workflow import Severity
from grids.codes import DIGITS, DIVISION_DIGITS, Level
from grids.models import Division, DivisionDesignation


class By(StrEnum):
    """What the rows of a table of figures are."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    KIND = "kind"
    CATEGORY = "category"
    SEVERITY = "severity"
    SOURCE = "source"


DIVISIONS = (By.DISTRICT, By.STREET, By.COMMUNITY)
KEYS = {
    **{one: f"rpad(left(code, {DIGITS[Level(one)]}), {DIVISION_DIGITS}, '0')" for one in DIVISIONS},
    By.KIND: "kind",
    By.CATEGORY: "category_id::text",
    By.SEVERITY: "severity",
    By.SOURCE: "source",
}
KEEP = "CREATE TEMPORARY TABLE cases ON COMMIT DROP AS {cases} SELECT * FROM cases"
FROM_KEPT = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A row of the table."""

    key: str
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Table:
    """Groups in the order of their codes or of the catalogue, and all of them together."""

    groups: list[Group]
    total: Counts


@contextmanager
def kept(asked: Asked) -> Iterator[None]:
    """Within it, what is asked with `is_kept` reads the cases of `asked` from a table of this
    transaction: several questions cost little more than one.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEEP.format(cases=CASES), asked.values())
        yield
        cursor.execute("DROP TABLE cases")


def table(asked: Asked, by: By, *, is_kept: bool = False) -> Table:
    """Two queries, three by division."""
    statement = (
        f"{FROM_KEPT if is_kept else CASES} SELECT {KEYS[by]} AS key, {SUMS} FROM cases"  # noqa: S608 - our own names
        " GROUP BY GROUPING SETS ((1), ())"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, asked.values())
        rows = {key: Counts(*numbers) for key, *numbers in cursor.fetchall()}
    total = rows.pop(None, Counts())
    return Table(named(by, rows.items()), total)


def total(asked: Asked) -> Counts:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(f"{CASES} SELECT {SUMS} FROM cases", asked.values())  # noqa: S608 - our own names
        return Counts(*cursor.fetchone())


def series(asked: Asked, edges: Sequence[datetime], *, is_kept: bool = False) -> list[Counts]:
    """Between each edge and the next: what was due then, and what became of it.  One query.

    What is counted by other moments than the due one (reported … ended) stays 0.
    """
    statement = (
        f"{FROM_KEPT if is_kept else CASES} SELECT"  # noqa: S608 - our own names
        f" width_bucket(close_due, %(edges)s::timestamptz[]), {SUMS} FROM cases WHERE is_due"
        " GROUP BY 1 ORDER BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, asked.values() | {"edges": list(edges)})
        found = {point: Counts(*numbers) for point, *numbers in cursor.fetchall()}
    nothing = {"reported": 0, "accepted": 0, "filed": 0, "ended": 0}
    return [replace(found.get(point, Counts()), **nothing) for point in range(1, len(edges))]


# ---- Names ---------------------------------------------------------------------------------------


def named(by: By, rows: Iterable[tuple[str, Counts]]) -> list[Group]:
    """The groups with the names of today, in their order."""
    found = dict(rows)
    names = names_of(by, list(found))
    groups = [Group(key, names.get(key, key), counts) for key, counts in found.items()]
    if by in DIVISIONS:
        return sorted(groups, key=lambda one: one.key)
    # Names stand in the order of the catalogue.
    order = {key: place for place, key in enumerate(names)}
    return sorted(groups, key=lambda one: (order.get(one.key, len(order)), one.key))


def names_of(by: By, keys: Sequence[str]) -> dict[str, str]:
    if by is By.KIND:
        return {value: str(label) for value, label in EventKind.choices}
    if by is By.SOURCE:
        return {value: str(label) for value, label in Source.choices}
    if by is By.SEVERITY:
        return {one.value: str(SEVERITIES[one]) for one in Severity}
    if by is By.CATEGORY:
        rows = Category.objects.filter(pk__in=[int(key) for key in keys]).order_by(
            "kind", "position", "code"
        )
        return {
            str(pk): f"{code} {name}" for pk, code, name in rows.values_list("pk", "code", "name")
        }
    return _division_names(keys, DIGITS[Level(by.value)])


def _division_names(codes: Sequence[str], digits: int) -> dict[str, str]:
    """Of a code that has been given up, the last name that went by it."""
    old = DivisionDesignation.objects.filter(code__in=codes).order_by("valid")
    names = dict(old.values_list("code", "name"))
    names |= dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
    higher = max(one for one in DIGITS.values() if one < digits)
    return {
        code: name
        if int(code[higher:digits])
        else _("%(name)s (outside of all grids)") % {"name": name}
        for code, name in names.items()
    }


# ---- The events behind a figure ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Behind:
    """One event of a figure, as it stood; closed_at: None while it was open; x, y: where it is, in
    degrees of WGS84.
    """

    id: int
    number: str
    category: str
    address: str
    grid: str
    severity: str
    state: str
    reported_at: datetime
    filed_at: datetime | None
    close_due: datetime
    closed_at: datetime | None
    closed_level: str
    x: float
    y: float


LISTED = """
    {cases}, found AS (SELECT * FROM cases WHERE {term})
    SELECT found.id, e.number, c.name, e.address,
        coalesce(nullif(e.grid_then_name, ''), found.code), found.severity, found.state,
        found.reported_at, found.filed_at, found.close_due,
        CASE WHEN found.state = 'closed' THEN found.closed_at END,
        coalesce(found.closed_level, ''), ST_X(e.point), ST_Y(e.point), count(*) OVER ()
    FROM found JOIN events_event AS e ON e.id = found.id
    JOIN events_category AS c ON c.id = found.category_id
    ORDER BY found.close_due, found.id LIMIT %(limit)s OFFSET %(offset)s
"""


def behind(asked: Asked, term: str, *, limit: int, offset: int) -> tuple[list[Behind], int]:
    """A piece of the events that count as `term`, the earliest due first; how many there are.

    Beyond the last piece there are none of none.
    """
    statement = LISTED.format(cases=CASES, term=TERMS[term])
    with connection.cursor() as cursor:
        cursor.execute(statement, asked.values() | {"limit": limit, "offset": offset})
        rows = cursor.fetchall()
    return [Behind(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
