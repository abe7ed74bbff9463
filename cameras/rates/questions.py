"""What a reader asks of rates, read from the address of a page."""

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.models import Camera
from cameras.rates import periods
from cameras.rates.periods import MOST_DAYS, Named, Period
from cameras.rates.pieces import Asked
from cameras.rates.queries import By
from gis_server.edge import parse_choice, parse_day, parse_text
from gis_server.errors import Invalid
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import common
from grids.codes import DIGITS, Level

LONGEST_KEY = 20
DIVISIONS = (By.DISTRICT, By.STREET, By.COMMUNITY)


@dataclass(frozen=True, slots=True)
class Question:
    """A period, what the rows are, and what narrows them; key: one row of it."""

    by: By
    period: Period
    named: Named | None = None
    priority: str = ""
    area: str = ""
    key: str = ""

    def asked(self, prefixes: list[str], known_at: datetime, zone: tzinfo) -> Asked:
        """
        prefixes: the territory that counts.
        """
        start, end = self.period.bounds(zone)
        whole = Asked(
            start=start, end=end, known_at=known_at, prefixes=prefixes,
            priority=self.priority, area=self.area,
        )  # fmt: skip
        return whole if not self.key else replace(whole, **self._narrowed())

    def _narrowed(self) -> dict[str, Any]:
        if self.by in DIVISIONS:
            return {"division": (DIGITS[Level(self.by.value)], self.key)}
        if self.by is By.CLASS:
            return {"priority": self.key}
        return {self.by.value: int(self.key)}

    def address(self, **changes: object) -> str:
        """The query of a page that asks this, but for some changes."""
        told = {
            "by": self.by.value,
            **self._period(),
            "class": self.priority,
            "area": self.area,
            "key": self.key,
        } | changes
        return urlencode({name: value for name, value in told.items() if value})

    def _period(self) -> dict[str, str]:
        if self.named:
            return {"period": self.named.value}
        return {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}


def question_of(request: HttpRequest, user: User, now: datetime) -> Question:
    """
    Raises:
        Invalid: something that is no group, period or filter.
    """
    by = parse_choice(request, "by", [one.value for one in By])
    period, name = period_of(request, timezone.localdate(now))
    return Question(
        By(by) if by else usual_by(user),
        period,
        name,
        parse_choice(request, "class", Camera.Priority.values),
        digits_of(request, "area", LONGEST_CODE),
        key_of(request, by),
    )


def usual_by(user: User) -> By:
    """The level below the reader's own area."""
    longest = max((len(one) for one in user.reach), default=0)
    return By.COMMUNITY if longest >= DIGITS[Level.STREET] else By.STREET


def period_of(request: HttpRequest, today: date) -> tuple[Period, Named | None]:
    """From and to, both of them in it, or a period with a name; this month unless told.

    Raises:
        Invalid: no date, an end before its beginning, or more than `MOST_DAYS`.
    """
    name = parse_choice(request, "period", [one.value for one in Named])
    first, last = parse_day(request, "from"), parse_day(request, "to")
    if first is None and last is None:
        chosen = Named(name or Named.THIS_MONTH)
        return periods.named(chosen, today), chosen
    first, last = first or last or today, last or first or today
    if last < first:
        raise Invalid(_("The period ends before it begins."))
    if (last - first).days >= MOST_DAYS:
        raise Invalid(_("A period has %(most)d days at most.") % {"most": MOST_DAYS})
    return Period(first, last), None


def digits_of(request: HttpRequest, name: str, longest: int) -> str:
    text = parse_text(request, name, longest)
    if text and not (text.isascii() and text.isdigit()):
        raise Invalid(_("%(name)s is written in digits.") % {"name": name})
    return text


def key_of(request: HttpRequest, by: str) -> str:
    """Raises Invalid: what is the key of no row."""
    if by == By.CLASS.value:
        return parse_choice(request, "key", Camera.Priority.values)
    key = digits_of(request, "key", LONGEST_KEY)
    if key and not by:
        raise Invalid(_("%(name)s must not be empty.") % {"name": "by"})
    return key if not key or by in DIVISIONS or int(key) < 2**63 else "0"


def territory(user: User, area: str) -> list[str]:
    """The reader's reach within an area, or all of it."""
    return common(user.reach, [area]) if area else list(user.reach)
