"""What pages of the roster read; every function costs a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q
from grids.models import Division
from grids.models import Level as DivisionLevel
from patrols import control, roster
from patrols.board.filters import Filters
from patrols.board.rights import members_seen, posts_seen
from patrols.control import ControlLevel
from patrols.models import Duty, Member, Need, Post, Shift
from patrols.models.control import DISTRICT_DIGITS
from patrols.queries import switches_over

DAY = timedelta(days=1)
MOST_AREAS = 1000
CONFLICTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Week:
    """A piece of the week board, as rows of the database.

    duties: of the posts in the week, withdrawn ones too, in the order in which they were made.
    clashes: by duty, others of the same person at the same time.  levels: by day and post.
    """

    posts: Sequence[Post]
    total: int
    shifts: Mapping[int, Shift]
    needs: Mapping[int, roster.Post]
    duties: Sequence[Duty]
    clashes: Mapping[int, Sequence[Duty]]
    levels: Mapping[date, Mapping[int, ControlLevel]]


def week(user: User, filters: Filters, piece: Page, now: datetime) -> Week:
    """Seven queries."""
    rows = posts_of(user, filters)
    total = rows.count()
    posts = list(rows[piece.offset : piece.offset + piece.limit])
    ids = [post.pk for post in posts]
    duties = list(
        Duty.objects.filter(post__in=ids, day__in=filters.days)
        .select_related("member")
        .order_by("id")
    )
    areas = {post.scope_code[:DISTRICT_DIGITS] for post in posts}
    shifts = {row.pk: row for row in Shift.objects.filter(area__in=areas)}
    return Week(
        posts,
        total,
        shifts,
        needs_of(ids),
        duties,
        clashes(duties, filters, shifts),
        levels_of(posts, filters, now),
    )


def posts_of(user: User, filters: Filters) -> QuerySet[Post]:
    """Those in use, and those that people are or were on duty at in the week."""
    live = Duty.objects.filter(post=OuterRef("pk"), day__in=filters.days, withdrawn_at=None)
    found = posts_seen(user).filter(Q(is_active=True) | Exists(live))
    if filters.area:
        found = found.filter(scope_code__startswith=filters.area)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.words:
        found = found.filter(name__icontains=filters.words)
    if filters.force:
        found = found.filter(Exists(live.filter(member__force=filters.force)))
    return found.order_by("scope_code", "name", "id")


def needs_of(post_ids: Iterable[int]) -> dict[int, roster.Post]:
    """One query."""
    told: dict[int, dict[ControlLevel, dict[int, int]]] = defaultdict(dict)
    for row in Need.objects.filter(post__in=list(post_ids)):
        told[row.post_id].setdefault(ControlLevel(row.level), {})[row.shift_id] = row.people
    return {post: roster.Post(post, needs) for post, needs in told.items()}


def clashes(
    duties: Iterable[Duty], filters: Filters, shifts: Mapping[int, Shift]
) -> dict[int, list[Duty]]:
    """By duty those that its person has elsewhere at the same time, wherever.  Two queries."""
    people = {row.member_id for row in duties if row.withdrawn_at is None}
    near = (filters.monday - DAY, filters.monday + timedelta(days=len(filters.days)))
    rows = Duty.objects.filter(member__in=people, day__range=near, withdrawn_at=None)
    known = {row.pk: row for row in rows.select_related("post", "shift")}
    hours = {row.shift_id: row.shift.as_shift() for row in known.values()}
    zone = timezone.get_default_timezone()
    found = defaultdict[int, list[Duty]](list)
    for one in roster.conflicts((row.as_duty() for row in known.values()), hours, zone):
        found[one.first].append(known[one.second])
        found[one.second].append(known[one.first])
    return found


def levels_of(
    posts: Sequence[Post], filters: Filters, now: datetime
) -> dict[date, dict[int, ControlLevel]]:
    """By day and post the level chosen; else the one in force there: now for today, at noon of
    another day, as switches stand.  One query.
    """
    if filters.level is not None:
        return {day: {post.pk: filters.level for post in posts} for day in filters.days}
    codes = [post.scope_code for post in posts]
    switches = switches_over(codes, now)
    found = {}
    for day in filters.days:
        in_force = control.levels(switches, told_at(day, now))
        found[day] = {post.pk: control.level_of(post.scope_code, in_force) for post in posts}
    return found


def told_at(day: date, now: datetime) -> datetime:
    """The moment of a day whose level is shown for it."""
    if day == timezone.localdate(now):
        return now
    return datetime.combine(day, time(12), timezone.get_default_timezone())


def areas(user: User) -> list[Division]:
    """Streets and communities in reach, to choose from.  One query."""
    levels = [DivisionLevel.STREET, DivisionLevel.COMMUNITY]
    rows = Division.objects.filter(scope_q(user, "code"), level__in=levels).order_by("code")
    return list(rows[:MOST_AREAS])


def people(user: User, words: str, force: str, area: str = "") -> QuerySet[Member]:
    """Members of the area in reach, by name."""
    found = members_seen(user)
    if force:
        found = found.filter(force=force)
    if area:
        found = found.filter(scope_code__startswith=area)
    if words:
        found = found.filter(
            Q(name__icontains=words) | Q(number__istartswith=words) | Q(phone__startswith=words)
        )
    return found.order_by("name", "id")
