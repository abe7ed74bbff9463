"""Looking for cameras in the network, and who of them is registered.

With JavaScript the answer is a stream of lines of JSON while it runs: {"progress"}, {"found"}, and
at the end {"done"}; a browser that leaves ends the search.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from cameras import discovery, services
from cameras.discovery import Progress
from cameras.fleet_models import MAIN_SITE
from cameras.forms.networks import SearchForm
from cameras.models import Camera, LiveTest
from cameras.probe import wire_discovery
from cameras.probe.wire_discovery import Found
from cameras.views.shared import first_error, page
from gis_server.edge import allow, json_ok, user_of
from gis_server.models import User
from gis_server.roles import Permission, scope_q
from gis_server.throttle import Pace


@allow(Permission.MANAGE_CAMERAS)
@require_http_methods(["GET", "HEAD", "POST"])
def discover(request: HttpRequest) -> HttpResponseBase:
    """Ask ranges of addresses who is a camera; nothing is stored.  For browsers without scripts the
    answer comes when the search is over.

    Raises:
        TooMany: see `services.begin_test`.
    """
    by, form = user_of(request), SearchForm(request.POST or None)
    context: dict[str, object] = {"form": form, "run_url": reverse("run-discovery")}
    if request.method == "POST" and form.is_valid():
        test = begin(by, form)
        try:
            found = asyncio.run(discovery.search(**asked_by(form)))
        finally:
            services.end_test(test=test, stored_at=None, now=timezone.now())
        context |= {"searched": True, "rows": rows_of(by, found, site_of(form))}
    return page(request, "cameras/discover.html", context, 422 if form.errors else 200)


@allow(Permission.MANAGE_CAMERAS, Pace.DEVICES)
@require_POST
def run_discovery(request: HttpRequest) -> HttpResponseBase:
    """The same, told while it runs.

    Raises:
        TooMany: see `services.begin_test`.
    """
    by, form = user_of(request), SearchForm(request.POST)
    if not form.is_valid():
        return json_ok({"error": {"kind": "Invalid", "message": first_error(form)}}, status=422)
    response = StreamingHttpResponse(
        stream(by, form, begin(by, form)), content_type="application/x-ndjson"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def begin(by: User, form: SearchForm) -> LiveTest:
    """Begin, within the limits that live tests have."""
    return services.begin_test(by=by, host=form.cleaned_data["range"][:253], now=timezone.now())


def asked_by(form: SearchForm) -> dict[str, Any]:
    """The arguments of a search."""
    rules = form.rules
    assert rules is not None  # noqa: S101 - a valid form has them
    return {
        "ranges": form.ranges,
        "networks": rules.networks,
        "to_all": form.cleaned_data["to_all"],
        "port": wire_discovery.PORT,
        "listen_s": discovery.LISTEN_S,
    }


def stream(by: User, form: SearchForm, test: LiveTest) -> Iterator[bytes]:
    """The lines of a search; a browser that leaves closes this, which ends it."""
    try:
        with asyncio.Runner() as runner:
            events = discovery.look(**asked_by(form))
            try:
                while (event := runner.run(following(events))) is not None:
                    yield line(told(by, event, form))
            finally:
                runner.run(events.aclose())  # type: ignore[attr-defined]
        yield line({"done": True})
    finally:
        services.end_test(test=test, stored_at=None, now=timezone.now())


async def following(events: AsyncIterator[Progress | Found]) -> Progress | Found | None:
    return await anext(events, None)


def line(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def told(by: User, event: Progress | Found, form: SearchForm) -> dict[str, Any]:
    """An event as the page's script shows it."""
    if isinstance(event, Progress):
        return {
            "progress": {
                "ranges": event.ranges,
                "of_ranges": len(form.ranges),
                "asked": event.asked,
                "of": event.of,
                "found": event.found,
            }
        }
    [row] = rows_of(by, [event], site_of(form))
    camera = row["camera"]
    return {
        "found": {
            "address": event.address,
            "onvif_port": event.onvif_port,
            "name": event.name,
            "hardware": event.hardware,
            "known": row["known"],
            "camera": camera.name if camera else None,
            "url": reverse("camera-page", args=[camera.pk]) if camera else row["add_url"],
        }
    }


def rows_of(by: User, found: list[Found], site: str) -> list[dict[str, Any]]:
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
        {
            "found": one,
            "known": one.address in known,
            "camera": mine.get(one.address),
            "add_url": add_url(one, site),
        }
        for one in found
    ]


def add_url(one: Found, site: str) -> str:
    """The form for a new camera, with what was found."""
    query = urlencode({"host": one.address, "onvif_port": str(one.onvif_port), "site": site})
    return f"{reverse('new-camera')}?{query}"


def site_of(form: SearchForm) -> str:
    return form.rules.name if form.rules else MAIN_SITE
