"""Who has looked at which picture: for those who read what others did."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from cameras import picture_queries
from cameras.views.shared import page
from gis_server.edge import allow, parse_int, parse_text, user_of
from gis_server.roles import Permission

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
    rows = picture_queries.views_of(
        user, snapshot_id=picture or None, camera_code=code, before=before or None
    )
    context = {
        "rows": rows,
        "code": code,
        "picture": picture or "",
        "next": rows[-1].pk if len(rows) == picture_queries.MOST_VIEWS else None,
        "is_older": bool(before),
    }
    return page(request, "cameras/views.html", context)
