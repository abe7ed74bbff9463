"""Who has called at which checkpoint: by the track of a duty, and by the code that hangs there."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import shapely
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, NotFound
from gis_server.geo import to_metric
from gis_server.models import User
from patrols.errands.checks import Circle, Stay, stays
from patrols.errands.duties import not_entered, on_duty
from patrols.errands.nearest import STALE_S, age_s
from patrols.models import Checkpoint, CheckpointVisit, Duty, LastPosition, Member, VisitHow
from patrols.track import Track

MOST_TIMES = 999


@transaction.atomic
def note_visits(duty: Duty, track: Track, now: datetime) -> int:
    """Bring the visits by position of a duty up to its track; how many of them are new, changed or
    gone.  The same track again changes nothing.

    track: all of the duty, in metres of `geo.metric_srid()`.  Two queries where nothing changes.
    """
    points = list(Checkpoint.objects.filter(post=duty.post_id, is_active=True))
    rows = CheckpointVisit.objects.filter(duty=duty, how=VisitHow.TRACK, checkpoint__in=points)
    known = {row.checkpoint_id: row for row in rows}
    wanted = visits_of(duty, track, points, now)
    new = [row for key, row in wanted.items() if key not in known]
    moved = [
        copied(known[key], row)
        for key, row in wanted.items()
        if key in known and not is_same(known[key], row)
    ]
    gone = [row.pk for key, row in known.items() if key not in wanted]
    if new:
        CheckpointVisit.objects.bulk_create(new, ignore_conflicts=True)
    if moved:
        CheckpointVisit.objects.bulk_update(moved, ["at", "until", "times"])
    if gone:
        CheckpointVisit.objects.filter(pk__in=gone).delete()
    return len(new) + len(moved) + len(gone)


def visits_of(
    duty: Duty, track: Track, points: list[Checkpoint], now: datetime
) -> dict[int, CheckpointVisit]:
    """The visits by a track, not stored, by checkpoint."""
    found = {}
    for point in points:
        if calls := stays(track, circle_of(point)):
            found[point.pk] = visit_of(point, duty, calls, now)
    return found


def circle_of(point: Checkpoint) -> Circle:
    metres = to_metric(shapely.Point(point.point.x, point.point.y))
    return Circle(float(metres.x), float(metres.y), float(point.radius_m), float(point.dwell_s))


def visit_of(point: Checkpoint, duty: Duty, calls: list[Stay], now: datetime) -> CheckpointVisit:
    first = calls[0]
    begin, end = (datetime.fromtimestamp(one, UTC) for one in (first.begin, first.end))
    return CheckpointVisit(
        checkpoint=point, duty=duty, how=VisitHow.TRACK, at=begin, until=max(begin, min(end, now)),
        times=min(len(calls), MOST_TIMES),
    )  # fmt: skip


def is_same(a: CheckpointVisit, b: CheckpointVisit) -> bool:
    return (a.at, a.until, a.times) == (b.at, b.until, b.times)


def copied(known: CheckpointVisit, wanted: CheckpointVisit) -> CheckpointVisit:
    known.at, known.until, known.times = wanted.at, wanted.until, wanted.times
    return known


@dataclass(frozen=True, slots=True)
class Call:
    """What a code has led to: the visit, and whether it is the first by code in this duty."""

    visit: CheckpointVisit
    is_new: bool


def point_of_code(secret: str) -> Checkpoint:
    """Raises NotFound: the code is no checkpoint's (any more)."""
    point = Checkpoint.objects.filter(secret=secret, is_active=True).select_related("post").first()
    if point is None:
        raise NotFound(
            _(
                "This code counts no more, or never did: it may have been replaced. Nothing was"
                " recorded. Tell whoever plans duties, so that a new sheet is hung up."
            )
        )
    return point


def duty_for(user: User, point: Checkpoint, now: datetime) -> Duty:
    """The user's duty at the checkpoint's post, in force now.

    Raises:
        Conflict: there is none; the message says what there is instead.
    """
    member = Member.objects.filter(user=user, is_active=True).first()
    if member is None:
        raise Conflict(not_entered())
    duties = on_duty(Duty.objects.filter(member=member), now)
    here = next((one for one in duties if one.post_id == point.post_id), None)
    if here is not None:
        return here
    if duties:
        rule = _("Your duty now is at “%(own)s”; this checkpoint belongs to “%(post)s”.")
        raise Conflict(rule % {"own": duties[0].post.name, "post": point.post.name})
    raise Conflict(_("You are not on duty now, so nothing was recorded."))


@transaction.atomic
def call(*, by: User, secret: str, now: datetime) -> Call:
    """Note that somebody on duty has read the code of a checkpoint; the first time counts.

    Raises: see `point_of_code` and `duty_for`.
    """
    point = point_of_code(secret)
    duty = duty_for(by, point, now)
    visit, is_new = CheckpointVisit.objects.get_or_create(
        checkpoint=point,
        duty=duty,
        how=VisitHow.QR,
        defaults={"at": now, "until": now, "apart_m": apart_m(duty, point, now)},
    )
    return Call(visit, is_new)


def apart_m(duty: Duty, point: Checkpoint, now: datetime) -> int | None:
    """Metres from a checkpoint to the last position of a duty, None where that is old."""
    last = LastPosition.objects.filter(duty=duty).first()
    if last is None or age_s(last, now) > STALE_S:
        return None
    a, b = (to_metric(shapely.Point(one.x, one.y)) for one in (point.point, last.point))
    return round(math.hypot(a.x - b.x, a.y - b.y))


def clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"
