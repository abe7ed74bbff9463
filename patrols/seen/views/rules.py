"""The page of how many visits grids need."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from gis_server.edge import allow, show, user_of
from gis_server.errors import DomainError
from gis_server.list_files import Column, ListFile
from gis_server.models import LONGEST_CODE
from gis_server.roles import Permission, covers
from patrols.control import ControlLevel
from patrols.models import ControlSwitch
from patrols.models.seen import MOST_VISITS
from patrols.pages import level_shown
from patrols.seen import rules
from patrols.seen.rules import Wanted
from patrols.visits import LEAST_PIECES, LEAST_S, USUAL, window_h

VISITS = ListFile(
    "required-visits",
    [
        Column("area", pgettext_lazy("territory", "Area"), lambda one: one["name"]),
        Column("code", gettext_lazy("Code"), lambda one: one["row"].area),
        Column("level", gettext_lazy("Control level"), lambda one: one["level"]["name"]),
        Column("per_day", gettext_lazy("Visits a day"), lambda one: one["row"].per_day),
    ],
)


class RuleForm(forms.Form):
    code = forms.RegexField(
        r"^\d{12,19}$",
        label=gettext_lazy("Code of a district, street, community or grid"),
        max_length=LONGEST_CODE,
        help_text=gettext_lazy("12 digits of a division, or all digits of a grid's code."),
    )
    level = forms.ChoiceField(
        label=gettext_lazy("Control level"), choices=ControlSwitch.Level.choices
    )
    per_day = forms.IntegerField(
        label=gettext_lazy("Visits a day"), min_value=0, max_value=MOST_VISITS
    )


@allow(Permission.EDIT_PATROL_RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def required_visits(request: HttpRequest) -> HttpResponseBase:
    """What holds, and a form that sets it for an area and a level."""
    user = user_of(request)
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        wanted = Wanted(sent["code"], ControlLevel(sent["level"]), sent["per_day"])
        try:
            rules.set_required(by=user, wanted=wanted)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The visits are set; they count at once."))
            return redirect("required-visits")
    found = list(rules.rules(user)[: rules.MOST_RULES])
    names = rules.names([row.area for row in found])
    rows = [
        {
            "row": row,
            "name": names.get(row.area, ""),
            "level": level_shown(row.level),
            "is_own": covers(user.scope, row.area),
        }
        for row in found
    ]
    if VISITS.is_asked(request):
        return VISITS.answer(request, rows)
    context: dict[str, Any] = {
        "here": "patrols",
        "file": VISITS,
        "rows": rows,
        "usual": [
            {"level": level_shown(level.value), "per_day": per_day, "hours": window_h(per_day)}
            for level, per_day in USUAL.items()
        ],
        "form": form,
        "least_min": LEAST_S // 60,
        "least_m": LEAST_PIECES * 10,
    }
    return show(request, "patrols/seen/rules.html", context, 422 if form.is_bound else 200)


@allow(Permission.EDIT_PATROL_RULES)
@require_POST
def remove_required(request: HttpRequest, rule_id: int) -> HttpResponseBase:
    """Take a rule back.  Raises: see `rules.remove_required`."""
    rules.remove_required(by=user_of(request), rule_id=rule_id)
    messages.success(request, _("The rule is taken back."))
    return redirect("required-visits")
