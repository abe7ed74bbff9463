"""Keeping, choosing and removing one's views of the offline list."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cameras.handover.services import saved_views
from cameras.handover.views.asking import filters_of
from cameras.handover.views.listing import address
from gis_server.edge import allow, user_of
from gis_server.errors import DomainError
from gis_server.roles import Permission

LONGEST_NAME = 40


@allow(Permission.SEE_CAMERAS)
@require_POST
def save_view(request: HttpRequest) -> HttpResponseBase:
    """The filters stand in the address, as on the page; the name comes with the form."""
    filters, name = filters_of(request), request.POST.get("name", "").strip()[:LONGEST_NAME]
    try:
        view = saved_views.save_view(user=user_of(request), name=name, filters=filters)
    except DomainError as error:
        messages.error(request, str(error.message))
        return redirect(address(filters, all=1))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return redirect(address(filters, view=view.pk))


@allow(Permission.SEE_CAMERAS)
@require_POST
def change_view(request: HttpRequest, view_id: int) -> HttpResponseBase:
    """`do` says what: default, plain (no longer the default) or remove."""
    user, wish = user_of(request), request.POST.get("do", "")
    if wish == "remove":
        saved_views.remove_view(user=user, view_id=view_id)
        messages.success(request, _("The view is removed."))
    else:
        saved_views.choose_default(user=user, view_id=view_id, wanted=wish == "default")
        messages.success(request, _("Saved."))
    return redirect(f"{address(filters_of(request), all=1)}")
