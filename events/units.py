"""The units that an event can be sent to: divisions it lies in, departments that work there.

A unit is named by a key: "division:12", "department:3".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from events.models import Department, Event
from gis_server.errors import Invalid
from grids.codes import DIVISION_DIGITS, prefix
from grids.models import Division

MOST_DEPARTMENTS = 300
MOST_AT_ONCE = 20
PATH_DIGITS = (6, 9, 12)
"""District, street and community; above them nobody handles events."""


@dataclass(frozen=True, slots=True)
class Unit:
    """code: the prefix of its territory.  Of division_id and department_id one is None."""

    key: str
    name: str
    code: str
    division_id: int | None = None
    department_id: int | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """As rows about a unit store it."""
        return {
            "division_id": self.division_id,
            "department_id": self.department_id,
            "unit_name": self.name,
            "unit_code": self.code,
        }


def units_for(event: Event) -> list[Unit]:
    """The divisions that the event lies in, the lowest first, and the departments that work there.

    Two queries.
    """
    return [*divisions_for(event.scope_code), *departments_for(event.scope_code)]


def divisions_for(code: str) -> list[Unit]:
    codes = {code[:most].ljust(DIVISION_DIGITS, "0") for most in PATH_DIGITS if len(code) >= most}
    rows = Division.objects.filter(code__in=codes).order_by("-code")
    return [
        Unit(f"division:{row.pk}", row.name, prefix(row.code), division_id=row.pk) for row in rows
    ]


def departments_for(code: str) -> list[Unit]:
    areas = [code[:most] for most in range(2, len(code) + 1)]
    rows = Department.objects.filter(is_active=True, area__in=areas).order_by("area", "name", "id")
    return [
        Unit(f"department:{row.pk}", row.name, row.area, department_id=row.pk)
        for row in rows[:MOST_DEPARTMENTS]
    ]


def chosen_units(event: Event, keys: Sequence[str]) -> list[Unit]:
    """The units with these keys, in their order.

    Raises:
        Invalid: none, too many, twice the same, or one that the event cannot be sent to.
    """
    if not 1 <= len(keys) <= MOST_AT_ONCE or len(set(keys)) != len(keys):
        rule = _("Choose 1 to %(most)d units, none of them twice.")
        raise Invalid(rule % {"most": MOST_AT_ONCE})
    known = {unit.key: unit for unit in units_for(event)}
    if any(key not in known for key in keys):
        raise Invalid(_("This event cannot be sent to one of these units (any more): choose anew."))
    return [known[key] for key in keys]


def names_of(units: Sequence[Unit]) -> str:
    return "、".join(unit.name for unit in units)
