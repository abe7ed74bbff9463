"""Posts: the list, and the form of one."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_server.edge import allow, parse_choice, parse_page, parse_text, user_of
from gis_server.errors import DomainError, NotAllowed
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import Permission, may
from gis_server.scopes import areas_of
from grids.views.shared import map_config
from patrols.board.filters import LONGEST_WORD, area_of
from patrols.board.forms import LEVELS, PostForm, need_name, needs_of
from patrols.board.rights import districts_of, post_for, posts_seen, shifts_seen
from patrols.board.services.posts import NewPost, add_post, change_post, grids_named
from patrols.board.views.roster import areas_to_choose
from patrols.board.views.shared import PER_PAGE, extent_of, page, whole
from patrols.models import Need, Post, PostKind, Shift
from patrols.models.control import DISTRICT_DIGITS

USES = {"yes": True, "no": False}


@allow(Permission.SEE_PATROLS)
@require_safe
def posts(request: HttpRequest) -> HttpResponseBase:
    user, piece = user_of(request), parse_page(request, PER_PAGE)
    area = area_of(parse_text(request, "division", LONGEST_CODE))
    kind = parse_choice(request, "kind", PostKind.values)
    words = parse_text(request, "q", LONGEST_WORD)
    use = parse_choice(request, "use", USES)
    rows = posts_seen(user).filter(scope_code__startswith=area, name__icontains=words)
    if kind:
        rows = rows.filter(kind=kind)
    if use:
        rows = rows.filter(is_active=USES[use])
    context = {
        "rows": listed(rows.order_by("scope_code", "name", "id"), piece.offset, piece.limit),
        "total": rows.count(),
        "page": piece,
        "areas": areas_to_choose(user),
        "kinds": PostKind.choices,
        "asked": {"division": area, "kind": kind, "q": words, "use": use},
        "may_plan": may(user.role, Permission.PLAN_DUTIES),
    }
    return page(request, "posts.html", context)


def listed(rows: QuerySet[Post], offset: int, limit: int) -> list[dict[str, Any]]:
    """With how many grids they have and where they are.  Two queries."""
    found = list(rows.annotate(grid_count=Count("grids"))[offset : offset + limit])
    areas = areas_of({one.scope_code for one in found})
    return [{"row": one, "area": areas[one.scope_code]} for one in found]


@allow(Permission.PLAN_DUTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def new_post(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    area = user.reach[0] if len(user.reach) == 1 else ""
    form = PostForm(request.POST or None, initial={"scope_code": area, "kind": "area"})
    shifts = list(shifts_seen(user).filter(is_active=True, area__in=districts_of(user)))
    if request.method == "POST" and form.is_valid():
        try:
            row = add_post(by=user, wanted=wanted_of(request, user, form.cleaned_data, shifts))
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The post is made."))
            return redirect("patrol-post", row.pk)
    return post_page(request, form, None, shifts, {})


@allow(Permission.SEE_PATROLS)
@require_http_methods(["GET", "HEAD", "POST"])
def post(request: HttpRequest, post_id: int) -> HttpResponseBase:
    """Raises NotFound; NotAllowed: changed by somebody who does not plan."""
    user = user_of(request)
    row = post_for(user, post_id)
    needs = list(Need.objects.filter(post=row))
    shifts = shifts_of(row, needs)
    form = PostForm(request.POST or None, initial=initial_of(row))
    if request.method == "POST":
        if not may(user.role, Permission.PLAN_DUTIES):
            raise NotAllowed(_("Your role does not include this. Ask an administrator for it."))
        if form.is_valid():
            try:
                wanted = wanted_of(request, user, form.cleaned_data, shifts)
                version = whole(request.POST.get("version", ""))
                change_post(by=user, post_id=post_id, version=version, wanted=wanted)
            except DomainError as refused:
                form.add_error(None, str(refused.message))
            else:
                messages.success(request, _("Saved."))
                return redirect("patrol-post", post_id)
    told = {need_name(one.level, one.shift_id): one.people for one in needs}
    return post_page(request, form, row, shifts, told)


def shifts_of(row: Post, needs: Sequence[Need]) -> list[Shift]:
    """Those of its district in use, and those that it needs people in."""
    rows = Shift.objects.filter(area=row.scope_code[:DISTRICT_DIGITS])
    named = {one.shift_id for one in needs}
    return [one for one in rows if one.is_active or one.pk in named]


def wanted_of(
    request: HttpRequest, user: User, sent: dict[str, Any], shifts: Sequence[Shift]
) -> NewPost:
    """Raises Invalid."""
    code = sent["scope_code"]
    own = [one for one in shifts if one.area == code[:DISTRICT_DIGITS]]
    return NewPost(
        name=sent["name"],
        kind=sent["kind"],
        scope_code=code,
        task=" ".join(sent["task"].split()),
        point=sent["point"],
        grids=grids_named(user, sent["grids"], code if sent["all_grids"] else ""),
        needs=needs_of(request.POST, own),
        is_active=sent["is_active"],
    )


def initial_of(row: Post) -> dict[str, Any]:
    point = row.point
    return {
        "name": row.name,
        "kind": row.kind,
        "scope_code": row.scope_code,
        "task": row.task,
        "position": f"{point.x:.6f}, {point.y:.6f}" if point else "",
        "frame": "wgs84",
        "grids": "\n".join(f"{one.code} {one.name}" for one in row.grids.order_by("code")),
        "is_active": row.is_active,
    }


def post_page(
    request: HttpRequest, form: PostForm, row: Post | None, shifts: Sequence[Shift],
    needs: dict[str, int],
) -> HttpResponseBase:  # fmt: skip
    user = user_of(request)
    may_plan = may(user.role, Permission.PLAN_DUTIES)
    told = request.POST if form.is_bound else needs
    table = [
        {
            "label": label,
            "fields": [
                {"name": need_name(value, one.pk), "value": told.get(need_name(value, one.pk), "")}
                for one in shifts
            ],
        }
        for value, label in LEVELS
    ]
    context = {
        "row": row,
        "form": form,
        "shifts": shifts,
        "needs": table,
        "may_plan": may_plan,
        "area_choices": areas_to_choose(user) if may_plan else [],
        "area": areas_of([row.scope_code])[row.scope_code] if row else None,
        "grids": list(row.grids.order_by("code")) if row else [],
        "back": reverse("patrol-posts"),
        "config": map_config(
            request,
            box=extent_of(user, row.scope_code if row else ""),
            point=[row.point.x, row.point.y] if row and row.point else None,
        ),
    }
    return page(request, "post.html", context, 422 if form.is_bound else 200)
