"""Groups of logins that many cameras share: made, changed, removed; a password goes in and never
comes out again.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cameras.models import Camera, Credential
from cameras.services.registry import ask_anew, sealed
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import scope_q


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCredential:
    """What a group is to be; no user name means that its cameras log in nowhere.

    password: None leaves the one that is stored.
    """

    name: str
    username: str = ""
    password: str | None = field(default=None, repr=False)
    allow_plain: bool = False


@transaction.atomic
def add_credential(*, by: User, wanted: WantedCredential, now: datetime) -> Credential:
    """A new group.

    Raises:
        Invalid: a user name without a password, or a line break in either.
        Conflict: the name is taken.
    """
    if wanted.username and not wanted.password:
        raise Invalid(_("Say the password that belongs to the user name."))
    row = Credential(
        name=wanted.name,
        username=wanted.username,
        sealed_password=sealed(wanted.username, wanted.password or ""),
        allow_plain=wanted.allow_plain,
        changed_at=now,
    )
    _save(row)
    audit.note(by=by, action="credential.added", subject=row.name)
    return row


@transaction.atomic
def change_credential(
    *, by: User, credential_id: int, wanted: WantedCredential, now: datetime
) -> Credential:
    """Change a group; its cameras are asked with the new login at once, and old refusals of it are
    forgotten.  The row is locked, so that two administrators take turns.

    Raises:
        NotFound: no such group.
        NotAllowed: cameras outside of the area of `by` use it.
        Invalid: a user name without a password, or a line break in either.
        Conflict: the name is taken.
    """
    row = _locked(by, credential_id)
    before = (row.username, row.allow_plain)
    new_password = bool(wanted.password) or wanted.username != row.username
    if new_password:
        if wanted.username and not wanted.password:
            raise Invalid(_("Another user name needs its password, too: say it."))
        row.sealed_password = sealed(wanted.username, wanted.password or "")
    row.name, row.username, row.allow_plain = wanted.name, wanted.username, wanted.allow_plain
    login_changed = new_password or before != (row.username, row.allow_plain)
    if login_changed:
        row.changed_at = now
    _save(row)
    if login_changed:
        members = Camera.objects.filter(credential=row).values_list("id", flat=True)
        ask_anew(members, now=now, new_login=True)
    # Which parts, never what they are.
    detail = {"login": login_changed}
    audit.note(by=by, action="credential.changed", subject=row.name, detail=detail)
    return row


@transaction.atomic
def remove_credential(*, by: User, credential_id: int) -> None:
    """
    Raises:
        NotFound: no such group.
        NotAllowed: cameras outside of the area of `by` use it.
        Conflict: cameras still use it.
    """
    row = _locked(by, credential_id)
    count = Camera.objects.filter(credential=row).count()
    if count:
        message = _("%(count)d cameras still use this login: give them another one first.")
        raise Conflict(message % {"count": count})
    row.delete()
    audit.note(by=by, action="credential.removed", subject=row.name)


def _locked(by: User, credential_id: int) -> Credential:
    row = Credential.objects.select_for_update().filter(id=credential_id).first()
    if row is None:
        raise NotFound(_("There is no such group of logins (any more)."))
    if Camera.objects.filter(credential=row).exclude(scope_q(by, "scope_code")).exists():
        raise NotAllowed(
            _("Cameras outside of your area use this login: only who answers for all changes it.")
        )
    return row


def _save(row: Credential) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(_("There is a group of this name already. Choose another.")) from None
