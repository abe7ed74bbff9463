"""Pages of the rules of events: catalogue, deadlines, departments."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from events.models import Category, Department, EventKind
from events.rules import shown
from events.rules.forms import (
    CategoryForm,
    ChangedDepartmentForm,
    DeadlineForm,
    DepartmentForm,
    NewCategoryForm,
)
from events.services import catalogue, deadline_rules, departments
from gis_server.edge import allow, parse_choice, parse_day, show, user_of
from gis_server.errors import DomainError, Invalid
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.plain_numbers import whole_of
from gis_server.roles import Permission

CATALOGUE = ListFile(
    "event-catalogue",
    [
        Column("group", gettext_lazy("Group"), lambda one: one["group"].name),
        Column("code", gettext_lazy("Code"), lambda one: one["row"].code),
        Column("name", gettext_lazy("Entry"), lambda one: one["row"].name),
        Column("severity", gettext_lazy("Proposed severity"), lambda one: one["severity"]),
        Column("photo", pgettext_lazy("catalogue", "Photo"), lambda one: one["row"].needs_photo),
        Column("hint", gettext_lazy("Hint for whoever reports"), lambda one: one["row"].hint),
        Column(
            "is_active", gettext_lazy("In use"),
            lambda one: one["group"].is_active and one["row"].is_active,
        ),
    ],
)  # fmt: skip
DEADLINES = ListFile(
    "event-deadlines",
    [
        Column("code", gettext_lazy("Code"), lambda one: entry_of(one, "code")),
        Column("entry", gettext_lazy("Entry"), lambda one: entry_of(one, "name")),
        Column("severity", gettext_lazy("Severity"), lambda one: one["severity"] or _("any")),
        Column("control", gettext_lazy("Control level"), lambda one: one["control"] or _("any")),
        Column("level", gettext_lazy("Level"), lambda one: one["level"] or _("any")),
        Column("stage", gettext_lazy("Deadline of"), lambda one: one["stage"]),
        Column("amount", gettext_lazy("Time"), lambda one: one["row"].amount),
        Column("unit", gettext_lazy("Unit of time"), lambda one: one["unit"]),
        Column("amber", gettext_lazy("Amber (%)"), lambda one: one["row"].amber),
        Column("valid_from", gettext_lazy("Holds from"), lambda one: one["row"].valid_from),
    ],
)
DEPARTMENTS = ListFile(
    "departments",
    [
        Column("name", gettext_lazy("Department"), lambda one: one["row"].name),
        Column("area", gettext_lazy("Area"), lambda one: one["area"].name),
        Column("code", gettext_lazy("Area code"), lambda one: one["row"].area),
        Column("phone", gettext_lazy("Phone"), lambda one: one["row"].phone),
        Column("members", gettext_lazy("Members"), lambda one: "、".join(one["names"])),
        Column("tasks", gettext_lazy("Open tasks"), lambda one: one["tasks"]),
        Column("is_active", gettext_lazy("In use"), lambda one: one["row"].is_active),
    ],
)
EDIT = Permission.EDIT_EVENT_RULES
PER_PAGE = 50
MAX_ID = 2**63 - 1


def page(
    request: HttpRequest, template: str, context: dict[str, Any], form: forms.Form
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return show(request, template, {"here": "events", "form": form} | context, status)


@allow(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def categories(request: HttpRequest) -> HttpResponseBase:
    """The catalogue of one kind; a form adds to it."""
    kind = parse_choice(request, "kind", EventKind.values) or EventKind.SAFETY.value
    groups = Category.objects.filter(kind=kind, parent=None).order_by("position", "code")
    form = NewCategoryForm(groups, request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = dict(form.cleaned_data)
        parent = wanted.pop("parent")
        try:
            catalogue.add_category(
                by=user_of(request), kind=kind, parent_id=parent.pk if parent else None, **wanted
            )
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("It is entered, and offered from now on."))
            return redirect(f"{reverse('event-catalogue')}?kind={kind}")
    found = shown.catalogue(kind)
    if CATALOGUE.is_asked(request):
        return CATALOGUE.answer(
            request, [entry | {"group": one["group"]} for one in found for entry in one["entries"]]
        )
    context = {"file": CATALOGUE, "kind": kind, "kinds": EventKind.choices, "groups": found}
    return page(request, "events/rules/catalogue.html", context, form)


@allow(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def category(request: HttpRequest, category_id: int) -> HttpResponseBase:
    """One entry or group, to be changed.  Raises NotFound."""
    row = catalogue.category_for(category_id)
    names = ("name", "hint", "severity", "needs_photo", "is_active")
    initial = {name: getattr(row, name) for name in names}
    form = CategoryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            catalogue.change_category(
                by=user_of(request),
                category_id=category_id,
                version=whole(request.POST.get("version", "")),
                **form.cleaned_data,
            )
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('event-catalogue')}?kind={row.kind}")
    return page(request, "events/rules/category.html", {"row": row}, form)


@allow(EDIT)
@require_POST
def move_category(request: HttpRequest, category_id: int) -> HttpResponseBase:
    """One place up or down.  Raises NotFound."""
    row = catalogue.category_for(category_id)
    try:
        up = request.POST.get("do") == "up"
        catalogue.move_category(by=user_of(request), category_id=category_id, up=up)
    except DomainError as refused:
        messages.error(request, str(refused.message))
    return redirect(f"{reverse('event-catalogue')}?kind={row.kind}")


def whole(value: str) -> int:
    """Raises Invalid."""
    number = whole_of(value)
    if number is None or not 0 <= number <= MAX_ID:
        raise Invalid(_("“%(value)s” is no whole number.") % {"value": value[:20]})
    return number


@allow(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def deadlines(request: HttpRequest) -> HttpResponseBase:
    """What holds on a day (today, unless asked), what is entered, and a form for more."""
    now = timezone.now()
    form = DeadlineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            deadline_rules.add_rule(by=user_of(request), rule=form.rule(), now=now)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The deadline is entered; events keep theirs."))
            return redirect("event-deadlines")
    today = timezone.localdate(now)
    day = parse_day(request, "day") or today
    held = shown.deadlines_on(day)
    if DEADLINES.is_asked(request):
        return DEADLINES.answer(request, held)
    context = {
        "file": DEADLINES,
        "day": day,
        "today": today,
        "held": held,
        "entered": shown.deadlines_entered(today),
    }
    return page(request, "events/rules/deadlines.html", context, form)


def entry_of(one: dict[str, Any], name: str) -> str:
    """The code or name of the entry that a deadline is for."""
    return getattr(one["row"].category, name) if one["row"].category else _("any")


@allow(EDIT)
@require_POST
def remove_deadline(request: HttpRequest, deadline_id: int) -> HttpResponseBase:
    """Take back a deadline of a day to come."""
    try:
        deadline_rules.remove_rule(by=user_of(request), rule_id=deadline_id, now=timezone.now())
    except DomainError as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("The deadline is taken back."))
    return redirect("event-deadlines")


@allow(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def all_departments(request: HttpRequest) -> HttpResponseBase:
    """The departments in reach; a form adds one."""
    user, piece = user_of(request), DEPARTMENTS.piece(request, PER_PAGE)
    area = user.reach[0] if len(user.reach) == 1 else ""
    form = DepartmentForm(request.POST or None, initial={"area": area})
    if request.method == "POST" and form.is_valid():
        try:
            row = departments.add_department(by=user, **form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The department is made. Choose its members."))
            return redirect("event-department", row.pk)
    rows, total = shown.departments(user, piece)
    if piece is WHOLE:
        return DEPARTMENTS.answer(request, rows)
    context = {"file": DEPARTMENTS, "rows": rows, "total": total, "page": piece}
    return page(request, "events/rules/departments.html", context, form)


@allow(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def department(request: HttpRequest, department_id: int) -> HttpResponseBase:
    """One department and its members.  Raises NotFound: there is none in reach."""
    user = user_of(request)
    row = departments.department_for(user, department_id)
    names = ("name", "area", "phone", "is_active")
    initial = {name: getattr(row, name) for name in names}
    form = ChangedDepartmentForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_department(request, row, form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("event-department", department_id)
    context = {"row": row, "people": shown.people(user, row)}
    return page(request, "events/rules/department.html", context, form)


def save_department(request: HttpRequest, row: Department, wanted: dict[str, Any]) -> None:
    """Raises DomainError."""
    by = user_of(request)
    chosen = request.POST.getlist("member")[: departments.MOST_MEMBERS + 1]
    members = {whole(one) for one in chosen}
    with transaction.atomic():
        departments.change_department(
            by=by,
            department_id=row.pk,
            version=whole(request.POST.get("version", "")),
            **wanted,
        )
        departments.set_members(by=by, department_id=row.pk, user_ids=members)
