"""The page of the control levels: what is in force where, and a form that switches it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from gis_server.edge import allow, parse_choice, show, user_of
from gis_server.errors import DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, covers, may, scope_q
from grids.codes import prefix
from grids.models import Division
from grids.models import Level as DivisionLevel
from patrols import control, queries
from patrols.control import ControlLevel
from patrols.models import ControlSwitch
from patrols.models.control import DISTRICT_DIGITS, MAX_REASON
from patrols.services.control import Wanted, switch_control

IN_FORCE = ListFile(
    "control-levels",
    [
        Column("area", gettext_lazy("District or street"), lambda one: one["division"].name),
        Column("code", gettext_lazy("Code"), lambda one: one["division"].code),
        Column("level", gettext_lazy("In force"), lambda one: one["level"]["name"]),
        Column("by_district", gettext_lazy("by the district"), lambda one: one["by_district"]),
        Column("since", gettext_lazy("Since"), lambda one: one["switch"] and one["switch"].begins),
        Column("until", gettext_lazy("Until"), lambda one: one["switch"] and one["switch"].until),
        Column(
            "reason", gettext_lazy("Reason"), lambda one: one["switch"] and one["switch"].reason
        ),
        Column("who", gettext_lazy("Who"), lambda one: one["switch"] and one["switch"].who),
    ],
)
SWITCHES = ListFile(
    "control-switches",
    [
        Column("since", gettext_lazy("Since"), lambda one: one["row"].begins),
        Column("until", gettext_lazy("Until"), lambda one: one["row"].until),
        Column("area", gettext_lazy("Area"), lambda one: one["row"].area),
        Column("level", gettext_lazy("Control level"), lambda one: one["level"]["name"]),
        Column("reason", gettext_lazy("Reason"), lambda one: one["row"].reason),
        Column("who", gettext_lazy("Who"), lambda one: one["row"].who),
    ],
)
FILES = {"levels": IN_FORCE, "switches": SWITCHES}
PER_PAGE = 50
MOST_AREAS = 500
BADGES = {
    ControlLevel.USUAL: "good",
    ControlLevel.THREE: "warn",
    ControlLevel.TWO: "warn",
    ControlLevel.ONE: "bad",
}


class SwitchForm(forms.Form):
    """A level for an area; `seen` is the newest switch that the page knew of."""

    division = forms.ChoiceField(label=gettext_lazy("District or street"))
    level = forms.ChoiceField(
        label=gettext_lazy("Control level"), choices=ControlSwitch.Level.choices
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Until (empty: until it is switched again)"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=MAX_REASON, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, areas: list[dict[str, Any]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(one["division"].code, one["division"].name) for one in areas if one["is_own"]]
        self.fields["division"].choices = choices  # type: ignore[attr-defined]


@allow(Permission.SEE_CONTROL)
@require_http_methods(["GET", "HEAD", "POST"])
def control_levels(request: HttpRequest) -> HttpResponseBase:
    """What is in force in reach, what was, and for whoever answers there a form; with `f` one of
    both (`list`: levels or switches) as a file.
    """
    file = FILES[parse_choice(request, "list", FILES) or "levels"]
    user, now, piece = user_of(request), timezone.now(), file.piece(request, PER_PAGE)
    areas = areas_shown(user, now)
    if piece is WHOLE and file is IN_FORCE:
        return IN_FORCE.answer(request, areas)
    form = SwitchForm(areas, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            switch_control(by=user, wanted=wanted_of(request, form.cleaned_data), now=now)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The control level is switched."))
            return redirect("control-levels")
    rows = queries.switches(user)
    shown = [switch_shown(row) for row in rows[piece.offset : piece.offset + piece.limit]]
    if piece is WHOLE:
        return SWITCHES.answer(request, shown)
    context = {
        "here": "patrols",
        "levels_file": IN_FORCE,
        "switches_file": SWITCHES,
        "areas": areas,
        "form": form if any(one["is_own"] for one in areas) else None,
        "rows": shown,
        "total": rows.count(),
        "page": piece,
    }
    return show(request, "patrols/control.html", context, 422 if form.is_bound else 200)


def wanted_of(request: HttpRequest, sent: dict[str, Any]) -> Wanted:
    """The form's fields; what the page knew of each area comes with it by its code."""
    seen = request.POST.get(f"seen-{sent['division']}", "0")
    return Wanted(
        division=sent["division"],
        level=ControlLevel(sent["level"]),
        reason=sent["reason"],
        until=sent["until"],
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else 0,
    )


def areas_shown(user: User, now: datetime) -> list[dict[str, Any]]:
    """The districts and streets in reach with what is in force there.  Two queries."""
    levels = [DivisionLevel.DISTRICT, DivisionLevel.STREET]
    divisions = Division.objects.filter(scope_q(user, "code"), level__in=levels).order_by("code")
    found = list(divisions[:MOST_AREAS])
    codes = [prefix(one.code) for one in found]
    # Of a street its district's too, although that lies out of the street's reach.
    newest = queries.newest_switches({*codes, *(code[:DISTRICT_DIGITS] for code in codes)}, now)
    in_force = queries.levels_of(newest, now)
    return [area_shown(user, division, newest, in_force) for division in found]


def area_shown(
    user: User,
    division: Division,
    newest: dict[str, ControlSwitch],
    in_force: dict[str, ControlLevel],
) -> dict[str, Any]:
    code = prefix(division.code)
    level = control.level_of(code, in_force)
    last = newest.get(code)
    own = in_force.get(code, ControlLevel.USUAL)
    return {
        "division": division,
        "level": level_shown(level.value),
        "switch": last if code in in_force else None,
        "by_district": own is not level,
        "is_own": may(user.role, Permission.SWITCH_CONTROL) and covers(user.scope, code),
        "seen": last.pk if last else 0,
    }


def level_shown(value: str) -> dict[str, str]:
    """A level as a badge."""
    name = str(ControlSwitch.Level(value).label)
    return {"name": name, "badge": BADGES[ControlLevel(value)]}


def switch_shown(row: ControlSwitch) -> dict[str, Any]:
    return {"row": row, "level": level_shown(row.level)}
