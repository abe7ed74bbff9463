"""The list of cameras."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras import page_queries
from cameras.health import State
from cameras.models import Camera
from cameras.page_queries import SORTS, UNSTABLE, Filters
from cameras.probe.reason import Reason
from cameras.queries import state_of
from cameras.reasons_text import reason_name
from cameras.views.shared import page, state_shown
from gis_server.edge import allow, parse_choice, parse_int, parse_text, user_of
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission

CAMERAS = ListFile(
    "cameras",
    [
        Column("name", gettext_lazy("Camera"), lambda one: one["camera"].name),
        Column("code", gettext_lazy("Code"), lambda one: one["camera"].code),
        Column("enabled", gettext_lazy("Watched"), lambda one: one["camera"].enabled),
        Column("state", gettext_lazy("State"), lambda one: one["state"]["name"]),
        Column("unstable", gettext_lazy("Unstable"), lambda one: one["unstable"]),
        Column("reason", pgettext_lazy("camera", "Reason"), lambda one: one["reason"]),
        Column("since", gettext_lazy("Since"), lambda one: one["since"]),
        Column("address", gettext_lazy("Address"), lambda one: one["camera"].address_text),
        Column("host", gettext_lazy("Network address"), lambda one: one["camera"].host),
        Column("owner", gettext_lazy("Owner"), lambda one: one["camera"].owner.name),
        Column("team", gettext_lazy("Repair team"), lambda one: one["camera"].team.name),
        Column("phone", gettext_lazy("Phone"), lambda one: one["camera"].team.phone),
        Column("upstream", gettext_lazy("Connected through"),
               lambda one: one["camera"].upstream and one["camera"].upstream.name),
    ],
    lambda one: one["camera"].point,
)  # fmt: skip
PER_PAGE = 50
MAX_TEXT = 60
MOST_ID = 2**63 - 1


@allow(Permission.SEE_CAMERAS)
@require_safe
def table(request: HttpRequest) -> HttpResponseBase:
    """The cameras in reach, the worst first; search, filters and another order in the address."""
    user, piece = user_of(request), CAMERAS.piece(request, PER_PAGE)
    filters = filters_of(request)
    rows, total = page_queries.cameras(user, filters, piece)
    shown = [_row(camera) for camera in rows]
    if piece is WHOLE:
        return CAMERAS.answer(request, shown)
    counts, unstable = page_queries.counts(user)
    context = {
        "file": CAMERAS,
        "rows": shown,
        "total": total,
        "all": sum(count for _state, count in counts),
        "page": piece,
        "filters": filters,
        "filtered": filters != Filters(sort=filters.sort),
        "counts": [
            *(state_shown(state.value) | {"count": count} for state, count in counts),
            {"value": UNSTABLE, "name": _("Unstable"), "badge": "warn", "count": unstable},
        ],
        "choices": page_queries.choices(user),
        "reasons": [(reason.value, reason_name(reason.value)) for reason in Reason],
        "priorities": Camera.Priority.choices,
        "sorts": sort_names(),
    }
    return page(request, "cameras/list.html", context)


def filters_of(request: HttpRequest) -> Filters:
    """
    Raises:
        Invalid: something that is no filter.
    """
    return Filters(
        text=parse_text(request, "q", MAX_TEXT),
        state=parse_choice(request, "state", [*(state.value for state in State), UNSTABLE]),
        reason=parse_choice(request, "reason", [reason.value for reason in Reason]),
        priority=parse_choice(request, "class", Camera.Priority.values),
        owner=parse_int(request, "owner", 0, 0, MOST_ID),
        team=parse_int(request, "team", 0, 0, MOST_ID),
        upstream=parse_int(request, "upstream", 0, 0, MOST_ID),
        site=parse_int(request, "site", 0, 0, MOST_ID),
        sort=parse_choice(request, "sort", SORTS),
    )


def sort_names() -> list[tuple[str, str]]:
    return [
        ("", _("Worst first")),
        ("since", _("Latest change first")),
        ("code", _("Code")),
        ("name", _("Name of the camera")),
        ("host", _("Network address")),
    ]


def _row(camera: Camera) -> dict[str, Any]:
    state = state_of(camera)
    online = state.state == State.ONLINE.value
    return {
        "camera": camera,
        "state": state_shown(state.state),
        "unstable": state.unstable,
        "since": state.since,
        "reason": "" if online else reason_name(state.reason),
    }
