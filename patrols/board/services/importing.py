"""A roster from a table: first what it would change, then all of it or nothing.

For each post and day that is named the table is the whole roster.  What is over or runs is not
changed by a table: it may only say what is there already.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict
from gis_server.models import User
from gis_server.roles import in_scope
from patrols import roster
from patrols.board.rights import must_plan
from patrols.board.roster_table import COLUMNS, MOST_ROWS, Entry, Reader
from patrols.board.services.duties import MOST_A_DAY
from patrols.board.services.places import PLANNED_DAYS, Moment, moment_of, span_of
from patrols.board.tables import Fault, read
from patrols.control import ControlLevel
from patrols.models import Duty, Post

DAY = timedelta(days=1)
MOST_TOLD = 200
Key = tuple[int, int, date, int]


@dataclass(slots=True)
class Outcome:
    """What a table comes to.  clashes: people who would be in two places, as (line, sentence)."""

    new: list[Entry] = field(default_factory=list)
    changed: list[tuple[Entry, Duty]] = field(default_factory=list)
    gone: list[Duty] = field(default_factory=list)
    same: int = 0
    faults: list[Fault] = field(default_factory=list)
    clashes: list[tuple[int, str]] = field(default_factory=list)

    def digest(self, content: bytes) -> str:
        """Of the file and of what it does: another one means that either has changed."""
        told = [
            [one.key for one in self.new],
            [(entry.key, duty.pk) for entry, duty in self.changed],
            [duty.pk for duty in self.gone],
            self.same,
        ]
        return hashlib.sha256(content + repr(told).encode()).hexdigest()


def check(*, by: User, content: bytes, now: datetime) -> Outcome:
    """Raises: NotAllowed; Invalid: the file as a whole is no such table."""
    must_plan(by)
    table = read(content, COLUMNS, MOST_ROWS)
    reader = Reader(by, table.lines)
    entries = reader.entries()
    outcome = Outcome(faults=[*table.faults, *reader.faults])
    known = _live(entries)
    _match(by, entries, known, outcome, now)
    _check_stand_ins(entries, outcome)
    _check_days(entries, outcome)
    if not outcome.faults:
        outcome.clashes = _clashes(entries)
    return outcome


@transaction.atomic
def enter(*, by: User, content: bytes, checked: str, now: datetime) -> Outcome:
    """Enter a table that was checked; with a fault nothing is written.

    checked: the digest that the check gave.

    Raises:
        Invalid, NotAllowed: see `check`.
        Conflict: the file or the roster is not what was checked.
    """
    table = read(content, COLUMNS, MOST_ROWS)
    posts = {one.post.pk for one in Reader(by, table.lines).entries()}
    # In the order of ids, as all who change a roster lock.
    list(Post.objects.filter(pk__in=posts).order_by("pk").select_for_update(no_key=True))
    outcome = check(by=by, content=content, now=now)
    if outcome.digest(content) != checked:
        message = _("The file or the roster has changed since it was checked: check it again.")
        raise Conflict(message)
    if outcome.faults:
        return outcome
    _write(by, outcome, now)
    detail = {
        "counts": {
            "new": len(outcome.new), "changed": len(outcome.changed), "gone": len(outcome.gone),
        }
    }  # fmt: skip
    audit.note(by=by, action="roster.imported", detail=detail)
    return outcome


def _live(entries: Iterable[Entry]) -> dict[Key, Duty]:
    """The live duties of all posts and days that are named.  One query."""
    named = {(one.post.pk, one.day) for one in entries}
    rows = Duty.objects.filter(
        post__in={post for post, _day in named}, day__in={day for _post, day in named},
        withdrawn_at=None,
    ).select_related("post", "shift", "member", "stands_in_for__member").order_by("pk")  # fmt: skip
    return {
        (row.post_id, row.shift_id, row.day, row.member_id): row
        for row in rows
        if (row.post_id, row.day) in named
    }


def _match(
    by: User, entries: Sequence[Entry], known: dict[Key, Duty], outcome: Outcome, now: datetime
) -> None:
    first_lines: dict[tuple[int, date], int] = {}
    for one in entries:
        first_lines.setdefault((one.post.pk, one.day), one.line)
        duty = known.get(one.key)
        if duty is not None and _says(one, duty):
            outcome.same += 1
            continue
        if fault := _hindrance(by, one, duty, now):
            outcome.faults.append(fault)
        elif duty is None:
            outcome.new.append(one)
        else:
            outcome.changed.append((one, duty))
    keys = {one.key for one in entries}
    for key, duty in known.items():
        if key in keys:
            continue
        if moment_of(span_of(duty.shift, duty.day), now) is Moment.AHEAD:
            outcome.gone.append(duty)
        else:
            rule = _("%(name)s is missing here, but the shift has begun: change it on the board.")
            line = first_lines[duty.post_id, duty.day]
            outcome.faults.append(_fault(line, "number", rule % {"name": duty.member.name}))


def _says(entry: Entry, duty: Duty) -> bool:
    """Whether a duty is what the row says already."""
    replaced = duty.stands_in_for.member.number if duty.stands_in_for else ""
    return (entry.task, entry.lowest, entry.highest, entry.instead) == (
        duty.task, duty.lowest, duty.highest, replaced,
    )  # fmt: skip


def _hindrance(by: User, entry: Entry, duty: Duty | None, now: datetime) -> Fault | None:
    """Why a row cannot be entered."""
    latest = timezone.localdate(now) + timedelta(days=PLANNED_DAYS)
    if moment_of(span_of(entry.shift, entry.day), now) is not Moment.AHEAD:
        return _fault(entry.line, "day", _("This shift has begun: change it on the board."))
    if entry.day > latest:
        return _fault(entry.line, "day", _("No more than a year ahead."))
    if not entry.post.is_active or not entry.shift.is_active:
        return _fault(entry.line, "post", _("This post or shift is out of use."))
    return None if duty is not None else _stranger(by, entry)


def _stranger(by: User, entry: Entry) -> Fault | None:
    """Why somebody who is not there yet cannot be put on duty."""
    if not in_scope(by, entry.member.scope_code):
        rule = _("There is nobody with the number %(number)s in your area.")
        return _fault(entry.line, "number", rule % {"number": entry.member.number})
    if not entry.member.is_active:
        rule = _("%(name)s is no longer in service.")
        return _fault(entry.line, "number", rule % {"name": entry.member.name})
    return None


def _fault(line: int, column: str, said: str) -> Fault:
    return Fault(line, str(COLUMNS[column].head), said)


def _check_stand_ins(entries: Sequence[Entry], outcome: Outcome) -> None:
    """Whom somebody stands in for must be on the same shift, and have one stand-in."""
    there = {(one.post.pk, one.shift.pk, one.day, one.member.number): one for one in entries}
    taken: Counter[tuple[int, int, date, str]] = Counter()
    for one in entries:
        if not one.instead:
            continue
        place = (one.post.pk, one.shift.pk, one.day, one.instead)
        taken[place] += 1
        if place not in there or one.instead == one.member.number or there[place].instead:
            message = _("Whom they stand in for is not in this shift, or a stand-in too.")
            outcome.faults.append(_fault(one.line, "instead", message))
        elif taken[place] > 1:
            message = _("Somebody stands in there already.")
            outcome.faults.append(_fault(one.line, "instead", message))


def _check_days(entries: Sequence[Entry], outcome: Outcome) -> None:
    """Nobody has more than so many duties on a day, with those that are not named.  Two queries."""
    here = Counter((one.member.pk, one.day) for one in entries)
    people = {member for member, _day in here}
    rows = Duty.objects.filter(member__in=people, withdrawn_at=None).filter(
        day__in={day for _member, day in here}
    )
    counts = rows.values("member", "day").annotate(count=Count("pk"))
    elsewhere = Counter({(one["member"], one["day"]): one["count"] for one in counts})
    inside = Counter((duty.member_id, duty.day) for duty in _live(entries).values())
    for one in entries:
        who = (one.member.pk, one.day)
        if here[who] + elsewhere[who] - inside[who] > MOST_A_DAY:
            rule = _("%(name)s has more than %(most)d duties on this day.")
            said = rule % {"name": one.member.name, "most": MOST_A_DAY}
            outcome.faults.append(_fault(one.line, "number", said))


def _clashes(entries: Sequence[Entry]) -> list[tuple[int, str]]:
    """Who would be in two places, among the rows and with what is not named.  One query."""
    replaced = {(one.post.pk, one.shift.pk, one.day, one.instead) for one in entries if one.instead}
    keys = {(one.post.pk, one.day) for one in entries}
    shifts = {one.shift.pk: one.shift.as_shift() for one in entries}
    lines, duties = dict[int, Entry](), list[roster.Duty]()
    for number, one in enumerate(entries, 1):
        if (one.post.pk, one.shift.pk, one.day, one.member.number) in replaced:
            continue
        # Ids below zero are rows of the table.
        lines[-number] = one
        duties.append(
            roster.Duty(
                -number, one.post.pk, one.shift.pk, one.day, one.member.pk, None,
                ControlLevel(one.lowest), ControlLevel(one.highest),
            )
        )  # fmt: skip
    for row in _beside(entries, keys):
        shifts[row.shift_id] = row.shift.as_shift()
        duties.append(row.as_duty())
    found = defaultdict[int, str](str)
    for clash in roster.conflicts(duties, shifts, timezone.get_default_timezone()):
        for one_id in (clash.first, clash.second):
            if one_id < 0:
                entry = lines[one_id]
                rule = _("%(name)s would be in two places at once.")
                found[entry.line] = rule % {"name": entry.member.name}
    return sorted(found.items())


def _beside(entries: Sequence[Entry], keys: set[tuple[int, date]]) -> list[Duty]:
    """Live duties of the same people on posts and days that are not named."""
    days = [one.day for one in entries]
    if not days:
        return []
    rows = Duty.objects.filter(
        member__in={one.member.pk for one in entries}, withdrawn_at=None,
        day__range=(min(days) - DAY, max(days) + DAY),
    ).select_related("shift")  # fmt: skip
    return [row for row in rows if (row.post_id, row.day) not in keys]


def _write(by: User, outcome: Outcome, now: datetime) -> None:
    gone = [duty.pk for duty in outcome.gone]
    again = [entry for entry, duty in outcome.changed if _other_stand_in(entry, duty)]
    ended = gone + [duty.pk for entry, duty in outcome.changed if _other_stand_in(entry, duty)]
    rows = Duty.objects.filter(pk__in=ended, withdrawn_at=None)
    if rows.update(withdrawn_at=now) != len(ended):
        raise Conflict(_("Somebody else has changed this shift meanwhile: look at it anew."))
    changed = [pair for pair in outcome.changed if not _other_stand_in(*pair)]
    for entry, duty in changed:
        duty.task, duty.lowest, duty.highest = entry.task, entry.lowest, entry.highest
    Duty.objects.bulk_update([duty for _entry, duty in changed], ["task", "lowest", "highest"])
    wanted = [*outcome.new, *again]
    Duty.objects.bulk_create([_row(by, one, None, now) for one in wanted if not one.instead])
    ids = {
        (row.post_id, row.shift_id, row.day, row.member.number): row.pk
        for row in _live(wanted).values()
    }
    Duty.objects.bulk_create(
        [
            _row(by, one, ids[one.post.pk, one.shift.pk, one.day, one.instead], now)
            for one in wanted
            if one.instead
        ]
    )


def _other_stand_in(entry: Entry, duty: Duty) -> bool:
    replaced = duty.stands_in_for.member.number if duty.stands_in_for else ""
    return entry.instead != replaced


def _row(by: User, one: Entry, replaced: int | None, now: datetime) -> Duty:
    return Duty(
        post=one.post, shift=one.shift, day=one.day, member=one.member, task=one.task,
        lowest=one.lowest, highest=one.highest, stands_in_for_id=replaced, made_by=by, made_at=now,
    )  # fmt: skip
