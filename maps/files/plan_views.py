"""The page on which a boundary plan is taken along as a file, and the files."""

from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server import audit
from gis_server.edge import allow, parse_choice, show, user_of
from gis_server.errors import NotFound
from gis_server.file_answers import saved_as
from gis_server.roles import Permission
from gis_server.throttle import Pace
from grids.models import BoundaryPlan
from grids.plans import rows
from grids.plans.effects.impact import report_of
from maps.files.asked import FRAMES
from maps.files.limits import one_file
from maps.files.making import Made
from maps.files.plan_making import FORMATS, Format


@allow(Permission.REVIEW_PLANS)
@require_safe
def files(request: HttpRequest, grid_plan_id: int) -> HttpResponseBase:
    """What a plan can be taken along as."""
    plan = rows.found(grid_plan_id, user_of(request))
    context = {"here": "plans", "plan": plan, "count": plan.changes.count()}
    return show(request, "maps/files/plan.html", context)


@allow(Permission.REVIEW_PLANS, Pace.FILES)
@require_safe
def file(request: HttpRequest, grid_plan_id: int, form: str) -> HttpResponseBase:
    """One of the files; that it was taken is noted, since it leaves the house."""
    user, now = user_of(request), timezone.now()
    plan = rows.found(grid_plan_id, user)
    if form not in FORMATS:
        raise NotFound(_("There are %(forms)s.") % {"forms": ", ".join(FORMATS)})
    srid = FRAMES[parse_choice(request, "crs", FRAMES) or "4326"]
    with one_file(user):
        made = FORMATS[form].make(user, report_of(plan, now), now, srid)
    detail: dict[str, Any] = {"title": plan.title, "format": form, "rows": made.rows}
    audit.note(
        by=user, action="plan.exported", subject=plan.pk, scope=plan.scope_code, detail=detail
    )
    return _answer(made, FORMATS[form], plan, now)


def _answer(made: Made, wanted: Format, plan: BoundaryPlan, now: datetime) -> HttpResponseBase:
    name = f"plan-{plan.pk}-{timezone.localtime(now):%Y%m%d-%H%M%S}.{wanted.ending}"
    if isinstance(made.content, bytes):
        return saved_as(HttpResponse(made.content, content_type=wanted.media_type), name)
    return saved_as(FileResponse(made.content, content_type=wanted.media_type), name)
