"""The pictures of one camera: the chosen one with the proof of its age, what was found on it, the
same view before, and what a person says of it.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cameras import picture_queries, services
from cameras.models import Camera, PictureExam, PictureView, Snapshot
from cameras.queries import picture, state_of
from cameras.services import camera_for
from cameras.views.shared import page, state_shown
from gis_server.edge import allow, parse_int, user_of
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from gis_server.roles import Permission, may

PER_PAGE = 40
MOST_ID = 2**63 - 1
Judgement = PictureExam.Judgement


@allow(Permission.SEE_PICTURES)
@require_safe
def pictures(request: HttpRequest, camera_id: int) -> HttpResponseBase:
    """The timeline of a camera; `picture` chooses one, `against` another one to hold it against.

    Raises:
        NotFound: no such camera or picture, or none in the user's reach.
    """
    user, now = user_of(request), timezone.now()
    camera = camera_for(user, camera_id)
    before = parse_int(request, "before", 0, 0, MOST_ID)
    strip = picture_queries.timeline(camera, before=before or None, limit=PER_PAGE, now=now)
    items = [with_times(item) for item in strip["items"]]
    chosen = chosen_of(request, user, camera, items, now)
    against = against_of(request, user, camera, chosen, now)
    shown = [item["id"] for item in items if item["taken_at"]]
    services.note_views(user, shown, PictureView.How.TIMELINE, now)
    context = {
        "camera": camera,
        "state": state_shown(state_of(camera).state),
        "items": items,
        "next": strip["next"],
        "is_older": bool(before),
        "before": before,
        "chosen": chosen,
        "against": against,
        "may_judge": may(user.role, Permission.TAKE_PICTURES),
        "may_edit": may(user.role, Permission.MANAGE_CAMERAS),
        "may_audit": may(user.role, Permission.SEE_AUDIT),
    }
    return page(request, "cameras/pictures.html", context)


def with_times(item: dict[str, Any]) -> dict[str, Any]:
    """The item with its times as such, for the template to write."""
    taken_at, device_at = at(item["taken_at"]), at(item["device_at"])
    asked_at = at(item["requested_at"])
    return item | {
        "at": taken_at or asked_at,
        "day": timezone.localtime(taken_at or asked_at).date(),
        "device": device_at,
    }


def at(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def chosen_of(
    request: HttpRequest, user: User, camera: Camera, items: list[dict[str, Any]], now: datetime
) -> dict[str, Any] | None:
    """The picture that is looked at: the one asked for, else the newest that was taken."""
    wanted = parse_int(request, "picture", 0, 0, MOST_ID)
    if wanted:
        return picture_for(user, camera, wanted, now)
    return next((item for item in items if item["taken_at"]), None)


def against_of(
    request: HttpRequest,
    user: User,
    camera: Camera,
    chosen: dict[str, Any] | None,
    now: datetime,
) -> dict[str, Any] | None:
    """What the chosen picture is held against: the one asked for, else the camera's usual view."""
    if chosen is None:
        return None
    wanted = parse_int(request, "against", 0, 0, MOST_ID)
    if not wanted:
        wanted = picture_queries.reference_id(camera, chosen["light"]) or 0
    if not wanted or wanted == chosen["id"]:
        return None
    try:
        return picture_for(user, camera, wanted, now)
    except NotFound:
        return None


def picture_for(user: User, camera: Camera, snapshot_id: int, now: datetime) -> dict[str, Any]:
    """One taken picture of this camera.  Raises NotFound."""
    found = picture_queries.one_picture(user, snapshot_id, now=now)
    if found is None or found["camera"] != camera.pk or not found["taken_at"]:
        raise NotFound(_("There is no such picture in your area."))
    return with_times(found)


@allow(Permission.TAKE_PICTURES)
@require_POST
def judge(request: HttpRequest, snapshot_id: int) -> HttpResponseBase:
    """What a person says of a picture: `judgement` is fine or fault.

    Raises:
        NotFound: no such picture in the user's reach.
        Invalid: nothing that can be said.
    """
    user, now = user_of(request), timezone.now()
    row = picture(user, snapshot_id)
    if row is None:
        raise NotFound(_("There is no such picture in your area."))
    say(request, row, user, now)
    address = reverse("camera-pictures", args=[row.camera_id])
    return redirect(f"{address}?picture={row.pk}")


def say(request: HttpRequest, row: Snapshot, user: User, now: datetime) -> None:
    said = request.POST.get("judgement")
    try:
        if said == Judgement.FINE:
            services.confirm_fine(row, user, now)
            messages.success(
                request,
                _("Noted: from now on this is how the camera looks in this light."),
            )
        elif said == Judgement.FAULT:
            services.confirm_fault(row, user, now)
            messages.success(request, _("Noted as a fault. The picture is kept longer."))
        else:
            raise Invalid(_("Say whether the picture is fine or shows a fault."))
    except Conflict as error:
        messages.error(request, str(error.message))
