"""The week board as its page shows it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from gis_server.models import User
from gis_server.roles import in_scope
from patrols.board.filters import Filters
from patrols.board.queries import CONFLICTS_SHOWN, Week
from patrols.board.services.places import mark, moment_of, span_of
from patrols.control import ControlLevel
from patrols.models import ControlSwitch, Duty, Post, Shift
from patrols.models.control import DISTRICT_DIGITS


@dataclass(slots=True)
class Chip:
    """Somebody in a slot.  stands_in_for: a name; until: when they went; clash: where else they
    are; levels: in words, "" for all.
    """

    row: Duty
    stands_in_for: str = ""
    until: datetime | None = None
    clash: str = ""
    levels: str = ""


@dataclass(slots=True)
class Slot:
    """A shift of a day at a post."""

    shift: Shift
    day: date
    mark: str
    need: int
    missing: int
    moment: str
    level: str
    chips: list[Chip] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    post: Post
    cells: list[list[Slot]]


def rows(user: User, week: Week, filters: Filters, now: datetime) -> list[Row]:
    by_place = defaultdict[tuple[int, int, date], list[Duty]](list)
    for duty in week.duties:
        by_place[duty.post_id, duty.shift_id, duty.day].append(duty)
    held = {(duty.post_id, duty.shift_id) for duty in week.duties}
    return [
        Row(
            post,
            [
                [
                    slot(user, week, post, shift, day, by_place[post.pk, shift.pk, day], now)
                    for shift in shifts_of(week, post, held)
                ]
                for day in filters.days
            ],
        )
        for post in week.posts
    ]


def shifts_of(week: Week, post: Post, held: set[tuple[int, int]]) -> list[Shift]:
    """Those that the post ever needs somebody in or that somebody has there in this week; all of
    the district for a post that says nothing.
    """
    needs = week.needs.get(post.pk)
    wanted = {shift for level in (needs.needs if needs else {}).values() for shift in level}
    wanted |= {shift for shift in week.shifts if (post.pk, shift) in held}
    area = post.scope_code[:DISTRICT_DIGITS]
    known = [one for one in week.shifts.values() if one.area == area]
    chosen = [one for one in known if one.pk in wanted or (not wanted and one.is_active)]
    return sorted(chosen, key=lambda one: (one.begins, one.pk))


def slot(
    user: User, week: Week, post: Post, shift: Shift, day: date, duties: Sequence[Duty],
    now: datetime,
) -> Slot:  # fmt: skip
    level = week.levels[day][post.pk]
    needs = week.needs.get(post.pk)
    need = needs.need(level, shift.pk) if needs else 0
    live = [duty for duty in duties if duty.withdrawn_at is None]
    replaced = {duty.stands_in_for_id for duty in live}
    shown = [duty for duty in live if duty.pk not in replaced and duty.is_at(level)]
    there = sum(not duty.is_absent for duty in shown)
    names = {duty.pk: duty.member.name for duty in duties}
    chips = [chip(user, week, duty, names) for duty in shown]
    return Slot(
        shift, day, mark(duties), need, max(0, need - there),
        moment_of(span_of(shift, day), now).name.lower(), level.value,
        chips + [gone(duty) for duty in duties if was_there(duty, shift) and duty.is_at(level)],
    )  # fmt: skip


def was_there(duty: Duty, shift: Shift) -> bool:
    """Whether it was withdrawn while it counted."""
    zone = timezone.get_default_timezone()
    return duty.withdrawn_at is not None and duty.as_duty().span(shift.as_shift(), zone) is not None


def gone(duty: Duty) -> Chip:
    return Chip(duty, until=duty.withdrawn_at)


def chip(user: User, week: Week, duty: Duty, names: dict[int, str]) -> Chip:
    replaced = names.get(duty.stands_in_for_id, "") if duty.stands_in_for_id else ""
    others = [where(user, other) for other in week.clashes.get(duty.pk, [])]
    clash = "；".join(
        [*others[:CONFLICTS_SHOWN], *(["…"] if len(others) > CONFLICTS_SHOWN else [])]
    )
    return Chip(duty, replaced, None, clash, levels_in_words(duty.lowest, duty.highest))


def where(user: User, duty: Duty) -> str:
    """Where somebody is besides; of a post out of reach only that there is one."""
    name = duty.post.name if in_scope(user, duty.post.scope_code) else _("outside your area")
    return f"{name} {date_format(duty.day, 'm-d')} {duty.shift.name}"


def levels_in_words(lowest: str, highest: str) -> str:
    """From which to which control level; empty for all."""
    if (lowest, highest) == (ControlLevel.USUAL.value, ControlLevel.ONE.value):
        return ""
    first, last = (str(ControlSwitch.Level(one).label) for one in (lowest, highest))
    return first if lowest == highest else f"{first}–{last}"


def day_heads(filters: Filters, now: datetime) -> list[dict[str, Any]]:
    today = timezone.localdate(now)
    return [{"day": day, "is_today": day == today, "is_past": day < today} for day in filters.days]


def duty_shown(duty: Duty) -> dict[str, Any]:
    """A duty as programs read it; with post, shift and member."""
    span = span_of(duty.shift, duty.day)
    return {
        "id": duty.pk,
        "day": duty.day.isoformat(),
        "post": {"id": duty.post_id, "name": duty.post.name, "code": duty.post.scope_code},
        "shift": {"id": duty.shift_id, "name": duty.shift.name},
        "begins": span.begin.isoformat(),
        "ends": span.end.isoformat(),
        "member": {
            "id": duty.member_id,
            "number": duty.member.number,
            "name": duty.member.name,
            "force": duty.member.force,
        },
        "task": duty.task,
        "lowest": duty.lowest,
        "highest": duty.highest,
        "stands_in_for": duty.stands_in_for_id,
        "is_absent": duty.is_absent,
        "counts_from": duty.counts_from.isoformat() if duty.counts_from else None,
        "withdrawn_at": duty.withdrawn_at.isoformat() if duty.withdrawn_at else None,
    }
