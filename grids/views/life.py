"""The life of a grid: what it was called, what it covered, whom it came from, what it became."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import allow
from gis_server.errors import NotFound
from gis_server.roles import Permission, in_scope, may
from grids import queries
from grids.codes import GRID_PATTERN
from grids.models import GridShape, Lineage
from grids.plans.looking_back import past
from grids.plans.looking_back.sides import box_of, rounded
from grids.views.divisions import lying_in
from grids.views.plans import plans_page
from grids.views.shared import map_config, watched, who

MOST_SHAPES = 50


@allow(Permission.SEE_MAP)
@require_safe
def life(request: HttpRequest, code: str) -> HttpResponse:
    """
    Raises:
        NotFound: no grid has or had this code, or none in the user's reach.
    """
    user = who(request)
    found = past.life_of(user, code) if re.fullmatch(GRID_PATTERN, code) else None
    if found is None:
        raise NotFound(_("There is no grid %(code)s in your territory.") % {"code": code[:20]})
    shapes = _shapes(found.grid.pk)
    context = {
        "row": found.grid,
        "above": lying_in(request, found.grid),
        "eras": [
            {"one": one, "days": queries.days_in_words(one.first, one.last)}
            for one in reversed(found.names)
        ],
        "outlines": [
            {"one": one, "days": queries.days_in_words(one.first, one.last)}
            for one in found.outlines[: -MOST_SHAPES - 1 : -1]
        ],
        "came_from": [_kin(request, one) for one in found.came_from],
        "became": [_kin(request, one) for one in found.became],
        "plans": found.plans,
        "sees_plans": may(user.role, Permission.REVIEW_PLANS),
        "tabs": [],
        "config": map_config(
            request,
            box=box_of([shape for _one, shape in shapes]),
            grid_shapes=[
                {
                    "days": queries.days_in_words(one.valid.lower, one.valid.upper),
                    "shape": rounded(shape),
                }
                for one, shape in shapes
            ],
            watched=watched(found.grid),
        ),
    }
    return plans_page(request, "life", context | {"here": "territory"})


def _shapes(grid_id: int) -> list[tuple[GridShape, Any]]:
    """The shapes that a grid has had, the latest first."""
    drawn = GridShape.objects.filter(grid=grid_id).order_by("-valid")[:MOST_SHAPES]
    return [(one, past.polygon(one.shape)) for one in drawn]


def _kin(request: HttpRequest, one: past.Kin) -> dict[str, Any]:
    how = Lineage.How(one.how)
    return {
        "one": one,
        "how": how.label,
        "is_split": how is Lineage.How.SPLIT,
        "reach": in_scope(who(request), one.code),
    }
