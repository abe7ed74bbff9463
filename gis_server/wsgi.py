"""Pages, API, tiles and static files: a threaded WSGI server with persistent connections."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
inside = get_wsgi_application()
# Named in the settings, like middleware: this package imports no app.
application = import_string(settings.DOOR)(inside)
