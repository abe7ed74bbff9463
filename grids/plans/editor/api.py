"""Drawing a boundary plan over HTTP, step by step (docs/design/plan-editor.md).

All under api/grid-plans/<id>/.  What is sent names the `revision` that was seen; an older one is
answered with 409, who changed the plan, and the revision there is.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gis_server.edge import allow, json_ok, parse_text, user_of
from gis_server.errors import Invalid, NotFound
from gis_server.json_body import json_body, text_of
from gis_server.openapi.marks import asks, sends
from gis_server.openapi.schemas import FLAG, listing, nullable, record, text, written
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from grids.models import BoundaryPlan
from grids.plan import Operation, Plan, Refused, read
from grids.plan.operations import SCHEMA
from grids.plans import rows
from grids.plans.drawing import detail_of
from grids.plans.editor import drawn, editing, kept, presence, surroundings
from grids.plans.effects.api import tried_json
from grids.plans.effects.impact import rules
from grids.plans.effects.tried import figures_of
from grids.plans.sent import REVISION, revision_of
from grids.plans.texts import refused_text

MAX_BODY = 1024 * 1024  # a line has 2,000 points at most
MOST_AT_ONCE = 200
MOST_LOCKED = 2_000
PAGE = re.compile(r"[0-9a-z]{8,32}")
ONE = {"community": text(pattern="^([0-9]{12})?$")}
ONE_SENT = {"community": nullable(ONE["community"])}
OPERATIONS = record(
    {"revision": REVISION, "operations": listing(SCHEMA, minItems=1, maxItems=MOST_AT_ONCE)},
    **ONE_SENT,
)


@allow(Permission.REVIEW_PLANS)
@require_GET
@asks(ONE)
def drawing(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer the plan as it is drawn now: the grids of `community`, those that touch them, steps.

    Without `community`: of the first that the plan changes, else of the first that has grids.
    """
    user = user_of(request)
    row = rows.found(grid_plan_id, user)
    open_plan = kept.opened(row)
    plan = open_plan.value
    communities = drawn.communities_json(row, plan)
    community = parse_text(request, "community", 12) or _first(communities)
    if community and not any(one["code"] == community for one in communities):
        raise NotFound(_no_community(community))
    grids = drawn.around(plan, community)
    told = {
        "id": row.pk,
        "title": row.title,
        "territory": row.scope_code,
        "base_day": row.base_day,
        "state_text": row.get_state_display(),
        "why": open_plan.why,
        "may_draw": not open_plan.why and may(user.role, Permission.EDIT_TERRITORY),
        "communities": communities,
        "grids": drawn.grids_json(plan, grids, community),
        "gone": [],
    }
    return json_ok(told | drawn.state_json(row, plan, community))


def _first(communities: list[dict[str, Any]]) -> str:
    changed = (one["code"] for one in communities if one["changed"] and one["grids"])
    return next(changed, next((one["code"] for one in communities if one["grids"]), ""))


@allow(Permission.EDIT_TERRITORY)
@require_POST
@sends(OPERATIONS)
def operations(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Do `operations`, all or none, and store them at once: autosave is every step."""
    told, community = _told(request, grid_plan_id)
    done = editing.do(
        plan_id=grid_plan_id,
        revision=revision_of(told),
        operations=_operations(told),
        by=user_of(request),
        now=timezone.now(),
    )
    return _done_json(done, community)


@allow(Permission.EDIT_TERRITORY)
@require_POST
@sends(record({"revision": REVISION}, **ONE_SENT))
def undo(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Take the last step back."""
    told, community = _told(request, grid_plan_id)
    done = editing.undo(
        plan_id=grid_plan_id, revision=revision_of(told), by=user_of(request), now=timezone.now()
    )
    return _done_json(done, community)


@allow(Permission.EDIT_TERRITORY)
@require_POST
@sends(record({"revision": REVISION}, **ONE_SENT))
def redo(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Do again what was taken back last."""
    told, community = _told(request, grid_plan_id)
    done = editing.do_again(
        plan_id=grid_plan_id, revision=revision_of(told), by=user_of(request), now=timezone.now()
    )
    return _done_json(done, community)


def _told(request: HttpRequest, plan_id: int) -> tuple[dict[str, Any], str]:
    """What was sent, and the community on the page: read before anything is stored."""
    told = json_body(request, MAX_BODY)
    return told, _community(told, rows.found(plan_id, user_of(request)))


def _done_json(done: editing.Done, community: str) -> JsonResponse:
    changed = drawn.difference(done.before, done.after, community)
    counts = {"counts": drawn.counts_json(done.before, done.after)}
    return json_ok(changed | counts | drawn.state_json(done.row, done.after, community))


@allow(Permission.EDIT_TERRITORY)
@require_POST
@sends(OPERATIONS)
def preview(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer what `operations` would make of the grids; nothing is stored."""
    told, community = _told(request, grid_plan_id)
    done = editing.tried(
        plan_id=grid_plan_id,
        revision=revision_of(told),
        operations=_operations(told),
        by=user_of(request),
    )
    return json_ok(drawn.preview_json(done.before, done.after, community))


@allow(Permission.EDIT_TERRITORY, Pace.FIGURES)
@require_POST
@sends(OPERATIONS)
def preview_figures(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer the figures of each grid that `operations` would redraw, before and after them;
    nothing is stored.
    """
    told = _told(request, grid_plan_id)[0]
    done = editing.tried(
        plan_id=grid_plan_id,
        revision=revision_of(told),
        operations=_operations(told),
        by=user_of(request),
    )
    found = figures_of(done.row, done.before, done.after, timezone.now())
    return json_ok(tried_json(found, rules()))


@allow(Permission.EDIT_TERRITORY)
@require_POST
@sends(
    record({"revision": REVISION, "grids": listing(text(), maxItems=MOST_LOCKED), "locked": FLAG})
)
def locks(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Lock `grids` (keys), or unlock them, as `locked` says; kept with the draft, for everybody."""
    told = json_body(request, MAX_BODY)
    grids, locked = told.get("grids"), told.get("locked")
    if not isinstance(grids, list) or not all(isinstance(one, str) for one in grids):
        raise Invalid(_("grids must be a list of codes."))
    if len(grids) > MOST_LOCKED or not isinstance(locked, bool):
        raise Invalid(
            _("locked must be true or false, for at most %(most)d grids.") % {"most": MOST_LOCKED}
        )
    row = editing.lock(
        plan_id=grid_plan_id,
        revision=revision_of(told),
        grids=grids,
        locked=locked,
        by=user_of(request),
        now=timezone.now(),
    )
    return json_ok({"revision": row.revision, "locked": row.locked_grids})


@allow(Permission.REVIEW_PLANS)
@require_GET
@asks(ONE)
def renumbering(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer which codes the grids of `community` would have, west to east, north to south."""
    row, plan, community = _looked_at(request, grid_plan_id)
    try:
        items = drawn.renumber_json(plan, community)
    except Refused as refused:
        raise Invalid(refused_text(refused), detail_of(refused)) from None
    return json_ok({"revision": row.revision, "items": items})


@allow(Permission.REVIEW_PLANS)
@require_GET
@asks(ONE)
def repairs(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer what cleaning would make of faulty borders about `community`; nothing is changed."""
    row, plan, community = _looked_at(request, grid_plan_id)
    return json_ok({"revision": row.revision} | drawn.repair_json(plan, community))


@allow(Permission.REVIEW_PLANS)
@require_GET
@asks(ONE)
def snapping(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer lines of streets and points of buildings about the grids of `community`."""
    row, plan, community = _looked_at(request, grid_plan_id)
    return json_ok(surroundings.to_snap_to(plan, row.scope_code, community))


@allow(Permission.EDIT_TERRITORY)
@require_GET
@asks(ONE, q=written(40))
def staff(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer grid staff to assign: of the street of `community`, or whose name begins with `q`; and
    who has never had a grid.
    """
    user = user_of(request)
    row = rows.found(grid_plan_id, user)
    community = _community({"community": parse_text(request, "community", 12)}, row)
    asked = parse_text(request, "q", 40)
    return json_ok({"items": surroundings.staff_of(user, row.scope_code, community, asked)})


@allow(Permission.REVIEW_PLANS)
@require_POST
@sends(record({"page": text(pattern=f"^{PAGE.pattern}$")}, leaves={}, **ONE_SENT))
def here(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Note that a page has the plan open, or with `leaves` no longer; answer who else has."""
    user = user_of(request)
    row = rows.found(grid_plan_id, user)
    told = json_body(request, 4096)
    page = text_of(told, "page", 32)
    if not PAGE.fullmatch(page):
        raise Invalid(_("page must be 8 to 32 small letters and digits."))
    community = _community(told, row)
    if told.get("leaves") is True:
        presence.leave(row, user, page, now=time.time())
        return json_ok({"others": []})
    draws = may(user.role, Permission.EDIT_TERRITORY)
    others = presence.tell(row, user, page, community, draws=draws, now=time.time())
    return json_ok({"others": others, "revision": row.revision, "state": row.state})


def _looked_at(request: HttpRequest, plan_id: int) -> tuple[BoundaryPlan, Plan, str]:
    row = rows.found(plan_id, user_of(request))
    community = _community({"community": parse_text(request, "community", 12)}, row)
    return row, kept.opened(row).value, community


def _community(told: Mapping[str, Any], row: BoundaryPlan) -> str:
    """The community that is drawn, of the plan's territory; empty where none is named."""
    community = text_of(told, "community", 12)
    if community and not (
        re.fullmatch("[0-9]{12}", community) and community.startswith(row.scope_code)
    ):
        raise Invalid(_no_community(community))
    return community


def _no_community(code: str) -> str:
    return _("There is no community %(code)s in the plan's territory.") % {"code": code}


def _operations(told: Mapping[str, Any]) -> list[Operation]:
    given = told.get("operations")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_AT_ONCE:
        rule = _("operations must be a list of 1 to %(most)d operations.")
        raise Invalid(rule % {"most": MOST_AT_ONCE})
    found = []
    for number, one in enumerate(given):
        try:
            found.append(read(one))
        except Refused as refused:
            refused.step = number if len(given) > 1 else None
            raise Invalid(refused_text(refused), detail_of(refused)) from None
    return found
