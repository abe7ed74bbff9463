"""What a user has to do before anything else works; `edge.Gate` asks at every request."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from gis_server.accounts import second_factor
from gis_server.accounts.sessions import HOW, SECOND_FACTOR
from gis_server.models import User


@dataclass(frozen=True)
class Step:
    """Where it is done, and the sentence for programs."""

    address: str
    message: str


def missing_step(request: HttpRequest, user: User) -> Step | None:
    """The first thing the user still has to do; None when everything works."""
    if user.must_change_password and not _came_from_outside(request):
        message = _("First change the password that you were given, on the page of your account.")
        return Step(reverse("password"), message)
    if user.role in settings.SECOND_FACTOR_ROLES and not _proved_more(request, user):
        message = _("Your role needs two-step sign-in: set it up on the page of your account.")
        return Step(reverse("second-factor"), message)
    return None


def _came_from_outside(request: HttpRequest) -> bool:
    """Whether the session began at the district's own sign-in: no password of ours was used."""
    return not getattr(request, "by_token", False) and request.session.get(HOW) == "oidc"


def _proved_more(request: HttpRequest, user: User) -> bool:
    """Whether the session began with more than a password; a token counts with its owner's app."""
    if getattr(request, "by_token", False):
        return second_factor.is_on(user) or not user.has_usable_password()
    return bool(request.session.get(SECOND_FACTOR))
