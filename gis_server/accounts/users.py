"""Looking after users: who may manage whom, and every change with its row in the audit trail.

An administrator manages those whose whole scope lies inside their own reach, and gives no scope
and no permission that is not their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from gis_server import audit, live
from gis_server.accounts import second_factor, sessions, tokens
from gis_server.accounts.passwords import made_password
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import MAY, ROLE_NAMES, Role, covers

MAX_PREFIXES = 20
# A user without a scope, such as one that the district's own sign-in brought, is anybody's to mind.
INSIDE = """NOT EXISTS (
    SELECT 1 FROM unnest(gis_server_user.scope) AS part WHERE NOT part LIKE ANY(%s))"""


@dataclass(frozen=True)
class Wanted:
    """What an administrator may set: the name that others see, role, scope, and whether active.

    outside_id: who they are at the district's own sign-in; None for nobody.
    """

    display_name: str
    role: str
    scope: list[str]
    is_active: bool = True
    outside_id: str | None = None


def managed_by(by: User) -> QuerySet[User]:
    """The users whose whole scope lies inside the reach of `by`."""
    patterns = [f"{prefix}%" for prefix in by.reach if prefix.isdigit()]
    inside = RawSQL(INSIDE, [patterns], output_field=BooleanField())  # noqa: S611 - a constant
    return User.objects.filter(inside)


def find(by: User, user_id: int) -> User:
    """
    Raises:
        NotFound: no such user, or none that `by` manages.
    """
    user = managed_by(by).filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no such user in your territory."))
    return user


def roles_given_by(by: User) -> list[tuple[str, Any]]:
    """The roles that `by` may give: those that hold no permission that `by` lacks."""
    own = MAY[Role(by.role)]
    return [(role, name) for role, name in ROLE_NAMES if MAY[Role(role)] <= own]


def shortest(prefixes: list[str]) -> list[str]:
    """The prefixes in order, each once, without those that lie inside another."""
    kept: list[str] = []
    for prefix in sorted(set(prefixes)):
        if not covers(kept, prefix):
            kept.append(prefix)
    return kept


@transaction.atomic
def make(*, by: User, username: str, wanted: Wanted) -> tuple[User, str]:
    """A new user and the password to tell them, which they must change first.

    Raises:
        Invalid: the name is taken, or something breaks a rule of its field.
        NotAllowed: a role or scope that is not `by`'s to give.
    """
    _check_gift(by, wanted)
    password = made_password()
    user = User(username=username, must_change_password=True, **_columns(wanted))
    user.set_password(password)
    _save_new(user)
    detail = {"username": username, **_columns(wanted)}
    audit.note(by=by, action="user.made", subject=user.pk, scope=user.place, detail=detail)
    return user, password


def _save_new(user: User) -> None:
    taken = Invalid(_("This user name is taken. Choose another."))
    if User.objects.filter(username__iexact=user.username).exists():
        raise taken
    try:
        user.full_clean()
        with transaction.atomic():
            user.save(force_insert=True)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    except IntegrityError:
        # Another administrator took the name between the look and the insert.
        raise taken from None


@transaction.atomic
def edit(*, by: User, user_id: int, version: int, wanted: Wanted) -> User:
    """Set name, role, scope and state, if nobody else has edited since `version` was read.

    Two administrators who switch each other off at the same moment take turns on the rows of all
    administrators, so that one is left.

    Raises:
        NotFound: no user that `by` manages.
        NotAllowed: a role or scope that is not `by`'s to give, or a change of one's own.
        Conflict: somebody edited in between, or it is the last active administrator.
    """
    left = _lock_administrators()
    user = find(by, user_id)
    before = _columns(
        Wanted(user.display_name, user.role, user.scope, user.is_active, user.outside_id)
    )
    changed = {name: to for name, to in _columns(wanted).items() if before[name] != to}
    _check_edit(by, user, wanted, changed, left)
    _update(user, version, changed)
    if changed.get("is_active") is False:
        sessions.end_all(user, by=by)
    detail = {name: [before[name], to] for name, to in changed.items()}
    audit.note(by=by, action="user.changed", subject=user.pk, scope=user.place, detail=detail)
    user.refresh_from_db()
    if changed.keys() & {"role", "scope"}:
        live.record(live.reach_of(user))
    return user


def _update(user: User, version: int, changed: dict[str, Any]) -> None:
    rows = User.objects.filter(pk=user.pk, version=version)
    try:
        with transaction.atomic():
            updated = rows.update(version=F("version") + 1, **changed)
    except IntegrityError:
        raise Conflict(_("Another user has this name at the district's own sign-in.")) from None
    if updated != 1:
        raise Conflict(_("Somebody else has changed this user meanwhile. Load the page again."))


def _check_edit(
    by: User, user: User, wanted: Wanted, changed: dict[str, Any], administrators: set[int]
) -> None:
    if by.pk == user.pk and changed.keys() - {"display_name"}:
        raise NotAllowed(_("Your own role, scope and state are changed by another administrator."))
    if by.pk not in administrators and by.role == Role.ADMINISTRATOR:
        raise NotAllowed(_("You are no longer an administrator. Load the page again."))
    if changed.keys() & {"role", "scope"}:
        _check_gift(by, wanted)
    remains = wanted.is_active and wanted.role == Role.ADMINISTRATOR
    if user.pk in administrators and not remains and len(administrators) == 1:
        raise Conflict(_("This is the last active administrator: make another one first."))


def _check_gift(by: User, wanted: Wanted) -> None:
    """No role or scope beyond one's own; what was only granted for a time is not one's own."""
    if wanted.role not in dict(roles_given_by(by)):
        raise NotAllowed(_("This role is not yours to give."))
    beyond = [prefix for prefix in wanted.scope if not covers(by.scope, prefix)]
    if beyond:
        sentence = _("%(codes)s lies outside your own scope.")
        raise NotAllowed(sentence % {"codes": ", ".join(beyond)})


def _columns(wanted: Wanted) -> dict[str, Any]:
    return {
        "display_name": wanted.display_name,
        "role": str(wanted.role),
        "scope": shortest(wanted.scope),
        "is_active": wanted.is_active,
        "outside_id": wanted.outside_id,
    }


def _lock_administrators() -> set[int]:
    """The active administrators, held until the end of the transaction."""
    rows = User.objects.select_for_update(no_key=True).filter(
        role=Role.ADMINISTRATOR, is_active=True
    )
    return set(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def apply_claims(user: User, *, role: str | None, scope: list[str] | None) -> User:
    """Set what the district's own sign-in says of a user; None leaves as it is.

    The last active administrator stays one: a mistake over there must not lock everybody out.
    """
    left = _lock_administrators()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if left == {user.pk}:
        role = None
    told = {"role": role, "scope": scope}
    changed = {
        name: to for name, to in told.items() if to is not None and to != getattr(user, name)
    }
    if changed:
        detail = {name: [getattr(user, name), to] for name, to in changed.items()}
        User.objects.filter(pk=user.pk).update(version=F("version") + 1, **changed)
        audit.note(by=None, action="user.changed", subject=user.pk, detail=detail)
        user.refresh_from_db()
        live.record(live.reach_of(user))
    return user


@transaction.atomic
def reset_password(*, by: User, user_id: int) -> tuple[User, str]:
    """A new password to tell the user, who must change it first; sessions and locks end.

    Raises:
        NotFound: no user that `by` manages.
        NotAllowed: one's own.
    """
    user = find(by, user_id)
    if user.pk == by.pk:
        raise NotAllowed(_("Change your own password on the page of your account."))
    password = made_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    sessions.end_all(user, by=by)
    AccessAttempt.objects.filter(username=user.username).delete()
    audit.note(by=by, action="password.reset", subject=user.pk, scope=user.place)
    return user, password


@transaction.atomic
def unlock(*, by: User, user_id: int) -> User:
    """Forget the failed sign-ins under the user's name, from every address."""
    user = find(by, user_id)
    if AccessAttempt.objects.filter(username=user.username).delete()[0]:
        audit.note(by=by, action="user.unlocked", subject=user.pk, scope=user.place)
    return user


@transaction.atomic
def end_sessions(*, by: User, user_id: int) -> tuple[User, int]:
    """End the sessions of a user; how many.  One's own that asks stays."""
    user = find(by, user_id)
    if user.pk == by.pk:
        raise NotAllowed(_("End your own sessions on the page of your account."))
    return user, sessions.end_all(user, by=by)


@transaction.atomic
def remove_second_factor(*, by: User, user_id: int) -> User:
    """For somebody who has lost the phone and the codes; their sessions end.

    Raises:
        NotFound: no user that `by` manages.
        NotAllowed: one's own.
        Conflict: there is none.
    """
    user = find(by, user_id)
    if user.pk == by.pk:
        raise NotAllowed(_("Change your own two-step sign-in on the page of your account."))
    second_factor.remove(user, by=by)
    sessions.end_all(user, by=by)
    return user


@transaction.atomic
def revoke_tokens(*, by: User, user_id: int, now: datetime) -> tuple[User, int]:
    """Revoke all API tokens of a user; how many.

    Raises:
        NotFound: no user that `by` manages.
    """
    user = find(by, user_id)
    return user, tokens.revoke_all(user, by=by, now=now)
