"""Looking for cameras in the network, and who of them is registered."""

import asyncio

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cameras import discovery, services
from cameras.forms import SearchForm
from cameras.models import Camera
from cameras.probe import wire_discovery
from cameras.probe.wire_discovery import Found
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.models import User
from gis_server.roles import Permission, scope_q


@allow(Permission.MANAGE_CAMERAS)
@require_http_methods(["GET", "HEAD", "POST"])
def discover(request: HttpRequest) -> HttpResponseBase:
    """Ask a range of addresses who is a camera; nothing is stored.

    Raises:
        TooMany: see `services.begin_test`.
    """
    by, form = user_of(request), SearchForm(request.POST or None)
    context: dict[str, object] = {"form": form, "networks": settings.PROBE_NETWORKS}
    if request.method == "POST" and form.is_valid():
        found = look(by, form)
        context |= {"searched": True, "rows": rows_of(by, found)}
    return page(request, "cameras/discover.html", context, 422 if form.errors else 200)


def look(by: User, form: SearchForm) -> list[Found]:
    """Search, within the limits that live tests have."""
    data = form.cleaned_data
    test = services.begin_test(by=by, host=data["range"], now=timezone.now())
    try:
        return asyncio.run(
            discovery.search(
                form.addresses, settings.PROBE_NETWORKS, to_all=data["to_all"],
                port=wire_discovery.PORT, listen_s=discovery.LISTEN_S,
            )
        )  # fmt: skip
    finally:
        services.end_test(test=test, stored_at=None, now=timezone.now())


def rows_of(by: User, found: list[Found]) -> list[dict[str, object]]:
    """What was found, with the cameras at that address.  Two queries.

    A camera of another area is told only as "known": its name is not for everybody.
    """
    hosts = [one.address for one in found]
    known = set(Camera.objects.filter(host__in=hosts).values_list("host", flat=True))
    mine: dict[str, Camera] = {}
    for camera in Camera.objects.filter(scope_q(by, "scope_code"), host__in=hosts).order_by(
        "-code"
    ):
        mine[camera.host] = camera
    return [
        {"found": one, "known": one.address in known, "camera": mine.get(one.address)}
        for one in found
    ]
