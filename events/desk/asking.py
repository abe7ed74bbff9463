"""What is asked of the desk in an address, and the address of what is asked."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from events.deadlines import Colour
from events.desk.filters import Filters, Sort, Tab
from events.desk.keyset import LONGEST_PLACE, Asked, place_of
from events.desk.queries import below
from events.models import EventKind, Source
from events.workflow import Level, Severity
from gis_server.edge import parse_choice, parse_day, parse_int, parse_text
from gis_server.kept_filters import stored
from gis_server.models import LONGEST_CODE
from gis_server.openapi.schemas import DAY, Group, text, whole, words, written
from grids.codes import CODE_PATTERN

MAX_TEXT = 80
MOST_ID = 2**63 - 1
NAMES = {
    "tab": "tab",
    "level": "level",
    "division": "division",
    "kind": "kind",
    "category": "entry",
    "severity": "severity",
    "source": "source",
    "department": "unit",
    "colour": "due",
    "since": "since",
    "until": "until",
    "text": "q",
    "sort": "sort",
}
"""Fields of `Filters` by their names in the address."""
ASKED: Group = {
    "tab": words(one for one in Tab if one),
    "level": words(Level),
    "division": text(LONGEST_CODE, pattern=CODE_PATTERN),
    "kind": words(EventKind.values),
    "entry": whole(0, MOST_ID),
    "severity": words(Severity),
    "source": words(Source.values),
    "unit": whole(0, MOST_ID),
    "due": words(Colour),
    "since": DAY,
    "until": DAY,
    "q": written(MAX_TEXT),
    "sort": words(one for one in Sort if one),
}
"""What `filters_of` reads."""


def filters_of(request: HttpRequest) -> Filters:
    """
    Raises:
        Invalid: something that is no filter.
    """
    division = parse_text(request, "division", LONGEST_CODE)
    if division:
        below(division)
    return Filters(
        tab=parse_choice(request, "tab", Tab),
        level=parse_choice(request, "level", Level),
        division=division,
        kind=parse_choice(request, "kind", EventKind.values),
        category=parse_int(request, "entry", 0, 0, MOST_ID),
        severity=parse_choice(request, "severity", Severity),
        source=parse_choice(request, "source", Source.values),
        department=parse_int(request, "unit", 0, 0, MOST_ID),
        colour=parse_choice(request, "due", Colour),
        since=day_of(request, "since"),
        until=day_of(request, "until"),
        text=parse_text(request, "q", MAX_TEXT),
        sort=parse_choice(request, "sort", Sort),
    )


def day_of(request: HttpRequest, name: str) -> str:
    """A day as YYYY-MM-DD; empty where nothing is asked for.  Raises Invalid."""
    return str(parse_day(request, name) or "")


def asked_of(request: HttpRequest, default: int, most: int) -> Asked:
    """Which page of the list.  Raises Invalid."""
    return Asked(
        limit=parse_int(request, "limit", default, 1, most),
        after=place_of(parse_text(request, "after", LONGEST_PLACE)),
        before=place_of(parse_text(request, "before", LONGEST_PLACE)),
    )


def query_of(filters: Filters, **more: Any) -> str:
    """The question in an address that asks for this; empty for the plain list."""
    asked = {NAMES[name]: value for name, value in stored(filters).items()}
    asked |= {name: value for name, value in more.items() if value is not None}
    return f"?{urlencode(asked)}" if asked else ""


def address(filters: Filters, **more: Any) -> str:
    return reverse("event-desk") + query_of(filters, **more)
