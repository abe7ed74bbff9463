"""Shifts of a district, and points of volunteers."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Permission, covers, may
from patrols.board.rights import shifts_seen
from patrols.models import Duty, PointsRule, Shift
from patrols.models.points import MOST_PER_HOUR


@dataclass(frozen=True, slots=True)
class NewShift:
    """Ends no later than it begins: on the next day."""

    area: str
    name: str
    begins: time
    ends: time
    is_active: bool = True


def must_rule(by: User, area: str) -> None:
    """Shifts bind a whole district: whoever changes them answers for all of it.

    Raises NotAllowed.
    """
    if not may(by.role, Permission.EDIT_PATROL_RULES) or not covers(by.scope, area):
        raise NotAllowed(_("You do not answer for this area."))


@transaction.atomic
def add_shift(*, by: User, wanted: NewShift) -> Shift:
    """Raises NotAllowed; Conflict: the district has a shift of this name."""
    must_rule(by, wanted.area)
    try:
        with transaction.atomic():
            row = Shift.objects.create(
                area=wanted.area, name=wanted.name, begins=wanted.begins, ends=wanted.ends
            )
    except IntegrityError:
        raise _name_taken() from None
    detail = {"name": row.name, "hours": hours_of(row.begins, row.ends)}
    audit.note(by=by, action="shift.added", subject=row.pk, scope=row.area, detail=detail)
    return row


@transaction.atomic
def change_shift(*, by: User, shift_id: int, version: int, wanted: NewShift) -> Shift:
    """Rename a shift, put it out of use, or change its hours while nobody had a duty in it.

    Raises:
        NotFound, NotAllowed.
        Conflict: somebody else was first, the name is taken, or duties hang on its hours.
    """
    before = shift_for(by, shift_id)
    must_rule(by, before.area)
    hours = hours_of(before.begins, before.ends), hours_of(wanted.begins, wanted.ends)
    # Locked, so that nobody is put on duty in it between looking and changing.
    rows = Shift.objects.select_for_update().filter(pk=shift_id, version=version)
    if not rows.exists():
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    if hours[0] != hours[1] and Duty.objects.filter(shift=before).exists():
        message = _("People had duties in these hours, so they stay: make another shift.")
        raise Conflict(message)
    try:
        with transaction.atomic():
            Shift.objects.filter(pk=shift_id).update(
                name=wanted.name, begins=wanted.begins, ends=wanted.ends,
                is_active=wanted.is_active, version=F("version") + 1,
            )  # fmt: skip
    except IntegrityError:
        raise _name_taken() from None
    detail = {
        "name": [before.name, wanted.name],
        "hours": list(hours),
        "is_active": [before.is_active, wanted.is_active],
    }
    audit.note(by=by, action="shift.changed", subject=shift_id, scope=before.area, detail=detail)
    return Shift.objects.get(pk=shift_id)


def shift_for(by: User, shift_id: int) -> Shift:
    """Raises NotFound."""
    row = shifts_seen(by).filter(pk=shift_id).first()
    if row is None:
        raise NotFound(_("The district of this post has no such shift (any more)."))
    return row


def hours_of(begins: time, ends: time) -> str:
    return f"{begins:%H:%M}–{ends:%H:%M}"


def _name_taken() -> Conflict:
    return Conflict(_("The district has a shift of this name already."))


@transaction.atomic
def set_points(*, by: User, is_on: bool, per_hour: Decimal, version: int) -> PointsRule:
    """Switch points on or off, for all districts of the server.

    Raises: NotAllowed; Invalid: too many; Conflict: somebody else was first.
    """
    if not may(by.role, Permission.ADMINISTER):
        raise NotAllowed(_("Your role does not include this. Ask an administrator for it."))
    if not 0 <= per_hour <= MOST_PER_HOUR:
        raise Invalid(_("From 0 to %(most)d points an hour.") % {"most": MOST_PER_HOUR})
    PointsRule.objects.get_or_create(pk=1)
    rows = PointsRule.objects.filter(pk=1, version=version)
    if rows.update(is_on=is_on, points_per_hour=per_hour, version=F("version") + 1) != 1:
        raise Conflict(_("Somebody else has changed this meanwhile.  Load the page again."))
    detail = {"is_on": is_on, "points_per_hour": str(per_hour)}
    audit.note(by=by, action="points.changed", detail=detail)
    return PointsRule.objects.get(pk=1)


def points_rule() -> PointsRule:
    """The rule in force; an unsaved one where nobody has ever said any."""
    return PointsRule.objects.filter(pk=1).first() or PointsRule()
