"""The desk's list as files."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from events.desk import queries
from events.desk.asking import filters_of
from events.desk.files import FORMATS, MOST_ROWS
from gis_server import audit
from gis_server.edge import allow, user_of
from gis_server.errors import Invalid
from gis_server.file_answers import saved_as
from gis_server.kept_filters import stored
from gis_server.roles import Permission
from gis_server.scopes import common_code
from gis_server.throttle import Pace


def download(name: str) -> Callable[[HttpRequest], HttpResponseBase]:
    """The view of one format; that the list was taken along is noted, since it leaves the house."""

    @allow(Permission.SEE_EVENTS, Pace.FILES)
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        user, filters, now = user_of(request), filters_of(request), timezone.now()
        rows = queries.whole(user, filters, MOST_ROWS, now)
        if rows is None:
            message = _("This file holds %(most)d events at most. Narrow the list with a filter.")
            raise Invalid(message % {"most": MOST_ROWS})
        content = FORMATS[name].make(rows, _("Events"), now)
        detail = {"format": name, "rows": len(rows)} | stored(filters)
        audit.note(by=user, action="events.exported", scope=common_code(user.reach), detail=detail)
        response = HttpResponse(content, content_type=FORMATS[name].media_type)
        file_name = f"events-{timezone.localtime(now):%Y%m%d-%H%M}.{name}"
        return saved_as(response, file_name)

    return view
