"""The desk: all orders in reach."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras.models import Camera
from cameras.repairs import queries
from cameras.repairs.queries import ALL, SORTS, Filters
from cameras.repairs.shown import order_shown, state_shown
from cameras.repairs.views.shared import live_config, page
from cameras.repairs.workflow import Status
from gis_server.edge import allow, parse_choice, parse_int, parse_text, user_of
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.openapi.schemas import Group, whole, words, written
from gis_server.roles import Permission

ORDERS = ListFile(
    "repair-orders",
    [
        Column("number", pgettext_lazy("order", "Number"), lambda one: one["order"].number),
        Column("state", gettext_lazy("State"), lambda one: one["state"]["name"]),
        Column("reopened", gettext_lazy("Times failed again"), lambda one: one["order"].reopened),
        Column("subject", gettext_lazy("What is broken"), lambda one: one["subject"]),
        Column("address", gettext_lazy("Address"),
               lambda one: one["first"] and one["first"].address_text),
        Column("reason", pgettext_lazy("camera", "Reason"), lambda one: one["reason"]),
        Column("since", gettext_lazy("Since"), lambda one: one["order"].since),
        Column("next", gettext_lazy("Next deadline"),
               lambda one: one["next"] and one["next"]["name"]),
        Column("due", gettext_lazy("Due"), lambda one: one["next"] and one["next"]["at"]),
        Column("review_on", pgettext_lazy("repair", "Review on"),
               lambda one: one["order"].review_on),
        Column("overdue", gettext_lazy("Overdue"), lambda one: "、".join(one["late"])),
        Column("priority", gettext_lazy("Class"), lambda one: one["priority"]),
        Column("team", gettext_lazy("Repair team"), lambda one: one["order"].team_name),
        Column("phone", gettext_lazy("Phone"),
               lambda one: one["order"].team and one["order"].team.phone),
        Column("cameras", gettext_lazy("Cameras"), lambda one: one["cameras"]),
    ],
    lambda one: one["first"] and one["first"].point,
)  # fmt: skip
PER_PAGE = 50
MAX_TEXT = 60
MOST_ID = 2**63 - 1
ASKED: Group = {
    "state": words([ALL, *(status.value for status in Status)]),
    "team": whole(0, MOST_ID),
    "class": words(Camera.Priority.values),
    "overdue": whole(0, 1, 0),
    "q": written(MAX_TEXT),
    "sort": words(one for one in SORTS if one),
}
"""What `filters_of` reads."""


@allow(Permission.SEE_CAMERAS)
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """The orders that are not over, what is due first on top; filters in the address."""
    user, piece, now = user_of(request), ORDERS.piece(request, PER_PAGE), timezone.now()
    filters = filters_of(request)
    rows, total = queries.desk(user, filters, piece, now)
    shown = [row_shown(row, now) for row in rows]
    if piece is WHOLE:
        return ORDERS.answer(request, shown)
    counts, overdue = queries.counts(user, now)
    context = {
        "file": ORDERS,
        "rows": shown,
        "total": total,
        "all": sum(counts.values()),
        "page": piece,
        "filters": filters,
        "filtered": filters != Filters(sort=filters.sort),
        "counts": [state_shown(state) | {"count": count} for state, count in counts.items()],
        "overdue": overdue,
        "teams": queries.teams_seen(user)[: queries.MOST_TEAMS],
        "priorities": Camera.Priority.choices,
        "sorts": sort_names(),
        "now": now,
        "live": live_config(request),
    }
    return page(request, "cameras/repairs/desk.html", context)


def row_shown(row: Any, now: Any) -> dict[str, Any]:
    return order_shown(row, row.first, now) | {"cameras": row.seen}


def filters_of(request: HttpRequest) -> Filters:
    """
    Raises:
        Invalid: something that is no filter.
    """
    return Filters(
        state=parse_choice(request, "state", [ALL, *(status.value for status in Status)]),
        team=parse_int(request, "team", 0, 0, MOST_ID),
        priority=parse_choice(request, "class", Camera.Priority.values),
        overdue=bool(parse_int(request, "overdue", 0, 0, 1)),
        text=parse_text(request, "q", MAX_TEXT),
        sort=parse_choice(request, "sort", SORTS),
    )


def sort_names() -> list[tuple[str, str]]:
    return [
        ("", _("Due first")),
        ("newest", _("Newest first")),
        ("oldest", _("Longest broken first")),
        ("cameras", _("Most cameras first")),
    ]
