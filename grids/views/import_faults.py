"""The faults of an import as a file and as a map."""

from collections.abc import Iterator
from typing import cast

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from gis_server import csv_export
from gis_server.edge import allow, json_ok
from gis_server.errors import Conflict
from gis_server.file_answers import csv_file
from gis_server.models import User
from gis_server.roles import Permission
from gis_server.throttle import Pace
from grids.imports import queries, services
from grids.imports.into import plans
from grids.imports.problems import Problem
from grids.imports.texts import sentence
from grids.imports.work import work_of
from grids.models import ImportRun, ImportTarget
from grids.plans.looking_back.sides import pictures


@allow(Permission.IMPORT_TERRITORY, Pace.FILES)
@require_GET
def as_csv(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """All faults that are kept, as a table that a spreadsheet opens; nothing in it is computed."""
    run = services.run_of(cast("User", request.user), run_id)
    return csv_file(_rows(run), _("faults of import %(number)d") % {"number": run.id})


def _rows(run: ImportRun) -> Iterator[tuple[object, ...]]:
    yield _("Row"), _("Column"), _("What is wrong"), _("Longitude"), _("Latitude")
    for fault in queries.faults_of(run).iterator(chunk_size=csv_export.ROWS_AT_ONCE):
        place = queries.place_of(fault, run)
        spot = [f"{part:.6f}" for part in place.point_on_surface.coords] if place else ["", ""]
        said = sentence(Problem(fault.problem), fault.details)
        yield fault.row if fault.row is not None else "", fault.column, said, *spot


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
