"""Last week's roster once more: only where nobody is yet, and only what is still to come."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Invalid
from gis_server.models import User
from patrols import roster
from patrols.board.filters import Filters
from patrols.board.queries import posts_of
from patrols.board.rights import must_plan
from patrols.board.services.duties import MOST_A_DAY
from patrols.board.services.places import PLANNED_DAYS, Moment, moment_of, span_of
from patrols.models import Duty, Post

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)
MOST_COPIED = 20_000


@dataclass(frozen=True, slots=True)
class Copied:
    """How many duties were made, and left out because: somebody is there already, the shift has
    begun, post or shift or person are out of use, the person would be in two places.
    """

    made: int
    there: int
    begun: int
    out_of_use: int
    elsewhere: int


@transaction.atomic
def copy_week(*, by: User, filters: Filters, now: datetime) -> Copied:
    """Copy the duties of the week before into the week of the filters, for its posts in reach.

    Whoever was stood in for is copied and not the stand-in.

    Raises:
        Invalid: the week is over or too far ahead, or more than `MOST_COPIED` duties.
    """
    must_plan(by)
    today = timezone.localdate(now)
    if not today <= filters.days[-1] <= today + timedelta(days=PLANNED_DAYS):
        raise Invalid(_("Only a week that is not over yet, and no more than a year ahead."))
    posts = posts_of(by, filters).order_by("pk").select_for_update(no_key=True, of=("self",))
    ids = [row.pk for row in posts]
    last_week = [day - WEEK for day in filters.days]
    found = Duty.objects.filter(post__in=ids, day__in=last_week, withdrawn_at=None)
    rows = list(
        found.filter(stands_in_for=None)
        .select_related("post", "shift", "member")
        .order_by("day", "post_id", "shift_id", "id")[: MOST_COPIED + 1]
    )
    if len(rows) > MOST_COPIED:
        raise Invalid(_("This is more than one copy takes: choose a street or community."))
    made, counts = _copies(by, rows, filters, now)
    Duty.objects.bulk_create(made)
    copied = Copied(
        len(made), counts["there"], counts["begun"], counts["out_of_use"], counts["elsewhere"]
    )
    scope = filters.area or (by.reach[0] if len(by.reach) == 1 else "")
    detail = {"since": filters.monday.isoformat(), "counts": copied.made}
    audit.note(by=by, action="roster.copied", subject=filters.monday, scope=scope, detail=detail)
    return copied


def _copies(
    by: User, rows: list[Duty], filters: Filters, now: datetime
) -> tuple[list[Duty], Counter[str]]:
    taken = _taken({row.post_id for row in rows}, filters)
    busy = _Busy(rows, filters)
    made, counts = list[Duty](), Counter[str]()
    for row in rows:
        day = row.day + WEEK
        why = _left_out(row, day, taken, busy, now)
        if why:
            counts[why] += 1
            continue
        made.append(
            Duty(
                post=row.post, shift=row.shift, day=day, member=row.member, task=row.task,
                lowest=row.lowest, highest=row.highest, made_by=by, made_at=now,
            )
        )  # fmt: skip
        busy.add(made[-1])
    return made, counts


def _taken(post_ids: set[int], filters: Filters) -> set[tuple[int, int, date]]:
    live = Duty.objects.filter(post__in=post_ids, day__in=filters.days, withdrawn_at=None)
    return set(live.values_list("post_id", "shift_id", "day"))


def _left_out(
    row: Duty, day: date, taken: set[tuple[int, int, date]], busy: "_Busy", now: datetime
) -> str:
    if (row.post_id, row.shift_id, day) in taken:
        return "there"
    if moment_of(span_of(row.shift, day), now) is not Moment.AHEAD:
        return "begun"
    post: Post = row.post
    if not (post.is_active and row.shift.is_active and row.member.is_active):
        return "out_of_use"
    return "elsewhere" if busy.meets(row, day) else ""


class _Busy:
    """When people have duties in the week, those that are made here too.  One query."""

    def __init__(self, rows: list[Duty], filters: Filters) -> None:
        self.zone = timezone.get_default_timezone()
        self.of_person = defaultdict[int, list[tuple[roster.Span, roster.Duty]]](list)
        near = (filters.monday - DAY, filters.days[-1] + DAY)
        people = {row.member_id for row in rows}
        there = Duty.objects.filter(member__in=people, day__range=near, withdrawn_at=None)
        for row in there.select_related("shift"):
            self.add(row)

    def add(self, row: Duty) -> None:
        span = span_of(row.shift, row.day)
        # A new one has no id yet; none is needed here.
        known = roster.Duty(
            row.pk or 0, row.post_id, row.shift_id, row.day, row.member_id, None,
            *row.as_levels(),
        )  # fmt: skip
        self.of_person[row.member_id].append((span, known))

    def meets(self, row: Duty, day: date) -> bool:
        span = span_of(row.shift, day)
        known = self.of_person[row.member_id]
        one = row.as_duty()
        full = sum(other.day == day for _span, other in known) >= MOST_A_DAY
        return full or any(other.meets(span) and duty.may_meet(one) for other, duty in known)
