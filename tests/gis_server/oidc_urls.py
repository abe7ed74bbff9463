"""The routes of a server whose OIDC_ISSUER is set."""

from gis_server import urls
from gis_server.accounts import oidc

urlpatterns = [*urls.urlpatterns, *oidc.urlpatterns]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
