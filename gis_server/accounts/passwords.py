"""Passwords: what they must be like, made ones, and how somebody changes their own."""

import secrets
import string
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gis_server import audit
from gis_server.accounts import sessions
from gis_server.models import User

# Without what is easily taken for something else when read aloud or from paper.
LETTERS = "abcdefghjkmnpqrstuvwxyz"
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
GROUPS, GROUP_LENGTH = 4, 4


def kinds_in(password: str) -> int:
    """How many of the four kinds it has: small letters, capitals, digits, anything else."""
    others = [c for c in password if c not in string.ascii_letters + string.digits]
    return sum(
        (
            any(c in string.ascii_lowercase for c in password),
            any(c in string.ascii_uppercase for c in password),
            any(c in string.digits for c in password),
            bool(others),
        )
    )


class LongEnough(MinimumLengthValidator):
    """Django's own, whose sentence has no Chinese."""

    def get_error_message(self) -> str:
        rule = _("The password is too short: it must have at least %(length)d characters.")
        return rule % {"length": self.min_length}


class KindsOfCharacters:
    """Demands PASSWORD_KINDS kinds of characters (GB/T 22239-2019, 8.1.4.1 a: complexity)."""

    def validate(self, password: str, user: Any = None) -> None:
        if kinds_in(password) < settings.PASSWORD_KINDS:
            raise ValidationError(self.get_help_text(), code="too_few_kinds")

    def get_help_text(self) -> str:
        kinds = settings.PASSWORD_KINDS
        rule = ngettext(
            "The password must have at least %(kinds)d kind of these: small letters, "
            "capitals, digits, other characters.",
            "The password must have at least %(kinds)d kinds of these: small letters, "
            "capitals, digits, other characters.",
            kinds,
        )
        return rule % {"kinds": kinds}


def made_password() -> str:
    """A password to be told to somebody once: 16 characters in groups, 90 bits."""
    alphabet = LETTERS + CAPITALS + DIGITS
    while True:
        password = "-".join(
            "".join(secrets.choice(alphabet) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)
        )
        if kinds_in(password) == 4:
            return password


@transaction.atomic
def change_own(request: HttpRequest, user: User, new: str) -> None:
    """Change the password of whoever asks; their other sessions end, this one gets a new key.

    The caller has asked for the present password.
    """
    user.set_password(new)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    update_session_auth_hash(request, user)
    sessions.end_all(user, by=user, keep=request.session.session_key)
    audit.note(by=user, action="password.changed", subject=user.pk, scope=user.place)
