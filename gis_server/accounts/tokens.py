"""API tokens: what a program shows in place of a session, with less than its owner may do.

A token says which of the owner's permissions it lends, and may name a part of their territory.  At
each request it is worth what its owner's role and reach and the token have in common.  Only a hash
is kept: a token has 256 random bits, so a plain SHA-256 gives nothing away.
"""

import binascii
import secrets
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotFound, TooMany
from gis_server.models import ApiToken, User
from gis_server.roles import MAY, LentRole, Permission, Role, covers

SCHEME, MARK = "Bearer ", "gis_"
SECRET_BYTES = 32
# What programs ask for; pages, the live stream and all that has to do with accounts take no token.
PATHS = ("/api/", "/tiles/", "/ogc/")
# Older GIS programs (QGIS 3.22) can send no header of their own, only HTTP Basic: there the
# token is the password, and the name is not looked at.
BASIC_AT, BASIC = "/ogc/", "Basic "
MAX_DAYS = 365
MAX_TOKENS = 20
MAX_PREFIXES = 20
USED_EVERY = timedelta(minutes=5)
# Open311 has its keys in the form that is posted (GeoReport v2, "API keys").
FORM_KEY_AT, FORM_KEY = "/api/open311/", "api_key"
# Wrong tokens are counted for an address under a name that no user can have, for it holds a space.
COUNTED_AS = "API token"


@dataclass(frozen=True)
class Wanted:
    """What a token is to be: empty prefixes mean all of the owner's reach."""

    name: str
    permissions: list[str]
    prefixes: list[str]
    days: int


def lendable(user: User) -> list[Permission]:
    """The permissions that the user may put into a token, in the order of their declaration."""
    held = MAY.get(Role(user.role), frozenset())
    return [p for p in Permission if p in held and p is not Permission.MANAGE_USERS]


def given(request: HttpRequest) -> str | None:
    """The token that a request shows; None when it shows none."""
    header = request.headers.get("Authorization", "")
    if header.startswith(SCHEME):
        return header[len(SCHEME) :].strip()
    if header.startswith(BASIC) and f"{request.path}/".startswith(BASIC_AT):
        return _password(header[len(BASIC) :])
    if request.method == "POST" and request.path.startswith(FORM_KEY_AT):
        return request.POST.get(FORM_KEY)
    return None


def _password(sealed: str) -> str:
    """What stands after the colon (RFC 7617); empty, which is no token, where nothing does."""
    try:
        return (
            b64decode(sealed.strip(), validate=True).partition(b":")[2].decode("utf-8", "replace")
        )
    except binascii.Error:
        return ""


def taken_at(path: str) -> bool:
    return f"{path}/".startswith(PATHS)


def owner_of(request: HttpRequest, text: str, now: datetime) -> User | None:
    """The owner, with role and reach cut down to what the token lends; None for a wrong token.

    Wrong ones are counted for the address; a right one passes however many wrong ones came before,
    for a program next door must not be stopped by a forgotten one.

    Raises:
        TooMany: too many wrong ones came from this address.
    """
    rows = ApiToken.objects.select_related("user").filter(_valid(now), digest=_digest(text))
    row = rows.filter(user__is_active=True).first()
    if row is None:
        _count_wrong(request)
        return None
    _see(row, now)
    user = row.user
    user.role = LentRole.of(user.role, row.permissions)
    user.token_reach = row.prefixes or None
    return user


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _valid(now: datetime) -> Q:
    return Q(revoked_at=None, expires_at__gt=now)


def _count_wrong(request: HttpRequest) -> None:
    """One more failed sign-in; `authenticate` asks axes, and no backend knows such a user."""
    authenticate(request, username=COUNTED_AS)
    if getattr(request, "sign_in_wait", None):
        raise TooMany(
            _("Too many wrong API tokens came from your address. Correct the token, then wait.")
        )


def _see(row: ApiToken, now: datetime) -> None:
    """Note the use, at most every five minutes."""
    if row.last_used_at is None or now - row.last_used_at >= USED_EVERY:
        rows = ApiToken.objects.filter(pk=row.pk, last_used_at=row.last_used_at)
        rows.update(last_used_at=now)


def tokens_of(user: User) -> list[ApiToken]:
    """All that are not revoked, the newest first; those that have run out too."""
    return list(ApiToken.objects.filter(user=user, revoked_at=None).order_by("-id")[:MAX_TOKENS])


@transaction.atomic
def make(*, user: User, wanted: Wanted, now: datetime) -> tuple[ApiToken, str]:
    """A new token of the user's and its text, told only here.

    Raises:
        Invalid: a permission, part of the territory or time that is not the user's to lend.
        Conflict: a token of this name is there, or there are too many.
    """
    _check(user, wanted)
    # One at a time for a user, so that the number holds.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if ApiToken.objects.filter(user=user, revoked_at=None).count() >= MAX_TOKENS:
        most = _("You have %(most)d tokens: revoke one that you no longer need.")
        raise Conflict(most % {"most": MAX_TOKENS})
    text = MARK + secrets.token_urlsafe(SECRET_BYTES)
    row = _insert(user, wanted, text, now)
    detail = {
        "name": row.name,
        "permissions": row.permissions,
        "prefixes": row.prefixes,
        "days": wanted.days,
    }
    audit.note(by=user, action="token.made", subject=row.pk, scope=user.place, detail=detail)
    return row, text


def _check(user: User, wanted: Wanted) -> None:
    if not wanted.permissions or not set(wanted.permissions) <= set(lendable(user)):
        raise Invalid(_("Choose at least one permission, of those that your role holds."))
    outside = [prefix for prefix in wanted.prefixes if not covers(user.reach, prefix)]
    if outside:
        sentence = _("%(codes)s lies outside your own scope.")
        raise Invalid(sentence % {"codes": ", ".join(outside)})
    if not 1 <= wanted.days <= MAX_DAYS:
        raise Invalid(_("A token is good for 1 to %(most)d days.") % {"most": MAX_DAYS})


def _insert(user: User, wanted: Wanted, text: str, now: datetime) -> ApiToken:
    try:
        with transaction.atomic():
            return ApiToken.objects.create(
                user=user,
                name=wanted.name,
                digest=_digest(text),
                permissions=[str(p) for p in wanted.permissions],
                prefixes=wanted.prefixes,
                made_at=now,
                expires_at=now + timedelta(days=wanted.days),
            )
    except IntegrityError:
        raise Conflict(_("You have a token of this name: take another, or revoke it.")) from None


@transaction.atomic
def revoke(*, user: User, token_id: int, by: User, now: datetime) -> None:
    """
    Raises:
        NotFound: the user has no such token (any more).
    """
    rows = ApiToken.objects.filter(user=user, pk=token_id, revoked_at=None)
    if rows.update(revoked_at=now) != 1:
        raise NotFound(_("This token is already revoked."))
    audit.note(by=by, action="token.revoked", subject=token_id, scope=user.place)


@transaction.atomic
def revoke_all(user: User, *, by: User, now: datetime) -> int:
    """Revoke every token of a user; how many."""
    count = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    if count:
        detail = {"user": user.pk, "tokens": count}
        audit.note(by=by, action="token.revoked", subject="", scope=user.place, detail=detail)
    return count
