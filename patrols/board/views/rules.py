"""Pages of shifts and of points."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from gis_server.edge import allow, user_of
from gis_server.errors import DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission
from gis_server.scopes import areas_of
from patrols.board.forms import ChangedShiftForm, NewShiftForm, PointsForm
from patrols.board.rights import districts_of, shifts_seen
from patrols.board.services import rules
from patrols.board.services.rules import NewShift
from patrols.board.views.shared import page, whole
from patrols.models import Duty

SHIFTS = ListFile(
    "shifts",
    [
        Column("name", gettext_lazy("Shift"), lambda one: one["row"].name),
        Column("begins", gettext_lazy("Begins"), lambda one: f"{one['row'].begins:%H:%M}"),
        Column("ends", gettext_lazy("Ends"), lambda one: f"{one['row'].ends:%H:%M}"),
        Column("is_active", gettext_lazy("In use"), lambda one: one["row"].is_active),
        Column("district", gettext_lazy("District"), lambda one: one["area"] and one["area"].name),
        Column("code", gettext_lazy("Code"), lambda one: one["row"].area),
    ],
)
MOST_SHIFTS = 500


@allow(Permission.EDIT_PATROL_RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def shifts(request: HttpRequest) -> HttpResponseBase:
    """The shifts of the districts in reach; a form adds one."""
    user = user_of(request)
    named = areas_of(sorted(districts_of(user)))
    form = NewShiftForm(
        [(one.prefix, one.name or one.prefix) for one in named.values()], request.POST or None
    )
    if request.method == "POST" and form.is_valid():
        try:
            rules.add_shift(by=user, wanted=NewShift(**form.cleaned_data))
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The shift is made."))
            return redirect("patrol-shifts")
    is_file = SHIFTS.is_asked(request)
    seen = shifts_seen(user)[: WHOLE.limit if is_file else MOST_SHIFTS]
    rows = [{"row": one, "area": named.get(one.area)} for one in seen]
    if is_file:
        return SHIFTS.answer(request, rows)
    context: dict[str, Any] = {
        "file": SHIFTS,
        "rows": rows,
        "form": form,
    }
    return page(request, "shifts.html", context, 422 if form.is_bound else 200)


@allow(Permission.EDIT_PATROL_RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def shift(request: HttpRequest, shift_id: int) -> HttpResponseBase:
    """Raises NotFound."""
    user = user_of(request)
    row = rules.shift_for(user, shift_id)
    names = ("name", "begins", "ends", "is_active")
    initial = {name: getattr(row, name) for name in names}
    form = ChangedShiftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            rules.change_shift(
                by=user,
                shift_id=shift_id,
                version=whole(request.POST.get("version", "")),
                wanted=NewShift(area=row.area, **form.cleaned_data),
            )
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("patrol-shifts")
    context = {"row": row, "form": form, "is_used": Duty.objects.filter(shift=row).exists()}
    return page(request, "shift.html", context, 422 if form.is_bound else 200)


@allow(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def points(request: HttpRequest) -> HttpResponseBase:
    """Whether volunteers get points, and how many an hour."""
    user, row = user_of(request), rules.points_rule()
    initial = {"is_on": row.is_on, "per_hour": row.points_per_hour}
    form = PointsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            version = whole(request.POST.get("version", ""))
            rules.set_points(by=user, version=version, **form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("patrol-points")
    return page(request, "points.html", {"row": row, "form": form}, 422 if form.is_bound else 200)
