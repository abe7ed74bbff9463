"""Which checkpoints were called at in each shift of a day, which were missed, which are to come."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from gis_server.models import User
from patrols.errands.duties import duties_seen, rows_of
from patrols.models import Checkpoint, CheckpointVisit, Duty, Post, Shift
from patrols.queries import duty_windows


class Mark(StrEnum):
    """MISSED: the shift is over.  OPEN: it runs.  LATER: it has not begun."""

    VISITED = "visited"
    MISSED = "missed"
    OPEN = "open"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class PointShown:
    """visits: of all duties there in the shift, the first first."""

    point: Checkpoint
    mark: Mark
    visits: list[CheckpointVisit]


@dataclass(slots=True)
class ShiftShown:
    """A post's checkpoints in one shift; begin, end: of the first and last duty in force."""

    post: Post
    shift: Shift
    begin: datetime
    end: datetime
    duties: list[Duty] = field(default_factory=list)
    points: list[PointShown] = field(default_factory=list)

    @property
    def missed(self) -> int:
        return sum(one.mark is Mark.MISSED for one in self.points)


def shifts_of(user: User, day: date, now: datetime) -> list[ShiftShown]:
    """The shifts that begin on a day at posts in reach that have checkpoints, by post and time.

    Six queries.
    """
    duties = duties_seen(user).filter(day=day, post__checkpoints__is_active=True).distinct()
    shown = spans_of(duties, day)
    points = defaultdict[int, list[Checkpoint]](list)
    posts = {one.post.pk for one in shown}
    for point in Checkpoint.objects.filter(post__in=posts, is_active=True):
        points[point.post_id].append(point)
    visits = visits_by_duty([duty for one in shown for duty in one.duties])
    for one in shown:
        there = [visit for duty in one.duties for visit in visits[duty.pk]]
        one.points = [point_shown(one, point, there, now) for point in points[one.post.pk]]
    return shown


def spans_of(duties: object, day: date) -> list[ShiftShown]:
    """Each post and shift with its duties in force."""
    begin = datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
    windows = duty_windows(duties, begin, begin + timedelta(days=2))  # type: ignore[arg-type]
    rows = {one.pk: one for one in rows_of({window.duty.id for window in windows})}
    found: dict[tuple[int, int], ShiftShown] = {}
    for window in windows:
        duty, span = rows[window.duty.id], window.span
        key = duty.post_id, duty.shift_id
        one = found.setdefault(key, ShiftShown(duty.post, duty.shift, span.begin, span.end))
        one.begin, one.end = min(one.begin, span.begin), max(one.end, span.end)
        if duty not in one.duties:
            one.duties.append(duty)
    return sorted(found.values(), key=lambda one: (one.post.name, one.post.pk, one.begin))


def visits_by_duty(duties: list[Duty]) -> dict[int, list[CheckpointVisit]]:
    found = defaultdict[int, list[CheckpointVisit]](list)
    for visit in CheckpointVisit.objects.filter(duty__in=duties).order_by("at", "id"):
        found[visit.duty_id].append(visit)
    return found


def point_shown(
    one: ShiftShown, point: Checkpoint, visits: list[CheckpointVisit], now: datetime
) -> PointShown:
    there = sorted((row for row in visits if row.checkpoint_id == point.pk), key=lambda row: row.at)
    if there:
        return PointShown(point, Mark.VISITED, there)
    if now >= one.end:
        return PointShown(point, Mark.MISSED, [])
    return PointShown(point, Mark.OPEN if now >= one.begin else Mark.LATER, [])
