"""What a user has to do before anything else works; `edge.Gate` asks at every request."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from gis_server.accounts.sessions import SECOND_FACTOR
from gis_server.models import User


@dataclass(frozen=True)
class Step:
    """Where it is done, and the sentence for programs."""

    address: str
    message: str


def missing_step(request: HttpRequest, user: User) -> Step | None:
    """The first thing the user still has to do; None when everything works."""
    if user.must_change_password:
        message = _("First change the password that you were given, on the page of your account.")
        return Step(reverse("password"), message)
    if user.role in settings.SECOND_FACTOR_ROLES and not request.session.get(SECOND_FACTOR):
        message = _("Your role needs two-step sign-in: set it up on the page of your account.")
        return Step(reverse("second-factor"), message)
    return None
