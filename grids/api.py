"""The territory over HTTP, as JSON."""

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import allow, json_ok
from gis_server.errors import NotFound
from gis_server.roles import Permission
from grids import queries


@allow(Permission.SEE_MAP)
def divisions(request: HttpRequest) -> JsonResponse:
    """Answer the division tree in the user's scope as one list, parents before children."""
    rows = queries.division_rows(request.user, timezone.localdate())
    return json_ok({"total": len(rows), "items": [asdict(row) for row in rows]})


@allow(Permission.SEE_MAP)
def grid(request: HttpRequest, code: str) -> JsonResponse:
    """Answer one grid's card.

    Raises:
        NotFound: no such grid, or none in the user's scope (which must look the same).
    """
    card = queries.grid_card(request.user, code, timezone.localdate())
    if card is None:
        raise NotFound(_("There is no grid %(code)s in your territory.") % {"code": code[:20]})
    return json_ok(asdict(card))
