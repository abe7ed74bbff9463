"""The page of one boundary plan: what it changes, its way, what keeps it, and its next steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server.edge import allow, parse_page, wants_page
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound, status_of
from gis_server.geo import to_metric
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, may
from grids import areas
from grids.codes import DIVISION_DIGITS
from grids.models import BoundaryPlan, Division, PlanChange
from grids.plan.faces import same_land
from grids.plan_flow import OPEN, PUBLISHED, PlanState
from grids.plans import posts, rebase, rows, services
from grids.plans.api import FOR_REVIEWERS, STEPS, must_edit
from grids.plans.clashes import others_with, same_codes
from grids.plans.forms import FORMS, ScheduleForm, StepForm, TakeOverForm
from grids.plans.looking_back.sides import box_of, rounded
from grids.plans.proof import findings, world_under
from grids.plans.texts import FLAWS, finding_text
from grids.redrawing import Flaw
from grids.views.plan_actions import DONE, Failed, actions_for, inverse_of, sentences
from grids.views.plans import BADGES, name_of, plans_page
from grids.views.shared import box_of as territory_box
from grids.views.shared import map_config, who

ROWS = 50
MOST_DRAWN = 500
MOST_FINDINGS = 50


@dataclass(frozen=True)
class Row:
    """What becomes of one grid.  kind: of `KINDS`.  areas: square metres, 0 where it is not."""

    change: PlanChange
    kind: str
    before_m2: float
    after_m2: float

    @property
    def grown_m2(self) -> float:
        return self.after_m2 - self.before_m2

    @property
    def kind_text(self) -> str:
        return str(KINDS[self.kind][0])

    @property
    def badge(self) -> str:
        return KINDS[self.kind][1]


KINDS = {
    "born": (pgettext_lazy("grid compared", "New"), "good"),
    "retired": (pgettext_lazy("grid compared", "Retired"), "bad"),
    "reshaped": (pgettext_lazy("grid compared", "Other border"), "warn"),
    "renamed": (pgettext_lazy("grid compared", "Other code or name"), ""),
    "noded": (gettext_lazy("Only a point on its border"), "off"),
}
CHANGES = ListFile(
    "boundary-plan",
    [
        Column("kind", pgettext_lazy("grid compared", "Change"), lambda one: one.kind_text),
        Column("code_before", gettext_lazy("Code before"), lambda one: one.change.code_before),
        Column("name_before", gettext_lazy("Name before"), lambda one: one.change.name_before),
        Column("code_after", gettext_lazy("Code after"), lambda one: one.change.code_after),
        Column("name_after", gettext_lazy("Name after"), lambda one: one.change.name_after),
        Column("area_before_m2", gettext_lazy("Area before, m²"),
               lambda one: round(one.before_m2, 1)),
        Column("area_after_m2", gettext_lazy("Area after, m²"), lambda one: round(one.after_m2, 1)),
        Column("others", gettext_lazy("From or to"), lambda one: " ".join(one.change.others)),
    ],
)  # fmt: skip


@allow(Permission.REVIEW_PLANS)
@require_safe
def plan(request: HttpRequest, grid_plan_id: int) -> HttpResponseBase:
    """
    Raises:
        NotFound: no such plan in the user's reach.
    """
    row = rows.found(grid_plan_id, who(request))
    if CHANGES.is_asked(request):
        return CHANGES.answer(request, change_rows(_changes(row)[: WHOLE.limit]))
    return plan_page(request, row)


def plan_page(
    request: HttpRequest,
    row: BoundaryPlan,
    failed: Failed | None = None,
    status: int = 200,
) -> HttpResponse:
    user, piece = who(request), parse_page(request, ROWS)
    changes = list(_changes(row))
    shown = change_rows(changes[: max(MOST_DRAWN, piece.offset + piece.limit)])
    context: dict[str, Any] = {
        "row": row,
        "badge": BADGES[row.state],
        "place": areas.paths_of([row.scope_code])[row.scope_code],
        "author": name_of(row.author),
        "editor": name_of(row.editor),
        "approved_by": name_of(row.approved_by),
        "inverse": inverse_of(row),
        "changes": shown[piece.offset : piece.offset + piece.limit],
        "total": len(changes),
        "piece": piece,
        "file": CHANGES,
        "ending": list(posts.ended_by(row)),
        "steps": list(row.steps.order_by("-id")),
        "compare": reverse("grid-plans-compare") + f"?b={row.pk}",
        "actions": actions_for(row, user, failed),
        "failed": failed[1] if failed else None,
        "may_edit": may(user.role, Permission.EDIT_TERRITORY),
    }
    faults: list[dict[str, Any]] = []
    if PlanState(row.state) in OPEN:
        check = _check(row, changes)
        faults, context["check"] = check["faults"], check
    context["config"] = _config(request, row, shown[:MOST_DRAWN], faults)
    return plans_page(request, "plan", context, status)


def _changes(row: BoundaryPlan) -> Any:
    return row.changes.select_related("community").order_by("id")


def change_rows(changes: Sequence[PlanChange]) -> list[Row]:
    """With kinds and areas."""
    sides = [
        (_polygon(one.before) if one.before else None, _polygon(one.after) if one.after else None)
        for one in changes
    ]
    before, after = (_areas([side[k] for side in sides]) for k in (0, 1))
    return [
        Row(one, _kind(one, *shapes), *both)
        for one, shapes, *both in zip(changes, sides, before, after, strict=True)
    ]


def _polygon(shape: Any) -> shapely.Polygon:
    return shapely.from_wkb(bytes(shape.wkb))


def _areas(shapes: Sequence[shapely.Polygon | None]) -> list[float]:
    """Square metres, 0 for None."""
    if not shapes:
        return []
    filled = np.array([shape or shapely.Polygon() for shape in shapes], dtype=object)
    return [float(area) for area in shapely.area(to_metric(filled))]


def _kind(change: PlanChange, before: shapely.Polygon | None, after: shapely.Polygon | None) -> str:
    if before is None:
        return "born"
    if after is None:
        return "retired"
    if not same_land(before, after):
        return "reshaped"
    return "renamed" if change.is_renamed else "noded"


def _config(
    request: HttpRequest, row: BoundaryPlan, shown: Iterable[Row], faults: list[dict[str, Any]]
) -> dict[str, Any]:
    drawn = [
        {
            "kind": one.kind,
            "code": one.change.code_after or one.change.code_before,
            "name": one.change.name_after or one.change.name_before,
            "before": rounded(_polygon(one.change.before)) if one.change.before else None,
            "after": rounded(_polygon(one.change.after)) if one.change.after else None,
        }
        for one in shown
    ]
    shapes = [
        _polygon(shape) for one in shown for shape in (one.change.before, one.change.after) if shape
    ]
    return map_config(
        request,
        box=box_of(shapes) or _territory_box(row),
        plan_changes=drawn,
        places=[one for one in faults if one["place"]],
        watched=str(row.pk),
        watched_topic=rows.TOPIC,
    )


def _territory_box(row: BoundaryPlan) -> list[float] | None:
    """Where a plan is that changes nothing yet.  Two queries."""
    division = Division.objects.filter(code=row.scope_code.ljust(DIVISION_DIGITS, "0")).first()
    return territory_box(division) if division else None


# ---- What keeps it -------------------------------------------------------------------------------


def _check(row: BoundaryPlan, changes: list[PlanChange]) -> dict[str, Any]:
    """What keeps an open plan from being published on its day, or tomorrow where it has none."""
    day = row.effective_on or services.soon(timezone.now())
    changed = rebase.changes_since(row, day)
    grids = [one.grid_id for one in changes if one.grid_id is not None]
    on_their_way = [state.value for state in OPEN]
    promised = same_codes(row, [PlanState.SCHEDULED.value])
    others = {one.plan_id: one for one in same_codes(row, on_their_way)}
    others |= {one.plan_id: one for one in others_with(row, grids, on_their_way)}
    faults = [] if changed else _faults(changes, day)
    empty = services.is_empty(row, changes)
    return {
        "day": day,
        "empty": str(FLAWS[Flaw.NOTHING]) if empty else "",
        "changed": changed,
        "promised": promised,
        "others": list(others.values()),
        "faults": faults[:MOST_FINDINGS],
        "more_faults": max(0, len(faults) - MOST_FINDINGS),
        "fine": not (empty or changed or promised or faults),
    }


def _faults(changes: list[PlanChange], day: date) -> list[dict[str, Any]]:
    return [
        {"text": finding_text(one), "place": one.place}
        for one in findings(world_under(changes, day))
    ]


# ---- Its next steps ------------------------------------------------------------------------------


@allow(Permission.REVIEW_PLANS)
@require_POST
def do(request: HttpRequest, grid_plan_id: int, plan_verb: str) -> HttpResponseBase:
    """Take one step; back to the page, or the page again with what was wrong and what was typed.

    Raises:
        NotFound: no such plan in the user's reach, or no such step.
        NotAllowed: the role does not draw plans.
    """
    user = who(request)
    row = rows.found(grid_plan_id, user)
    if plan_verb not in STEPS:
        raise NotFound(_("There is nothing at this address."))
    if plan_verb not in FOR_REVIEWERS:
        must_edit(user)
    form = FORMS[plan_verb](request.POST, auto_id=f"{plan_verb}_%s")
    status = 422
    if form.is_valid() and _is_meant(form):
        try:
            moved = STEPS[plan_verb](row.pk, form.told(), user, timezone.now())
        except (Conflict, Invalid, NotAllowed) as error:
            if not wants_page(request):
                raise
            form.add_error(None, str(error.message))
            status = status_of(error)
        else:
            messages.success(request, str(DONE[plan_verb]))
            return redirect("grid-plan-page", moved.pk)
    if not wants_page(request):
        raise Invalid(sentences(form))
    row.refresh_from_db()
    return plan_page(request, row, (plan_verb, form), status)


def _is_meant(form: StepForm) -> bool:
    """Whether somebody who schedules for today has read that this is at once; asks them if not."""
    told = form.cleaned_data
    if not isinstance(form, ScheduleForm) or told["day"] != timezone.localdate() or told["sure"]:
        return True
    form.data = {**dict(form.data.items()), "sure": "on"}
    form.add_error(
        None,
        _(
            "This is today: the plan becomes the territory within a minute. Send it once more if"
            " you mean it."
        ),
    )
    return False


# ---- When the map has changed meanwhile ----------------------------------------------------------


@allow(Permission.EDIT_TERRITORY)
@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: HttpRequest, grid_plan_id: int) -> HttpResponseBase:
    """Show which steps can be done again on the map of today, and make a new draft of these.

    Raises:
        NotFound: no such plan in the user's reach.
    """
    user, status = who(request), 200
    row = rows.found(grid_plan_id, user)
    form = None
    if request.method == "POST":
        status, form = 422, TakeOverForm(request.POST)
        if form.is_valid():
            try:
                made = rebase.take_over(
                    plan_id=row.pk,
                    revision=form.cleaned_data["revision"],
                    seen=form.numbers,
                    by=user,
                    now=timezone.now(),
                )
            except (Conflict, Invalid, NotAllowed) as error:
                if not wants_page(request):
                    raise
                form.add_error(None, str(error.message))
                status = status_of(error)
            else:
                told = _("This is a new draft. The old plan, no. %(number)d, stays as it was.")
                messages.success(request, told % {"number": row.pk})
                return redirect("grid-plan-page", made.pk)
        if not wants_page(request):
            raise Invalid(sentences(form))
        row.refresh_from_db()
    return _take_over_page(request, row, form, status)


def _take_over_page(
    request: HttpRequest, row: BoundaryPlan, failed: TakeOverForm | None, status: int
) -> HttpResponse:
    today = timezone.localdate()
    found = rebase.replay(row, today)
    now = {"revision": str(row.revision), "seen": ",".join(map(str, found.lost))}
    form = failed or TakeOverForm(initial=now)
    if failed is not None:
        failed.data = {**dict(failed.data.items()), **now}
    places = [
        {"text": one.refused, "place": one.place}
        for one in found.steps
        if one.refused and one.place
    ]
    shown = change_rows(list(_changes(row)[:MOST_DRAWN]))
    context = {
        "row": row,
        "day": today,
        "steps": found.steps,
        "kept": found.kept,
        "lost": len(found.lost),
        "changed": rebase.changes_since(row, services.soon(timezone.now())),
        "form": form,
        "seen": now["seen"],
        "is_over": PlanState(row.state) in PUBLISHED or row.inverse_of_id is not None,
        "config": _config(request, row, shown, places),
    }
    return plans_page(request, "take_over", context, status)
