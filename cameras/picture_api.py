"""Pictures over HTTP.  Each one that is shown is noted: who, which, when; so a browser asks again
before it shows a whole picture that it has kept.
"""

from io import BufferedReader
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cameras import picture_queries, queries, services
from cameras.models import PictureView, Snapshot
from gis_server.edge import allow, json_ok, parse_choice, user_of
from gis_server.errors import NotFound
from gis_server.openapi.marks import answers, asks
from gis_server.openapi.schemas import JPEG, words
from gis_server.roles import Permission

How = PictureView.How
WHOLE = "private, no-cache"
SMALL = "private, max-age=31536000, immutable"


@allow(Permission.SEE_PICTURES)
@require_GET
@answers(200, 304, media=(JPEG,))
def picture(request: HttpRequest, snapshot_id: int) -> HttpResponseBase:
    """Answer the JPEG.  It never changes; the view is noted also where the browser has it."""
    row = seen(request, snapshot_id, How.FULL)
    return jpeg(request, row.file, row.sha256, WHOLE)


@allow(Permission.SEE_PICTURES)
@require_GET
@asks(how=words([How.SHEET.value, How.TIMELINE.value]))
@answers(200, 304, media=(JPEG,))
def thumb(request: HttpRequest, snapshot_id: int) -> HttpResponseBase:
    """Answer the thumbnail, the whole picture where there is none; `how` says on which page."""
    how = parse_choice(request, "how", [How.SHEET.value, How.TIMELINE.value])
    row = seen(request, snapshot_id, how or How.SHEET.value)
    return jpeg(request, row.thumb or row.file, f"{row.sha256}-thumb", SMALL)


@allow(Permission.SEE_PICTURES)
@require_GET
def snapshot(request: HttpRequest, snapshot_id: int) -> JsonResponse:
    """Answer what is known of a picture: its age, hash, source, probe and findings."""
    found = picture_queries.one_picture(user_of(request), snapshot_id, now=timezone.now())
    if found is None:
        raise no_picture()
    return json_ok(found)


@allow(Permission.SEE_PICTURES)
@require_GET
def rounds(request: HttpRequest) -> JsonResponse:
    """Answer how far the rounds are, by class."""
    shown = picture_queries.rounds_now(user_of(request), timezone.now())
    return json_ok({"items": [picture_queries.round_item(one) for one in shown]})


def seen(request: HttpRequest, snapshot_id: int, how: str) -> Snapshot:
    """The picture, and the note that it is looked at.  Raises NotFound."""
    user = user_of(request)
    row = queries.picture(user, snapshot_id)
    if row is None:
        raise no_picture()
    services.note_views(user, [row.pk], how, timezone.now())
    return row


def jpeg(request: HttpRequest, file: str, tag: str, caching: str) -> HttpResponseBase:
    """The file, or 304 where the browser has it.  Raises NotFound."""
    etag = f'"{tag}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = FileResponse(opened(file), content_type="image/jpeg")
    response["ETag"] = etag
    response["Cache-Control"] = caching
    return response


def opened(file: str) -> BufferedReader:
    try:
        return Path(settings.MEDIA_ROOT, file).open("rb")  # closed with the response
    except FileNotFoundError:
        raise NotFound(_("This picture is no longer stored.")) from None


def no_picture() -> NotFound:
    return NotFound(_("There is no such picture in your area."))
