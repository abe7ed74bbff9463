"""Rounds: how far they are, what retention did, and the rules of each class."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cameras import picture_queries, services
from cameras.forms.rules import RuleForm, initial_of_rules
from cameras.models import Camera
from cameras.picture_queries import RoundShown
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.roles import Permission, may


@allow(Permission.SEE_PICTURES)
@require_safe
def rounds(request: HttpRequest) -> HttpResponseBase:
    """How far the rounds of each class are in the reader's area, and what was deleted lately."""
    user, now = user_of(request), timezone.now()
    context = {
        "rounds": [round_shown(one) for one in picture_queries.rounds_now(user, now)],
        "cleanups": picture_queries.cleanups(),
        "now": now,
        "keep_days": settings.PICTURE_DAYS,
        "keep_faults_days": settings.PICTURE_FAULT_DAYS,
        "may_edit": may(user.role, Permission.ADMINISTER),
    }
    return page(request, "cameras/rounds.html", context)


def round_shown(one: RoundShown) -> dict[str, Any]:
    return {"round": one, "name": Camera.Priority(one.rules.priority).label}


@allow(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, priority: str) -> HttpResponseBase:
    """
    Raises:
        NotFound: there is no such class.
    """
    if priority not in Camera.Priority.values:
        raise NotFound(_("There is no such class of cameras."))
    rules = services.rules_by_class()[priority]
    form = RuleForm(request.POST or None, initial=initial_of_rules(rules))
    if request.method == "POST" and form.is_valid():
        try:
            services.save_rule(form.wanted(priority), user_of(request), timezone.now())
            messages.success(request, _("The changes are saved."))
            return redirect("camera-rounds")
        except Invalid as error:
            form.add_error("hours", str(error.message))
        except Conflict as error:
            form.add_error(None, str(error.message))
    context = {"form": form, "name": Camera.Priority(priority).label}
    return page(request, "cameras/rule.html", context, 422 if form.errors else 200)
