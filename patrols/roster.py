"""Who stands where and when: vacancies and conflicts of a roster.  Pure: no Django, no clock.

三定: a post (where, and how many at each control level), a shift (from when to when), a duty (who,
for which task).  A shift that ends no later than it begins ends on the next day; it belongs to the
day on which it begins, and so do its figures.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

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

    stands_in_for: the duty whose person cannot come, None for most; that duty then counts no more
    from where this one begins.  lowest, highest: of the control levels at which it is in force.
    begins, ends: aware; None where it has the whole of its shift.
    """

    id: int
    post: int
    shift: int
    day: date
    person: int
    stands_in_for: int | None = None
    lowest: ControlLevel = ControlLevel.USUAL
    highest: ControlLevel = ControlLevel.ONE
    begins: datetime | None = None
    ends: datetime | None = None

    def span(self, shift: Shift, zone: tzinfo) -> Span | None:
        """From when to before when it counts, at whatever level; None where it never does."""
        whole = shift.span(self.day, zone)
        begin = max(whole.begin, self.begins) if self.begins else whole.begin
        end = min(whole.end, self.ends) if self.ends else whole.end
        return Span(begin, end) if begin < end else None

    def may_meet(self, other: "Duty") -> bool:
        """Whether there is a control level at which both are in force."""
        height = control.HEIGHT
        lowest = max(height[self.lowest], height[other.lowest])
        return lowest <= min(height[self.highest], height[other.highest])


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

    Two duties at the same post in the same shift are one place told twice, and a conflict too; two
    that no control level brings into force together are none.
    """
    of_person = defaultdict[int, list[tuple[Span, Duty]]](list)
    for duty in in_force(duties):
        if span := duty.span(shifts[duty.shift], zone):
            of_person[duty.person].append((span, duty))
    return [found for person in sorted(of_person) for found in _meeting(of_person[person])]


def _meeting(spans: Iterable[tuple[Span, Duty]]) -> Iterator[Conflict]:
    """Pairs that overlap, by the time at which the later one begins."""
    lasting: list[tuple[Span, Duty]] = []
    for span, duty in sorted(spans, key=lambda one: (one[0].begin, one[1].id)):
        lasting = [one for one in lasting if one[0].end > span.begin]
        for _span, other in lasting:
            if other.may_meet(duty):
                yield Conflict(duty.person, other.id, duty.id)
        lasting.append((span, duty))


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

    A duty is, while the level at its post is one of its levels, until somebody stands in for it.
    """
    known = list(duties)
    spans = {one.id: one.span(shifts[one.shift], zone) for one in known}
    taken_over: dict[int | None, datetime] = {}
    for one in known:
        if (stand_in := spans[one.id]) is not None:
            earlier = taken_over.get(one.stands_in_for, stand_in.begin)
            taken_over[one.stands_in_for] = min(earlier, stand_in.begin)
    found = []
    for duty in known:
        span = _cut(spans[duty.id], taken_over.get(duty.id))
        if span is None:
            continue
        levels = control.spans(switches, codes[duty.post], span.begin, span.end)
        found += [
            Window(Span(begin, end), duty)
            for begin, end, level in _joined(levels, duty.lowest, duty.highest)
        ]
    return sorted(found, key=lambda one: (one.span.begin, one.duty.id))


def _cut(span: Span | None, end: datetime | None) -> Span | None:
    """The part of a span before `end`; None where there is none."""
    if span is None or end is None:
        return span
    return Span(span.begin, min(span.end, end)) if span.begin < end else None


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
    """The duties of a moment, at whatever control level."""
    spans = ((one, one.span(shifts[one.shift], zone)) for one in in_force(duties))
    return [one for one, span in spans if span is not None and span.holds(at)]
