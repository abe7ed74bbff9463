"""The contact sheet of a territory: the newest picture of each camera, 64 at a time."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cameras import picture_queries, services
from cameras.models import PictureView
from cameras.views.shared import page, state_shown
from gis_server.edge import Page, allow, parse_int, parse_text, user_of
from gis_server.errors import Invalid
from gis_server.models import LONGEST_CODE
from gis_server.roles import Permission
from grids.codes import BadCode, prefix
from grids.queries import divisions_to_choose

MOST_OFFSET = 1_000_000


@allow(Permission.SEE_PICTURES)
@require_safe
def contact_sheet(request: HttpRequest) -> HttpResponseBase:
    """The cameras of `division` (the user's whole area where none is given), each with its newest
    picture; `found` leaves only those with something wrong on it.
    """
    user, now = user_of(request), timezone.now()
    division = parse_text(request, "division", LONGEST_CODE)
    only_found = parse_int(request, "found", 0, 0, 1) == 1
    piece = Page(
        limit=picture_queries.SHEET, offset=parse_int(request, "offset", 0, 0, MOST_OFFSET)
    )
    sheet = picture_queries.sheet(
        user,
        below(division),
        only_found=only_found,
        limit=piece.limit,
        offset=piece.offset,
        now=now,
    )
    shown = [item["picture"]["id"] for item in sheet["items"] if item["picture"]]
    services.note_views(user, shown, PictureView.How.SHEET, now)
    context = {
        "items": [item_shown(item) for item in sheet["items"]],
        "total": sheet["total"],
        "page": piece,
        "now": now,
        "division": division,
        "found": only_found,
        "divisions": divisions_to_choose(user),
    }
    return page(request, "cameras/sheet.html", context)


def below(division: str) -> str:
    """What the codes in a division begin with; nothing where none is given.  Raises Invalid."""
    try:
        return prefix(division) if division else ""
    except BadCode:
        message = _("There is no division or grid %(code)s in your territory.")
        raise Invalid(message % {"code": division}) from None


def item_shown(item: dict[str, Any]) -> dict[str, Any]:
    picture = item["picture"]
    if picture:
        inline = inlined(item["thumb_file"]) or picture["thumb_url"] or picture["url"]
        picture = picture | {"at": parse_datetime(picture["taken_at"]), "src": inline}
    return item | {"shown": state_shown(item["state"]), "picture": picture}


def inlined(thumb: str) -> str:
    """The thumbnail as an address that holds it; empty where it is not stored.

    64 requests, each with its session, its right and its note, take longer than the whole page;
    that these pictures are seen is noted for the page as one.
    """
    try:
        data = Path(settings.MEDIA_ROOT, thumb).read_bytes() if thumb else b""
    except OSError:
        data = b""
    return f"data:image/jpeg;base64,{b64encode(data).decode()}" if data else ""
