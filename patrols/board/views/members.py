"""People who can be put on duty: the list, and the page of one."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server.edge import allow, parse_choice, parse_text, user_of
from gis_server.errors import DomainError, NotAllowed
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import LONGEST_CODE
from gis_server.roles import Permission, may, scope_q
from gis_server.scopes import areas_of
from patrols.board import queries
from patrols.board.filters import LONGEST_WORD, area_of
from patrols.board.forms import MemberForm
from patrols.board.rights import member_for
from patrols.board.service_hours import service_of
from patrols.board.services.members import NewMember, add_member, change_member, make_of_workers
from patrols.board.shown import levels_in_words
from patrols.board.views.roster import areas_to_choose
from patrols.board.views.shared import PER_PAGE, page, whole
from patrols.models import Duty, Force, Member

MEMBERS = ListFile(
    "members",
    [
        Column("name", pgettext_lazy("person", "Name"), lambda one: one["row"].name),
        Column("number", gettext_lazy("Staff number"), lambda one: one["row"].number),
        Column("force", gettext_lazy("Force"), lambda one: one["row"].get_force_display()),
        Column("area", gettext_lazy("Territory"), lambda one: one["area"].name),
        Column(
            "code", pgettext_lazy("column", "Territory code"), lambda one: one["row"].scope_code
        ),
        Column("phone", gettext_lazy("Phone"), lambda one: one["row"].phone),
        Column(
            "means", gettext_lazy("Means of transport"), lambda one: one["row"].get_means_display()
        ),
        Column("is_active", gettext_lazy("In service"), lambda one: one["row"].is_active),
    ],
)
USES = {"yes": True, "no": False}
DUTIES_AHEAD = timedelta(days=14)


@allow(Permission.SEE_PATROLS)
@require_safe
def members(request: HttpRequest) -> HttpResponseBase:
    user, piece = user_of(request), MEMBERS.piece(request, PER_PAGE)
    area = area_of(parse_text(request, "division", LONGEST_CODE))
    force = parse_choice(request, "force", Force.values)
    words = parse_text(request, "q", LONGEST_WORD)
    use = parse_choice(request, "use", USES)
    rows = queries.people(user, words, force, area)
    if use:
        rows = rows.filter(is_active=USES[use])
    found = list(rows[piece.offset : piece.offset + piece.limit])
    areas = areas_of({one.scope_code for one in found})
    shown = [{"row": one, "area": areas[one.scope_code]} for one in found]
    if piece is WHOLE:
        return MEMBERS.answer(request, shown)
    context = {
        "file": MEMBERS,
        "rows": shown,
        "total": rows.count(),
        "page": piece,
        "areas": areas_to_choose(user),
        "forces": Force.choices,
        "asked": {"division": area, "force": force, "q": words, "use": use},
        "may_plan": may(user.role, Permission.PLAN_DUTIES),
    }
    return page(request, "members.html", context)


@allow(Permission.PLAN_DUTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_member(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    area = user.reach[0] if len(user.reach) == 1 else ""
    form = MemberForm(request.POST or None, initial={"scope_code": area})
    if request.method == "POST" and form.is_valid():
        try:
            row = add_member(by=user, wanted=NewMember(**form.cleaned_data))
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("They are entered, and can be put on duty."))
            return redirect("patrol-member", row.pk)
    return member_page(request, form, None)


@allow(Permission.SEE_PATROLS)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, member_id: int) -> HttpResponseBase:
    """Raises NotFound; NotAllowed: changed by somebody who does not plan."""
    user = user_of(request)
    row = member_for(user, member_id)
    form = MemberForm(request.POST or None, initial=initial_of(row))
    if request.method == "POST":
        if not may(user.role, Permission.PLAN_DUTIES):
            raise NotAllowed(_("Your role does not include this. Ask an administrator for it."))
        if form.is_valid():
            try:
                change_member(
                    by=user,
                    member_id=member_id,
                    version=whole(request.POST.get("version", "")),
                    wanted=NewMember(**form.cleaned_data),
                )
            except DomainError as refused:
                form.add_error(None, str(refused.message))
            else:
                messages.success(request, _("Saved."))
                return redirect("patrol-member", member_id)
    return member_page(request, form, row)


def initial_of(row: Member) -> dict[str, Any]:
    names = ("number", "name", "phone", "force", "means", "scope_code", "is_active")
    return {name: getattr(row, name) for name in names} | {
        "username": row.user.username if row.user else "",
        "worker": row.worker.number if row.worker else "",
    }


def member_page(request: HttpRequest, form: MemberForm, row: Member | None) -> HttpResponseBase:
    user, now = user_of(request), timezone.now()
    may_plan = may(user.role, Permission.PLAN_DUTIES)
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "may_plan": may_plan,
        "area_choices": areas_to_choose(user) if may_plan else [],
    }
    if row:
        today = timezone.localdate(now)
        # Only those whose post the reader may see.
        duties = Duty.objects.filter(scope_q(user, "post__scope_code"), member=row)
        ahead = duties.filter(day__range=(today, today + DUTIES_AHEAD), withdrawn_at=None)
        context |= {
            "area": areas_of([row.scope_code])[row.scope_code],
            "duties": [
                {"row": one, "levels": levels_in_words(one.lowest, one.highest)}
                for one in ahead.select_related("post", "shift").order_by("day", "shift__begins")
            ],
            "service": service_of(row, now) if may_plan else None,
        }
    return page(request, "member.html", context, 422 if form.is_bound else 200)


@allow(Permission.PLAN_DUTIES)
@require_POST
def members_of_workers(request: HttpRequest) -> HttpResponseBase:
    """Enter all grid workers of an area at once."""
    user = user_of(request)
    try:
        area = area_of(request.POST.get("division", "")[:LONGEST_CODE])
        made = make_of_workers(by=user, area=area, day=timezone.localdate(timezone.now()))
    except DomainError as refused:
        messages.error(request, str(refused.message))
        return redirect("patrol-members")
    said = ngettext(
        "%(count)d grid worker was entered.", "%(count)d grid workers were entered.", made.made
    ) % {"count": made.made}
    if made.taken:
        rest = _("%(count)d stay out: their numbers are somebody else's.") % {"count": made.taken}
        said = f"{said} {rest}"
    messages.success(request, said)
    return redirect("patrol-members")
