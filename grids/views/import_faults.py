"""The faults of an import as a map."""

from typing import cast

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gis_server.edge import allow, json_ok
from gis_server.errors import Conflict
from gis_server.models import User
from gis_server.roles import Permission
from grids.imports import queries, services
from grids.imports.into import plans
from grids.imports.work import work_of
from grids.models import ImportTarget
from grids.plans.looking_back.sides import pictures


@allow(Permission.IMPORT_TERRITORY)
@require_GET
def as_map(request: HttpRequest, run_id: int) -> JsonResponse:
    """Faults that have a place, the file's shapes and the divisions around, as GeoJSON."""
    user = cast("User", request.user)
    return json_ok(queries.map_of_faults(services.run_of(user, run_id), user))


@allow(Permission.IMPORT_TERRITORY)
@require_GET
def changes(request: HttpRequest, run_id: int) -> JsonResponse:
    """Answer what the maps of a layer beside what is in force draw, as those of compared plans do
    (`sides.pictures`), and the faults' places.

    Raises:
        Conflict: there is nothing to compare, or no longer.
    """
    run = services.run_of(cast("User", request.user), run_id)
    if run.target != ImportTarget.PLANS or not plans.is_comparable(run):
        raise Conflict(_("There is nothing to show on a map here. Load the page anew."))
    drawn = pictures(*plans.both_sides(work_of(run)))
    return json_ok(drawn | {"faults": queries.places_of_faults(run)})
