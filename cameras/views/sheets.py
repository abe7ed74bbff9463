"""The contact sheet of a territory: the newest picture of each camera, 64 at a time."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras import picture_queries, services
from cameras.models import PictureView
from cameras.views.shared import page, state_shown
from gis_server.edge import Page, allow, parse_int, parse_text, user_of
from gis_server.errors import Invalid
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import LONGEST_CODE
from gis_server.roles import Permission
from grids.codes import BadCode, prefix
from grids.queries import divisions_to_choose

MOST_OFFSET = 1_000_000


def exam_of(item: dict[str, Any]) -> dict[str, Any]:
    """What was found on its picture; nothing where it has none, or nobody has examined it."""
    return (item["picture"] or {}).get("exam") or {}


PICTURES = ListFile(
    "newest-pictures",
    [
        Column("name", gettext_lazy("Camera"), lambda one: one["name"]),
        Column("code", gettext_lazy("Code"), lambda one: one["code"]),
        Column("state", gettext_lazy("State"), lambda one: state_shown(one["state"])["name"]),
        Column("picture", gettext_lazy("Picture"), lambda one: (one["picture"] or {}).get("id")),
        Column("taken_at", gettext_lazy("Taken"),
               lambda one: one["picture"] and parse_datetime(one["picture"]["taken_at"])),
        Column("is_old", pgettext_lazy("picture", "Old"),
               lambda one: one["picture"] and one["picture"]["is_old"]),
        Column("before_failure", gettext_lazy("Last picture before the failure"),
               lambda one: one["picture"] and one["picture"]["before_failure"]),
        Column("fault", gettext_lazy("What was found"), lambda one: exam_of(one).get("fault_text")),
        Column("judged", gettext_lazy("Judged"), lambda one: exam_of(one).get("judged_text")),
        Column("judged_by", gettext_lazy("Judged by"), lambda one: exam_of(one).get("judged_by")),
    ],
    lambda one: one["point"],
)  # fmt: skip


@allow(Permission.SEE_PICTURES)
@require_safe
def contact_sheet(request: HttpRequest) -> HttpResponseBase:
    """The cameras of `division` (the user's whole area where none is given), each with its newest
    picture; `found` leaves only those with something wrong on it.  As a file it is what was found,
    without the pictures.
    """
    user, now = user_of(request), timezone.now()
    division = parse_text(request, "division", LONGEST_CODE)
    only_found = parse_int(request, "found", 0, 0, 1) == 1
    offset = parse_int(request, "offset", 0, 0, MOST_OFFSET)
    is_file = PICTURES.is_asked(request)
    piece = WHOLE if is_file else Page(limit=picture_queries.SHEET, offset=offset)
    sheet = picture_queries.sheet(
        user,
        below(division),
        only_found=only_found,
        limit=piece.limit,
        offset=piece.offset,
        now=now,
    )
    if is_file:
        return PICTURES.answer(request, sheet["items"])
    shown = [item["picture"]["id"] for item in sheet["items"] if item["picture"]]
    services.note_views(user, shown, PictureView.How.SHEET, now)
    context = {
        "file": PICTURES,
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
