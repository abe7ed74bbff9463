"""Pages of a list by the place where the last one ended: as fast at its end as at its beginning.

A place is the value of the sorted column and the id, both of the last row shown, as microseconds
since 1970 and a number: "1795680000123456~17".  Whatever has that form is a place, so that an
address says all of it; what is inserted or moved meanwhile shifts nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from gis_server.errors import Invalid

LONGEST_PLACE = 36
PLACE_PATTERN = "^[0-9]{1,17}~[0-9]{1,18}$"  # to the year 5138, and to less than 2^63
BEGIN, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Place:
    """at: the value of the column.  id: of the row, so that equal values have an order."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - BEGIN) // TICK}~{self.id}"


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
        raise Invalid(_("There is no such page of the list. Begin at its top."))
    ticks, _tilde, number = text.partition("~")
    return Place(BEGIN + int(ticks) * TICK, int(number))


def piece(rows: QuerySet[Any], column: str, asked: Asked, *, descending: bool) -> Piece:
    """One page of the rows, in the order of a column that is never null.  One query."""
    backwards = asked.before is not None
    place = asked.before or asked.after
    down = descending != backwards
    if place is not None:
        rows = rows.filter(_beyond(column, place, down=down))
    sign = "-" if down else ""
    found = list(rows.order_by(f"{sign}{column}", f"{sign}id")[: asked.limit + 1])
    more, shown = len(found) > asked.limit, found[: asked.limit]
    if backwards:
        shown.reverse()
    return Piece(
        shown,
        earlier=_end(shown, 0, column) if (more if backwards else place) else None,
        later=_end(shown, -1, column) if (backwards or more) else None,
    )


def _beyond(column: str, place: Place, *, down: bool) -> Q:
    # The first condition is what the index can use; the second leaves out what was shown.
    past, same = ("lt", "lte") if down else ("gt", "gte")
    further = Q(**{f"{column}__{past}": place.at})
    return Q(**{f"{column}__{same}": place.at}) & (
        further | Q(**{column: place.at, f"id__{past}": place.id})
    )


def _end(rows: Sequence[Any], index: int, column: str) -> Place | None:
    return Place(getattr(rows[index], column), rows[index].pk) if rows else None
