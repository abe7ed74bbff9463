"""A street with posts, shifts and people, for the tests of the roster."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gis_server.models import User
from gis_server.roles import Role
from grids.models import Grid
from patrols.board.services.places import Place
from patrols.models import Duty, Force, Member, Need, Post, Shift
from tests.events.town import (
    COMMUNITY,
    DISTRICT,
    GRID,
    OTHER_STREET,
    STREET,
    Town,
    make_person,
    make_town,
)

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 4, 10, tzinfo=ZONE)
"""A Wednesday, ten in the morning: the early shift runs."""
MONDAY, TODAY = date(2026, 3, 2), date(2026, 3, 4)
TOMORROW = TODAY + timedelta(days=1)


@dataclass
class Board:
    town: Town
    leader: User
    early: Shift
    late: Shift
    night: Shift
    gate: Post
    patrol: Post
    far: Post
    li: Member
    wang: Member
    other: Member
    grid: Grid

    def place(
        self, day: date = TOMORROW, shift: Shift | None = None, post: Post | None = None
    ) -> Place:
        return Place((post or self.gate).pk, (shift or self.early).pk, day)


def make_board() -> Board:
    """A gate and a patrol area of the street, a post of another; two of its people, one not."""
    town = make_town()
    early, late, night = (
        Shift.objects.create(area=DISTRICT, name=name, begins=time(begins), ends=time(ends))
        for name, begins, ends in (("早班", 8, 16), ("中班", 16, 0), ("夜班", 22, 6))
    )
    grid = Grid.objects.create(code=GRID, name="第一网格", community=town.community)
    gate = make_post("鼓楼岗", STREET, "point")
    patrol = make_post("鼓楼社区巡区", COMMUNITY, "area")
    patrol.grids.add(grid)
    Need.objects.create(post=gate, shift=early, level="usual", people=2)
    Need.objects.create(post=gate, shift=early, level="two", people=3)
    return Board(
        town,
        make_person("shen", Role.STREET_LEADER, STREET),
        early,
        late,
        night,
        gate,
        patrol,
        make_post("别处岗", OTHER_STREET, "point"),
        make_member("P001", "李青"),
        make_member("P002", "王安", force=Force.VOLUNTEER),
        make_member("P900", "赵远", scope_code=OTHER_STREET),
        grid,
    )


def make_post(name: str, code: str, kind: str = "point") -> Post:
    return Post.objects.create(name=name, kind=kind, scope_code=code)


def make_member(
    number: str, name: str, *, force: str = Force.POLICE_AUXILIARY, scope_code: str = STREET,
    user: User | None = None,
) -> Member:  # fmt: skip
    return Member.objects.create(
        number=number, name=name, force=force, scope_code=scope_code, user=user
    )


def make_duty(
    board: Board, member: Member | None = None, day: date = TOMORROW, *,
    shift: Shift | None = None, post: Post | None = None, **values: object,
) -> Duty:  # fmt: skip
    return Duty.objects.create(
        post=post or board.gate, shift=shift or board.early, day=day,
        member=member or board.li, made_at=NOW, **values,
    )  # fmt: skip
