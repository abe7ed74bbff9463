"""Which moment, span or days of the past a question is about; everything wrong with it is told."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import parse_day, parse_moment
from gis_server.errors import Invalid
from gis_server.models import User
from gis_server.roles import common
from patrols.seen.views.asked import area_of

LONGEST_SPAN = timedelta(hours=24)
AHEAD = timedelta(seconds=60)
"""So much a reader's clock may be ahead of ours before a moment counts as one to come."""
# The first that was written down of anything that moves on the map.  Records of cameras are a few
# per camera; events are found by their index.
BEGINS = """
    SELECT least((SELECT min(received_at) FROM events_event),
                 (SELECT min(since) FROM cameras_camerarecord))"""


@dataclass(frozen=True, slots=True)
class Span:
    """From just after `begin` to `end`, which is in it."""

    begin: datetime
    end: datetime


def moment_of(request: HttpRequest, now: datetime) -> datetime:
    """Of `at`.  Raises Invalid: none, one to come, or from before anything was written down."""
    return _past(request, "at", now)


def span_of(request: HttpRequest, now: datetime) -> Span:
    """Of `from` and `to`.  Raises Invalid: see `moment_of`; or the wrong way round, or too long."""
    span = Span(_past(request, "from", now), _past(request, "to", now))
    if span.end < span.begin:
        raise Invalid(_("The span ends before it begins: exchange from and to."))
    if span.end - span.begin > LONGEST_SPAN:
        rule = _("The span is too long: at most %(hours)d hours can be asked for at once.")
        raise Invalid(rule % {"hours": LONGEST_SPAN / timedelta(hours=1)})
    return span


def days_of(request: HttpRequest, now: datetime) -> tuple[date, date]:
    """Of `from` and `to`, either way round.  Raises Invalid: a day is missing, or to come."""
    return _day(request, "from", now), _day(request, "to", now)


def past_day(request: HttpRequest, name: str, now: datetime) -> date | None:
    """Raises Invalid: no day, or one to come."""
    day = parse_day(request, name)
    if day is not None and day > timezone.localdate(now):
        rule = _("%(name)s is a day to come: choose today or a day before.")
        raise Invalid(rule % {"name": name})
    return day


def reach_of(request: HttpRequest, user: User) -> list[str]:
    """The reader's reach, cut to `area` where one is asked for.

    Raises:
        Invalid: no code.
        NotFound: out of reach.
    """
    area = area_of(request, user)
    return common(user.reach, [area] if area else None)


def begins() -> datetime | None:
    """Since when anything is written down; None where nothing is.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(BEGINS)
        found: datetime | None = cursor.fetchone()[0]
    return found


def noon_of(day: date) -> datetime:
    """A moment that is of this day in our time zone, whatever its clocks do at night."""
    return timezone.make_aware(datetime.combine(day, time(12)))


def check_known(at: datetime, first: datetime | None) -> None:
    """Raises Invalid: nothing was written down yet at this moment.  Of the first day all may be
    asked for.
    """
    if first is None:
        raise Invalid(_("Nothing has been written down yet that could be shown."))
    if timezone.localdate(at) < timezone.localdate(first):
        rule = _("Nothing was written down before %(day)s: choose that day or a later one.")
        raise Invalid(rule % {"day": timezone.localdate(first).isoformat()})


def _past(request: HttpRequest, name: str, now: datetime) -> datetime:
    at = parse_moment(request, name)
    if at is None:
        rule = _("%(name)s is missing: a time with its zone, such as 2026-03-31T08:00:00+08:00.")
        raise Invalid(rule % {"name": name})
    if at > now + AHEAD:
        raise Invalid(_("%(name)s is a time to come: nobody knows it yet.") % {"name": name})
    return min(at, now)


def _day(request: HttpRequest, name: str, now: datetime) -> date:
    day = past_day(request, name, now)
    if day is None:
        rule = _("%(name)s is missing: a day, such as 2026-03-31.")
        raise Invalid(rule % {"name": name})
    return day
