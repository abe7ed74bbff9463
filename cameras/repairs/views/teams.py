"""Teams: who is in them, what they have to do, and their forms."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cameras.models import Team
from cameras.repairs import team_queries
from cameras.repairs.forms import TeamForm, whole
from cameras.repairs.queries import MOST_TEAMS, teams_seen
from cameras.repairs.services import teams as services
from cameras.repairs.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.errors import Conflict, DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission

TEAMS = ListFile(
    "repair-teams",
    [
        Column("name", gettext_lazy("Repair team"), lambda one: one["team"].name),
        Column("phone", gettext_lazy("Phone"), lambda one: one["team"].phone),
        Column("members", gettext_lazy("Members"), lambda one: "、".join(one["members"])),
        Column("cameras", gettext_lazy("Cameras"), lambda one: one["cameras"]),
        Column("orders", gettext_lazy("Open orders"), lambda one: one["orders"]),
    ],
)
PER_PAGE = 50


@allow(Permission.LEAD_REPAIRS)
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponseBase:
    """The teams with a camera in reach; a form adds one."""
    user, piece = user_of(request), TEAMS.piece(request, PER_PAGE)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.add_team(by=user, **form.cleaned_data)
        except Conflict as taken:
            form.add_error("name", str(taken.message))
        else:
            messages.success(request, _("The team is made. Choose its members."))
            return redirect("repair-team", row.pk)
    rows, total = team_queries.teams(user, piece)
    if piece is WHOLE:
        return TEAMS.answer(request, rows)
    context = {"file": TEAMS, "rows": rows, "total": total, "page": piece, "form": form}
    status = 422 if form.is_bound else 200
    return page(request, "cameras/repairs/teams.html", context, status)


@allow(Permission.LEAD_REPAIRS)
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, team_id: int) -> HttpResponseBase:
    """Name, phone and members of a team.

    Raises:
        NotFound, NotAllowed: see `services.team_for`.
    """
    user = user_of(request)
    row = services.team_for(user, team_id)
    initial = {"name": row.name, "phone": row.phone}
    form = TeamForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save(request, row, form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The team is saved."))
            return redirect("repair-team", team_id)
    return page(request, "cameras/repairs/team.html", context_of(request, row, form))


def save(request: HttpRequest, row: Team, wanted: dict[str, Any]) -> None:
    """Raises DomainError: see the services."""
    by = user_of(request)
    seen = (request.POST.get("seen_name", row.name), request.POST.get("seen_phone", row.phone))
    if seen != (wanted["name"], wanted["phone"]):
        services.change_team(by=by, team_id=row.pk, seen=seen, **wanted)
    members = [whole(one) for one in request.POST.getlist("member")[: services.MOST_MEMBERS + 1]]
    services.set_members(by=by, team_id=row.pk, user_ids=set(members))


def context_of(request: HttpRequest, row: Team, form: TeamForm) -> dict[str, Any]:
    user = user_of(request)
    members = team_queries.member_ids(row)
    return {
        "team": row,
        "form": form,
        "people": [{"user": one, "is_in": one.pk in members} for one in services.fitters_for(user)],
        "successors": teams_seen(user).exclude(pk=row.pk)[:MOST_TEAMS],
        "counts": team_queries.team_counts(row),
    }


@allow(Permission.LEAD_REPAIRS)
@require_POST
def remove_team(request: HttpRequest, team_id: int) -> HttpResponseBase:
    """Remove a team; cameras and open orders go to the chosen successor.

    Raises:
        NotFound, NotAllowed: see `services.team_for`.
    """
    user = user_of(request)
    services.team_for(user, team_id)
    try:
        count = services.remove_team(
            by=user,
            team_id=team_id,
            successor_id=whole(request.POST.get("successor") or "0"),
            now=timezone.now(),
        )
    except DomainError as refused:
        messages.error(request, str(refused.message))
        return redirect(reverse("repair-team", args=[team_id]))
    said = ngettext(
        "The team is removed; %(count)d open order was handed over.",
        "The team is removed; %(count)d open orders were handed over.",
        count,
    )
    messages.success(request, said % {"count": count})
    return redirect("repair-teams")
