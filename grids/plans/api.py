"""Boundary plans over HTTP, as JSON: api/grid-plans/ (docs/design/plan-publication.md)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import shapely
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gis_server.edge import allow, json_ok, parse_choice, parse_day, parse_page, parse_text, user_of
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.json_body import json_body, text_of
from gis_server.models import LONGEST_CODE, User
from gis_server.openapi.marks import answers, asks, needs, paged, sends
from gis_server.openapi.schemas import DAY, maybe, nullable, record, words, written
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from grids.codes import GRID_PATTERN
from grids.models import BoundaryPlan, PlanChange
from grids.plan_flow import LONGEST_DOCUMENT, LONGEST_NOTE, PlanState
from grids.plans import rows, services
from grids.plans.clashes import changed_since, others_with, taken_codes
from grids.plans.looking_back import past
from grids.plans.sent import DRAFT, MAX_BODY, REVISION, day_of, draft_of, revision_of
from grids.plans.taking_back import take_back
from grids.redrawing import shape_json


@allow(Permission.REVIEW_PLANS)
@require_http_methods(["GET", "POST"])
@asks(paged(), state=words(PlanState))
@sends(DRAFT)
@answers(201)
def plans(request: HttpRequest) -> JsonResponse:
    """Answer plans in the user's reach, newest first (`state`, `limit`, `offset`), or make one."""
    user = user_of(request)
    if request.method == "POST":
        must_edit(user)
        now = timezone.now()
        draft = draft_of(json_body(request, MAX_BODY), user, now)
        return json_ok(plan_json(services.make(draft=draft, by=user, now=now)), status=201)
    page, state = parse_page(request), parse_choice(request, "state", [s.value for s in PlanState])
    known = past.plans_of(user, state)
    found = known.select_related("author", "editor", "approved_by")
    items = [plan_json(one) for one in found[page.offset : page.offset + page.limit]]
    return json_ok({"total": known.count(), "items": items})


def must_edit(user: User) -> None:
    """Raises NotAllowed."""
    if not may(user.role, Permission.EDIT_TERRITORY):
        raise NotAllowed(_("Your role sees and approves plans, but does not draw them."))


@allow(Permission.REVIEW_PLANS)
@require_http_methods(["GET", "POST"])
@sends(DRAFT | {"properties": DRAFT["properties"] | {"revision": REVISION}})
def plan(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer one plan with what it changes and its steps; or save it, with the `revision` seen."""
    user = user_of(request)
    if request.method == "POST":
        must_edit(user)
        now, told = timezone.now(), json_body(request, MAX_BODY)
        draft, revision = draft_of(told, user, now), revision_of(told)
        saved = services.save(
            plan_id=grid_plan_id, revision=revision, draft=draft, by=user, now=now
        )
        return json_ok(plan_json(saved))
    return json_ok(whole_json(rows.found(grid_plan_id, user)))


@allow(Permission.REVIEW_PLANS)
@require_GET
@asks(day=DAY)
def check(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer what keeps a plan from being published on `day` (tomorrow, unless asked)."""
    found = rows.found(grid_plan_id, user_of(request))
    day = parse_day(request, "day") or services.soon(timezone.now())
    changed = changed_since(found, day) | taken_codes(found)
    told: dict[str, Any] = {
        "changed": sorted(changed.values()),
        "plans": [asdict(one) for one in others_with(found, changed, ["in_force", "superseded"])],
        "faults": [],
        "message": "",
    }
    try:
        services.prove(found, day)
    except (Conflict, Invalid) as error:
        told |= {"message": str(error.message), "faults": error.detail.get("faults", [])}
    return json_ok(told | {"fine": not told["message"]})


Step = Callable[[int, Mapping[str, Any], User, datetime], BoundaryPlan]


def _submit(plan_id: int, told: Mapping[str, Any], by: User, now: datetime) -> BoundaryPlan:
    return services.submit(plan_id=plan_id, revision=revision_of(told), by=by, now=now)


def _approve(plan_id: int, told: Mapping[str, Any], by: User, now: datetime) -> BoundaryPlan:
    note = text_of(told, "note", LONGEST_NOTE)
    return services.approve(plan_id=plan_id, revision=revision_of(told), note=note, by=by, now=now)


def _return(plan_id: int, told: Mapping[str, Any], by: User, now: datetime) -> BoundaryPlan:
    reason, revision = text_of(told, "reason", LONGEST_NOTE), revision_of(told)
    return services.give_back(plan_id=plan_id, revision=revision, reason=reason, by=by, now=now)


def _schedule(plan_id: int, told: Mapping[str, Any], by: User, now: datetime) -> BoundaryPlan:
    day, document = day_of(told, "day"), text_of(told, "document", LONGEST_DOCUMENT)
    revision = revision_of(told)
    return services.schedule(
        plan_id=plan_id, revision=revision, day=day, document=document, by=by, now=now
    )


def _withdraw(plan_id: int, told: Mapping[str, Any], by: User, now: datetime) -> BoundaryPlan:
    reason, revision = text_of(told, "reason", LONGEST_NOTE), revision_of(told)
    return services.withdraw(plan_id=plan_id, revision=revision, reason=reason, by=by, now=now)


def _take_back(plan_id: int, told: Mapping[str, Any], by: User, now: datetime) -> BoundaryPlan:
    return take_back(plan_id=plan_id, revision=revision_of(told), by=by, now=now)


STEPS: dict[str, Step] = {
    "submit": _submit,
    "approve": _approve,
    "return": _return,
    "schedule": _schedule,
    "withdraw": _withdraw,
    "take-back": _take_back,
}
FOR_REVIEWERS = frozenset({"approve", "return"})
STEP = record(
    {"revision": REVISION},
    note=nullable(written(LONGEST_NOTE)),
    reason=nullable(written(LONGEST_NOTE)),
    day=maybe(DAY),
    document=nullable(written(LONGEST_DOCUMENT)),
)


@allow(Permission.REVIEW_PLANS)
@require_POST
@asks(plan_verb=words(STEPS))
@sends(STEP)
@answers(200, 201)
def step(request: HttpRequest, grid_plan_id: int, plan_verb: str) -> HttpResponseBase:
    """Take one step with a plan: all need the `revision` seen, some a `reason`, `day`, `document`.

    `take-back` answers the new draft; all others the plan.
    """
    user = user_of(request)
    if plan_verb not in STEPS:
        raise NotFound(_("There is nothing at this address."))
    if plan_verb not in FOR_REVIEWERS:
        must_edit(user)
    moved = STEPS[plan_verb](grid_plan_id, json_body(request, MAX_BODY), user, timezone.now())
    return json_ok(plan_json(moved), status=201 if plan_verb == "take-back" else 200)


# ---- Looking back --------------------------------------------------------------------------------


@allow(Permission.SEE_MAP)
@require_GET
@asks(paged(), day=DAY, below=written(LONGEST_CODE))
def map_of_day(request: HttpRequest) -> JsonResponse:
    """Answer the grids of `day` (today, unless asked) below the digits `below`, as GeoJSON at full
    precision, in pieces.
    """
    page = parse_page(request)
    day = parse_day(request, "day") or timezone.localdate()
    below = parse_text(request, "below", LONGEST_CODE)
    total, grids = past.map_on(user_of(request), day, below, page)
    features = [
        {
            "type": "Feature",
            "geometry": shape_json(one.shape),
            "properties": {"code": one.code, "name": one.name, "kind": one.kind},
        }
        for one in grids
    ]
    return json_ok(
        {"type": "FeatureCollection", "day": day.isoformat(), "total": total, "features": features}
    )


@allow(Permission.SEE_MAP)
@require_GET
def life(request: HttpRequest, code: str) -> JsonResponse:
    """Answer all there is to know of a grid's life: names, areas, whom it came from, its plans.

    Raises:
        NotFound: no grid has or had this code, or none in the user's reach.
    """
    known = re.fullmatch(GRID_PATTERN, code) is not None
    found = past.life_of(user_of(request), code) if known else None
    if found is None:
        raise NotFound(_("There is no grid %(code)s in your territory.") % {"code": code[:20]})
    return json_ok(
        {
            "code": found.grid.code,
            "name": found.grid.name,
            "gone_on": found.grid.gone_on,
            "names": [asdict(one) for one in found.names],
            "outlines": [asdict(one) for one in found.outlines],
            "came_from": [asdict(one) for one in found.came_from],
            "became": [asdict(one) for one in found.became],
            "plans": [
                {"day": day, "id": plan_id, "title": title, "document": document}
                for day, plan_id, title, document in found.plans
            ],
        }
    )


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_GET
@needs({"from": DAY, "until": DAY})
@asks(below=written(LONGEST_CODE))
def compare(request: HttpRequest) -> JsonResponse:
    """Answer what the grids of the days `from` and `until` have in common below the digits `below`:
    square metres, households, and events of the days between.
    """
    first, last = parse_day(request, "from"), parse_day(request, "until")
    if first is None or last is None or first >= last:
        raise Invalid(_("Name two days, from and until, the earlier one first."))
    shares = past.compared(
        user_of(request), parse_text(request, "below", LONGEST_CODE), first, last
    )
    items = [
        {"old": one.old, "new": one.new, "area_m2": round(one.area, 1), **one.counts}
        for one in shares
    ]
    return json_ok({"from": first.isoformat(), "until": last.isoformat(), "items": items})


# ---- As JSON -------------------------------------------------------------------------------------


def plan_json(one: BoundaryPlan) -> dict[str, Any]:
    return {
        "id": one.pk,
        "title": one.title,
        "territory": one.scope_code,
        "base_day": one.base_day,
        "revision": one.revision,
        "state": one.state,
        "state_text": one.get_state_display(),
        "author": _who(one.author),
        "editor": _who(one.editor),
        "approved_by": _who(one.approved_by),
        "made_at": one.made_at,
        "changed_at": one.changed_at,
        "day": one.effective_on,
        "document": one.document,
        "published_at": one.published_at,
        "takes_back": one.inverse_of_id,
    }


def _who(user: User | None) -> str:
    return user.get_full_name() if user else ""


def whole_json(one: BoundaryPlan) -> dict[str, Any]:
    """With operations, changes and steps.  Three queries more."""
    changes = one.changes.select_related("community").order_by("id")
    return plan_json(one) | {
        "operations": one.operations,
        "posts": one.posts,
        "changes": [change_json(change) for change in changes],
        "steps": [
            {
                "action": step.action,
                "action_text": step.get_action_display(),
                "at": step.at,
                "who": step.who,
                "note": step.note,
                "revision": step.revision,
            }
            for step in one.steps.order_by("id")
        ],
    }


def change_json(change: PlanChange) -> dict[str, Any]:
    before, after = (
        shape_json(shapely.from_wkb(bytes(shape.wkb))) if shape else None
        for shape in (change.before, change.after)
    )
    return {
        "community": change.community.code,
        "kind": change.kind,
        "code_before": change.code_before,
        "code_after": change.code_after,
        "name_before": change.name_before,
        "name_after": change.name_after,
        "before": before,
        "after": after,
        "others": change.others,
    }
