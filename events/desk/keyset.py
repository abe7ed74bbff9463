"""Pages of a list by the place where the last one ended: as fast at its end as at its beginning.

A place is the values of the sorted columns and the id, all of the last row shown: the time as
microseconds since 1970, "1795680000123456~17", and before it, in a list that is sorted by a rank
first, that: "2~1795680000123456~17".  Whatever has this form is a place, so that an address says
all of it; what is inserted or moved meanwhile shifts nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import (
    DateTimeField,
    F,
    Func,
    IntegerField,
    Model,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext as _

from gis_server.errors import Invalid

LONGEST_PLACE = 40
# To the year 5138, and to less than 2^63.
PLACE_PATTERN = "^(-?[0-9]{1,2}~)?[0-9]{1,17}~[0-9]{1,18}$"
BEGIN, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Place:
    """at: the value of the column.  id: of the row, so that equal values have an order.

    rank: the value of the column before it; None in a list that has none.
    """

    at: datetime
    id: int
    rank: int | None = None

    def __str__(self) -> str:
        before = "" if self.rank is None else f"{self.rank}~"
        return f"{before}{(self.at - BEGIN) // TICK}~{self.id}"


@dataclass(frozen=True, slots=True)
class Order:
    """By which columns, all of them falling or all rising; none of them is ever null.

    column: a time.  rank: a column of whole numbers that counts before it; "" for none.
    """

    column: str
    is_falling: bool = False
    rank: str = ""

    def columns(self) -> list[str]:
        return [*([self.rank] if self.rank else []), self.column, "id"]

    def by(self, *, falling: bool) -> list[str]:
        """For `order_by`."""
        return [f"-{name}" if falling else name for name in self.columns()]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: the one after a place, the one before a place, or (neither) the first."""

    limit: int
    after: Place | None = None
    before: Place | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows in their order, and where the pages beside them begin (None: there is none)."""

    rows: list[Any]
    earlier: Place | None
    later: Place | None


def place_of(text: str) -> Place | None:
    """Raises Invalid: not a place that a page has named."""
    if not text:
        return None
    if not re.fullmatch(PLACE_PATTERN, text, re.ASCII):
        raise _unknown()
    *rank, ticks, number = map(int, text.split("~"))
    return Place(BEGIN + ticks * TICK, number, rank[0] if rank else None)


def _unknown() -> Invalid:
    return Invalid(_("There is no such page of the list. Begin at its top."))


def piece(rows: QuerySet[Any], order: Order, asked: Asked) -> Piece:
    """One page of the rows in an order.  One query.

    Raises:
        Invalid: a place in a list of another order.
    """
    backwards = asked.before is not None
    place = asked.before or asked.after
    falling = order.is_falling != backwards
    if place is not None:
        rows = rows.filter(_beyond(order, place, falling=falling))
    found = list(rows.order_by(*order.by(falling=falling))[: asked.limit + 1])
    more, shown = len(found) > asked.limit, found[: asked.limit]
    if backwards:
        shown.reverse()
    return Piece(
        shown,
        earlier=_end(shown, 0, order) if (more if backwards else place) else None,
        later=_end(shown, -1, order) if (backwards or more) else None,
    )


def _beyond(order: Order, place: Place, *, falling: bool) -> GreaterThan | LessThan:
    # Rows are compared as wholes, so that an index of the columns finds the place.
    if (place.rank is None) != (order.rank == ""):
        raise _unknown()
    ranks = [] if place.rank is None else [Value(place.rank, IntegerField())]
    at = Value(place.at, DateTimeField())
    row = _row(*(F(name) for name in order.columns()))
    there = _row(*ranks, at, Value(place.id, IntegerField()))
    return LessThan(row, there) if falling else GreaterThan(row, there)


def _row(*parts: F | Value) -> Func:
    # What Django takes its type for matters to nobody: the database compares it.
    return Func(*parts, template="(%(expressions)s)", output_field=TextField())


def _end(rows: Sequence[Any], index: int, order: Order) -> Place | None:
    if not rows:
        return None
    row = rows[index]
    rank = getattr(row, order.rank) if order.rank else None
    return Place(getattr(row, order.column), row.pk, rank)
