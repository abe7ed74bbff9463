"""The territory over HTTP, as JSON."""

import re
from dataclasses import asdict
from typing import cast

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import allow, json_ok
from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.roles import Permission
from grids import queries
from grids.codes import GRID_PATTERN


@allow(Permission.SEE_MAP)
def divisions(request: HttpRequest) -> JsonResponse:
    """Answer the division tree in the user's scope as one list, parents before children."""
    rows = queries.division_rows(cast("User", request.user), timezone.localdate())
    return json_ok({"total": len(rows), "items": [asdict(row) for row in rows]})


@allow(Permission.SEE_MAP)
def grid(request: HttpRequest, code: str) -> JsonResponse:
    """Answer one grid's card.

    Raises:
        NotFound: no such grid, or none in the user's scope (which must look the same).
    """
    known = re.fullmatch(GRID_PATTERN, code) is not None
    user = cast("User", request.user)
    card = queries.grid_card(user, code, timezone.localdate()) if known else None
    if card is None:
        raise NotFound(_("There is no grid %(code)s in your territory.") % {"code": code[:20]})
    return json_ok(asdict(card))
