"""Pages of checkpoints: what was called at on a day, making and changing them, sheets of codes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server.edge import allow, parse_day, parse_int, parse_page, show, user_of
from gis_server.errors import DomainError, Invalid
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, covers, may
from grids.views.places import box_of_code
from grids.views.shared import MODULES, map_config
from patrols.errands import planning
from patrols.errands.forms import CheckpointForm, NewCheckpointForm
from patrols.errands.rounds_of_day import Mark, PointShown, ShiftShown, shifts_of
from patrols.errands.sent import MAX_ID
from patrols.models import Checkpoint, CheckpointVisit

MARKS = {
    Mark.VISITED: gettext_lazy("visited"),
    Mark.MISSED: gettext_lazy("missed"),
    Mark.OPEN: gettext_lazy("not yet"),
    Mark.LATER: gettext_lazy("shift has not begun"),
}


@dataclass(frozen=True, slots=True)
class Called:
    """A checkpoint in one shift, as a row of a file."""

    shift: ShiftShown
    shown: PointShown

    @property
    def visits(self) -> str:
        times = (
            f"{timezone.localtime(one.at):%H:%M} {one.get_how_display()}"
            + (f" ×{one.times}" if one.times > 1 else "")
            for one in self.shown.visits
        )
        return " · ".join(times)


DAY = ListFile(
    "checkpoints",
    [
        Column("post", gettext_lazy("Post"), lambda one: one.shift.post.name),
        Column("shift", gettext_lazy("Shift"), lambda one: one.shift.shift.name),
        Column("begin", pgettext_lazy("time", "From"), lambda one: one.shift.begin),
        Column("end", pgettext_lazy("time", "Until"), lambda one: one.shift.end),
        Column("people", pgettext_lazy("on duty", "Who"),
               lambda one: "、".join(duty.member.name for duty in one.shift.duties)),
        Column("name", gettext_lazy("Checkpoint"), lambda one: one.shown.point.name),
        Column("state", gettext_lazy("State"), lambda one: MARKS[one.shown.mark]),
        Column("visits", pgettext_lazy("checkpoint", "Visits"), lambda one: one.visits),
    ],
    lambda one: one.shown.point.point,
)  # fmt: skip
PER_PAGE, MOST_POSTS, MOST_CODES = 30, 500, 100
FOR_MAP = "point_%s"
AROUND_DEG = 0.004


@allow(Permission.SEE_PATROLS)
@require_safe
def day(request: HttpRequest) -> HttpResponseBase:
    """Visited, missed and still to come, by post and shift of a day."""
    user, now, piece = user_of(request), timezone.now(), DAY.piece(request, PER_PAGE)
    shown_day = parse_day(request, "day") or timezone.localdate(now)
    shifts = shifts_of(user, shown_day, now)
    if piece is WHOLE:
        return DAY.answer(request, [Called(one, point) for one in shifts for point in one.points])
    context = {
        "file": DAY,
        "here": "patrols",
        "day": shown_day,
        "before": shown_day - timedelta(days=1),
        "after": shown_day + timedelta(days=1),
        "shifts": shifts[piece.offset : piece.offset + piece.limit],
        "total": len(shifts),
        "missed": sum(one.missed for one in shifts),
        "page": piece,
        "may_plan": may(user.role, Permission.PLAN_DUTIES),
    }
    return show(request, "patrols/errands/day.html", context)


@allow(Permission.PLAN_DUTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def points(request: HttpRequest) -> HttpResponseBase:
    """All checkpoints where the user plans, and a form for a new one."""
    user, now, piece = user_of(request), timezone.now(), parse_page(request, PER_PAGE)
    posts = list(planning.posts_planned(user).filter(is_active=True)[:MOST_POSTS])
    form = NewCheckpointForm(posts, request.POST or None, auto_id=FOR_MAP)
    if request.method == "POST" and form.is_valid():
        try:
            row = planning.make(
                by=user, post_id=int(form.cleaned_data["post"]), wanted=form.wanted(), now=now
            )
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The checkpoint is made: print its code."))
            return redirect(f"{reverse('checkpoints-plan')}?made={row.pk}")
    rows = planning.checkpoints_planned(user).select_related("post")
    context = {
        "rows": rows[piece.offset : piece.offset + piece.limit],
        "total": rows.count(),
        "page": piece,
        "form": form if posts else None,
        "config": map_config(request, box=box_of_user(user)),
    }
    return with_map(request, "patrols/errands/points.html", context, 422 if form.is_bound else 200)


@allow(Permission.PLAN_DUTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def point(request: HttpRequest, checkpoint_id: int) -> HttpResponseBase:
    """Change a checkpoint; `seen` is the version that the page showed."""
    user = user_of(request)
    row = planning.point_for(user, checkpoint_id)
    form = CheckpointForm(
        request.POST or None, initial=CheckpointForm.initial_of(row), auto_id=FOR_MAP
    )
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"] or 0
        try:
            planning.change(by=user, checkpoint_id=row.pk, seen=seen, wanted=form.wanted())
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The checkpoint is saved."))
            return redirect("checkpoints-plan")
    visits = CheckpointVisit.objects.filter(checkpoint=row).select_related("duty__member")
    x, y = row.point.x, row.point.y
    box = [x - AROUND_DEG, y - AROUND_DEG, x + AROUND_DEG, y + AROUND_DEG]
    context = {
        "point": row,
        "form": form,
        "visits": visits.order_by("-at", "-id")[:PER_PAGE],
        "config": map_config(request, box=box, point=[x, y]),
    }
    return with_map(request, "patrols/errands/point.html", context, 422 if form.is_bound else 200)


@allow(Permission.PLAN_DUTIES)
@require_POST
def rotate(request: HttpRequest, checkpoint_id: int) -> HttpResponseBase:
    text = request.POST.get("seen", "")
    seen = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    row = planning.rotate(
        by=user_of(request), checkpoint_id=checkpoint_id, seen=seen, now=timezone.now()
    )
    told = _("“%(name)s” has a new code. The sheet that hangs there counts no more: print anew.")
    messages.success(request, told % {"name": row.name})
    return redirect(f"{reverse('checkpoint-codes')}?checkpoint={row.pk}")


@dataclass(frozen=True, slots=True)
class Sheet:
    point: Checkpoint
    code: str


@allow(Permission.PLAN_DUTIES)
@require_safe
def codes(request: HttpRequest) -> HttpResponseBase:
    """Sheets to print: of one post or one checkpoint, else of all in use where the user plans."""
    user = user_of(request)
    rows = planning.checkpoints_planned(user).filter(is_active=True).select_related("post")
    for name in ("post", "checkpoint"):
        if chosen := parse_int(request, name, 0, 0, MAX_ID):
            rows = rows.filter(**{"post_id" if name == "post" else "pk": chosen})
    found = list(rows[: MOST_CODES + 1])
    if len(found) > MOST_CODES:
        raise Invalid(_("More than %(most)d codes: choose a post.") % {"most": MOST_CODES})
    sheets = [Sheet(row, code_of(request, row)) for row in found]
    return show(request, "patrols/errands/codes.html", {"here": "patrols", "sheets": sheets})


def code_of(request: HttpRequest, row: Checkpoint) -> str:
    """The code as a data: address of an SVG; a quarter of it may be dirty."""
    address = request.build_absolute_uri(reverse("check", args=[row.secret]))
    code = segno.make(address, error="q", micro=False)
    made: str = code.svg_data_uri(scale=8, border=4, dark="#000", light="#fff")
    return made


def with_map(
    request: HttpRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    return show(request, template, {"here": "patrols", "modules": MODULES} | context, status)


def box_of_user(user: User) -> list[float] | None:
    """Where the map begins: the first part of the user's own territory."""
    own = [code for code in user.scope if covers(user.reach, code)]
    return box_of_code(own[0]) if own else None
