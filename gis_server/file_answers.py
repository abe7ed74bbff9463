"""Answers that a browser saves: a name, and nothing that a cache keeps."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from gis_server import csv_export, geojson_export

CSV = "text/csv; charset=utf-8"
GEOJSON = "application/geo+json"


def saved_as(response: HttpResponseBase, name: str) -> HttpResponseBase:
    """The response as a file of this name, which may be in any script."""
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def csv_file(rows: Iterable[Sequence[object]], name: str) -> HttpResponseBase:
    """Heads and rows as they come; `name` without its ending."""
    answer = StreamingHttpResponse(csv_export.encoded(rows), content_type=CSV)
    return saved_as(answer, f"{name}.csv")


def geojson_file(features: Iterable[dict[str, object]], name: str) -> HttpResponseBase:
    """A collection of features as they come; `name` without its ending."""
    answer = StreamingHttpResponse(geojson_export.encoded(features), content_type=GEOJSON)
    return saved_as(answer, f"{name}.geojson")
