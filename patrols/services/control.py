"""Switching the control level (防控等级) of a district or a street."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from gis_server.roles import Permission, covers, may
from grids.codes import prefix
from grids.models import Division
from grids.models import Level as DivisionLevel
from patrols.control import ControlLevel
from patrols.models import ControlSwitch
from patrols.models.control import MAX_REASON

LONGEST = timedelta(days=366)
LOCK = 7_214_003
"""Switches of one moment stand in a row, so that each sees the one before."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """division: the code of a district or street.  seen: the id of the switch that the page showed
    as the area's newest, 0 for none.  until: None, until it is switched again.
    """

    division: str
    level: ControlLevel
    reason: str
    until: datetime | None
    seen: int


@transaction.atomic
def switch_control(*, by: User, wanted: Wanted, now: datetime) -> ControlSwitch:
    """Put a control level into force at once.

    Raises:
        Invalid: no district or street, no reason, an end that has passed or is too far.
        NotAllowed: the area is not the user's own; what is lent is no ground to decide for others.
        Conflict: somebody else has switched it since the page was opened.
    """
    area = area_of(by, wanted.division)
    reason = wanted.reason.strip()
    if not reason or len(reason) > MAX_REASON or "\0" in reason:
        raise Invalid(_("Say why, in at most %(most)d characters.") % {"most": MAX_REASON})
    if wanted.until is not None and not now < wanted.until <= now + LONGEST:
        raise Invalid(_("The end must lie ahead, and no more than a year."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = ControlSwitch.objects.filter(area=area).first()
    if (last.pk if last else 0) != wanted.seen:
        raise Conflict(_("Somebody else has switched this area meanwhile: look at it anew."))
    row = ControlSwitch.objects.create(
        area=area, level=wanted.level.value, begins=now, until=wanted.until, reason=reason,
        user_id=by.pk, who=by.get_full_name(),
    )  # fmt: skip
    detail = {
        "level": row.level,
        "until": row.until.isoformat() if row.until else "",
        "reason": reason,
    }
    audit.note(by=by, action="control.switched", subject=area, scope=area, detail=detail)
    return row


def area_of(by: User, code: str) -> str:
    """The digits of a division that the user may switch.  Raises: see `switch_control`."""
    levels = [DivisionLevel.DISTRICT, DivisionLevel.STREET]
    division = Division.objects.filter(code=code, level__in=levels).first()
    if division is None:
        raise Invalid(_("There is no such district or street."))
    area = prefix(division.code)
    if not may(by.role, Permission.SWITCH_CONTROL) or not covers(by.scope, area):
        raise NotAllowed(_("You do not answer for this area."))
    return area
