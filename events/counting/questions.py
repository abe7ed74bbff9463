"""What a reader asks of figures, read from the address of a page."""

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.rates.periods import DAY, Named, Period, midnight
from cameras.rates.questions import digits_of, period_of, territory
from events.counting.cases import Asked
from events.counting.queries import DIVISIONS, By
from events.models import EventKind, Source
from events.workflow import Severity
from gis_server.edge import parse_choice, parse_day
from gis_server.errors import Invalid
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import common
from grids.codes import DIGITS, Level

LONGEST_KEY = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A period, what the rows are, and what narrows them; key: one row of it.

    as_of: the last day of which is known; None: all until now.
    """

    by: By
    period: Period
    named: Named | None = None
    as_of: date | None = None
    area: str = ""
    kind: str = ""
    severity: str = ""
    source: str = ""
    category: int = 0
    key: str = ""

    def asked(self, user: User, now: datetime, zone: tzinfo) -> Asked:
        """What is counted, cut to the user's reach."""
        start, end = self.period.bounds(zone)
        known_at = min(now, midnight(self.as_of + DAY, zone)) if self.as_of else now
        whole = Asked(
            start, end, known_at, territory(user, self.area), self.kind, self.category,
            self.severity, self.source,
        )  # fmt: skip
        return self._narrowed(whole) if self.key else whole

    def _narrowed(self, asked: Asked) -> Asked:
        if self.by in DIVISIONS:
            digits = DIGITS[Level(self.by.value)]
            return replace(asked, prefixes=common(list(asked.prefixes), [self.key[:digits]]))
        if self.by is By.CATEGORY:
            return replace(asked, category=int(self.key))
        narrowed: dict[str, Any] = {self.by.value: self.key}
        return replace(asked, **narrowed)

    def address(self, **changes: object) -> str:
        """The query of a page that asks this, but for some changes."""
        told = {
            "by": self.by.value,
            **self._period(),
            "as_of": self.as_of.isoformat() if self.as_of else "",
            "area": self.area,
            "kind": self.kind,
            "severity": self.severity,
            "source": self.source,
            "category": self.category or "",
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
        Invalid: something that is no group, period, day or filter.
    """
    by = parse_choice(request, "by", [one.value for one in By])
    period, name = period_of(request, timezone.localdate(now))
    category = digits_of(request, "category", LONGEST_KEY)
    return Question(
        By(by) if by else usual_by(user),
        period,
        name,
        parse_day(request, "as_of"),
        digits_of(request, "area", LONGEST_CODE),
        parse_choice(request, "kind", EventKind.values),
        parse_choice(request, "severity", [one.value for one in Severity]),
        parse_choice(request, "source", Source.values),
        _number(category) if category else 0,
        key_of(request, by),
    )


def usual_by(user: User) -> By:
    """The level below the reader's own area."""
    shortest = min((len(one) for one in user.reach), default=0)
    return By.COMMUNITY if shortest >= DIGITS[Level.STREET] else By.STREET


def key_of(request: HttpRequest, by: str) -> str:
    """Raises Invalid: what is the key of no row."""
    words = {
        By.KIND.value: EventKind.values,
        By.SOURCE.value: Source.values,
        By.SEVERITY.value: [one.value for one in Severity],
    }
    if by in words:
        return parse_choice(request, "key", words[by])
    key = digits_of(request, "key", LONGEST_KEY)
    if key and not by:
        raise Invalid(_("%(name)s must not be empty.") % {"name": "by"})
    return str(_number(key)) if key and by == By.CATEGORY.value else key


def _number(text: str) -> int:
    """An id; one that no row can have is that of no row."""
    return int(text) if int(text) < 2**31 else 2**31 - 1
