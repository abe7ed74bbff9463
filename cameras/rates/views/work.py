"""Planned work: the list, the form, one window with its history."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cameras import page_queries
from cameras.rates import services, work_queries
from cameras.rates.models import PlannedWork
from cameras.rates.services.work import authors_of
from cameras.rates.work_forms import EndForm, ReviewForm, StepForm, WorkForm, initial_of
from cameras.rates.work_queries import SHOWS, window_of
from cameras.rates.work_rules import Stage
from cameras.views.shared import first_error, page
from gis_server.edge import allow, parse_choice, parse_text, user_of
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, may
from gis_server.scopes import areas_of


def review_told(one: dict[str, Any]) -> str:
    if one["waits"]:
        return _("waits for review")
    return _("accepted") if one["work"].accepted_until else ""


WINDOWS = ListFile(
    "planned-work",
    [
        Column("title", gettext_lazy("What happens"), lambda one: one["work"].title),
        Column("kind", gettext_lazy("Kind"), lambda one: one["work"].get_kind_display()),
        Column("target", pgettext_lazy("window", "Covers"),
               lambda one: one["work"].get_target_display()),
        Column("covers", gettext_lazy("Name"), lambda one: one["covers"]),
        Column("starts_at", pgettext_lazy("time", "From"), lambda one: one["work"].starts_at),
        Column("ends_at", pgettext_lazy("time", "Until"), lambda one: one["work"].ends_at),
        Column("state", gettext_lazy("State"), lambda one: one["stage"]["name"]),
        Column("review", gettext_lazy("Review"), review_told),
        Column("entered_by", gettext_lazy("Entered by"),
               lambda one: one["work"].entered_by and str(one["work"].entered_by)),
    ],
)  # fmt: skip
PER_PAGE = 50
LONGEST_CODES = 2_000
BADGES = {
    Stage.COMING: "off",
    Stage.RUNNING: "warn",
    Stage.OVER: "off",
    Stage.WITHDRAWN: "off",
    Stage.REJECTED: "bad",
}


@allow(Permission.SEE_RATES)
@require_safe
def work_list(request: HttpRequest) -> HttpResponseBase:
    """The windows that touch the reader's area, by what they are now."""
    user, piece, now = user_of(request), WINDOWS.piece(request, PER_PAGE), timezone.now()
    show = parse_choice(request, "show", SHOWS) or SHOWS[0]
    rows = work_queries.listed(user, show, piece, now)
    names = areas_of(row.area for row in rows if row.area)
    windows = [shown(row, names, now) for row in rows]
    if piece is WHOLE:
        return WINDOWS.answer(request, windows)
    counts = work_queries.counts(user, now)
    context = {
        "here": "repairs",
        "shows": [(name, show_name(name), counts[name]) for name in SHOWS],
        "show": show,
        "file": WINDOWS,
        "rows": windows,
        "total": counts[show],
        "page": piece,
        "may_enter": may(user.role, Permission.PLAN_WORK),
    }
    return page(request, "cameras/rates/work_list.html", context)


def show_name(show: str) -> str:
    return {
        "running": _("Running"),
        "coming": _("Coming"),
        "to_review": _("To review"),
        "past": _("Past"),
        "void": _("Withdrawn or rejected"),
    }[show]


def stage_name(stage: Stage) -> str:
    return {
        Stage.COMING: _("Coming"),
        Stage.RUNNING: _("Running"),
        Stage.OVER: _("Past"),
        Stage.WITHDRAWN: _("Withdrawn"),
        Stage.REJECTED: _("Rejected"),
    }[stage]


def shown(row: PlannedWork, names: Any, now: Any) -> dict[str, Any]:
    """A window with its stage in words and the name of what it covers."""
    window = window_of(row)
    stage = window.stage(now)
    return {
        "work": row,
        "stage": {
            "name": stage_name(stage),
            "badge": BADGES[stage],
            "running": stage is Stage.RUNNING,
        },
        "waits": window.waits_for_review,
        "covers": target_name(row, names),
        "open": stage in (Stage.COMING, Stage.RUNNING),
        "counts": stage not in (Stage.WITHDRAWN, Stage.REJECTED),
    }


def target_name(row: PlannedWork, names: Any) -> str:
    if row.upstream:
        return row.upstream.name
    if row.owner:
        return row.owner.name
    if row.area:
        return names[row.area].name or row.area
    return ""


@allow(Permission.PLAN_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def new_work(request: HttpRequest) -> HttpResponseBase:
    """A new window; `cameras` in the address are the codes of its cameras."""
    by, now = user_of(request), timezone.now()
    initial = initial_of(now, parse_text(request, "cameras", LONGEST_CODES))
    form = WorkForm(request.POST or None, initial=initial, user=by)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.enter_work(by=by, wanted=form.wanted(), now=now)
            messages.success(request, _("The window is entered. Somebody else reviews it."))
            return redirect("work", row.pk)
        except (Invalid, NotAllowed) as error:
            form.add_error(None, str(error.message))
    context = {"here": "repairs", "form": form, "choices": page_queries.choices(by)}
    return page(request, "cameras/rates/work_new.html", context, 422 if form.errors else 200)


@allow(Permission.SEE_RATES)
@require_safe
def work(request: HttpRequest, work_id: int) -> HttpResponseBase:
    """One window: what it covers now, its history, and what the reader may do.

    Raises:
        NotFound: none that touches the reader's area.
    """
    user, now = user_of(request), timezone.now()
    rows = work_queries.visible(user).select_related(
        "upstream", "owner", "entered_by", "withdrawn_by"
    )
    row = rows.filter(pk=work_id).first()
    if row is None:
        raise NotFound(_("There is no such window in your area."))
    context = shown(row, areas_of([row.area] if row.area else []), now) | {
        "here": "repairs",
        "covered": work_queries.covered_by(user, row),
        "most_covered": work_queries.MOST_COVERED,
        "steps": steps_of(row),
        "may": rights(user, row),
    }
    return page(request, "cameras/rates/work.html", context)


def rights(user: User, row: PlannedWork) -> dict[str, bool]:
    """Which forms the page shows; the services decide."""
    reviews = may(user.role, Permission.REVIEW_WORK)
    return {
        "change": may(user.role, Permission.PLAN_WORK),
        "review": reviews and user.pk not in authors_of(row),
        "own": user.pk in authors_of(row),
        "withdraw": reviews or (may(user.role, Permission.PLAN_WORK) and not row.accepted_until),
    }


def steps_of(row: PlannedWork) -> list[dict[str, Any]]:
    """Everything that was done with a window, the oldest first."""
    steps = [
        {"at": one.set_at, "by": one.set_by, "until": one.ends_at, "kind": "term"}
        for one in row.terms.select_related("set_by")
    ]
    steps[0]["kind"] = "entered"
    steps += [
        {"at": one.at, "by": one.by, "until": one.ends_at, "kind": one.verdict, "note": one.note}
        for one in row.reviews.select_related("by")
    ]
    if row.withdrawn_at:
        steps.append({"at": row.withdrawn_at, "by": row.withdrawn_by, "kind": "withdrawn"})
    return sorted(steps, key=lambda step: step["at"])


def step(
    request: HttpRequest, work_id: int, form: StepForm, done: str, do: Callable[[], object]
) -> HttpResponseBase:
    """Take one step of a window and tell how it went, on its page."""
    if not form.is_valid():
        messages.error(request, first_error(form))
    else:
        try:
            do()
            messages.success(request, done)
        except (Conflict, Invalid, NotAllowed) as error:
            messages.error(request, str(error.message))
    return redirect("work", work_id)


@allow(Permission.PLAN_WORK)
@require_POST
def end_work(request: HttpRequest, work_id: int) -> HttpResponseBase:
    by, form, now = user_of(request), EndForm(request.POST), timezone.now()

    def do() -> object:
        end = form.end(now)
        if end is None:
            raise Invalid(_("Say until when."))
        version = form.cleaned_data["version"]
        return services.change_end(by=by, work_id=work_id, version=version, ends_at=end, now=now)

    return step(request, work_id, form, _("The end is changed."), do)


@allow(Permission.SEE_RATES)
@require_POST
def withdraw_work(request: HttpRequest, work_id: int) -> HttpResponseBase:
    """
    Raises:
        NotAllowed: the reader neither plans nor reviews.
    """
    by, form, now = user_of(request), StepForm(request.POST), timezone.now()
    if not (may(by.role, Permission.PLAN_WORK) or may(by.role, Permission.REVIEW_WORK)):
        raise NotAllowed(_("Your role does not include this. Ask an administrator for it."))

    def do() -> object:
        version = form.cleaned_data["version"]
        return services.withdraw_work(by=by, work_id=work_id, version=version, now=now)

    return step(request, work_id, form, _("The window is withdrawn."), do)


@allow(Permission.REVIEW_WORK)
@require_POST
def review_work(request: HttpRequest, work_id: int) -> HttpResponseBase:
    by, form, now = user_of(request), ReviewForm(request.POST), timezone.now()
    done = _("The review is stored.")

    def do() -> object:
        data = form.cleaned_data
        return services.review_work(by=by, work_id=work_id, now=now, **data)

    return step(request, work_id, form, done, do)
