"""What a question for features asks for, out of its address; all that is wrong with it is told in
the reader's language.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import shapely
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Invalid
from gis_server.openapi.schemas import Group, text, whole, words
from gis_server.plain_numbers import whole_of
from maps.ogc.crs import CRS84, Crs, known
from maps.ogc.reading import Span, box_of, span_of
from maps.ogc.table import Collection, Column, Kind

MOST, AT_ONCE = 10_000, 100
"""Features of one answer: whoever asks for more than MOST gets MOST (17-069r4, 7.15.2)."""
LONGEST_VALUE = 200
LARGEST_ID = 2**63 - 1
LARGEST_WHOLE = 2**31 - 1
OF_A_PAGE = ("f",)
OF_A_FEATURE = ("f", "crs")
OF_FEATURES = ("f", "limit", "after", "bbox", "bbox-crs", "datetime", "crs")
FORMS = ("json", "html", "csv")
PAGE_FORMS = FORMS[:2]
F: Group = {"f": words(PAGE_FORMS)}
FEATURES: Group = {
    "f": words(FORMS),
    "limit": whole(1, LARGEST_ID, AT_ONCE),
    "after": whole(-LARGEST_ID, LARGEST_ID),
    **dict.fromkeys(("bbox", "bbox-crs", "datetime", "crs"), text(LONGEST_VALUE)),
}
"""The same everywhere; what is particular to a layer says the description at /ogc/api."""
ANY_END = "*"
"""At the end of a text: whatever begins so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter by one column: equal to `value`, beginning with it, or within `span`."""

    column: Column
    value: Any = None
    begins: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """area: WGS84, None for everywhere.  span: None where no time is asked for.  after: the id of
    the last feature of the page before.
    """

    crs: Crs
    limit: int = AT_ONCE
    after: int | None = None
    area: shapely.Geometry | None = None
    span: Span | None = None
    wanted: tuple[Wanted, ...] = field(default=())


def question_of(request: HttpRequest, collection: Collection) -> Question:
    """Raises Invalid: a parameter that there is not, that comes twice, or that cannot be read."""
    columns = {column.name: column for column in collection.columns}
    asked = given(request, (*OF_FEATURES, *columns))
    zone = timezone.get_default_timezone()
    return Question(
        crs=_crs(asked, "crs"),
        limit=_limit(asked),
        after=_after(asked),
        area=_area(asked),
        span=_span("datetime", asked["datetime"], zone) if "datetime" in asked else None,
        wanted=tuple(
            _wanted(columns[name], text, zone) for name, text in asked.items() if name in columns
        ),
    )


def crs_of(request: HttpRequest) -> Crs:
    """Of a question for one feature.  Raises Invalid."""
    return _crs(given(request, OF_A_FEATURE), "crs")


def given(request: HttpRequest, names: Iterable[str]) -> Mapping[str, str]:
    """The parameters of the address.  Raises Invalid: another than `names`, or one twice."""
    there = tuple(names)
    for name, values in request.GET.lists():
        if name not in there:
            rule = _("There is no parameter %(name)s here; there are %(names)s.")
            raise Invalid(rule % {"name": name[:40], "names": ", ".join(there)})
        if len(values) > 1:
            raise Invalid(_("%(name)s is given twice.") % {"name": name})
        if len(values[0]) > LONGEST_VALUE or "\0" in values[0]:
            rule = _("%(name)s must be a text of at most %(longest)d characters.")
            raise Invalid(rule % {"name": name, "longest": LONGEST_VALUE})
    return request.GET.dict()


def _limit(asked: Mapping[str, str]) -> int:
    if "limit" not in asked:
        return AT_ONCE
    number = whole_of(asked["limit"])
    if number is None or number < 1:
        rule = _(
            "limit must be a whole number of at least 1; of more than %(most)d, %(most)d come."
        )
        raise Invalid(rule % {"most": MOST})
    return min(number, MOST)


def _after(asked: Mapping[str, str]) -> int | None:
    return _whole("after", asked["after"], -LARGEST_ID, LARGEST_ID) if "after" in asked else None


def _whole(name: str, text: str, low: int, high: int) -> int:
    if re.fullmatch(r"[+-]?[0-9]{1,19}", text) and low <= int(text) <= high:
        return int(text)
    rule = _("%(name)s must be a whole number from %(low)d to %(high)d.")
    raise Invalid(rule % {"name": name, "low": low, "high": high})


def _crs(asked: Mapping[str, str], name: str) -> Crs:
    named, there = asked.get(name, CRS84), known()
    # A safe address of it, "[EPSG:4490]", is what newer parts of the standard write.
    short = re.fullmatch(r"\[(EPSG|OGC):([A-Z0-9]{4,6})\]", named)
    if short:
        named = next((uri for uri in there if uri.endswith("/" + short[2])), named)
    if named not in there:
        rule = _("%(name)s is none of those that there are here: %(names)s.")
        raise Invalid(rule % {"name": name, "names": ", ".join(there)})
    return there[named]


def _area(asked: Mapping[str, str]) -> shapely.Geometry | None:
    crs = _crs(asked, "bbox-crs")
    if "bbox" not in asked:
        return None
    try:
        return crs.area(box_of(asked["bbox"]))
    except ValueError:
        rule = _(
            "bbox must be four numbers in the order of the axes of %(crs)s: the two lower bounds, "
            "then the two upper ones. Only a longitude may be larger first: a box across the "
            "antimeridian."
        )
        raise Invalid(rule % {"crs": crs.uri}) from None


def _span(name: str, text: str, zone: Any) -> Span:
    try:
        return span_of(text, zone)
    except ValueError:
        rule = _(
            "%(name)s must be a time like 2026-03-31T08:00:00Z, a day like 2026-03-31, or an "
            "interval of these like 2026-03-01/2026-03-31; “..” leaves one side open."
        )
        raise Invalid(rule % {"name": name}) from None


def _wanted(column: Column, text: str, zone: Any) -> Wanted:
    if column.kind in (Kind.DAY, Kind.TIME):
        return Wanted(column, span=_span(column.name, text, zone))
    if column.kind is Kind.TEXT and text.endswith(ANY_END):
        return Wanted(column, text.removesuffix(ANY_END), begins=True)
    if column.choices and text not in column.choices:
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": column.name, "choices": ", ".join(column.choices)})
    return Wanted(column, _value(column, text))


def _value(column: Column, text: str) -> str | int | float | bool:
    if column.kind is Kind.WHOLE:
        return _whole(column.name, text, -LARGEST_WHOLE, LARGEST_WHOLE)
    if column.kind is Kind.NUMBER:
        return _number(column.name, text)
    if column.kind is Kind.YES_NO:
        if text not in ("true", "false"):
            rule = _("%(name)s must be one of %(choices)s.")
            raise Invalid(rule % {"name": column.name, "choices": "true, false"})
        return text == "true"
    return text


def _number(name: str, text: str) -> float:
    if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        return float(text)
    raise Invalid(_("%(name)s must be a number.") % {"name": name})


def days(span: Span | None, now: datetime) -> tuple[date | None, date | None]:
    """The days of a collection of days: today where no time is asked for."""
    if span is None:
        today = timezone.localdate(now)
        return today, today
    return span.days(timezone.get_default_timezone())
