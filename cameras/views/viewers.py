"""Who has looked at which picture: for those who read what others did."""

from functools import partial

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cameras import picture_queries
from cameras.views.shared import page
from gis_server.edge import allow, parse_int, parse_text, user_of
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission

VIEWS = ListFile(
    "picture-views",
    [
        Column("at", gettext_lazy("When"), lambda one: one.at),
        Column("who", gettext_lazy("Who"), lambda one: one.who),
        Column("origin", gettext_lazy("Network address"), lambda one: one.origin),
        Column("camera", gettext_lazy("Camera"), lambda one: one.camera_code),
        Column("picture", gettext_lazy("Picture"), lambda one: one.snapshot_id),
        Column("how", gettext_lazy("How"), lambda one: one.get_how_display()),
    ],
)
MAX_CODE = 20
MOST_ID = 2**63 - 1


@allow(Permission.SEE_AUDIT)
@require_safe
def views(request: HttpRequest) -> HttpResponseBase:
    """Views of pictures in the reader's area, the newest first; of one `camera` by its code, of one
    `picture` by its number.
    """
    user = user_of(request)
    code = parse_text(request, "camera", MAX_CODE)
    picture = parse_int(request, "picture", 0, 0, MOST_ID)
    before = parse_int(request, "before", 0, 0, MOST_ID)
    views_of = partial(
        picture_queries.views_of, user, snapshot_id=picture or None, camera_code=code
    )
    if VIEWS.is_asked(request):
        return VIEWS.answer(request, views_of(most=WHOLE.limit))
    rows = views_of(before=before or None)
    context = {
        "file": VIEWS,
        "rows": rows,
        "code": code,
        "picture": picture or "",
        "next": rows[-1].pk if len(rows) == picture_queries.MOST_VIEWS else None,
        "is_older": bool(before),
    }
    return page(request, "cameras/views.html", context)
