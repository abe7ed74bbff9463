"""What is asked of the offline list in an address, and the address of what is asked."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cameras.handover.line import Filters
from cameras.handover.lines import SORTS
from cameras.handover.wording import lasting_text
from cameras.health import State
from cameras.models import Camera
from cameras.probe.reason import Reason
from cameras.views.sheets import below
from gis_server.edge import parse_choice, parse_int, parse_text
from gis_server.models import LONGEST_CODE

MAX_TEXT = 60
MOST_ID = 2**63 - 1
LONGEST_MIN = 60 * 24 * 366
LISTED = (State.OFFLINE, State.DEGRADED, State.UNKNOWN)
LONGER_MIN = (30, 60, 240, 1440, 4320, 10_080, 43_200)
"""Lengths that the page offers; the address takes any up to a year."""
NAMES = {
    "text": "q",
    "division": "division",
    "state": "state",
    "reason": "reason",
    "priority": "class",
    "owner": "owner",
    "team": "team",
    "longer_min": "longer",
    "sort": "sort",
}
"""Fields of `Filters` by their names in the address."""


def filters_of(request: HttpRequest) -> Filters:
    """
    Raises:
        Invalid: something that is no filter.
    """
    division = parse_text(request, "division", LONGEST_CODE)
    below(division)
    return Filters(
        text=parse_text(request, "q", MAX_TEXT),
        division=division,
        state=parse_choice(request, "state", [state.value for state in LISTED]),
        reason=parse_choice(request, "reason", [reason.value for reason in Reason]),
        priority=parse_choice(request, "class", Camera.Priority.values),
        owner=parse_int(request, "owner", 0, 0, MOST_ID),
        team=parse_int(request, "team", 0, 0, MOST_ID),
        longer_min=parse_int(request, "longer", 0, 0, LONGEST_MIN),
        sort=parse_choice(request, "sort", SORTS),
    )


def query_of(filters: Filters, **more: Any) -> str:
    """The question in an address that asks for this; empty for the plain list."""
    asked = {NAMES[name]: value for name, value in filters.stored().items()} | more
    return f"?{urlencode(asked)}" if asked else ""


def sort_names() -> list[tuple[str, str]]:
    return [
        ("", _("Worst first")),
        ("newest", _("Newest first")),
        ("longest", _("Longest first")),
        ("cameras", _("Most cameras first")),
        ("due", _("First due first")),
        ("team", _("By team")),
    ]


def longer_names() -> list[tuple[int, str]]:
    return [(one, lasting_text(timedelta(minutes=one))) for one in LONGER_MIN]
