"""The body of a request as a JSON object, and the texts in it: limited, and refused in words."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from gis_server.errors import Invalid


def json_body(request: HttpRequest, longest: int) -> dict[str, Any]:
    """The object; an empty one where nothing was sent.

    longest: bytes of a body, at most.

    Raises:
        Invalid: a longer one, no JSON object, or one with half a character.
    """
    content = request.read(longest + 1)
    if len(content) > longest:
        raise Invalid(_("The body is larger than %(longest)d kB.") % {"longest": longest // 1024})
    try:
        told = json.loads(content or b"{}")
        # Half of a surrogate pair can be written as an escape, and stored nowhere.
        if b"\\u" in content:
            json.dumps(told, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Invalid(_("The body holds half a character, which cannot be stored.")) from error
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Invalid(_("The body must be a JSON object."))
    return told


def text_of(told: Mapping[str, Any], name: str, longest: int) -> str:
    """A text as it was written, without spaces around it; "" where there is none.  It is escaped
    where it is shown.

    Raises:
        Invalid: no text, a longer one, or one that no database can hold.
    """
    value = told.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or not is_storable(value):
        rule = _("%(name)s must be a text of at most %(longest)d characters.")
        raise Invalid(rule % {"name": name, "longest": longest})
    return value.strip()


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)
