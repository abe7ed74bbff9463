"""What the project itself answers over HTTP as JSON."""

from dataclasses import asdict
from typing import Any, cast

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from gis_server import search
from gis_server.edge import allow, json_ok, parse_int
from gis_server.models import User
from gis_server.openapi.marks import asks
from gis_server.openapi.schemas import text, whole, words
from gis_server.roles import Permission
from gis_server.throttle import Pace


@allow(Permission.SEE_MAP, Pace.SEARCHES)
@require_GET
@asks(q=text(), kind=words(search.KINDS), limit=whole(1, search.MOST_FOUND, 20))
def find(request: HttpRequest) -> JsonResponse:
    """Answer what the user may see and find under `q`, best first; `kind` and `limit` narrow it.

    more: there is more than `limit` allowed.  refreshing: entries are being made after an import.
    """
    limit = parse_int(request, "limit", 20, 1, search.MOST_FOUND)
    user = cast("User", request.user)
    text, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    answer = search.find(user, text, kind=kind, limit=limit)
    return json_ok(
        {
            "items": [_shown(found) for found in answer.items],
            "more": answer.more,
            "refreshing": answer.refreshing,
        }
    )


def _shown(found: search.Found) -> dict[str, Any]:
    kind = search.KINDS[found.kind]
    return asdict(found) | {"kind_name": str(kind.label), "opens": kind.opens}
