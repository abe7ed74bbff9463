"""All routes: the project's own, then each app's."""

from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog, set_language

from gis_server import api, audit_pages, health, live
from gis_server.edge import public
from gis_server.sign_in import SignIn

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("sign-in/", public(SignIn.as_view()), name="sign-in"),
    path("sign-out/", public(auth_views.LogoutView.as_view()), name="sign-out"),
    path("language/", public(set_language), name="language"),
    path("jsi18n/", public(JavaScriptCatalog.as_view()), name="jsi18n"),
    path("api/find/", api.find, name="find"),
    path("live/ticket/", live.ticket, name="live-ticket"),
    path("audit/", audit_pages.trail, name="audit"),
    path("audit/export/", audit_pages.export, name="audit-export"),
    path("", include("grids.urls")),
    path("", include("cameras.urls")),
    path("", include("maps.urls")),
]

handler400 = "gis_server.edge.refuse_request"
handler404 = "gis_server.edge.no_such_page"
handler500 = "gis_server.edge.server_failed"
