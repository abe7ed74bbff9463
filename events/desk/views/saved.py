"""Keeping, choosing and removing one's views of the desk."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from events.desk.asking import address, filters_of
from events.models import EventView
from gis_server import kept_views
from gis_server.edge import allow, user_of
from gis_server.errors import DomainError
from gis_server.kept_filters import stored
from gis_server.roles import Permission


@allow(Permission.SEE_EVENTS)
@require_POST
def save_view(request: HttpRequest) -> HttpResponseBase:
    """The filters stand in the address, as on the page; the name comes with the form."""
    user, filters = user_of(request), filters_of(request)
    name = request.POST.get("name", "").replace("\0", "").strip()[: kept_views.LONGEST_NAME]
    try:
        view = kept_views.save_view(EventView, user=user, name=name, filters=stored(filters))
    except DomainError as error:
        messages.error(request, str(error.message))
        return redirect(address(filters, all=1))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return redirect(address(filters, view=view.pk))


@allow(Permission.SEE_EVENTS)
@require_POST
def change_view(request: HttpRequest, event_view_id: int) -> HttpResponseBase:
    """`do` says what: default, plain (no longer the default) or remove."""
    user, wish = user_of(request), request.POST.get("do", "")
    if wish == "remove":
        kept_views.remove_view(EventView, user=user, view_id=event_view_id)
        messages.success(request, _("The view is removed."))
    else:
        wanted = wish == "default"
        kept_views.choose_default(EventView, user=user, view_id=event_view_id, wanted=wanted)
        messages.success(request, _("Saved."))
    return redirect(address(filters_of(request), all=1))
