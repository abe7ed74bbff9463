"""The second factor of a sign-in: codes of an authenticator app, and recovery codes on paper.

The algorithm is django-otp's (TOTP, RFC 6238: 6 digits, 30 s, SHA-1, which is what all apps know).
Its tables are not used: they keep secrets and recovery codes readable, and count failures beside
those of the password.  Here secrets are sealed, recovery codes are only recognised, and a wrong
code is one more failed sign-in.  The reasons are in docs/design/sign-in.md.
"""

import base64
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django.contrib.auth.backends import ModelBackend
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.oath import TOTP

from gis_server import audit, vault
from gis_server.accounts import sessions
from gis_server.errors import Conflict, Invalid
from gis_server.models import RecoveryCode, SecondFactor, User

ISSUER = "gis-server"
SECRET_BYTES = 20  # RFC 4226, section 4, R6: 160 bits
DIGITS = 6
# Steps of 30 s before and after the present one: clocks of phones differ.
TOLERANCE = 1
CODES, CODE_LENGTH = 10, 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # 31 signs: 49 bits a code
MAX_TYPED = 30


def is_on(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user).count()


@transaction.atomic
def begin(user: User) -> None:
    """A new secret that does not count before a code of it is confirmed.

    Raises:
        Conflict: a second factor is already set up.
    """
    SecondFactor.objects.filter(user=user, confirmed_at=None).delete()
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
    try:
        with transaction.atomic():
            SecondFactor.objects.create(user=user, sealed_secret=vault.seal(secret))
    except IntegrityError:
        raise Conflict(_("Two-step sign-in is already set up.")) from None


def pending_secret(user: User) -> str | None:
    """The secret, in base32, that waits for its first code; None when none waits."""
    row = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    return vault.unseal(bytes(row.sealed_secret)) if row else None


def address_of_secret(user: User, secret: str) -> str:
    """What the QR code says to the app (the key URI format that all of them read)."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


def qr_code(text: str) -> str:
    """The QR code as a data: address of an SVG, black on white whatever the page looks like."""
    code = segno.make(text, error="m", micro=False)
    address: str = code.svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    return address


@transaction.atomic
def confirm(request: HttpRequest, user: User, typed: str, now: datetime) -> list[str]:
    """Switch the second factor on with a first code of it; the recovery codes, told only here.

    Other sessions end, for they proved a password alone.

    Raises:
        Invalid: the code is not right.
        Conflict: nothing waits to be confirmed.
    """
    row = SecondFactor.objects.filter(user=user, confirmed_at=None).first()
    if row is None:
        raise Conflict(_("Begin the set-up again: there is nothing to confirm."))
    step = _step_of(row, plain(typed), now)
    if step is None:
        raise Invalid(
            _("This code is not right. Look at the app again; is the phone's time right?")
        )
    waiting = SecondFactor.objects.filter(
        pk=row.pk, confirmed_at=None, sealed_secret=bytes(row.sealed_secret)
    )
    if waiting.update(confirmed_at=now, last_step=step) != 1:
        raise Conflict(_("Begin the set-up again: there is nothing to confirm."))
    request.session[sessions.SECOND_FACTOR] = True
    request.session.cycle_key()
    sessions.end_all(user, by=user, keep=request.session.session_key)
    audit.note(by=user, action="second_factor.added", subject=user.pk, scope=user.place)
    return _new_codes(user)


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """Ten new recovery codes; the old ones are void.

    Raises:
        Conflict: no second factor is set up.
    """
    if not is_on(user):
        raise Conflict(_("Two-step sign-in is not set up."))
    audit.note(by=user, action="recovery_codes.made", subject=user.pk, scope=user.place)
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _n in range(CODE_LENGTH)) for _c in range(CODES)]
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(user=user, digest=_digest(user, code)) for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _digest(user: User, code: str) -> str:
    """Keyed: whoever has only the database cannot try all codes."""
    return salted_hmac("gis_server.recovery", f"{user.pk}:{code}", algorithm="sha256").hexdigest()


@transaction.atomic
def remove(user: User, *, by: User) -> None:
    """Switch it off.

    Raises:
        Conflict: it is not on.
    """
    RecoveryCode.objects.filter(user=user).delete()
    if not SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).delete()[0]:
        raise Conflict(_("Two-step sign-in is not set up."))
    audit.note(by=by, action="second_factor.removed", subject=user.pk, scope=user.place)


def plain(typed: str) -> str:
    """A code without the spaces and dashes that people put into it."""
    return "".join(c for c in typed.lower() if c not in " -\u3000\t")[:MAX_TYPED]


def accept(user: User, typed: str, now: datetime) -> bool:
    """Whether it is a code of the user that was not used before; it is used up by this.

    Two requests with the same code may come at once: the step is moved, or the recovery code
    deleted, by compare-and-set, so one of them succeeds.
    """
    code = plain(typed)
    if len(code) == DIGITS:
        return _accept_step(user, code, now)
    used = RecoveryCode.objects.filter(user=user, digest=_digest(user, code)).delete()[0] == 1
    if used:
        detail = {"left": codes_left(user)}
        audit.note(
            by=user, action="recovery_code.used", subject=user.pk, scope=user.place, detail=detail
        )
    return used


def _accept_step(user: User, code: str, now: datetime) -> bool:
    row = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    step = _step_of(row, code, now) if row else None
    if row is None or step is None:
        return False
    seen = SecondFactor.objects.filter(pk=row.pk, last_step=row.last_step)
    return seen.update(last_step=step) == 1


def _step_of(row: SecondFactor, code: str, now: datetime) -> int | None:
    """The time step that the code belongs to, if it is newer than the last one accepted."""
    if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return None
    totp = TOTP(base64.b32decode(vault.unseal(bytes(row.sealed_secret))), digits=DIGITS)
    totp.time = now.timestamp()
    right = totp.verify(int(code), tolerance=TOLERANCE, min_t=row.last_step + 1)
    return int(totp.t()) if right else None


class CodeBackend(ModelBackend):
    """Judges the second step; `second_step` has seen the password before it asks.

    Being one of Django's backends puts a wrong code under the same count and lock as a wrong
    password.
    """

    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        username: str | None = None,
        one_time_password: str | None = None,
        **_others: Any,
    ) -> User | None:
        if not username or not one_time_password:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        right = user is not None and accept(user, one_time_password, timezone.now())
        return user if right else None
