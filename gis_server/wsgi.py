"""Pages, API, tiles and static files: a threaded WSGI server with persistent connections."""

import multiprocessing
import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseBase
from django.utils.module_loading import import_string

from gis_server.confine import end_with

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
_django = get_wsgi_application()


def inside(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Django.  An answer that is whole goes out as a list, which the server sends in one piece."""
    answer: HttpResponseBase = _django(environ, start)
    if answer.streaming:
        return answer
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


# Named in the settings, like middleware: this package imports no app.
application = import_string(settings.DOOR)(inside)

if (parent := multiprocessing.parent_process()) is not None and parent.pid is not None:
    # One of the server's workers.  It would outlive a server that is killed, and keep the port; and
    # Granian lays the environment, which holds the keys, into what it tells of every request.
    end_with(parent.pid)
    for name in ("SECRET_KEY", "VAULT_KEY", "DATABASE_URL", "REDIS_URL", "OIDC_CLIENT_SECRET",
                 "METRICS_TOKEN"):  # fmt: skip
        os.environ.pop(name, None)
