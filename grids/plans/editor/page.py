"""The page on which a boundary plan is drawn."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from gis_server.edge import allow, show, user_of
from gis_server.roles import Permission, may
from grids.plan.lines import MOST_POINTS
from grids.plans import rows
from grids.plans.editor import surroundings
from grids.plans.editor.presence import BEAT_S

# Each is known to the others as plans/<name>: all that stand in the folder.
FOLDER = Path(__file__).parents[2] / "static" / "grids" / "plans"
MODULES = tuple(sorted(path.stem for path in FOLDER.glob("*.js")))
# What the page takes of the wall's.
SHARED = (
    "api",
    "clock",
    "display/display",
    "display/screen",
    "display/tokens",
    "element",
    "kept",
    "live",
)


@allow(Permission.REVIEW_PLANS)
@require_safe
def draw(request: HttpRequest, grid_plan_id: int) -> HttpResponseBase:
    """The page alone; its scripts ask for the grids of the community that is drawn.

    Whoever sees plans and does not draw them sees it read-only, as everybody does a plan that is no
    draft.

    Raises:
        NotFound: no such plan, or none in the user's reach.
    """
    row = rows.found(grid_plan_id, user_of(request))
    context = {
        "plan": row,
        "plan_page": reverse("grid-plan-page", args=[row.pk]),
        "config": _config(request, row.pk),
        "modules": MODULES,
        "shared": SHARED,
    }
    return show(request, "grids/plans/draw.html", context)


def _config(request: HttpRequest, plan_id: int) -> dict[str, Any]:
    """What the scripts must know; nothing secret, it stands in the page."""
    user = user_of(request)
    return {
        "plan": plan_id,
        "user": user.pk,
        "draws": may(user.role, Permission.EDIT_TERRITORY),
        "base": surroundings.base_map(),
        "beat_s": BEAT_S,
        "most_points": MOST_POINTS,
        "csrf": get_token(request),
        "time_zone": settings.TIME_ZONE,
        "urls": {
            "plan": reverse("grid-plan", args=[plan_id]),
            "ticket": reverse("live-ticket"),
            "sign_in": f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}",
        },
    }
