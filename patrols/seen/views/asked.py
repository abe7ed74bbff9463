"""What the addresses of this room ask for."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import parse_choice, parse_day, parse_int, parse_text
from gis_server.errors import Invalid, NotFound
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import covers
from patrols.models import Shift
from patrols.seen import queries
from patrols.seen.queries import SORTS, Asked, Row

MOST_ID = 2**63 - 1
LEAST_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Question:
    """shift: None for all of the day.  sort: see `queries.SORTS`."""

    asked: Asked
    shift: Shift | None
    shifts: list[Shift]
    sort: str

    @property
    def day(self) -> date:
        return self.asked.day

    @property
    def shift_name(self) -> str:
        return self.shift.name if self.shift else ""


def question_of(request: HttpRequest, user: User, now: datetime) -> Question:
    """
    Raises:
        Invalid: something that is no day, shift, area or order.
        NotFound: a shift or area out of the reader's reach.
    """
    today = timezone.localdate(now)
    day = parse_day(request, "day") or today
    known = queries.shifts(user)
    number = parse_int(request, "shift", 0, 0, MOST_ID)
    shift = next((one for one in known if one.pk == number), None)
    if number and shift is None:
        raise NotFound(_("There is no such shift."))
    asked = Asked(min(day, today), shift.pk if shift else None, area_of(request, user))
    return Question(asked, shift, known, parse_choice(request, "sort", SORTS) or SORTS[0])


def area_of(request: HttpRequest, user: User) -> str:
    """Digits of an area that meets the reader's reach; empty for all of it.

    Raises:
        Invalid: no digits.
        NotFound: out of reach.
    """
    area = parse_text(request, "area", LONGEST_CODE)
    if not area:
        return ""
    if not (area.isascii() and area.isdigit() and len(area) >= LEAST_DIGITS):
        raise Invalid(_("An area is told by the digits of its code."))
    area = area.rstrip("0") if len(area) == 12 and area.endswith("000") else area
    if not covers(user.reach, area) and not any(one.startswith(area) for one in user.reach):
        raise NotFound(_("There is no such area in yours."))
    return area


def ordered(rows: list[Row], sort: str) -> list[Row]:
    """Rows that come the most overdue first, in another order."""
    if sort == "code":
        return sorted(rows, key=lambda row: row.code)
    if sort in ("area", "streets", "buildings"):
        return sorted(rows, key=lambda row: _least(row, sort))
    return rows


def _least(row: Row, share: str) -> float:
    value = getattr(row, share).value
    return 2.0 if value is None else float(value)


def of_grid(asked: Asked, code: str) -> Asked:
    return replace(asked, area=code)
