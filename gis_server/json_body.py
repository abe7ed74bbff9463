"""The body of a request as a JSON object: limited, and refused in words."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from gis_server.errors import Invalid


def json_body(request: HttpRequest, longest: int) -> dict[str, Any]:
    """The object; an empty one where nothing was sent.

    longest: bytes of a body, at most.

    Raises:
        Invalid: a longer one, or no JSON object.
    """
    content = request.read(longest + 1)
    if len(content) > longest:
        raise Invalid(_("The body is larger than %(longest)d kB.") % {"longest": longest // 1024})
    try:
        told = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Invalid(_("The body must be a JSON object."))
    return told
