"""Pages on which areas are asked for, decided about and given back (应急调用)."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gis_server import grant_flow, grant_queries, grants
from gis_server.edge import allow, json_ok, wants_page
from gis_server.errors import DomainError, Invalid, status_of
from gis_server.grant_flow import GrantState
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import AreaGrant, User
from gis_server.roles import Permission
from grids import areas
from grids.grant_rows import rows_of

PAGE_SIZE = 20
AREA = (
    Column("area", gettext_lazy("Area"), lambda one: one.area),
    Column("code", gettext_lazy("Area code"), lambda one: one.grant.prefix),
    Column("asker", gettext_lazy("Who asks"), lambda one: str(one.grant.asker)),
    Column("reason", gettext_lazy("Reason"), lambda one: one.grant.reason),
    Column("asked_at", gettext_lazy("Asked"), lambda one: one.grant.asked_at),
    Column("wanted_h", gettext_lazy("Hours asked for"), lambda one: one.grant.wanted_h),
    Column("state", gettext_lazy("State"), lambda one: one.state_name),
    Column("decided_by", gettext_lazy("Decided by"),
           lambda one: one.grant.decided_by and str(one.grant.decided_by)),
    Column("note", gettext_lazy("Answer"), lambda one: one.grant.note),
    Column("until", pgettext_lazy("time", "Until"), lambda one: one.grant.until),
)  # fmt: skip
FILES = {
    "own": ListFile("area-requests", AREA),
    "to_decide": ListFile("area-requests-to-decide", AREA),
    "running": ListFile("areas-lent", AREA),
}
USUAL_H = 4


@allow(Permission.ASK_FOR_AREA)
@require_safe
def own(request: HttpRequest) -> HttpResponseBase:
    """One's own requests, and the form for another; `q` finds an area by name or code."""
    return _own(request, request.GET.get("q", ""))


def _own(
    request: HttpRequest, text: str, form: dict[str, Any] | None = None, status: int = 200
) -> HttpResponseBase:
    found = areas.find(_who(request), text)
    usual = {"hours": USUAL_H, "prefix": found.areas[0].prefix if len(found.areas) == 1 else ""}
    return _list(
        request,
        "own",
        grant_queries.own(_who(request)),
        {
            "q": text[: areas.LONGEST_TEXT],
            "found": found,
            "form": form or usual,
            "longest_h": grant_flow.LONGEST_H,
            "longest_reason": grant_flow.LONGEST_REASON,
            "waits_h": grant_flow.WAITS_H,
        },
        status,
    )


@allow(Permission.GRANT_AREA)
@require_safe
def to_decide(request: HttpRequest) -> HttpResponseBase:
    """Requests for areas that are the reader's own, to give or refuse."""
    rows = grant_queries.to_decide(_who(request), timezone.now())
    return _list(request, "to_decide", rows, {"longest_reason": grant_flow.LONGEST_REASON})


@allow(Permission.GRANT_AREA)
@require_safe
def running(request: HttpRequest) -> HttpResponseBase:
    """What is lent of the reader's own area now, to end before its time."""
    return _list(request, "running", grant_queries.running(_who(request), timezone.now()), {})


@allow(Permission.ASK_FOR_AREA)
@require_POST
def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask for an area; what was typed stays in the form when it is refused."""
    form = {name: request.POST.get(name, "") for name in ("q", "prefix", "reason", "hours")}
    try:
        grant = _ask(request, form)
    except DomainError as error:
        if not wants_page(request):
            raise
        return _own(request, form["q"], form | {"error": error.message}, status_of(error))
    return _done(request, "area-grants", grant, _("Asked. You see here when it is answered."))


def _ask(request: HttpRequest, form: dict[str, str]) -> AreaGrant:
    if not areas.is_known(form["prefix"]):
        raise Invalid(_("Find the area by its name or code, and choose it from what is found."))
    return grants.ask(
        by=_who(request),
        prefix=form["prefix"],
        reason=form["reason"],
        hours=_hours(form["hours"]),
        now=timezone.now(),
    )


@allow(Permission.GRANT_AREA)
@require_POST
def decide(request: HttpRequest, grant_id: int) -> HttpResponseBase:
    """Give (`to` = given, with `hours`) or refuse (`to` = refused, with `note`) a request."""

    def act() -> AreaGrant:
        to = request.POST.get("to", "")
        if to not in grant_flow.DECISIONS:
            raise Invalid(_("Choose whether to give or to refuse."))
        given = GrantState(to) is GrantState.GIVEN
        return grants.decide(
            grant_id=grant_id,
            by=_who(request),
            to=GrantState(to),
            hours=_hours(request.POST.get("hours", "")) if given else None,
            note=request.POST.get("note", ""),
            now=timezone.now(),
        )

    return _act(request, "area-grants-to-decide", act, _("Your decision holds from now on."))


@allow(Permission.ASK_FOR_AREA)
@require_POST
def withdraw(request: HttpRequest, grant_id: int) -> HttpResponseBase:
    def act() -> AreaGrant:
        return grants.withdraw(grant_id=grant_id, by=_who(request), now=timezone.now())

    return _act(request, "area-grants", act, _("Withdrawn."))


@allow(Permission.ASK_FOR_AREA)
@require_POST
def end(request: HttpRequest, grant_id: int) -> HttpResponseBase:
    """End a grant now: the asker, or whoever decides about the area."""

    def act() -> AreaGrant:
        return grants.end(grant_id=grant_id, by=_who(request), now=timezone.now())

    lender = request.POST.get("from") == "running"
    back = "area-grants-running" if lender else "area-grants"
    return _act(request, back, act, _("Ended. The area is no longer lent."))


def _act(
    request: HttpRequest, back: str, act: Callable[[], AreaGrant], done: str
) -> HttpResponseBase:
    """Do it and go back to the list, where a refusal is read beside what it is about."""
    try:
        grant = act()
    except DomainError as error:
        if not wants_page(request):
            raise
        messages.error(request, str(error.message))
        return redirect(back)
    return _done(request, back, grant, done)


def _done(request: HttpRequest, back: str, grant: AreaGrant, text: str) -> HttpResponseBase:
    if not wants_page(request):
        return json_ok({"id": grant.pk, "state": grant.state_at(timezone.now()).value})
    messages.success(request, text)
    return redirect(back)


def _list(
    request: HttpRequest,
    name: str,
    grants: QuerySet[AreaGrant],
    more: dict[str, Any],
    status: int = 200,
) -> HttpResponseBase:
    now, file = timezone.now(), FILES[name]
    page = file.piece(request, PAGE_SIZE)
    rows = rows_of(list(grants[page.offset : page.offset + page.limit]), now)
    if page is WHOLE:
        return file.answer(request, rows)
    counts = grant_queries.counts(_who(request), now)
    context = {
        "counts": counts,
        "total": getattr(counts, name),
        "page": page,
        "file": file,
        "rows": rows,
        "tab": name,
    }
    response = render(request, f"grids/area_grants_{name}.html", context | more, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _hours(text: str) -> int:
    """Whole hours as they were typed; 0, which no rule allows, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _who(request: HttpRequest) -> User:
    return cast("User", request.user)
