"""The page of one camera: why it is as it is, what to do, and what is known of it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras import gb28181, page_queries
from cameras.details_text import detail_text
from cameras.grouping import Kind
from cameras.health import State
from cameras.ladder_text import GB_TYPES, rungs
from cameras.models import Camera, CameraState, OutageMember, Probe
from cameras.probe.reason import Reason
from cameras.queries import KEPT_PROBES, latest_snapshot, state_of, thing_name
from cameras.reasons_text import TEXTS, reason_name
from cameras.repairs.queries import open_orders_of
from cameras.repairs.shown import state_shown as order_state
from cameras.services import camera_for
from cameras.views.shared import page, state_shown
from gis_server.audit_actions import action_name, detail_name
from gis_server.edge import allow, parse_choice, user_of
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import AuditRow
from gis_server.roles import Permission, in_scope, may
from grids.views.shared import map_config

LATEST = 20
"""So many of the latest results are shown as a row of marks."""


def changes_told(one: dict[str, Any]) -> str:
    told = [
        f"{word} {'–' if before is None else before} → {'–' if after is None else after}"
        for word, before, after in one["changes"]
    ]
    return "；".join([*told, _("Login changed")] if one["login"] else told)


def word_of(name: str) -> str:
    """The column in words."""
    if name == "profiles":
        return _("number of streams of the device")
    known = {one.name: one for one in Camera._meta.get_fields()}
    label = getattr(known.get(name), "verbose_name", None)
    return str(label) if label else detail_name(name)


FILES = {
    "outages": ListFile(
        "camera-outages",
        [
            Column("from", pgettext_lazy("time", "From"), lambda one: one["row"].joined_at),
            Column("until", pgettext_lazy("time", "Until"), lambda one: one["row"].left_at),
            Column("reason", pgettext_lazy("camera", "Reason"), lambda one: one["reason"]),
            Column("suspect", gettext_lazy("With others, behind"), lambda one: one["suspect"]),
        ],
    ),
    "results": ListFile(
        "camera-results",
        [
            Column("at", gettext_lazy("When"), lambda one: one["at"]),
            Column("ok", gettext_lazy("Answered"), lambda one: one["ok"]),
            Column("reason", pgettext_lazy("camera", "Reason"), lambda one: one["reason"]),
            Column("detail", gettext_lazy("Details"), lambda one: detail_text(one["detail"])),
            Column("took_ms", gettext_lazy("Milliseconds"), lambda one: one["took_ms"]),
        ],
    ),
    "edits": ListFile(
        "camera-edits",
        [
            Column("at", gettext_lazy("When"), lambda one: one["at"]),
            Column("who", gettext_lazy("Who"), lambda one: one["who"]),
            Column("action", gettext_lazy("Action"), lambda one: one["action"]),
            Column("changes", gettext_lazy("Changes"), changes_told),
        ],
    ),
}
AROUND_DEG = 0.003  # what the map shows either side, about 300 m


@allow(Permission.SEE_CAMERAS)
@require_safe
def camera(request: HttpRequest, camera_id: int) -> HttpResponseBase:
    """The page; with `f` one of its lists (`list`: outages, results or edits) as a file.

    Raises:
        NotFound: no such camera, or none in the user's reach (which must look the same).
    """
    user = user_of(request)
    row = camera_for(user, camera_id)
    sees_edits = may(user.role, Permission.MANAGE_CAMERAS) or may(user.role, Permission.SEE_AUDIT)
    names = [name for name in FILES if name != "edits" or sees_edits]
    wanted = parse_choice(request, "list", names) or names[0]
    if FILES[wanted].is_asked(request):
        return FILES[wanted].answer(request, listed(row, wanted))
    context = {"files": FILES, "camera": row, "config": map_of(request, row)} | health_context(row)
    context |= {
        "device": device_context(row),
        "grid_in_reach": row.grid is not None and in_scope(user, row.grid.code),
        "outages": [outage_shown(one) for one in page_queries.outages_of(row)],
        "order": order_context(row),
        "may_edit": may(user.role, Permission.MANAGE_CAMERAS),
    }
    if may(user.role, Permission.SEE_PICTURES):
        context |= picture_context(row, timezone.now())
        context["takes_pictures"] = may(user.role, Permission.TAKE_PICTURES)
    if sees_edits:
        context["edits"] = [edit_shown(one) for one in page_queries.edits_of(row)]
    return page(request, "cameras/one.html", context)


def listed(row: Camera, wanted: str) -> list[dict[str, Any]]:
    """All rows of one of its lists that are kept, the newest first."""
    if wanted == "outages":
        return [outage_shown(one) for one in page_queries.outages_of(row, WHOLE.limit)]
    if wanted == "results":
        return [probe_shown(one) for one in page_queries.newest_probes(row, WHOLE.limit)]
    return [edit_shown(one) for one in page_queries.edits_of(row, WHOLE.limit)]


def order_context(row: Camera) -> dict[str, Any] | None:
    """The repair order that is open for it.  One query."""
    order = open_orders_of([row.pk]).get(row.pk)
    return {"row": order, "shown": order_state(order.state)} if order else None


def picture_context(row: Camera, now: datetime) -> dict[str, Any]:
    """The newest picture, and whether it still shows what is there.  Three queries."""
    picture = latest_snapshot(row)
    taken_at = parse_datetime(picture["taken_at"] or "")
    age_s = (now - taken_at).total_seconds() if taken_at else 0.0
    return {
        "picture": picture,
        "taken_at": taken_at,
        "is_old": age_s > picture["dim_after_s"],
        "before_failure": state_of(row).state == State.OFFLINE.value,
    }


def outage_shown(part: OutageMember) -> dict[str, Any]:
    """The camera's part in an outage, and what it shares with the others that fell with it."""
    outage = part.outage
    kind = outage.suspect_kind
    return {
        "row": part,
        "reason": reason_name(part.reason),
        "suspect": f"{thing_name(Kind(kind))} {outage.suspect_name}" if kind else "",
    }


def health_context(row: Camera) -> dict[str, Any]:
    """State, last ladder and results.  Four queries."""
    state, newest = state_of(row), page_queries.newest_probes(row)
    text = TEXTS[Reason(state.reason)]
    answers = state.state in (State.ONLINE.value, State.DEGRADED.value)
    return {
        "state": state,
        "shown": state_shown(state.state),
        "down": state.state != State.ONLINE.value,
        "reason": text.name,
        "cause": text.cause,
        "remedy": text.remedy,
        "doubt": state.streak_bad if answers and not state.unstable else 0,
        # What is not kept is equal to what was kept last: see `services.results.is_kept`.
        "asked_since": bool(newest and state.last_probe_at and state.last_probe_at > newest[0].at),
        "kept": KEPT_PROBES,
        "probes": [probe_shown(one) for one in newest],
        "failures": [probe_shown(one) for one in page_queries.older_failures(row, newest)],
        "latest": latest_results(state, row.interval_s, page_queries.known_since(row)),
        "last": probe_shown(newest[0]) | {"rungs": rungs(newest[0].steps)} if newest else None,
    }


def latest_results(
    state: CameraState, interval_s: int | None, known_since: datetime | None
) -> list[bool]:
    """Whether each of the latest results was a failure, the oldest first; LATEST at most.

    They are kept as bits (`cameras.health.Health`), which do not say how many there are yet.  At
    least one result comes in an interval; so fewer are shown rather than one that never was.
    """
    if known_since is None or state.last_probe_at is None:
        return []
    lasted_s = (state.last_probe_at - known_since).total_seconds()
    number = min(LATEST, int(lasted_s // (interval_s or settings.PROBE_INTERVAL_S)) + 1)
    return [bool(state.history >> age & 1) for age in reversed(range(number))]


def probe_shown(row: Probe) -> dict[str, Any]:
    return {
        "at": row.at,
        "ok": row.reason == Reason.OK.value,
        "reason": reason_name(row.reason),
        "detail": row.detail,
        "took_ms": row.took_ms,
    }


def device_context(row: Camera) -> dict[str, Any] | None:
    """The parts of its GB/T 28181 id in words.  One query, none without an id."""
    if not row.gb_id:
        return None
    try:
        parts = gb28181.parse(row.gb_id)
    except gb28181.NotAnId:
        return None
    return {
        "parts": parts,
        "centre": page_queries.centre_name(parts),
        "type": GB_TYPES.get(parts.type, ""),
    }


def edit_shown(row: AuditRow) -> dict[str, Any]:
    """A row of the audit trail; `changes` are (word, before, after) where it names both."""
    changes = [
        (word_of(name), told[0], told[1])
        for name, told in row.detail.items()
        if isinstance(told, list) and len(told) == 2
    ]
    return {
        "at": row.at,
        "who": row.who,
        "action": action_name(row.action),
        "changes": changes,
        "login": "login" in row.detail,
    }


def map_of(request: HttpRequest, row: Camera) -> dict[str, Any]:
    """What the map of a camera's page must know."""
    east, north = row.point.x, row.point.y
    return map_config(
        request,
        box=[east - AROUND_DEG, north - AROUND_DEG, east + AROUND_DEG, north + AROUND_DEG],
        point=[east, north],
        grid=row.grid.code if row.grid else None,
        card=reverse("camera", args=[row.pk]),
        snapshot=reverse("camera-snapshot", args=[row.pk]),
    )
