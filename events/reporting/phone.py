"""The page for the phone: a shell that holds nothing of anybody, its service worker, its manifest.

The shell is public and the same for all, so that a phone may keep it: it opens without signal and
after a session has ended, and what waits on the phone can still be seen.  All that is somebody's
comes over the API, which asks who they are.  The reasons stand in docs/design/offline-reports.md.
"""

from functools import cache
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server.edge import public
from gis_server.script_texts import texts

SHELL = "events/reporting/phone.html"
MODULES = (
    "app",
    "area",
    "bell",
    "duty",
    "element",
    "mine",
    "net",
    "photos",
    "picker",
    "place",
    "report",
    "sender",
    "store",
    "tasks",
    "tracker",
    "words",
)
STYLES = ("gis_server/tokens.css", "events/phone/phone.css")
ICONS = ("events/phone/icon-192.png",)
# Fetched when somebody wants to move a place on the map, and kept from then on.
MAP = ("vendor/maplibre-gl/maplibre-gl.mjs", "events/phone/map.js")
BACKGROUND = "#0d131a"


@public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The shell.  A browser asks for it anew; what the service worker keeps has its version."""
    context = shell_context() | {"nonce": request.csp_nonce}  # type: ignore[attr-defined]
    response = render(request, SHELL, context)
    response["Cache-Control"] = "no-cache"
    return response


@public
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, whose text changes with whatever it is to keep; scope: /m/."""
    context = {"version": version(get_language()), "assets": assets(), "shell": reverse("phone")}
    response = render(
        request, "events/reporting/worker.js", context, content_type="text/javascript"
    )
    response["Cache-Control"] = "no-cache"
    return response


@public
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    told = {
        "name": _("Event reports"),
        "short_name": _("Event reports"),
        "lang": get_language(),
        "start_url": reverse("phone"),
        "scope": reverse("phone"),
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "icons": [icon(size, purpose) for size in (192, 512) for purpose in ("any", "maskable")],
    }
    response = JsonResponse(told, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response


def icon(size: int, purpose: str) -> dict[str, str]:
    address = static(f"events/phone/icon-{size}.png")
    return {"src": address, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def shell_context() -> dict[str, Any]:
    return {
        "modules": {name: static(f"events/phone/{name}.js") for name in MODULES},
        "map_modules": {"map": static(MAP[1])},
        "maplibre": static(MAP[0]),
        "maplibre_css": static("vendor/maplibre-gl/maplibre-gl.css"),
        "config": {
            "form": reverse("api-event-form"),
            "reports": reverse("api-event-reports"),
            "photos": reverse("api-event-photos"),
            "tasks": reverse("api-event-tasks"),
            "events": reverse("api-events"),
            "duty": reverse("api-patrol-phone"),
            "errands": f"{reverse('api-patrol-phone')}errands/",
            "fixes": reverse("patrol-fixes"),
            "track": reverse("my-track"),
            "ticket": reverse("live-ticket"),
            "edition": reverse("edition"),
            "tiles": "/tiles",
            "sign_in": f"{reverse('sign-in')}?next={reverse('phone')}",
            "worker": reverse("phone-worker"),
            "shell": reverse("phone"),
            "map_css": static("vendor/maplibre-gl/maplibre-gl.css"),
        },
    }


def assets() -> list[str]:
    """Everything that the page needs to open without signal."""
    files = [*STYLES, *ICONS, *(f"events/phone/{name}.js" for name in MODULES)]
    return [reverse("phone"), reverse("jsi18n"), *(static(name) for name in files)]


@cache
def version(language: str) -> str:
    """Of the shell, its words and files in a language; neither changes while a process lives."""
    with override(language):
        shell = render_to_string(SHELL, shell_context() | {"nonce": ""})
    text = shell.encode() + texts(language)[0] + "".join(assets()).encode()
    return sha256(text).hexdigest()[:16]
