"""All routes: the project's own, then each app's."""

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language

from gis_server import api, audit_pages, health, live_ticket, script_texts
from gis_server.accounts import account_pages, oidc, second_factor_pages, token_pages, user_pages
from gis_server.edge import paced, public
from gis_server.openapi import document
from gis_server.sign_in import SignIn, SignOut, sign_in_code
from gis_server.throttle import Pace
from gis_server.watch import pages as watch_pages
from gis_server.workdays import pages as workday_pages

signing_in = paced(Pace.SIGN_INS)

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", watch_pages.metrics),
    path("administration/system/", watch_pages.system, name="system"),
    path("sign-in/", signing_in(public(SignIn.as_view())), name="sign-in"),
    path("sign-in/code/", signing_in(public(sign_in_code)), name="sign-in-code"),
    path("sign-out/", public(SignOut.as_view()), name="sign-out"),
    path("language/", public(set_language), name="language"),
    path("jsi18n/", public(script_texts.script_texts), name="jsi18n"),
    path("api/find/", api.find, name="find"),
    path("api/openapi.json", document.openapi, name="whole-openapi"),
    path("live/ticket/", live_ticket.ticket, name="live-ticket"),
    path("calendar/", workday_pages.working_days, name="calendar"),
    path("audit/", audit_pages.trail, name="audit"),
    path("audit/export/", audit_pages.export, name="audit-export"),
    path("account/", account_pages.account, name="account"),
    path("account/password/", account_pages.password, name="password"),
    path("account/sessions/end-others/", account_pages.end_others, name="end-other-sessions"),
    path("account/sessions/<str:ref>/end/", account_pages.end_session, name="end-session"),
    path("account/second-factor/", second_factor_pages.second_factor_page, name="second-factor"),
    path("account/second-factor/begin/", second_factor_pages.begin, name="begin-second-factor"),
    path(
        "account/second-factor/confirm/", second_factor_pages.confirm, name="confirm-second-factor"
    ),
    path("account/second-factor/codes/", second_factor_pages.codes, name="new-recovery-codes"),
    path("account/second-factor/remove/", second_factor_pages.remove, name="remove-second-factor"),
    path("account/tokens/", token_pages.token_page, name="tokens"),
    path("account/tokens/<int:token_id>/revoke/", token_pages.revoke, name="revoke-token"),
    path("users/", user_pages.user_table, name="users"),
    path("users/new/", user_pages.new_user, name="new-user"),
    path("users/<int:user_id>/", user_pages.one_user, name="user"),
    path("users/<int:user_id>/reset-password/", user_pages.reset_password, name="reset-password"),
    path("users/<int:user_id>/unlock/", user_pages.unlock, name="unlock-user"),
    path("users/<int:user_id>/end-sessions/", user_pages.end_sessions, name="end-sessions"),
    path(
        "users/<int:user_id>/remove-second-factor/",
        user_pages.remove_second_factor,
        name="remove-second-factor-of",
    ),
    path("users/<int:user_id>/revoke-tokens/", user_pages.revoke_tokens, name="revoke-tokens-of"),
    path("", include("grids.urls")),
    path("", include("patrols.urls")),
    path("", include("cameras.urls")),
    path("", include("events.urls")),
    path("", include("maps.urls")),
]

if settings.OIDC_ON:
    urlpatterns += oidc.urlpatterns

handler400 = "gis_server.edge.refuse_request"
handler404 = "gis_server.edge.no_such_page"
handler500 = "gis_server.edge.server_failed"
