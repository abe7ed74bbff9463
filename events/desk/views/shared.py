"""What the pages of the desk have in common."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse

from gis_server.edge import show


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page of events; nothing of it is kept by the browser."""
    return show(request, template, {"here": "events"} | context, status)


def script_config(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """What the scripts of a page must know; nothing secret, it stands in the page."""
    return {
        "csrf": get_token(request),
        "urls": {
            "edition": reverse("edition"),
            "tiles": "/tiles",
            "ticket": reverse("live-ticket"),
            "features": reverse("event-features"),
            "event": reverse("event", args=[0]).removesuffix("0/"),
        },
        **more,
    }
