"""What the code at a checkpoint opens on a phone.  Looking changes nothing; a press records."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gis_server.edge import allow, show, user_of
from gis_server.errors import DomainError, status_of
from gis_server.roles import Permission
from patrols.errands import checkpoints

LONGEST_SECRET = 32


@allow(Permission.DO_PATROLS)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, secret: str) -> HttpResponseBase:
    user, now = user_of(request), timezone.now()
    context: dict[str, Any] = {"here": "patrols"}
    status = 200
    try:
        point = checkpoints.point_of_code(secret[:LONGEST_SECRET])
        context["duty"] = checkpoints.duty_for(user, point, now)
        # Nothing of a place is told to whoever has no business there.
        context["point"] = point
        if request.method == "POST":
            call = checkpoints.call(by=user, secret=secret[:LONGEST_SECRET], now=now)
            rule = _("Recorded at %(at)s.") if call.is_new else _("Recorded already, at %(at)s.")
            context |= {"call": call, "said": rule % {"at": checkpoints.clock(call.visit.at)}}
    except DomainError as refused:
        context["refused"], status = str(refused.message), status_of(refused)
    return show(request, "patrols/errands/check.html", context, status)
