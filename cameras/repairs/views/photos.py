"""Photos of technicians over HTTP.

One photo is the body of one request, as tables are: a form with files would be read, and refused
above one megabyte, before anybody has asked who sends it (`gis_server.edge.BodyLimit`).
"""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from cameras.picture_api import jpeg
from cameras.repairs import queries
from cameras.repairs.services import photos
from gis_server.edge import allow, json_ok, user_of
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Permission

CACHING = "private, no-cache"


@allow(Permission.SEE_CAMERAS)
@require_POST
def upload(request: HttpRequest, order_id: int) -> JsonResponse:
    """Store the photo in the body; the step "repaired" names it then."""
    user = user_of(request)
    queries.order_for(user, order_id)
    content = bytes(request.read(MAX_BYTES + 1))
    row = photos.add_photo(by=user, order_id=order_id, content=content, now=timezone.now())
    told = {"id": row.pk, "url": reverse("repair-photo", args=[row.pk])}
    return json_ok(told | {"width": row.width, "height": row.height}, status=201)


@allow(Permission.SEE_PICTURES)
@require_GET
def photo(request: HttpRequest, photo_id: int) -> HttpResponseBase:
    """Answer the JPEG, to whoever may see its order."""
    row = queries.photo_for(user_of(request), photo_id)
    return jpeg(request, row.file, row.sha256, CACHING)
