"""The week board: on the screen, on paper, as a workbook; and last week once more."""

from datetime import datetime
from operator import itemgetter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gis_server import audit
from gis_server.edge import Page, allow, user_of
from gis_server.errors import DomainError, Invalid
from gis_server.file_answers import saved_as
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from gis_server.xlsx_export import workbook
from grids.codes import prefix
from grids.models import Division
from patrols.board import queries, roster_table, shown
from patrols.board.filters import Filters, filters_of
from patrols.board.services.copying import Copied, copy_week
from patrols.board.views.shared import config, page
from patrols.control import ControlLevel
from patrols.models import ControlSwitch, Duty, Force, PostKind
from patrols.pages import areas_shown

DUTIES = ListFile(
    "roster",
    [
        Column(key, column.head, itemgetter(place))
        for place, (key, column) in enumerate(roster_table.COLUMNS.items())
    ],
)
PER_PAGE = 30
PRINTED = 200
EXPORTED = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@allow(Permission.SEE_PATROLS)
@require_safe
def roster(request: HttpRequest) -> HttpResponseBase:
    """A week of posts and days; whoever plans changes it there.  As a file: its duties, which the
    import reads again.
    """
    user, now = user_of(request), timezone.now()
    filters, piece = filters_of(request, now), DUTIES.piece(request, PER_PAGE)
    if piece is WHOLE:
        return DUTIES.answer(request, [roster_table.row(one) for one in exported(user, filters)])
    may_plan = may(user.role, Permission.PLAN_DUTIES)
    context = board(user, filters, piece, now) | {
        "may_plan": may_plan,
        "file": DUTIES,
        "query": filters.query(),
        "earlier": filters.week(-1),
        "later": filters.week(1),
        "this_week": filters.query(week=""),
        "areas": areas_to_choose(user),
        "forces": Force.choices,
        "kinds": PostKind.choices,
        "levels": ControlSwitch.Level.choices,
        "config": config(
            request,
            urls={"duties": reverse("api-duties"), "people": reverse("api-patrol-people")},
            may_plan=may_plan,
            level=filters.level.value if filters.level else "",
            levels=[[value, str(label)] for value, label in ControlSwitch.Level.choices],
        ),
    }
    return page(request, "roster.html", context)


def areas_to_choose(user: User) -> list[tuple[str, str]]:
    """Digits and names, communities set off below their streets."""
    return [(prefix(one.code), indented(one)) for one in queries.areas(user)]


def indented(one: Division) -> str:
    return f"　{one.name}" if one.level == "community" else one.name


def board(user: User, filters: Filters, piece: Page, now: datetime) -> dict[str, Any]:
    week = queries.week(user, filters, piece, now)
    return {
        "filters": filters,
        "rows": shown.rows(user, week, filters, now),
        "days": shown.day_heads(filters, now),
        "total": week.total,
        "page": piece,
        "in_force": in_force(user, filters, now),
        "now": now,
        "chosen_level": str(ControlSwitch.Level(filters.level).label) if filters.level else "",
    }


def in_force(user: User, filters: Filters, now: datetime) -> list[dict[str, Any]]:
    """The levels at the district and streets shown, those alike as one; two queries."""
    areas = [
        one for one in areas_shown(user, now)
        if meets(prefix(one["division"].code), filters.area)
    ]  # fmt: skip
    by_level: dict[str, dict[str, Any]] = {}
    for one in areas:
        level = by_level.setdefault(one["level"]["name"], {"level": one["level"], "names": []})
        level["names"].append(one["division"].name)
    return list(by_level.values())


def meets(code: str, area: str) -> bool:
    return code.startswith(area) or area.startswith(code)


@allow(Permission.SEE_PATROLS)
@require_safe
def print_roster(request: HttpRequest) -> HttpResponseBase:
    """The same week for paper, A4 across."""
    user, now = user_of(request), timezone.now()
    filters = filters_of(request, now)
    context = board(user, filters, Page(PRINTED, 0), now)
    context |= {"most": PRINTED, "area_name": area_name(user, filters.area)}
    return page(request, "print.html", context)


def area_name(user: User, area: str) -> str:
    return next((one.name for one in queries.areas(user) if prefix(one.code) == area), area)


@allow(Permission.SEE_PATROLS, Pace.FILES)
@require_safe
def roster_file(request: HttpRequest) -> HttpResponseBase:
    """The week's duties as a workbook, which the import reads again.

    Raises Invalid: more than `EXPORTED`.
    """
    user, now = user_of(request), timezone.now()
    filters = filters_of(request, now)
    duties = exported(user, filters)
    if len(duties) > EXPORTED:
        raise Invalid(_("This is more than one file takes: choose a street or community."))
    zone = timezone.get_default_timezone()
    above = roster_table.captions(filters, now.astimezone(zone), area_name(user, filters.area))
    content = workbook([roster_table.sheet(duties, above)], zone)
    detail = {"rows": len(duties), "since": filters.monday.isoformat()}
    audit.note(by=user, action="roster.exported", scope=filters.area, detail=detail)
    response = HttpResponse(content, content_type=XLSX)
    name = _("roster-%(day)s.xlsx") % {"day": filters.monday.isoformat()}
    return saved_as(response, name)


def exported(user: User, filters: Filters) -> list[Duty]:
    """The live duties of the week, of the level where one is chosen.  One query."""
    posts = queries.posts_of(user, filters)
    rows = Duty.objects.filter(post__in=posts, day__in=filters.days, withdrawn_at=None)
    ordered = rows.select_related(
        "post", "shift", "member", "stands_in_for__member"
    ).order_by("day", "post__scope_code", "post__name", "shift__begins", "shift", "id")  # fmt: skip
    found = list(ordered[: EXPORTED + 1])
    level: ControlLevel | None = filters.level
    return found if level is None else [one for one in found if one.is_at(level)]


@allow(Permission.PLAN_DUTIES)
@require_POST
def copy_roster(request: HttpRequest) -> HttpResponseBase:
    """Last week's people into what is empty of this one."""
    user, now = user_of(request), timezone.now()
    filters = filters_of(request, now)
    try:
        copied = copy_week(by=user, filters=filters, now=now)
    except DomainError as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, copied_in_words(copied))
    return redirect(f"{reverse('roster')}?{filters.query()}")


def copied_in_words(copied: Copied) -> str:
    """What was copied, and what was left out and why."""
    said = ngettext("%(count)d duty was copied.", "%(count)d duties were copied.", copied.made)
    left = [
        (copied.there, _("%(count)d where somebody is already")),
        (copied.begun, _("%(count)d whose shift has begun")),
        (copied.out_of_use, _("%(count)d whose person, post or shift is out of use")),
        (copied.elsewhere, _("%(count)d whose person would be in two places")),
    ]
    reasons = [text % {"count": count} for count, text in left if count]
    said = said % {"count": copied.made}
    if not reasons:
        return said
    return f"{said} {_('Left out: %(reasons)s.') % {'reasons': '，'.join(reasons)}}"
