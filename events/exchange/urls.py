"""Routes for other systems: REST with its description, and Open311 in both its forms."""

from collections.abc import Iterator

from django.urls import URLPattern, path

from events.exchange import document, open311, rest
from events.exchange.open311_shape import FORMATS


def open311_routes(form: str) -> Iterator[URLPattern]:
    """Those of one form, which ends each address."""
    views = (
        ("discovery", open311.discovery, "discovery"),
        ("services", open311.service_list, "services"),
        ("services/<str:code>", open311.service_definition, "service"),
        ("requests", open311.requests, "requests"),
        ("requests/<str:event_number>", open311.one_request, "request"),
        ("tokens/<str:event_number>", open311.token, "token"),
    )
    for route, view, name in views:
        address = f"api/open311/v2/{route}.{form}"
        yield path(address, view, {"form": form}, name=f"open311-{name}-{form}")


urlpatterns = [
    path("api/events/", rest.listed, name="api-events"),
    path("api/events/openapi.json", document.openapi, name="openapi"),
    path("api/events/categories/", rest.categories, name="api-event-categories"),
    path("api/events/<int:event_id>/", rest.one, name="api-event"),
    path("api/events/<int:event_id>/units/", rest.units, name="api-event-units"),
    path("api/events/<int:event_id>/steps/", rest.step, name="api-event-steps"),
    *(route for form in FORMATS for route in open311_routes(form)),
]
