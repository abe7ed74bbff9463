"""The base map's tiles, fetched or read by us."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import allow
from gis_server.errors import NotFound
from gis_server.roles import Permission
from maps.answers import NOT_KEPT
from maps.base import drawing
from maps.tiles import Tile

KEPT = "private, max-age=604800"


@allow(Permission.SEE_MAP)
@require_safe
def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponseBase:
    """One tile: 204 where the base map has nothing, 404 where no tile can be or there is no map.

    It may be kept under the present version of the map (`v`) alone.
    """
    known = drawing.config()
    try:
        place = Tile(z, x, y)
    except ValueError:
        raise NotFound(_("There is no tile with this number.")) from None
    if known is None or not known["minzoom"] <= z <= known["maxzoom"]:
        raise NotFound(_("There is no base map at this zoom."))
    drawn = drawing.draw(place)
    response = HttpResponse(status=204)
    if drawn is not None:
        response = HttpResponse(drawn.content, content_type=drawn.kind)
        if drawn.packed:
            response["Content-Encoding"] = "gzip"
    is_present = request.GET.get("v") == known["version"]
    response["Cache-Control"] = KEPT if is_present else NOT_KEPT
    return response
