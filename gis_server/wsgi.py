"""Pages, API, tiles and static files: a threaded WSGI server with persistent connections."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
application = get_wsgi_application()
