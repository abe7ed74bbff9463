"""Members with duties, and positions that they send, for the tests of this folder."""

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from gis_server.models import User
from patrols.intake.tokens import hash_of, hint_of, new_token
from patrols.models import Device, Duty, Member, Post, Shift
from patrols.osmand import Position

DAY = date(2026, 3, 2)
"""A Monday."""
STREET, OTHER_STREET = "140107001", "140107002"
COMMUNITY = f"{STREET}001"
LON, LAT = 112.57, 37.88
HOUR = timedelta(hours=1)
_numbers = count(1)


def local(hour: float, day: date = DAY) -> datetime:
    """An hour of a day on the clocks of Taiyuan; 25 is one in the morning of the next."""
    begin = datetime.combine(day, time.min, timezone.get_default_timezone())
    return begin + timedelta(hours=hour)


NOW = local(12)


def make_member(code: str = COMMUNITY, user: User | None = None, **values: Any) -> Member:
    number = next(_numbers)
    told = {"number": f"XH{number:05}", "name": f"王{number}", "force": "grid_worker"}
    return Member.objects.create(scope_code=code, user=user, **(told | values))


def make_duty(
    member: Member | None = None,
    day: date = DAY,
    *,
    begins: time = time(8),
    ends: time = time(16),
    code: str = COMMUNITY,
    **values: Any,
) -> Duty:
    """A duty from 8 to 16 at a post of its own."""
    shift, _made = Shift.objects.get_or_create(
        area=code[:6], name=f"{begins:%H}-{ends:%H}", defaults={"begins": begins, "ends": ends}
    )
    number = next(_numbers)
    post = Post.objects.create(name=f"岗{number}", kind="area", scope_code=code)
    return Duty.objects.create(
        post=post, shift=shift, day=day, member=member or make_member(code), made_at=NOW, **values
    )


def make_device(member: Member, token: str = "", **values: Any) -> Device:

    token = token or new_token()
    told = {"name": "手机", "token_hash": hash_of(token), "hint": hint_of(token)}
    return Device.objects.create(member=member, made_at=NOW, rotated_at=NOW, **(told | values))


def at(when: datetime, lon: float = LON, lat: float = LAT, **values: Any) -> Position:
    return Position("", when.timestamp(), lon, lat, **({"accuracy_m": 5.0} | values))


def walk(begin: datetime, seconds: int, every: int = 10) -> list[Position]:
    """A way to the east at 1.1 m/s (a degree of longitude is 87.9 km here)."""
    return [
        at(begin + timedelta(seconds=s), LON + s * 1.1 / 87_900) for s in range(0, seconds, every)
    ]
