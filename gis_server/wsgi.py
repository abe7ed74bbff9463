"""Pages, API, tiles and static files: a threaded WSGI server with persistent connections."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
django_application = get_wsgi_application()

from maps.door import TileDoor  # noqa: E402 - needs Django set up

application = TileDoor(django_application)
