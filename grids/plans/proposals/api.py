"""Proposals of borders over HTTP: api/grid-plans/<id>/proposals/ (docs/design/proposals.md)."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gis_server.edge import allow, json_ok, user_of
from gis_server.json_body import json_body, text_of
from gis_server.openapi.marks import answers, sends
from gis_server.openapi.schemas import record, text
from gis_server.roles import Permission
from grids.codes import DIVISION_DIGITS
from grids.models import PlanProposal, ProposalState
from grids.plans import rows
from grids.plans.api import plan_json
from grids.plans.proposals import asking as proposals
from grids.plans.proposals import work as proposing
from grids.plans.proposals.texts import PROBLEMS, aim_text, reason_text, summary_text
from grids.plans.proposals.wishes import MAX_BODY, WISHES, is_by_load, usual
from grids.plans.sent import REVISION, revision_of


@allow(Permission.EDIT_TERRITORY)
@require_http_methods(["GET", "POST"])
@sends(record({"revision": REVISION, "community": text(pattern="^[0-9]{12}$")}, **WISHES))
@answers(202)
def of_plan(request: HttpRequest, grid_plan_id: int) -> JsonResponse:
    """Answer the last proposals of a plan, newest first, and what is usual; or ask for one:
    the plan's `revision` as it was seen, a `community` of 12 digits, and wishes
    (`wishes.read`).
    """
    user, now = user_of(request), timezone.now()
    if request.method == "POST":
        told = json_body(request, MAX_BODY)
        asked = proposals.ask(
            plan_id=grid_plan_id,
            revision=revision_of(told),
            community=text_of(told, "community", DIVISION_DIGITS),
            told=told,
            by=user,
            now=now,
        )
        asked.refresh_from_db()
        return json_ok(state_json(asked), status=202)
    plan = rows.found(grid_plan_id, user)
    proposals.settle_gone(plan.pk, now)
    found = PlanProposal.objects.filter(plan=plan).defer("result", "seen")[: proposals.KEPT]
    return json_ok({"usual": usual(), "items": [state_json(one) for one in found]})


@allow(Permission.EDIT_TERRITORY)
@require_GET
def one(request: HttpRequest, grid_plan_id: int, proposal_id: int) -> JsonResponse:
    """Answer how far a proposal is, and once it is done its alternatives and whether they still
    start from the borders that the plan has (`current`).
    """
    user = user_of(request)
    plan = rows.found(grid_plan_id, user)
    proposals.settle_gone(plan.pk, timezone.now())
    found = proposals.found(grid_plan_id, proposal_id, user)
    result = result_json(found)
    if result:
        result["current"] = proposals.is_current(found, plan)
    return json_ok(state_json(found) | result)


@allow(Permission.EDIT_TERRITORY)
@require_POST
def cancel(request: HttpRequest, grid_plan_id: int, proposal_id: int) -> JsonResponse:
    """Give a proposal up."""
    given_up = proposals.cancel(
        plan_id=grid_plan_id, proposal_id=proposal_id, by=user_of(request), now=timezone.now()
    )
    return json_ok(state_json(given_up))


@allow(Permission.EDIT_TERRITORY)
@require_POST
@sends(record({"alternative": text(20), "revision": REVISION}))
def take(request: HttpRequest, grid_plan_id: int, proposal_id: int) -> JsonResponse:
    """Do the operations of the `alternative` (its aim) to the draft, with the `revision` seen."""
    told = json_body(request, MAX_BODY)
    saved = proposals.take(
        plan_id=grid_plan_id,
        proposal_id=proposal_id,
        aim=text_of(told, "alternative", 20),
        revision=revision_of(told),
        by=user_of(request),
        now=timezone.now(),
    )
    return json_ok(plan_json(saved) | {"operations": saved.operations})


def state_json(proposal: PlanProposal) -> dict[str, Any]:
    done = proposal.state == ProposalState.DONE
    working = proposal.state == ProposalState.WORKING
    return {
        "id": proposal.pk,
        "community": proposal.community,
        "revision": proposal.revision,
        "asked_at": proposal.asked_at,
        "wishes": proposal.wishes,
        "state": proposal.state,
        "progress": 1.0 if done else proposing.progress(proposal) if working else 0.0,
        "message": str(PROBLEMS[proposal.problem]) if proposal.problem else "",
    }


def result_json(proposal: PlanProposal) -> dict[str, Any]:
    """Nothing before it is done."""
    result: dict[str, Any] = proposal.result
    if not result:
        return {}
    by_load = is_by_load(proposal.wishes)
    return result | {
        "alternatives": [
            alternative
            | {
                "title": aim_text(alternative["aim"]),
                "summary": summary_text(alternative),
                "fits": not alternative["reasons"],
                "reasons": [
                    reason | {"text": reason_text(reason, by_load=by_load)}
                    for reason in alternative["reasons"]
                ],
            }
            for alternative in result["alternatives"]
        ]
    }
