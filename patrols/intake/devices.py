"""Devices of members: made with a token that is shown once, given another, revoked."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Permission, in_scope, may, scope_q
from patrols.intake.tokens import hash_of, hint_of, new_token
from patrols.models import Device, Member

MOST_DEVICES = 5
LONGEST_SEARCH = 40


def devices_of(user: User, words: str = "") -> QuerySet[Device]:
    """The devices of members in reach, those in use first; words: in a name or staff number."""
    rows = Device.objects.filter(scope_q(user, "member__scope_code")).select_related("member")
    if words:
        told = words[:LONGEST_SEARCH]
        rows = rows.filter(Q(member__name__icontains=told) | Q(member__number__icontains=told))
    return rows.order_by("revoked_at", "member__name", "member__number", "id")


def member_for(by: User, member_id: int) -> Member:
    """
    Raises:
        NotFound: there is none, or none that the user may plan.
    """
    row = Member.objects.filter(scope_q(by, "scope_code"), pk=member_id).first()
    if row is None or not may(by.role, Permission.PLAN_DUTIES):
        raise NotFound(_("There is no such member in your area."))
    return row


@transaction.atomic
def add_device(*, by: User, member_id: int, name: str, now: datetime) -> tuple[Device, str]:
    """A device and its token, which is told only here.

    Raises:
        NotFound: see `member_for`.
        Invalid: the member is not active, or has too many devices.
    """
    member = member_for(by, member_id)
    Member.objects.select_for_update().get(pk=member.pk)
    if not member.is_active:
        raise Invalid(_("This member is not active."))
    if Device.objects.filter(member=member, revoked_at=None).count() >= MOST_DEVICES:
        told = _("This member has %(most)d devices already: revoke one that is no longer used.")
        raise Invalid(told % {"most": MOST_DEVICES})
    token = new_token()
    row = Device.objects.create(
        member=member, name=name.strip(), token_hash=hash_of(token), hint=hint_of(token),
        made_at=now, rotated_at=now,
    )  # fmt: skip
    _note(by, row, action="device.added")
    return row, token


@transaction.atomic
def rotate(*, by: User, device_id: int, seen: str, now: datetime) -> tuple[Device, str]:
    """Give a device another token; the one before is refused from this transaction on.

    seen: the hint that the page showed.

    Raises:
        NotFound, NotAllowed: see `device_for`.
        Conflict: somebody else was first, or the device is revoked.
    """
    row = device_for(by, device_id)
    token = new_token()
    changed = Device.objects.filter(pk=row.pk, hint=seen, revoked_at=None).update(
        token_hash=hash_of(token), hint=hint_of(token), rotated_at=now, last_refusal=""
    )
    if changed != 1:
        raise _changed()
    row.refresh_from_db()
    _note(by, row, action="device.rotated")
    return row, token


@transaction.atomic
def revoke(*, by: User, device_id: int, now: datetime) -> Device:
    """Refuse a device's token from this transaction on; what it has sent stays.

    Raises:
        NotFound, NotAllowed: see `device_for`.
        Conflict: it is revoked already.
    """
    row = device_for(by, device_id)
    if Device.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now) != 1:
        raise _changed()
    row.refresh_from_db()
    _note(by, row, action="device.revoked")
    return row


def device_for(by: User, device_id: int) -> Device:
    """
    Raises:
        NotFound: there is none in reach.
        NotAllowed: the user does not plan duties.
    """
    row = Device.objects.select_related("member").filter(pk=device_id).first()
    if row is None or not in_scope(by, row.member.scope_code):
        raise NotFound(_("There is no such device in your area."))
    if not may(by.role, Permission.PLAN_DUTIES):
        raise NotAllowed(_("Whoever plans duties looks after devices."))
    return row


def _changed() -> Conflict:
    return Conflict(_("Somebody else has changed this device meanwhile. Load the page again."))


def _note(by: User, row: Device, *, action: str) -> None:
    audit.note(
        by=by, action=action, subject=row.member.number, scope=row.member.scope_code,
        detail={"name": row.name, "hint": row.hint},
    )  # fmt: skip
