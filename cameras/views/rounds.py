"""Rounds: how far they are, what retention did, and the rules of each class."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cameras import picture_queries, services
from cameras.forms.rules import RuleForm, initial_of_rules
from cameras.models import Camera
from cameras.picture_queries import RoundShown
from cameras.views.shared import page
from gis_server.edge import allow, parse_choice, user_of
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, may

ROUNDS = ListFile(
    "picture-rounds",
    [
        Column("class", gettext_lazy("Class"), lambda one: one["name"]),
        Column("begun_at", gettext_lazy("Begun"), lambda one: one["round"].begun_at),
        Column("done", gettext_lazy("Looked at"), lambda one: one["round"].done),
        Column("total", gettext_lazy("Cameras"), lambda one: one["round"].total),
        Column("down", gettext_lazy("Do not answer"), lambda one: one["round"].down),
        Column("findings", gettext_lazy("With something wrong"), lambda one: one["round"].findings),
        Column("hours", pgettext_lazy("picture", "Rounds"), lambda one: hours_told(one["round"])),
        Column("next_at", gettext_lazy("Next round"), lambda one: one["round"].next_at),
        Column(
            "old_after_min",
            gettext_lazy("Old after (minutes)"),
            lambda one: one["round"].rules.dim_after_min,
        ),
        Column(
            "keep_days",
            gettext_lazy("Kept (days)"),
            lambda one: one["round"].rules.keep_days or settings.PICTURE_DAYS,
        ),
        Column(
            "keep_faults_days",
            gettext_lazy("Kept with faults (days)"),
            lambda one: one["round"].rules.keep_faults_days or settings.PICTURE_FAULT_DAYS,
        ),
    ],
)
DELETED = ListFile(
    "pictures-deleted",
    [
        Column("day", gettext_lazy("Day"), lambda one: one.day),
        Column("deleted", gettext_lazy("Pictures deleted"), lambda one: one.deleted),
        Column("faults", gettext_lazy("of these with faults"), lambda one: one.deleted_faults),
        Column("kept", gettext_lazy("Faults kept longer"), lambda one: one.kept_faults),
        Column("bytes", gettext_lazy("Space freed (bytes)"), lambda one: one.freed_bytes),
    ],
)  # fmt: skip
FILES = {"rounds": ROUNDS, "deleted": DELETED}


@allow(Permission.SEE_PICTURES)
@require_safe
def rounds(request: HttpRequest) -> HttpResponseBase:
    """How far the rounds of each class are in the reader's area, and what was deleted lately; with
    `f` one of both (`list`: rounds or deleted) as a file.
    """
    user, now = user_of(request), timezone.now()
    file = FILES[parse_choice(request, "list", FILES) or "rounds"]
    is_file = file.is_asked(request)
    if is_file and file is DELETED:
        return DELETED.answer(request, picture_queries.cleanups(WHOLE.limit))
    shown = [round_shown(one) for one in picture_queries.rounds_now(user, now)]
    if is_file:
        return ROUNDS.answer(request, shown)
    context = {
        "rounds_file": ROUNDS,
        "deleted_file": DELETED,
        "rounds": shown,
        "cleanups": picture_queries.cleanups(),
        "now": now,
        "keep_days": settings.PICTURE_DAYS,
        "keep_faults_days": settings.PICTURE_FAULT_DAYS,
        "may_edit": may(user.role, Permission.ADMINISTER),
    }
    return page(request, "cameras/rounds.html", context)


def round_shown(one: RoundShown) -> dict[str, Any]:
    return {"round": one, "name": Camera.Priority(one.rules.priority).label}


def hours_told(one: RoundShown) -> str:
    said = _("%(from)s to %(to)s o'clock: every %(minutes)s minutes")
    return "；".join(
        said % {"from": part.from_hour, "to": part.to_hour, "minutes": part.every_min}
        for part in one.rules.hours
    )


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
