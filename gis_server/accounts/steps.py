"""What a user has to do before anything else works; `edge.Gate` asks at every request."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

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
    return None
