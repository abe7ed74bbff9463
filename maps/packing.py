"""Answers made smaller on the way, for whoever can read them so."""

import gzip

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

GZIP_LEVEL = 5
GZIP_FROM_BYTES = 500


def pack(request: HttpRequest, response: HttpResponse) -> None:
    """Compress an answer in place; small ones stay as they are."""
    patch_vary_headers(response, ["Accept-Encoding"])
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return
    if len(response.content) >= GZIP_FROM_BYTES:
        response.content = gzip.compress(response.content, GZIP_LEVEL, mtime=0)
        response["Content-Encoding"] = "gzip"
