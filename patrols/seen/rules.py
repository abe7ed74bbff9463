"""How many visits a grid needs a day: what is set, and setting it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Permission, covers, may, scope_q
from gis_server.scopes import areas_of
from grids.codes import prefix
from grids.models import Division, Grid
from patrols.control import ControlLevel
from patrols.models import RequiredVisits
from patrols.models.seen import MOST_VISITS

MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """code: of a division or grid."""

    code: str
    level: ControlLevel
    per_day: int


def rules(user: User) -> QuerySet[RequiredVisits]:
    """Those of areas in reach."""
    return RequiredVisits.objects.filter(scope_q(user, "area")).order_by("area", "level")


@transaction.atomic
def set_required(*, by: User, wanted: Wanted) -> RequiredVisits:
    """Say how many visits a day each grid of an area needs at a level; again to say it otherwise.

    Raises:
        Invalid: no such division or grid, or a number that nobody can keep.
        NotAllowed: the area is not the user's own.
    """
    area = _area(by, wanted.code)
    if not 0 <= wanted.per_day <= MOST_VISITS:
        raise Invalid(_("A grid can need 0 to %(most)d visits a day.") % {"most": MOST_VISITS})
    row, _made = RequiredVisits.objects.update_or_create(
        area=area, level=wanted.level.value, defaults={"per_day": wanted.per_day}
    )
    detail = {"level": row.level, "per_day": row.per_day}
    audit.note(by=by, action="required_visits.set", subject=area, scope=area, detail=detail)
    return row


@transaction.atomic
def remove_required(*, by: User, rule_id: int) -> None:
    """Let what holds for a larger area count again.

    Raises:
        NotFound: no such rule in reach.
        NotAllowed: its area is not the user's own.
    """
    row = rules(by).filter(pk=rule_id).first()
    if row is None:
        raise NotFound(_("There is no such rule."))
    _check(by, row.area)
    row.delete()
    detail = {"level": row.level, "per_day": row.per_day}
    audit.note(
        by=by, action="required_visits.removed", subject=row.area, scope=row.area, detail=detail
    )


def _area(by: User, code: str) -> str:
    """The digits of a division or grid that exists and is the user's own."""
    known = Grid.objects.filter(code=code, gone_on=None).exists()
    if not known and not Division.objects.filter(code=code).exists():
        raise Invalid(_("There is no division or grid with this code."))
    area = code if known else prefix(code)
    _check(by, area)
    return area


def _check(by: User, area: str) -> None:
    if not may(by.role, Permission.EDIT_PATROL_RULES) or not covers(by.scope, area):
        raise NotAllowed(_("You do not answer for this area."))


def names(areas: list[str]) -> dict[str, str]:
    """One query."""
    return {area: one.name for area, one in areas_of(areas).items()}
