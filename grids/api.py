"""The territory over HTTP, as JSON."""

import re
from dataclasses import asdict
from typing import Any, cast

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gis_server.edge import allow, json_ok, parse_page
from gis_server.errors import Invalid, NotFound
from gis_server.models import User
from gis_server.openapi.marks import asks, needs, paged
from gis_server.openapi.schemas import text, written
from gis_server.roles import Permission
from gis_server.throttle import Pace
from grids import queries
from grids.codes import DIVISION_PATTERN, GRID_PATTERN
from grids.models import Division, Grid

MOST_LETTERS = 40


@allow(Permission.SEE_MAP)
@require_GET
@asks(paged(1000), parent=text(pattern=DIVISION_PATTERN))
def divisions(request: HttpRequest) -> JsonResponse:
    """Answer the divisions in the user's scope by code, parents before children, in pieces.

    `parent` (a code) asks for what lies directly below one; `limit` and `offset` choose the piece.
    """
    page, parent = parse_page(request, 1000), request.GET.get("parent") or None
    if parent is not None and re.fullmatch(DIVISION_PATTERN, parent) is None:
        raise Invalid(_("parent must be the 12 digits of a division's code."))
    total, rows = queries.division_rows(who(request), timezone.localdate(), page, parent)
    return json_ok({"total": total, "items": [asdict(row) for row in rows]})


@allow(Permission.SEE_MAP)
@require_GET
@asks(paged(200), of=text())
def tree(request: HttpRequest) -> JsonResponse:
    """Answer what lies directly below the node `of`, or the highest nodes of the user's reach.

    Raises:
        NotFound: no such node, or none in the user's reach.
    """
    page, day = parse_page(request, 200), timezone.localdate()
    code = request.GET.get("of", "")
    if not code:
        return json_ok(tree_json(queries.roots(who(request), page, day)))
    return json_ok(tree_json(queries.children(node_or_404(who(request), code), page, day)))


@allow(Permission.SEE_MAP, Pace.SEARCHES)
@require_GET
@needs(q=written(MOST_LETTERS))
def find(request: HttpRequest) -> JsonResponse:
    """Answer divisions and grids whose name holds `q`, or whose code begins with it."""
    text = request.GET.get("q", "").strip()
    if not 1 <= len(text) <= MOST_LETTERS or "\0" in text:
        raise Invalid(
            _("Type 1 to %(most)d characters of a name or code.") % {"most": MOST_LETTERS}
        )
    return json_ok(tree_json(queries.find(who(request), text, timezone.localdate())))


def tree_json(found: queries.TreeRows) -> dict[str, Any]:
    return {"total": found.total, "items": [node_json(row) for row in found.rows]}


def node_json(row: queries.TreeRow) -> dict[str, Any]:
    node = row.node
    return {
        "code": node.code,
        "name": node.name,
        "kind": node.kind,
        "kind_text": node.get_kind_display(),
        "official": node.official if isinstance(node, Division) else None,
        "grid": row.is_grid,
        "opens": row.opens,
        "path": row.path,
        "url": reverse("grid-page" if row.is_grid else "division-page", args=[node.code]),
        "counts": asdict(row.counts),
    }


def node_or_404(user: User, code: str) -> Division | Grid:
    """
    Raises:
        NotFound: no division or grid has this code today, or none in the user's reach.
    """
    known = re.fullmatch(f"{DIVISION_PATTERN}|{GRID_PATTERN}", code) is not None
    node = queries.node_at(user, code) if known else None
    if node is None:
        told = _("There is no division or grid %(code)s in your territory.")
        raise NotFound(told % {"code": code[:20]})
    return node


def who(request: HttpRequest) -> User:
    """The signed-in user; `allow` has let nobody else through."""
    return cast("User", request.user)


@allow(Permission.SEE_MAP)
@require_GET
def grid(request: HttpRequest, code: str) -> JsonResponse:
    """Answer one grid's card.

    Raises:
        NotFound: no such grid, or none in the user's scope (which must look the same).
    """
    known = re.fullmatch(GRID_PATTERN, code) is not None
    card = queries.grid_card(who(request), code, timezone.localdate()) if known else None
    if card is None:
        raise NotFound(_("There is no grid %(code)s in your territory.") % {"code": code[:20]})
    return json_ok(asdict(card))
