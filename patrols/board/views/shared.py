"""What the pages of the roster share."""

from typing import Any

from django.contrib.gis.db.models import Extent
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _

from gis_server.edge import show
from gis_server.errors import Invalid
from gis_server.models import User
from gis_server.plain_numbers import whole_of
from gis_server.roles import scope_q
from grids.models import Division, GridShape

PER_PAGE = 50
MAX_ID = 2**31 - 1


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return show(request, f"patrols/board/{template}", {"here": "patrols"} | context, status)


def whole(value: object) -> int:
    """Raises Invalid."""
    digits = str(value)
    number = whole_of(digits)
    if number is None or not 0 <= number <= MAX_ID:
        raise Invalid(_("“%(value)s” is no whole number.") % {"value": digits[:20]})
    return number


def config(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """What the scripts of a page must know; nothing secret, it stands in the page."""
    return {"csrf": get_token(request), **more}


def extent_of(user: User, code: str = "") -> list[float] | None:
    """West, south, east, north of a territory, else of what the user sees, in WGS84 degrees.  At
    most three queries.
    """
    shapes = GridShape.objects.filter(scope_q(user, "grid__code"))
    if code:
        box = shapes.filter(grid__code__startswith=code).aggregate(box=Extent("shape"))["box"]
        if box:
            return list(box)
    box = Division.objects.filter(scope_q(user, "code")).aggregate(box=Extent("shape"))["box"]
    box = box or shapes.aggregate(box=Extent("shape"))["box"]
    return list(box) if box else None
