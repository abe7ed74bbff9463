"""What all pages of the cameras have in common."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cameras.health import State
from cameras.page_parts import BADGES, state_name
from gis_server.edge import show
from grids.views.shared import MODULES


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of the cameras; nothing of it is kept by the browser."""
    return show(request, template, {"here": "cameras", "modules": MODULES} | context, status)


def state_shown(value: str) -> dict[str, str]:
    """A stored state as a badge: its word and its colour's name."""
    state = State(value)
    return {"value": value, "name": state_name(state), "badge": BADGES[state]}


def first_error(form: forms.Form) -> str:
    """The first thing that is wrong, with the name of its field."""
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    if not label:
        return str(errors[0])
    return _("%(field)s: %(error)s") % {"field": label, "error": errors[0]}
