"""What all pages of the cameras have in common."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cameras.health import State
from cameras.page_parts import BADGES, state_name
from gis_server.edge import show
from grids.views.shared import MODULES

SECONDS_TOLD_S = 120
"""So long an age is told in seconds."""


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


def ago(at: datetime, now: datetime) -> str:
    """How long ago that was, in words."""
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < SECONDS_TOLD_S:
        text = ngettext("%(count)d second ago", "%(count)d seconds ago", seconds)
        return text % {"count": seconds}
    return _("%(length)s ago") % {"length": timesince(at, now, depth=1)}
