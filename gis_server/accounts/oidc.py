"""Signing in through the district's own sign-in (OpenID Connect), where OIDC_ISSUER is set.

mozilla-django-oidc carries the flow: code, state, nonce, PKCE, signature of the ID token.  Here is
what it leaves open: that the token was issued by that issuer for us, whose it is, what happens to
people nobody here knows, and what is kept.  A failure says the same to everybody.
"""

import logging
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from jwt import PyJWTError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)
from requests import RequestException

from gis_server import audit
from gis_server.accounts import sessions, users
from gis_server.edge import public
from gis_server.models import OUTSIDE_ID_LENGTH, SCOPE_PREFIX, User

logger = logging.getLogger(__name__)
CALLBACK = "/oidc/callback/"
# What the other side may do wrong: be away, answer what is no JSON, sign wrongly, leave things out.
FAULTS = (RequestException, PyJWTError, SuspiciousOperation, LookupError, ValueError, TypeError)


class OidcBackend(OIDCAuthenticationBackend):  # type: ignore[misc]
    """Finds users by the claim OIDC_CLAIM, which an administrator or a first sign-in entered."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        # Without the nonce of our own state it is somebody's password or code that is asked about,
        # whatever stands in the address.
        if request is None or not credentials.get("nonce"):
            return None
        try:
            user: User | None = super().authenticate(request, **credentials)
        except FAULTS as error:
            logger.warning("the district's own sign-in failed: %s", type(error).__name__)
            return None
        return user

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """
        Raises:
            SuspiciousOperation: not issued by OIDC_ISSUER, not for us, or for ever
                (OpenID Connect Core 1.0, 3.1.3.7, rules 2, 3, 5 and 9).
        """
        payload: dict[str, Any] = super().verify_token(token, **kwargs)
        audience = payload.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        ours = settings.OIDC_RP_CLIENT_ID
        party = payload.get("azp", None if len(audiences) > 1 else ours)
        if payload.get("iss") != settings.OIDC_ISSUER or ours not in audiences or party != ours:
            raise SuspiciousOperation("the ID token is not from our issuer, or not for us")
        if "exp" not in payload:
            raise SuspiciousOperation("the ID token has no end")
        return payload

    def get_userinfo(
        self, access_token: str, id_token: str, payload: dict[str, Any]
    ) -> dict[str, Any]:
        """The claims of both answers, which must be about the same person (5.3.2)."""
        told: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if told.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("the answers are about different people")
        return payload | told

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        return bool(outside_id(claims))

    def describe_user_by_claims(self, claims: dict[str, Any]) -> str:
        return "this person"

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        return User.objects.filter(outside_id=outside_id(claims))

    def create_user(self, claims: dict[str, Any]) -> User:
        """Somebody new: switched off and without a scope, until an administrator decides."""
        return make(claims)

    def update_user(self, user: User, claims: dict[str, Any]) -> User:
        return users.apply_claims(user, role=role_in(claims), scope=scope_in(claims))


def outside_id(claims: dict[str, Any]) -> str:
    """The value of the claim that people are known by; empty when there is none to use."""
    value = claims.get(settings.OIDC_CLAIM)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if len(text) <= OUTSIDE_ID_LENGTH and "\0" not in text else ""


def role_in(claims: dict[str, Any]) -> str | None:
    """The first role that OIDC_ROLES gives for a value of the claim; None changes nothing."""
    found = (
        settings.OIDC_ROLES.get(value) for value in values_of(claims, settings.OIDC_ROLE_CLAIM)
    )
    return next((role for role in found if role), None)


def scope_in(claims: dict[str, Any]) -> list[str] | None:
    """The code prefixes in the claim; None changes nothing.

    Raises:
        SuspiciousOperation: something there is no prefix; it is not guessed at.
    """
    values = values_of(claims, settings.OIDC_SCOPE_CLAIM)
    try:
        for value in values:
            SCOPE_PREFIX(value)
    except ValidationError:
        raise SuspiciousOperation("the scope claim holds no code prefix") from None
    return users.shortest(values[: users.MAX_PREFIXES]) or None


def values_of(claims: dict[str, Any], name: str) -> list[str]:
    value = claims.get(name) if name else None
    values = value if isinstance(value, list) else str(value or "").replace(",", " ").split()
    return [item for item in values if isinstance(item, str)]


@transaction.atomic
def make(claims: dict[str, Any]) -> User:
    """
    Raises:
        SuspiciousOperation: another sign-in of the same person was first.
    """
    user = User(
        username=_free_name(claims),
        display_name=str(claims.get("name") or "").replace("\0", "")[:60],
        outside_id=outside_id(claims),
        is_active=False,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise SuspiciousOperation("another sign-in made this user") from None
    detail = {"username": user.username, "how": "oidc"}
    audit.note(by=None, action="user.made", subject=user.pk, detail=detail)
    return user


def _free_name(claims: dict[str, Any]) -> str:
    """The name that the other side proposes, if it is one and free; else one made of the claim."""
    name = User.normalize_username(str(claims.get("preferred_username") or ""))
    try:
        User._meta.get_field("username").clean(name, None)
    except ValidationError:
        name = ""
    if name and not User.objects.filter(username__iexact=name).exists():
        return str(name)
    return f"oidc-{sha256(outside_id(claims).encode()).hexdigest()[:16]}"


class Callback(OIDCAuthenticationCallbackView):  # type: ignore[misc]
    def login_success(self) -> HttpResponse:
        leads_to = self.success_url
        sessions.begin(self.request, self.user, how="oidc", now=timezone.now())
        return HttpResponseRedirect(leads_to)

    def login_failure(self) -> HttpResponse:
        """One sentence for all: nobody learns who is known here."""
        messages.error(
            self.request,
            _("The district's own sign-in did not let you in here. Ask an administrator."),
        )
        return super().login_failure()  # type: ignore[no-any-return]


def not_counted(request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
    """For axes: who guesses at the other sign-in is stopped there; here nothing can be guessed.

    Counted, five people whom nobody here knows would lock a whole office out of it.
    """
    return bool(settings.OIDC_ON) and request.path == CALLBACK


# The names are those that mozilla-django-oidc looks for.
urlpatterns = [
    path(
        "oidc/authenticate/",
        public(OIDCAuthenticationRequestView.as_view()),
        name="oidc_authentication_init",
    ),
    path(
        CALLBACK.removeprefix("/"), public(Callback.as_view()), name="oidc_authentication_callback"
    ),
]
