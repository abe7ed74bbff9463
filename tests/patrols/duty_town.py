"""Two streets with posts, people and duties, for the tests of errands and checkpoints."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.contrib.gis.geos import LineString, MultiLineString, Point
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import Role
from grids.models import Street
from patrols.models import Checkpoint, Duty, LastPosition, Member, Post, Shift
from patrols.models.posts import Force

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
"""A Monday, eleven in the morning."""
DISTRICT, STREET, OTHER_STREET = "140107", "140107001", "140107002"
LON, LAT = 112.56, 37.88
EAST_100M = 100 / 87_900
"""Degrees of longitude; a degree at 37.88° north is 87.9 km."""
NORTH_100M = 100 / 111_000


def at(east_m: float, north_m: float) -> Point:
    """A point so many metres from the middle of the town."""
    return Point(LON + east_m / 100 * EAST_100M, LAT + north_m / 100 * NORTH_100M, srid=4326)


@dataclass
class DutyTown:
    shift: Shift
    night: Shift
    post: Post
    other_post: Post


def make_duty_town() -> DutyTown:
    shift = Shift.objects.create(area=DISTRICT, name="早班", begins=time(8), ends=time(16))
    night = Shift.objects.create(area=DISTRICT, name="夜班", begins=time(20), ends=time(4))
    return DutyTown(
        shift,
        night,
        Post.objects.create(name="鼓楼岗", kind="area", scope_code=STREET, point=at(0, 0)),
        Post.objects.create(name="柳巷岗", kind="area", scope_code=OTHER_STREET),
    )


def make_member(name: str, user: User | None = None) -> Member:
    return Member.objects.create(
        number=f"N{Member.objects.count() + 1}", name=name, force=Force.SECURITY_GUARD,
        scope_code=STREET, user=user,
    )  # fmt: skip


def make_duty(member: Member, post: Post, shift: Shift, now: datetime = NOW) -> Duty:
    return Duty.objects.create(
        post=post, shift=shift, day=timezone.localdate(now), member=member, made_at=now
    )


def stand(duty: Duty, point: Point, seen: datetime = NOW) -> LastPosition:
    """The member's last position."""
    return LastPosition.objects.create(
        member=duty.member, duty=duty, at=seen, received_at=seen, point=point,
        scope_code=duty.post.scope_code,
    )  # fmt: skip


def make_checkpoint(post: Post, name: str = "后门", point: Point | None = None) -> Checkpoint:
    return Checkpoint.objects.create(
        post=post,
        name=name,
        point=point or at(0, 0),
        secret=f"secret-{Checkpoint.objects.count()}",
        rotated_at=NOW,
    )


def make_street(*points: tuple[float, float]) -> Street:
    """A street through points in metres from the middle."""
    line = LineString([at(*one).coords for one in points], srid=4326)
    return Street.objects.create(name="街", kind="lane", line=MultiLineString(line, srid=4326))


def make_user(name: str, role: Role, *scope: str) -> User:
    return User.objects.create_user(
        name, role=role.value, scope=list(scope), display_name=name.title()
    )


MINUTE = timedelta(minutes=1)
