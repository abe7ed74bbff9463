"""What the pages of repairs have in common."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse

from cameras.views import shared


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return shared.page(request, template, {"here": "repairs"} | context, status)


def live_config(request: HttpRequest) -> dict[str, Any]:
    """What the script needs that hears of changed orders."""
    return {"ticket": reverse("live-ticket"), "csrf": get_token(request)}
