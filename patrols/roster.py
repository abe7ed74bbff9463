"""Who stands where and when: vacancies and conflicts of a roster.  Pure: no Django, no clock.

三定: a post (where, and how many at each control level), a shift (from when to when), a duty (who,
for which task).  A shift that ends no later than it begins ends on the next day; it belongs to the
day on which it begins, and so do its figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from patrols import control
from patrols.control import ControlLevel

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours of the local clock."""

    id: int
    begins: time
    ends: time

    def span(self, day: date, zone: tzinfo) -> "Span":
        """From when to before when it lasts that begins on a day."""
        last = day if self.ends > self.begins else day + DAY
        begin, end = datetime.combine(day, self.begins), datetime.combine(last, self.ends)
        return Span(begin.replace(tzinfo=zone), end.replace(tzinfo=zone))


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` to before `end`, aware."""

    begin: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.begin <= at < self.end

    def meets(self, other: "Span") -> bool:
        return self.begin < other.end and other.begin < self.end


@dataclass(frozen=True, slots=True)
class Post:
    """needs: how many people at a control level, by shift; a level that is not named needs what the
    next lower one does.
    """

    id: int
    needs: Mapping[ControlLevel, Mapping[int, int]] = field(default_factory=dict)

    def need(self, level: ControlLevel, shift: int) -> int:
        levels = list(ControlLevel)
        for one in reversed(levels[: levels.index(level) + 1]):
            if one in self.needs:
                return self.needs[one].get(shift, 0)
        return 0


@dataclass(frozen=True, slots=True)
class Duty:
    """One person at one post in one shift.

    stands_in_for: the duty whose person cannot come, None for most; that duty then counts no more.
    lowest, highest: of the control levels at which it is in force.
    """

    id: int
    post: int
    shift: int
    day: date
    person: int
    stands_in_for: int | None = None
    lowest: ControlLevel = ControlLevel.USUAL
    highest: ControlLevel = ControlLevel.ONE


@dataclass(frozen=True, slots=True)
class Vacancy:
    """So many people are missing at a post in a shift of a day."""

    post: int
    shift: int
    day: date
    missing: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """One person in two places at once; first and second are ids of duties."""

    person: int
    first: int
    second: int


def in_force(duties: Iterable[Duty]) -> list[Duty]:
    """Those that nobody stands in for."""
    known = list(duties)
    replaced = {one.stands_in_for for one in known}
    return [one for one in known if one.id not in replaced]


def vacancies(
    posts: Iterable[Post],
    shifts: Sequence[Shift],
    duties: Iterable[Duty],
    levels: Mapping[date, Mapping[int, ControlLevel]],
) -> list[Vacancy]:
    """Where people are missing; levels: of each day the control level at each post, the usual one
    where none is told.
    """
    there = Counter((one.post, one.shift, one.day) for one in in_force(duties))
    return list(_missing(list(posts), shifts, there, levels))


def _missing(
    posts: Sequence[Post],
    shifts: Sequence[Shift],
    there: Mapping[tuple[int, int, date], int],
    levels: Mapping[date, Mapping[int, ControlLevel]],
) -> Iterator[Vacancy]:
    for day in sorted(levels):
        for post in posts:
            level = levels[day].get(post.id, ControlLevel.USUAL)
            for shift in shifts:
                missing = post.need(level, shift.id) - there.get((post.id, shift.id, day), 0)
                if missing > 0:
                    yield Vacancy(post.id, shift.id, day, missing)


def conflicts(duties: Iterable[Duty], shifts: Mapping[int, Shift], zone: tzinfo) -> list[Conflict]:
    """Where somebody is in two places at once, each pair that meets once.

    Two duties at the same post in the same shift are one place told twice, and a conflict too.
    """
    of_person = defaultdict[int, list[tuple[Span, Duty]]](list)
    for duty in in_force(duties):
        of_person[duty.person].append((shifts[duty.shift].span(duty.day, zone), duty))
    return [found for person in sorted(of_person) for found in _meeting(of_person[person])]


def _meeting(spans: list[tuple[Span, Duty]]) -> Iterator[Conflict]:
    """Pairs that overlap: each with the last that was still going on, so that a week of one person
    costs its length.
    """
    # Of those that begin together the longest comes first.
    ordered = sorted(spans, key=lambda one: (one[0].begin, -one[0].end.timestamp(), one[1].id))
    longest = ordered[:1]
    for before, (span, duty) in pairwise(ordered):
        if before[0].end > longest[0][0].end:
            longest = [before]
        lasting, other = longest[0]
        if lasting.meets(span):
            yield Conflict(duty.person, other.id, duty.id)


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which somebody is on duty: only then their positions are taken and kept."""

    span: Span
    duty: Duty


def windows(
    duties: Iterable[Duty],
    shifts: Mapping[int, Shift],
    codes: Mapping[int, str],
    switches: Sequence[control.Switch],
    zone: tzinfo,
) -> list[Window]:
    """When each duty is in force, in the order of time; codes: of each post.

    A duty is, while the level at its post is one of its levels, and nobody stands in for it.
    """
    found = []
    for duty in in_force(duties):
        span = shifts[duty.shift].span(duty.day, zone)
        levels = control.spans(switches, codes[duty.post], span.begin, span.end)
        found += [
            Window(Span(begin, end), duty)
            for begin, end, level in _joined(levels, duty.lowest, duty.highest)
        ]
    return sorted(found, key=lambda one: (one.span.begin, one.duty.id))


def _joined(
    levels: Iterable[tuple[datetime, datetime, ControlLevel]],
    lowest: ControlLevel,
    highest: ControlLevel,
) -> list[tuple[datetime, datetime, ControlLevel]]:
    """Those between two levels; what follows without a gap is one."""
    found: list[tuple[datetime, datetime, ControlLevel]] = []
    for begin, end, level in levels:
        if not control.between(lowest, level, highest):
            continue
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end, level)
        else:
            found.append((begin, end, level))
    return found


def on_duty(
    duties: Iterable[Duty], shifts: Mapping[int, Shift], at: datetime, zone: tzinfo
) -> list[Duty]:
    """The duties of a moment: only in these a position is taken and kept."""
    return [one for one in in_force(duties) if shifts[one.shift].span(one.day, zone).holds(at)]
