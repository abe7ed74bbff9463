"""The page of one of the grid staff."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import allow
from gis_server.errors import NotFound
from gis_server.roles import Permission
from grids import queries
from grids.models import GridWorker, Thing
from grids.views.grids import held_rows
from grids.views.shared import NEWEST, Forms, forms_for, map_config, page, watched, who

MOST_ASSIGNMENTS = 100


@allow(Permission.SEE_PEOPLE)
@require_safe
def worker(request: HttpRequest, number: str) -> HttpResponseBase:
    """
    Raises:
        NotFound: nobody has this number, or nobody in the user's reach (which must look the same).
    """
    return worker_page(request, found(request, number))


def found(request: HttpRequest, number: str) -> GridWorker:
    """
    Raises:
        NotFound: as `worker`.
    """
    row = None
    if "\0" not in number:
        row = queries.workers_of(who(request)).filter(number=number).first()
    if row is None:
        told = _("There is nobody with the staff number %(number)s in your territory.")
        raise NotFound(told % {"number": number[:20]})
    return row


def worker_page(
    request: HttpRequest, row: GridWorker, failed: Forms | None = None, status: int = 200
) -> HttpResponse:
    history = queries.worker_history(who(request), row, limit=MOST_ASSIGNMENTS)
    context: dict[str, Any] = {
        "row": row,
        "thing": Thing.WORKER.value,
        "held": held_rows(history.assignments),
        "represented": held_rows(history.represented_by),
        "elsewhere": history.elsewhere,
        "forms": forms_for(request, row, failed),
        "edits": queries.edits_of(Thing.WORKER, row.pk, NEWEST)[1],
        "config": map_config(request, watched=watched(row)),
    }
    return page(request, "grids/worker.html", context, status)
