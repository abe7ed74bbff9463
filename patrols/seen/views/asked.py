"""What the addresses of this room ask for."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import parse_choice, parse_day, parse_int, parse_text
from gis_server.errors import Invalid, NotFound
from gis_server.models import LONGEST_CODE, User
from gis_server.openapi.schemas import DAY, Group, text, whole, words
from gis_server.roles import covers
from grids.codes import DIVISION_DIGITS, BadCode, prefix
from patrols.control import ControlLevel
from patrols.intake.taking import oldest_kept
from patrols.models import Shift
from patrols.seen import queries
from patrols.seen.queries import SORTS, Asked, Row
from patrols.seen.windows import MOST_DAYS, Window
from patrols.slots import SLOT_S

MOST_ID = 2**63 - 1
LEAST_DIGITS = 2
SPANS = ("day", "days")
"""What hours unseen are asked of: the day and shift, or some days up to a moment; else of now."""
LONGEST_MOMENT = 40
AREA = text(LONGEST_CODE, pattern="^[0-9]{2,}$", description="The digits of a code.")
ASKED: Group = {
    "day": DAY,
    "shift": whole(0, MOST_ID),
    "area": AREA,
    "sort": words(SORTS),
    "level": words(ControlLevel),
    "window": words(SPANS),
    "days": whole(1, MOST_DAYS, MOST_DAYS),
    "until": text(LONGEST_MOMENT, description="A moment, such as 2026-03-31T08:30."),
}
"""What `question_of` reads."""


@dataclass(frozen=True, slots=True)
class Question:
    """shift: None for all of the day.  sort: see `queries.SORTS`.  span: see `SPANS`, empty for
    all up to now; days: of the span; until: its moment, None for now.
    """

    asked: Asked
    shift: Shift | None
    shifts: list[Shift]
    sort: str
    window: Window
    span: str
    days: int
    until: datetime | None

    @property
    def day(self) -> date:
        return self.asked.day

    @property
    def shift_name(self) -> str:
        return self.shift.name if self.shift else ""


def question_of(request: HttpRequest, user: User, now: datetime) -> Question:
    """
    Raises:
        Invalid: something that is no day, shift, area, order or window.
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
    sort = parse_choice(request, "sort", SORTS) or SORTS[0]
    level = parse_choice(request, "level", list(ControlLevel))
    span = parse_choice(request, "window", SPANS) or ("days" if level else "")
    days, until = parse_int(request, "days", MOST_DAYS, 1, MOST_DAYS), moment_of(request, "until")
    window = Window(now)
    if span == "day":
        window = of_day(asked, [shift] if shift else known, now)
    elif span == "days":
        window = of_days(days, until, now)
    if window.begins and timezone.localdate(window.begins) < oldest_kept(now):
        raise Invalid(_("Times of so long ago are not kept: choose a later day or moment."))
    window = replace(window, level=ControlLevel(level) if level else None)
    return Question(asked, shift, known, sort, window, span, days, until)


def of_day(asked: Asked, shifts: list[Shift], now: datetime) -> Window:
    """The duties of a day in some shifts; from when the first begins until the last is over.

    Raises:
        Invalid: it has not begun.
    """
    zone = timezone.get_default_timezone()
    spans = [one.as_shift().span(asked.day, zone) for one in shifts]
    midnight = datetime.combine(asked.day, time.min, zone)
    begins = min((one.begin for one in spans), default=midnight)
    ends = max((one.end for one in spans), default=midnight + timedelta(days=1))
    if begins >= now:
        raise Invalid(_("This shift has not begun yet."))
    # By the minute, so that whoever asks for many tiles asks for one window.
    return Window(min(ends, by(now, 60)), begins, asked.day, asked.shift)


def of_days(days: int, until: datetime | None, now: datetime) -> Window:
    """So many days up to a moment; a stretch knows each cell's last time in half an hour, so a
    moment that is past is taken down to the half hour.
    """
    at = by(now, 60) if until is None or until >= now else by(until, SLOT_S)
    return Window(at, at - timedelta(days=days))


def by(at: datetime, seconds: int) -> datetime:
    """The last whole of so many seconds up to a moment."""
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def moment_of(request: HttpRequest, name: str) -> datetime | None:
    """A moment from the query string, as browsers write it or with its zone; None for none.

    Raises:
        Invalid: no moment.
    """
    text = parse_text(request, name, LONGEST_MOMENT)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=timezone.get_default_timezone())
        return at.astimezone(UTC) if 2000 <= at.year < 2200 else _no_moment(text)
    except (ValueError, OverflowError):
        return _no_moment(text)


def _no_moment(text: str) -> datetime:
    raise Invalid(_("%(text)s is no moment. Write it like 2026-03-31T08:30.") % {"text": text})


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
    if len(area) == DIVISION_DIGITS:
        try:
            area = prefix(area)
        except BadCode:
            raise Invalid(_("An area is told by the digits of its code.")) from None
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
