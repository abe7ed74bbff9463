"""Which week, posts and control level of the roster somebody asks for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from gis_server.edge import parse_choice, parse_day, parse_text
from gis_server.errors import Invalid
from gis_server.models import LONGEST_CODE
from grids.codes import BadCode, prefix
from patrols.control import ControlLevel
from patrols.models import Force, PostKind

DAYS = 7
LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Filters:
    """monday: of the week.  area: digits that the posts' territory begins with, "" for all in
    reach.  level: whose roster is shown; None for each post's own, as it is in force there.
    """

    monday: date
    area: str = ""
    force: str = ""
    kind: str = ""
    words: str = ""
    level: ControlLevel | None = None

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=number) for number in range(DAYS)]

    def query(self, **other: str) -> str:
        """The same as a query string, with some of it different."""
        told = {
            "week": self.monday.isoformat(),
            "division": self.area,
            "force": self.force,
            "kind": self.kind,
            "q": self.words,
            "level": self.level.value if self.level else "",
        } | other
        return urlencode({name: value for name, value in told.items() if value})

    def week(self, weeks: int) -> str:
        """The same some weeks later or earlier."""
        return self.query(week=(self.monday + timedelta(weeks=weeks)).isoformat())


def filters_of(request: HttpRequest, now: datetime) -> Filters:
    """Raises Invalid."""
    day = parse_day(request, "week") or timezone.localdate(now)
    level = parse_choice(request, "level", [one.value for one in ControlLevel])
    return Filters(
        monday=monday_of(day),
        area=area_of(parse_text(request, "division", LONGEST_CODE)),
        force=parse_choice(request, "force", Force.values),
        kind=parse_choice(request, "kind", PostKind.values),
        words=parse_text(request, "q", LONGEST_WORD),
        level=ControlLevel(level) if level else None,
    )


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def area_of(code: str) -> str:
    """The digits of a division or grid by its code, or such digits themselves.  Raises Invalid."""
    if not code:
        return ""
    if not (code.isascii() and code.isdigit()):
        raise Invalid(_("A code has 2 to 19 digits."))
    try:
        return prefix(code)
    except BadCode:
        return code
