"""Privacy masks of a camera: drawn on its newest picture, burned into all that are taken later."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cameras import services
from cameras.models import Camera
from cameras.queries import latest_snapshot
from cameras.services import camera_for
from cameras.services.masks import read_masks
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.errors import Conflict, Invalid
from gis_server.models import User
from gis_server.roles import Permission


@allow(Permission.MANAGE_CAMERAS)
@require_http_methods(["GET", "HEAD", "POST"])
def masks(request: HttpRequest, camera_id: int) -> HttpResponseBase:
    """The page on which they are drawn, and the saving of them.

    Raises:
        NotFound: no such camera, or none in the user's reach.
    """
    user = user_of(request)
    camera = camera_for(user, camera_id)
    error = ""
    if request.method == "POST":
        try:
            save(request, user, camera)
            return redirect("camera-masks", camera.pk)
        except (Conflict, Invalid) as refused:
            error = str(refused.message)
    polygons, version = read_masks(camera.pk)
    context = {
        "camera": camera,
        "picture": latest_snapshot(camera),
        "masks": {"polygons": polygons, "version": version},
        "version": version,
        "number": len(polygons),
        "error": error,
        "given": request.POST.get("polygons", "") if error else "",
    }
    return page(request, "cameras/masks.html", context, 422 if error else 200)


def save(request: HttpRequest, user: User, camera: Camera) -> None:
    """
    Raises:
        Invalid: no polygons, or more than may be.
        Conflict: somebody else has changed them meanwhile.
    """
    try:
        given: Any = json.loads(request.POST.get("polygons", ""))
        version = int(request.POST.get("version", ""))
    except (ValueError, RecursionError):
        raise Invalid(_("The masks could not be read. Draw them again.")) from None
    delete_older = request.POST.get("delete_older") == "on"
    services.save_masks(
        camera, given, user, timezone.now(), version=version, delete_older=delete_older
    )
    if delete_older:
        messages.success(request, _("Saved. The camera's older pictures are deleted."))
    else:
        messages.success(request, _("Saved. All pictures from now on are masked."))
