"""Forms of cameras: a new one, and one that is changed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cameras import page_queries, services
from cameras.forms.registry import CameraForm, EditCameraForm, NewCameraForm, initial_of
from cameras.models import Camera
from cameras.views.one import map_of
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.roles import Permission
from grids.views.places import box_of_code
from grids.views.shared import map_config

# The ids of fields that the map reads and writes (grids/static/grids/page_map.js).
FOR_MAP = "point_%s"
FOUND = ("host", "onvif_port", "site")


@allow(Permission.MANAGE_CAMERAS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_camera(request: HttpRequest) -> HttpResponseBase:
    by = user_of(request)
    # A search leads here with what it found.
    found = {name: request.GET[name][:253] for name in FOUND if name in request.GET}
    form = NewCameraForm(request.POST or None, initial=found, auto_id=FOR_MAP)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.add_camera(
                by=by, new=form.new(), login=form.wanted_login(), now=timezone.now()
            )
            messages.success(request, _("The camera is entered; it is being asked now."))
            return redirect("camera-page", row.pk)
        except (Invalid, NotAllowed, Conflict) as error:
            form.add_error(None, str(error.message))
    reach = by.reach[0] if by.reach else ""
    config = map_config(request, box=box_of_code(reach) if reach else None)
    return form_page(request, form, {"config": config})


@allow(Permission.MANAGE_CAMERAS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_camera(request: HttpRequest, camera_id: int) -> HttpResponseBase:
    """
    Raises:
        NotFound: no such camera, or none in the user's reach (which must look the same).
    """
    by = user_of(request)
    row = services.camera_for(by, camera_id)
    form = EditCameraForm(request.POST or None, initial=initial_of(row), auto_id=FOR_MAP)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_camera(
                by=by,
                camera_id=row.pk,
                version=form.cleaned_data["version"],
                values=form.values(),
                login=form.wanted_login(),
                now=timezone.now(),
            )
            messages.success(request, _("The changes are saved."))
            return redirect("camera-page", row.pk)
        except (Invalid, NotAllowed, Conflict) as error:
            form.add_error(None, str(error.message))
    return form_page(request, form, {"camera": row, "config": map_of(request, row)})


def form_page(request: HttpRequest, form: CameraForm, context: dict[str, Any]) -> HttpResponse:
    camera: Camera | None = context.get("camera")
    own = bool(camera and camera.username)
    context |= {
        "form": form,
        "groups": groups_of(form),
        "choices": page_queries.choices(user_of(request)),
        "login_now": _login_now(camera, own=own),
        "test_url": reverse("camera-test"),
    }
    return page(request, "cameras/form.html", context, 422 if form.errors else 200)


def _login_now(camera: Camera | None, *, own: bool) -> str:
    """What kind of login is stored; never which."""
    if camera is None:
        return ""
    if camera.credential:
        return _("Now: the shared login “%(name)s”.") % {"name": camera.credential.name}
    return _("Now: a login of its own.") if own else _("Now: none.")


GROUPS: dict[str, tuple[str, ...]] = {
    "what": ("code", "name", "priority", "gb_id", "owner", "team"),
    "where": (
        "position", "frame", "address_text", "territory", "pole", "direction_deg",
        "view_angle_deg",
    ),
    "network": (
        "site", "host", "port", "path", "tls", "onvif_port", "upstream_kind", "upstream",
        "snapshot_path", "interval_s", "enabled", "has_video",
    ),
    "login": ("login", "credential", "username", "password", "allow_plain"),
    "device": ("make", "model", "firmware", "serial"),
}  # fmt: skip


def groups_of(form: CameraForm) -> dict[str, list[forms.BoundField]]:
    """The fields by the parts of the page; only those that the form has."""
    return {
        group: [form[name] for name in names if name in form.fields]
        for group, names in GROUPS.items()
    }
