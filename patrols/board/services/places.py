"""A place on the roster: a shift of a day at a post, locked while it is changed.

Two planners may change one cell together.  Posts are locked in the order of their ids, then the
people, so that each sees what the one before did; and what a page showed of a cell comes with a
change as its mark, so that nobody changes what they have not seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto

from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from patrols.board.rights import posts_seen
from patrols.models import Duty, Post, Shift
from patrols.models.control import DISTRICT_DIGITS
from patrols.roster import Span

CORRECTED_DAYS = 31
"""So far back a day can be put right; what is older has been told in figures."""
PLANNED_DAYS = 366
MAX_REASON = 200


class Moment(Enum):
    """Where a shift of a day lies, seen from now."""

    OVER = auto()
    RUNNING = auto()
    AHEAD = auto()


@dataclass(frozen=True, slots=True)
class Place:
    post: int
    shift: int
    day: date


@dataclass(frozen=True, slots=True)
class Cell:
    """A place with its rows, the post locked."""

    post: Post
    shift: Shift
    day: date

    @property
    def span(self) -> Span:
        return span_of(self.shift, self.day)


def span_of(shift: Shift, day: date) -> Span:
    return shift.as_shift().span(day, timezone.get_default_timezone())


def moment_of(span: Span, now: datetime) -> Moment:
    if span.end <= now:
        return Moment.OVER
    return Moment.RUNNING if span.begin <= now else Moment.AHEAD


def lock(by: User, places: Iterable[Place], now: datetime) -> list[Cell]:
    """The cells of places, in their order; in the caller's transaction.

    Raises:
        NotFound: a post out of reach, or a shift of another district.
        Invalid: a day too far from today.
    """
    wanted = list(places)
    found = posts_seen(by).filter(pk__in={one.post for one in wanted}).order_by("pk")
    posts = {row.pk: row for row in found.select_for_update(no_key=True)}
    shifts = {row.pk: row for row in Shift.objects.filter(pk__in={one.shift for one in wanted})}
    return [_cell(posts.get(one.post), shifts.get(one.shift), one.day, now) for one in wanted]


def _cell(post: Post | None, shift: Shift | None, day: date, now: datetime) -> Cell:
    if post is None:
        raise NotFound(_("There is no such post in your area (any more)."))
    if shift is None or shift.area != post.scope_code[:DISTRICT_DIGITS]:
        raise NotFound(_("The district of this post has no such shift (any more)."))
    today = timezone.localdate(now)
    earliest, latest = today - timedelta(CORRECTED_DAYS), today + timedelta(PLANNED_DAYS)
    if not earliest <= day <= latest:
        rule = _("A roster can be changed from %(first)s to %(last)s.")
        raise Invalid(rule % {"first": earliest.isoformat(), "last": latest.isoformat()})
    return Cell(post, shift, day)


def mark(rows: Iterable[Duty]) -> str:
    """What tells one state of a cell from another; rows: all its duties, withdrawn ones too."""
    known = list(rows)
    live = sum(row.withdrawn_at is None for row in known)
    return f"{max((row.pk for row in known), default=0)}.{live}"


def must_be_as_seen(cell: Cell, seen: str | None) -> None:
    """seen: the mark of the cell as the sender saw it; None from who looks at no page.

    Raises Conflict: it is another one.
    """
    if seen is None:
        return
    rows = Duty.objects.filter(post=cell.post, shift=cell.shift, day=cell.day)
    if mark(rows) != seen:
        raise Conflict(_("Somebody else has changed this shift meanwhile: look at it anew."))


def must_have_reason(moment: Moment, reason: str) -> str:
    """The reason in one line.  Raises Invalid: none for a shift that is over, or too long a one."""
    said = " ".join(reason.split())
    if len(said) > MAX_REASON or "\0" in said:
        raise Invalid(_("Say why, in at most %(most)d characters.") % {"most": MAX_REASON})
    if moment is Moment.OVER and not said:
        message = _("This shift is over: who was on duty is only put right with a reason.")
        raise Invalid(message, {"needs_reason": True})
    return said
