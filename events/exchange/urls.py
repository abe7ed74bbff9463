"""Routes for other systems: REST with its description, and Open311 in both its forms."""

from collections.abc import Iterator

from django.urls import URLPattern, path

from events.exchange import document, open311, rest
from events.exchange.open311_shape import FORMATS


def open311_routes(form: str) -> Iterator[URLPattern]:
    """Those of one form, which ends each address."""
    views = (
        ("discovery", open311.discovery),
        ("services", open311.service_list),
        ("services/<str:code>", open311.service_definition),
        ("requests", open311.requests),
        ("requests/<str:event_number>", open311.one_request),
        ("tokens/<str:event_number>", open311.token),
    )
    for route, view in views:
        name = f"open311-{route.split('<')[0].rstrip('/')}-{form}"
        yield path(f"api/open311/v2/{route}.{form}", view, {"form": form}, name=name)


urlpatterns = [
    path("api/events/", rest.listed, name="api-events"),
    path("api/events/openapi.json", document.openapi, name="openapi"),
    path("api/events/categories/", rest.categories, name="api-event-categories"),
    path("api/events/<int:event_id>/", rest.one, name="api-event"),
    path("api/events/<int:event_id>/units/", rest.units, name="api-event-units"),
    path("api/events/<int:event_id>/steps/", rest.step, name="api-event-steps"),
    *(route for form in FORMATS for route in open311_routes(form)),
]
