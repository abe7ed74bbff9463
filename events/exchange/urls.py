"""Routes for other systems: REST with its description, and Open311."""

from django.urls import path, register_converter

from events.exchange import document, open311, rest
from events.exchange.open311_shape import FORMATS


class FormatConverter:
    """json or xml, as Open311 ends its addresses."""

    regex = "|".join(FORMATS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class NumberConverter(FormatConverter):
    """The number of an event, or a code of the catalogue."""

    regex = "[A-Za-z0-9-]{1,24}"


register_converter(FormatConverter, "open311_format")
register_converter(NumberConverter, "open311_number")
OPEN311 = "api/open311/v2"
FORM = "<open311_format:form>"

urlpatterns = [
    path("api/events/", rest.listed, name="api-events"),
    path("api/events/openapi.json", document.openapi, name="openapi"),
    path("api/events/categories/", rest.categories, name="api-event-categories"),
    path("api/events/<int:event_id>/", rest.one, name="api-event"),
    path("api/events/<int:event_id>/units/", rest.units, name="api-event-units"),
    path("api/events/<int:event_id>/steps/", rest.step, name="api-event-steps"),
    path(f"{OPEN311}/discovery.{FORM}", open311.discovery, name="open311-discovery"),
    path(f"{OPEN311}/services.{FORM}", open311.service_list, name="open311-services"),
    path(
        f"{OPEN311}/services/<open311_number:code>.{FORM}",
        open311.service_definition,
        name="open311-service",
    ),
    path(f"{OPEN311}/requests.{FORM}", open311.requests, name="open311-requests"),
    path(
        f"{OPEN311}/requests/<open311_number:number>.{FORM}",
        open311.one_request,
        name="open311-request",
    ),
    path(f"{OPEN311}/tokens/<open311_number:number>.{FORM}", open311.token, name="open311-token"),
]
