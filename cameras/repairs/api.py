"""Repair orders over HTTP, as JSON; one of another territory looks like one that does not exist."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from cameras.models import RepairOrder, RepairOrderCamera, RepairStep
from cameras.queries import text_of
from cameras.reasons_text import reason_name
from cameras.repairs import queries
from cameras.repairs.forms import MAX_ID, sent_as_json
from cameras.repairs.rights import actions_of
from cameras.repairs.services.verbs import VERBS, perform
from cameras.repairs.shown import subject_of
from cameras.repairs.texts import state_name, step_name
from cameras.repairs.views.desk import ASKED, filters_of
from gis_server.edge import allow, json_ok, parse_page, user_of
from gis_server.json_body import json_body
from gis_server.openapi.marks import asks, paged, sends
from gis_server.openapi.schemas import DAY, listing, maybe, record, text, whole, words
from gis_server.roles import Permission

MAX_BODY = 64 * 1024
MOST_STEPS = 500
SENT = record(
    {},
    note=text(),
    team=whole(0, MAX_ID),
    waits_for=text(),
    review_on=maybe(DAY),
    parts=listing({"type": "object"}),
    photos=listing({"type": "integer"}),
)
"""What `sent_as_json` reads."""


@allow(Permission.SEE_CAMERAS)
@require_GET
@asks(paged(), ASKED)
def orders(request: HttpRequest) -> JsonResponse:
    """Answer the orders in reach, with the filters of the desk: state, team, class, overdue, q."""
    piece = parse_page(request)
    rows, total = queries.desk(user_of(request), filters_of(request), piece, timezone.now())
    return json_ok({"total": total, "items": [item(row, row.first) for row in rows]})  # type: ignore[attr-defined]


@allow(Permission.SEE_CAMERAS)
@require_GET
def order(request: HttpRequest, order_id: int) -> JsonResponse:
    """Answer an order with its cameras in reach, its steps, and what the asker may do with it."""
    user = user_of(request)
    row = queries.order_for(user, order_id)
    parts = queries.parts_of(user, row)
    told = item(row, parts[0].camera if parts else None) | {
        "cameras": [part_item(part) for part in parts],
        "steps": [step_item(step) for step in row.steps.all()[:MOST_STEPS]],
        "may": [action.value for action in actions_of(user, row)],
    }
    return json_ok(told)


@allow(Permission.SEE_CAMERAS)
@require_POST
@asks(verb=words(VERBS))
@sends(SENT)
def act(request: HttpRequest, order_id: int, verb: str) -> JsonResponse:
    """Take a step: accept, arrive, repair, refuse, wait, resume, route, agree, withdraw, ask,
    grant, decline or note.  409 where somebody else was first; the message says who.
    """
    by = user_of(request)
    queries.order_for(by, order_id)  # what is out of reach looks like nothing, whatever was sent
    sent = sent_as_json(json_body(request, MAX_BODY))
    row = perform(by=by, order_id=order_id, verb=verb, sent=sent, now=timezone.now())
    return json_ok({"id": row.pk, "number": row.number, "state": row.state})


def item(row: RepairOrder, first: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "state": row.state,
        "state_text": state_name(row.state),
        "kind": row.kind,
        "class": row.priority,
        "subject": subject_of(row, first),
        "reason": row.reason,
        "reason_text": reason_name(row.reason),
        "team": row.team_name,
        "reopened": row.reopened,
        "verified_how": row.verified_how,
    } | {name: text_of(at) for name, at in times_of(row).items()}


def times_of(row: RepairOrder) -> dict[str, datetime | None]:
    names = (
        "since", "opened_at", "respond_due", "arrive_due", "fix_due", "accepted_at", "arrived_at",
        "repaired_at", "verified_at", "closed_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def part_item(part: RepairOrderCamera) -> dict[str, Any]:
    camera = part.camera
    return {
        "id": camera.pk,
        "code": camera.code,
        "name": camera.name,
        "lon": camera.point.x,
        "lat": camera.point.y,
        "reason": part.reason,
        "joined_at": text_of(part.joined_at),
        "left_at": text_of(part.left_at),
        "back_at": text_of(part.back_at),
        "before": part.before_id,
        "after": part.after_id,
    }


def step_item(step: RepairStep) -> dict[str, Any]:
    return {
        "at": text_of(step.at),
        "who": step.who or None,
        "action": step.action,
        "action_text": step_name(step.action),
        "before": step.before or None,
        "after": step.after,
        "note": step.note,
        "parts": step.parts,
        "photos": step.photos,
        "detail": step.detail,
    }
