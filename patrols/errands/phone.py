"""What the duty page of a phone shows: own duties, checkpoints, errands, hours of service."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from patrols.board.service_hours import service_told
from patrols.errands import queries
from patrols.errands.duties import not_entered, rows_of
from patrols.models import Checkpoint, CheckpointVisit, Duty, Member
from patrols.queries import duty_windows
from patrols.roster import Window

AHEAD, BACK = timedelta(days=7), timedelta(hours=12)
MOST_DUTIES = 60


def shown(member: Member | None, now: datetime) -> dict[str, Any]:
    """Seven queries, five more for volunteers; one for whoever is no member."""
    if member is None:
        return {"at": now.isoformat(), "member": None, "message": not_entered()} | NOTHING
    windows = duty_windows(Duty.objects.filter(member=member), now - BACK, now + AHEAD)
    windows = windows[:MOST_DUTIES]
    duties = {one.pk: one for one in rows_of({window.duty.id for window in windows})}
    points = points_of({duty.post_id for duty in duties.values()})
    visits = visits_of(list(duties.values()))
    return {
        "at": now.isoformat(),
        "member": {"id": member.pk, "name": member.name, "means": member.means},
        "message": "",
        "duties": [duty_item(one, duties[one.duty.id], points, visits, now) for one in windows],
        "errands": [queries.phone_item(row) for row in queries.of_member(member, now)],
        "service": service_told(member, now),
    }


NOTHING: dict[str, Any] = {"duties": [], "errands": [], "service": None}
Points = dict[int, list[Checkpoint]]
Visits = dict[tuple[int, int], CheckpointVisit]


def points_of(posts: set[int]) -> Points:
    found = defaultdict[int, list[Checkpoint]](list)
    for point in Checkpoint.objects.filter(post__in=posts, is_active=True):
        found[point.post_id].append(point)
    return found


def visits_of(duties: list[Duty]) -> Visits:
    """The first visit of each duty at each checkpoint."""
    found: Visits = {}
    for row in CheckpointVisit.objects.filter(duty__in=duties).order_by("at", "id"):
        found.setdefault((row.duty_id, row.checkpoint_id), row)
    return found


def duty_item(
    window: Window, duty: Duty, points: Points, visits: Visits, now: datetime
) -> dict[str, Any]:
    span = window.span
    return {
        "id": duty.pk,
        "post": duty.post.name,
        "task": duty.task or duty.post.task,
        "stands_in_for": duty.stands_in_for.member.name if duty.stands_in_for else "",
        "shift": duty.shift.name,
        "begin": span.begin.isoformat(),
        "end": span.end.isoformat(),
        "is_now": span.holds(now),
        "lon": duty.post.point.x if duty.post.point else None,
        "lat": duty.post.point.y if duty.post.point else None,
        "checkpoints": [
            point_item(point, visits.get((duty.pk, point.pk))) for point in points[duty.post_id]
        ],
    }


def point_item(point: Checkpoint, visit: CheckpointVisit | None) -> dict[str, Any]:
    return {
        "id": point.pk,
        "name": point.name,
        "lon": point.point.x,
        "lat": point.point.y,
        "radius_m": point.radius_m,
        "dwell_s": point.dwell_s,
        "visited_at": visit.at.isoformat() if visit else None,
        "how_text": str(visit.get_how_display()) if visit else "",
    }
