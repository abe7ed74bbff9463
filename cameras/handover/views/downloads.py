"""The offline list as files: what the page would show with the same question, all lines of it."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cameras.handover.areas import area_name
from cameras.handover.files.formats import FORMATS, Format
from cameras.handover.files.heading import heading
from cameras.handover.line import Filters
from cameras.handover.lines import lines
from cameras.handover.views.asking import filters_of
from gis_server import audit
from gis_server.edge import allow, user_of
from gis_server.errors import Invalid
from gis_server.file_answers import saved_as
from gis_server.models import User
from gis_server.roles import Permission
from gis_server.scopes import common_code
from gis_server.throttle import Pace


def download(name: str) -> Callable[[HttpRequest], HttpResponseBase]:
    """The view of one format."""

    @allow(Permission.SEE_CAMERAS, Pace.FILES)
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        return answer(FORMATS[name], user_of(request), filters_of(request), timezone.now())

    return view


def answer(wanted: Format, user: User, filters: Filters, now: datetime) -> HttpResponseBase:
    """The file; that it was taken is noted, since it leaves the house.

    Raises:
        Invalid: too many lines.
        Unavailable: a PDF on a machine without its font.
    """
    found = lines(user.reach, filters, now)
    if found.total > wanted.most_lines:
        message = _("This file holds %(most)d lines at most. Narrow the list with a filter.")
        raise Invalid(message % {"most": wanted.most_lines})
    area = area_name(user.reach, filters.division)
    content = wanted.make(found.lines, heading(found, area, now), now)
    detail = {"format": wanted.ending, "rows": found.total} | filters.stored()
    audit.note(by=user, action="list.exported", scope=common_code(user.reach), detail=detail)
    response = HttpResponse(content, content_type=wanted.media_type)
    name = f"offline-{timezone.localtime(now):%Y%m%d-%H%M}.{wanted.ending}"
    return saved_as(response, name)
