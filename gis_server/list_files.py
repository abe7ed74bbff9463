"""Lists taken along: all rows of a page as CSV, those with a place as GeoJSON too (`?f=`).

The view that shows a list makes its file as well, so that permission, scope, filters and order are
those of the page:

    piece = FILE.piece(request, PER_PAGE)
    rows, total = queries.listed(user, state, piece)
    if piece is WHOLE:
        return FILE.answer(request, rows)

What leaves the house is noted in the audit trail.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_server import audit, geojson_export, throttle
from gis_server.edge import Page, parse_choice, parse_page, user_of
from gis_server.errors import Invalid
from gis_server.file_answers import csv_file, geojson_file
from gis_server.plain_text import printable
from gis_server.scopes import common_code
from gis_server.throttle import Pace

MOST_ROWS = 10_000
"""As many as the OGC API gives at once."""
WHOLE = Page(limit=MOST_ROWS + 1, offset=0)
"""All rows, and one more that says that there are more."""
LABELS = {"csv": "CSV", "geojson": "GeoJSON"}
LONGITUDE, LATITUDE = gettext_lazy("Longitude"), gettext_lazy("Latitude")


class Spot(Protocol):
    """A point in degrees of WGS84."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Column:
    """key: its name for programs.  value: of a row as the view has it; asks no database."""

    key: str
    head: object
    value: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class ListFile:
    """name: of the file, and of the list in the audit trail.  spot: where a row is, None for one
    that is nowhere; without it there is no GeoJSON.
    """

    name: str
    columns: Sequence[Column]
    spot: Callable[[Any], Spot | None] | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        return ("csv", "geojson") if self.spot else ("csv",)

    def is_asked(self, request: HttpRequest) -> bool:
        """Whether a file is asked for, which counts as one.  A form that is sent asks for none.

        Raises:
            Invalid: `f` names no form of this file.
            TooMany: more files than one account may take in a minute.
        """
        asked = request.method != "POST" and bool(parse_choice(request, "f", self.forms))
        if asked:
            throttle.check(Pace.FILES, str(user_of(request).pk), timezone.now())
        return asked

    def piece(self, request: HttpRequest, per_page: int) -> Page:
        """`WHOLE` where a file is asked for, else the page.

        Raises:
            Invalid, TooMany: see `is_asked`, or a page that cannot be.
        """
        return WHOLE if self.is_asked(request) else parse_page(request, per_page)

    def answer(self, request: HttpRequest, rows: Sequence[Any]) -> HttpResponseBase:
        """The rows (at most `WHOLE.limit`) in the form that is asked for.

        Raises:
            Invalid: more than `MOST_ROWS` as GeoJSON, which has no place to say so.
        """
        user, form, now = user_of(request), request.GET["f"], timezone.localtime()
        is_cut = len(rows) > MOST_ROWS
        if is_cut and form == "geojson":
            raise Invalid(
                _("One file takes %(most)d rows: narrow the filters.") % {"most": MOST_ROWS}
            )
        shown = rows[:MOST_ROWS]
        detail = {"list": self.name, "format": form, "rows": len(shown)}
        audit.note(by=user, action="rows.exported", scope=common_code(user.reach), detail=detail)
        name = f"{self.name}-{now:%Y%m%d-%H%M}"
        if form == "geojson":
            return geojson_file((self._feature(row) for row in shown), name)
        return csv_file(self._table(shown, is_cut=is_cut), name)

    def _table(self, rows: Sequence[Any], *, is_cut: bool) -> Iterator[Sequence[object]]:
        yield [*(column.head for column in self.columns), *self._ends()]
        for row in rows:
            yield [*(in_words(column.value(row)) for column in self.columns), *self._degrees(row)]
        if is_cut:
            yield [
                _("Only the first %(most)d rows are here: narrow the filters.")
                % {"most": MOST_ROWS}
            ]

    def _ends(self) -> list[object]:
        return [LONGITUDE, LATITUDE] if self.spot else []

    def _degrees(self, row: Any) -> list[object]:
        if self.spot is None:
            return []
        spot = self.spot(row)
        return [round(spot.x, 7), round(spot.y, 7)] if spot else ["", ""]

    def _feature(self, row: Any) -> dict[str, object]:
        spot = self.spot(row) if self.spot else None
        told = {column.key: for_programs(column.value(row)) for column in self.columns}
        return geojson_export.feature(spot and geojson_export.point(spot.x, spot.y), told)


def in_words(value: object) -> str:
    """A cell: times by the local clock, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return printable(str(value))


def for_programs(value: object) -> object:
    """A property: numbers and truths stay, times are ISO 8601."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return printable(str(value))
