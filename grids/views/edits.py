"""What is sent to edit the territory: a view reads one form, calls one service, and goes back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gis_server.edge import allow, wants_page
from gis_server.errors import Conflict, Invalid, NotFound, status_of
from gis_server.roles import Permission
from grids import queries, services
from grids.forms import AssignForm, CodeForm, EndForm, FieldsForm, PointForm, SeenForm
from grids.models import Edit, Grid, GridWorker, Place, StaffRole, Thing
from grids.services.state import MODELS
from grids.views import divisions, places, workers
from grids.views import grids as grid_views
from grids.views.shared import Forms, url_of, who

Send = Callable[[Any], Edit | None]


def row_or_404(request: HttpRequest, thing: str, number: int) -> Any:
    """The thing that a form is about, as its page wants it.

    Raises:
        NotFound: no such thing, or none in the user's reach.
    """
    if thing not in Thing.values or thing == Thing.ASSIGNMENT:
        raise NotFound(_("There is nothing at this address."))
    kind = Thing(thing)
    if kind in queries.PLACE_MODELS:
        return places.found(request, kind, number)
    row = MODELS[kind]._default_manager.filter(pk=number).first()
    if row is None or not services.may_edit(who(request), row):
        raise NotFound(_("There is no such thing in your territory (any more)."))
    return row


def answer(
    request: HttpRequest, row: Any, name: str, form: forms.Form, send: Send
) -> HttpResponseBase:
    """Send a form's content; back to the page, or the page again with what was wrong.

    A program (that does not ask for a page) gets the error itself.
    """
    status = 422
    if form.is_valid():
        try:
            edit = send(form)
        except (Conflict, Invalid) as error:
            if not wants_page(request):
                raise
            form.add_error(None, str(error.message))
            status = status_of(error)
        else:
            return redirect(back(request, row, edit))
    if not wants_page(request):
        raise Invalid(_sentences(form))
    return render_again(request, row, {name: form}, status)


def _sentences(form: forms.Form) -> str:
    told = []
    for field, errors in form.errors.items():
        label = form.fields[field].label if field in form.fields else None
        told.append(f"{label or field}: {' '.join(map(str, errors))}")
    return " ".join(told)


def back(request: HttpRequest, row: models.Model, edit: Edit | None) -> str:
    """Where an edit leads: to the next stray for who works through them, else to the thing."""
    saved = edit.pk if edit else None
    if request.GET.get("from") == "strays" and isinstance(row, Place):
        return places.after(request, places.thing_of_place(row), row.pk, saved)
    row.refresh_from_db()
    return f"{url_of(row)}?saved={saved}" if saved else url_of(row)


def render_again(request: HttpRequest, row: Any, failed: Forms, status: int) -> HttpResponse:
    row.refresh_from_db()
    if isinstance(row, Place):
        if request.GET.get("from") == "strays" and row.grid_id is None:
            return places.stray_page(request, row, failed, status)
        return places.place_page(request, row, failed, status)
    if isinstance(row, GridWorker):
        return workers.worker_page(request, row, failed, status)
    if isinstance(row, Grid):
        return grid_views.grid_page(request, row, failed, status)
    return divisions.division_page(request, row, failed, status)


@allow(Permission.EDIT_TERRITORY)
@require_POST
def fields(request: HttpRequest, thing: str, number: int) -> HttpResponseBase:
    """Change name, kind and what else a thing's own form holds."""
    row = row_or_404(request, thing, number)

    def send(form: FieldsForm) -> Edit | None:
        return services.change(
            thing=Thing(thing),
            thing_id=number,
            seen=form.cleaned_data["seen"],
            new=form.new(),
            by=who(request),
            now=timezone.now(),
        )

    return answer(request, row, "edit", FieldsForm(Thing(thing), request.POST), send)


@allow(Permission.EDIT_TERRITORY)
@require_POST
def code(request: HttpRequest, thing: str, number: int) -> HttpResponseBase:
    """Give a division or grid another code, and with it everything below."""
    row = row_or_404(request, thing, number)
    if thing not in {Thing.DIVISION, Thing.GRID}:
        raise NotFound(_("There is nothing at this address."))

    def send(form: CodeForm) -> Edit | None:
        return services.renumber(
            thing=Thing(thing),
            thing_id=number,
            seen=str(form.cleaned_data["seen"].get("code", "")),
            code=form.cleaned_data["code"],
            by=who(request),
            now=timezone.now(),
        )

    return answer(request, row, "code", CodeForm(request.POST, auto_id="code_%s"), send)


@allow(Permission.EDIT_TERRITORY)
@require_POST
def point(request: HttpRequest, thing: str, number: int) -> HttpResponseBase:
    """Put a place on the map."""
    places.kind_or_404(thing)
    row = row_or_404(request, thing, number)

    def send(form: PointForm) -> Edit | None:
        edit = services.change(
            thing=Thing(thing),
            thing_id=number,
            seen=form.cleaned_data["seen"],
            new={"point": form.cleaned_data["point"]},
            by=who(request),
            now=timezone.now(),
        )
        row.refresh_from_db(fields=["grid"])
        if row.grid_id is None:
            messages.warning(
                request, _("It lies outside of all grids still, so it stays in the list.")
            )
        return edit

    return answer(request, row, "point", PointForm(request.POST, auto_id="point_%s"), send)


@allow(Permission.EDIT_TERRITORY)
@require_POST
def delete(request: HttpRequest, thing: str, number: int) -> HttpResponseBase:
    """Delete a place; the page after it offers to undo that."""
    kind = places.kind_or_404(thing)
    row = places.found(request, kind, number)
    form = SeenForm(request.POST)
    following = places.after(request, kind, number)
    grid = row.grid

    def work() -> str:
        if not form.is_valid():
            raise Invalid(_sentences(form))
        edit = services.delete(
            thing=kind,
            thing_id=number,
            seen=form.cleaned_data["seen"],
            by=who(request),
            now=timezone.now(),
        )
        where = following if request.GET.get("from") == "strays" or not grid else url_of(grid)
        return f"{where}{'&' if '?' in where else '?'}saved={edit.pk}"

    return told(request, work, url_of(row))


@allow(Permission.EDIT_TERRITORY)
@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponseBase:
    """Take an edit back, and return to the page where that was pressed."""

    def work() -> str:
        edit = services.undo(edit_id=number, by=who(request), now=timezone.now())
        messages.success(request, _("Undone: all is as it was before."))
        row = MODELS[Thing(edit.thing)]._default_manager.filter(pk=edit.thing_id).first()
        renumbered = "code" in edit.after and edit.before
        return url_of(row) if row is not None and renumbered else came_from(request)

    return told(request, work, came_from(request))


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form names, without the bar that it showed; else the tree."""
    address = request.POST.get("next", "")[:500]
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    if not ours or not address.startswith("/"):
        return reverse("territory")
    return address


def told(request: HttpRequest, work: Callable[[], str], otherwise: str) -> HttpResponseBase:
    """Do the work and go where it says; a refusal is told on the page where it was pressed."""
    try:
        return redirect(work())
    except (Conflict, Invalid) as error:
        if not wants_page(request):
            raise
        messages.error(request, str(error.message))
        return redirect(otherwise)


@allow(Permission.EDIT_TERRITORY)
@require_POST
def assign(request: HttpRequest, on: str, number: int) -> HttpResponseBase:
    """Put somebody in charge of a grid, from the page of the grid or of the worker."""
    if on not in {Thing.GRID, Thing.WORKER}:
        raise NotFound(_("There is nothing at this address."))
    row = row_or_404(request, on, number)

    def send(form: AssignForm) -> Edit | None:
        given = form.cleaned_data
        return services.assign(
            worker=_worker(request, given["number"]),
            grid=_grid(request, given["code"]),
            role=StaffRole(given["role"]),
            first=given["first"],
            last=given["last"],
            stands_in_for=(
                _worker(request, given["stands_in_for"]) if given["stands_in_for"] else None
            ),
            by=who(request),
            now=timezone.now(),
        )

    return answer(request, row, "assign", AssignForm(request.POST, auto_id="assign_%s"), send)


def _worker(request: HttpRequest, number: str) -> GridWorker:
    try:
        return workers.found(request, number)
    except NotFound as error:
        raise Invalid(error.message) from None


def _grid(request: HttpRequest, given: str) -> Grid:
    row = queries.node_at(who(request), given)
    if not isinstance(row, Grid):
        told = _("There is no division or grid %(code)s in your territory.")
        raise Invalid(told % {"code": given[:20]})
    return row


@allow(Permission.EDIT_TERRITORY)
@require_POST
def end(request: HttpRequest, number: int) -> HttpResponseBase:
    """Let an assignment end with a day."""
    form = EndForm(request.POST)

    def work() -> str:
        if not form.is_valid():
            raise Invalid(_sentences(form))
        edit = services.end_assignment(
            assignment_id=number,
            seen=form.cleaned_data["seen"],
            last=form.cleaned_data["last"],
            by=who(request),
            now=timezone.now(),
        )
        return _with_saved(request, edit)

    return told(request, work, came_from(request))


@allow(Permission.EDIT_TERRITORY)
@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponseBase:
    """Delete an assignment that should never have been; one that was is ended instead."""
    form = SeenForm(request.POST)

    def work() -> str:
        if not form.is_valid():
            raise Invalid(_sentences(form))
        edit = services.delete(
            thing=Thing.ASSIGNMENT,
            thing_id=number,
            seen=form.cleaned_data["seen"],
            by=who(request),
            now=timezone.now(),
        )
        return _with_saved(request, edit)

    return told(request, work, came_from(request))


def _with_saved(request: HttpRequest, edit: Edit | None) -> str:
    where = came_from(request).partition("?")[0]
    return f"{where}?saved={edit.pk}" if edit else where
