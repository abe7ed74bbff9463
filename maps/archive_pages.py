"""The page of the archive of tiles: how far the drawings are, and tiles to take along."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from celery.exceptions import OperationalError as QueueError
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError as BrokerError

from gis_server import audit
from gis_server.edge import allow, show, user_of
from gis_server.errors import NotFound, Unavailable
from gis_server.roles import Permission
from gis_server.throttle import Pace
from maps import archive, bake, jobs
from maps.models import Bake
from maps.store import ARCHIVES


@allow(Permission.IMPORT_TERRITORY)
@require_safe
def page(request: HttpRequest) -> HttpResponseBase:
    reach, today = user_of(request).reach, timezone.localdate()
    file = _file(reach, today)
    context = {
        "here": "map-archive",
        "bake": Bake.objects.first(),
        "is_current": bake.is_current(today),
        "size": file.stat().st_size if file.exists() else None,
    }
    return show(request, "maps/archive.html", context)


@allow(Permission.IMPORT_TERRITORY, Pace.FILES)
@require_POST
def make(request: HttpRequest) -> HttpResponseBase:
    """Have a file made of what the reader sees; a job does it."""
    user = user_of(request)
    file = _file(user.reach, timezone.localdate())
    try:
        jobs.write_archive.delay(list(user.reach), str(file))
    except (QueueError, BrokerError):
        raise Unavailable(_("The queue of jobs does not answer. Try again in a minute.")) from None
    messages.success(request, _("The file is being made. Load this page again in a minute."))
    return redirect("map-archive")


@allow(Permission.IMPORT_TERRITORY, Pace.FILES)
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """The file of the reader's own reach, as the territory is now."""
    user = user_of(request)
    try:
        opened = _file(user.reach, timezone.localdate()).open("rb")
    except OSError:
        message = _("There is no file of the territory as it is now. Have it made first.")
        raise NotFound(message) from None
    audit.note(by=user, action="tiles.exported", subject="", scope=user.place, detail={})
    response = FileResponse(
        opened,
        as_attachment=True,
        filename="territory.pmtiles",
        content_type="application/vnd.pmtiles",
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _file(reach: Sequence[str], day: date) -> Path:
    """Where the file of a reach lies; never another reach's nor out of date: see `archive.name`."""
    return Path(settings.TILE_STORE) / ARCHIVES / archive.name(reach, day)
