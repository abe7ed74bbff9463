"""The translations that scripts show, as one script; made once per process and language."""

from functools import cache
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

KEPT = "private, max-age=31536000, immutable"


@cache
def texts(language: str) -> tuple[bytes, str]:
    """The script, and a name that changes with it; translations do not while a process lives."""
    with override(language):
        body = JavaScriptCatalog().get(HttpRequest()).content
    return body, f"{language}-{sha256(body).hexdigest()[:12]}"


def address() -> str:
    """Where the reader's script is, under a name for ever."""
    return f"{reverse('jsi18n')}?of={texts(get_language() or 'zh-hans')[1]}"


@require_safe
def script_texts(request: HttpRequest) -> HttpResponse:
    """In the reader's language.  Kept for ever where the address names this very text."""
    body, name = texts(get_language() or "zh-hans")
    answer = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = KEPT if request.GET.get("of") == name else "no-cache"
    return answer
