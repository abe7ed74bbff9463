"""The page on which files are chosen and looked at, and the files."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server import audit
from gis_server.edge import allow, parse_choice, show, user_of
from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.roles import Permission
from gis_server.scopes import common_code
from gis_server.throttle import Pace
from grids.queries.tree import divisions_to_choose
from maps.files.asked import NO_LAYERS, PAPERS, asked_of, figures_of, layers_of
from maps.files.figures import name_of
from maps.files.filters import choices_of, lacking
from maps.files.limits import one_file
from maps.files.making import FORMATS, Made, as_preview

PREVIEW = "preview"


@allow(Permission.SEE_MAP)
@require_safe
def files(request: HttpRequest) -> HttpResponseBase:
    """The form, filled with what the address asks for, such as the wall's view."""
    user, now = user_of(request), timezone.now()
    asked = asked_of(request, user, now)
    context = {
        "here": "map-files",
        "asked": asked,
        "divisions": divisions_to_choose(user),
        "box": ",".join(f"{edge:.5f}" for edge in asked.box) if asked.box else "",
        "layers": [(name, layer_name(name)) for name in layers_of(user)],
        "figures": [(name, name_of(name)) for name in figures_of(user)],
        "no_layers": NO_LAYERS,
        "filters": choices_of(asked.narrowed),
        "lacking": lacking(request.GET.getlist("lacks")),
        "papers": [(paper, paper) for paper in PAPERS],
        "today": timezone.localdate(now),
    }
    return show(request, "maps/files/files.html", context)


def layer_name(layer: str) -> str:
    return {
        "events": _("Open events"),
        "outages": _("Group outages"),
        "down": _("Cameras that are down or not known"),
        "online": _("Cameras that are online"),
    }[layer]


@allow(Permission.SEE_MAP, Pace.FILES)
@require_safe
def file(request: HttpRequest, form: str) -> HttpResponseBase:
    """One of the files; with `size=preview` the picture is small, and for looking at here."""
    user, now = user_of(request), timezone.now()
    if form not in FORMATS:
        raise NotFound(_("There are %(forms)s.") % {"forms": ", ".join(FORMATS)})
    if form == "png" and parse_choice(request, "size", [PREVIEW]):
        return _preview(request, user, now)
    return _taken(request, form, user, now)


def _preview(request: HttpRequest, user: User, now: datetime) -> HttpResponseBase:
    """Nothing leaves the house, so nothing is noted."""
    asked = asked_of(request, user, now)
    with one_file(user):
        made = as_preview(user, asked, now)
    return _kept_by_nobody(HttpResponse(made.content, content_type="image/png"))


def _taken(request: HttpRequest, form: str, user: User, now: datetime) -> HttpResponseBase:
    """The file; that it was taken is noted, since it leaves the house."""
    wanted, asked = FORMATS[form], asked_of(request, user, now)
    with one_file(user):
        made = wanted.make(user, asked, now)
    detail: dict[str, Any] = {"format": form, "rows": made.rows, **asked.told()}
    with transaction.atomic():
        scope = asked.area or common_code(user.reach)
        audit.note(by=user, action="map.exported", scope=scope, detail=detail)
    name = f"map-{timezone.localtime(now):%Y%m%d-%H%M%S}.{wanted.ending}"
    return _kept_by_nobody(_as_file(made, name, wanted.media_type))


def _as_file(made: Made, name: str, media_type: str) -> HttpResponseBase:
    if isinstance(made.content, bytes):
        response = HttpResponse(made.content, content_type=media_type)
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    return FileResponse(made.content, as_attachment=True, filename=name, content_type=media_type)


def _kept_by_nobody(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "private, no-store"
    return response
