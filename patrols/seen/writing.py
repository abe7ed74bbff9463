"""Writes what was worked out: stretches and parts, and from them coverage, visits, times of cells.

Everything here runs in one transaction that holds WRITE_LOCK, so that what is there can be read,
united with what is new, and written.  Where something was there and is no more (a position was
disputed, or turned out to be no way but a stay), the sets and times that it was in are made anew
from the stretches that are left; else one more fix costs the same however much there is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import reduce
from io import StringIO
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Count

from patrols import coverage, visits
from patrols.coverage import NOTHING
from patrols.coverage import Seen as Sets
from patrols.models import Coverage, DayGround, Part, Stretch, Visit
from patrols.plane import blocks_of
from patrols.seen.blocks import relight
from patrols.seen.grounds import terrain_of
from patrols.seen.locks import WRITE_LOCK, hold
from patrols.seen.working import NewPart, NewStretch, Worked
from patrols.visits import Stay

Key = tuple[date, int, int]
"""Day, shift and grid."""
ROWS_AT_ONCE = 1000


@dataclass(slots=True)
class Old:
    """A stretch that is to be replaced, with its parts."""

    pk: int
    data: bytes
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Difference:
    """What changes: old: stretches that go; new: those that come, with their duty; touched: days,
    shifts and grids of either.
    """

    old: list[Old] = field(default_factory=list)
    new: list[tuple[Worked, NewStretch]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.old or self.new)


def write(found: Sequence[Worked], now: datetime) -> set[int]:
    """Write what was worked out of some duties, in the caller's transaction; the grids of which
    something has changed.

    Raises:
        GroundChanged: a day's ground became another meanwhile; work it out anew.
    """
    if not found:
        return set()
    hold(WRITE_LOCK)
    _check_grounds(found)
    difference = _compare(found)
    if not difference:
        return set()
    relight(
        [one.data for one in difference.old], [one.lit for _w, one in difference.new],
        lambda: _replace(difference),
    )  # fmt: skip
    keys = _cover(difference, now)
    return {grid for _day, _shift, grid in keys}


class GroundChanged(Exception):
    """What was worked out belongs to a ground that counts no more."""


def _check_grounds(found: Sequence[Worked]) -> None:
    used = {
        (one.asked.day, part.ground)
        for one in found
        for stretch in one.stretches
        for part in stretch.parts
    }
    days = {day for day, _ground in used}
    known = set(DayGround.objects.filter(day__in=days).values_list("day", "ground_id"))
    if not used <= known:
        raise GroundChanged


def _compare(found: Sequence[Worked]) -> Difference:
    """What is there against what was worked out.  One query, and two for what goes."""
    begins = {one.asked.duty: one.begins for one in found}
    there: dict[tuple[int, datetime], tuple[int, bytes]] = {}
    rows = Stretch.objects.filter(duty__in=begins, begins__gte=min(begins.values()))
    for pk, duty, at, digest in rows.values_list("id", "duty_id", "begins", "digest"):
        if at >= begins[duty]:
            there[duty, at] = pk, bytes(digest)
    difference, gone = Difference(), []
    for one in found:
        for new in one.stretches:
            old = there.pop((one.asked.duty, new.begins), None)
            if old is not None and old[1] == new.digest:
                continue
            if old is not None:
                gone.append(old[0])
            difference.new.append((one, new))
    difference.old = _old([*gone, *(pk for pk, _digest in there.values())])
    return difference


def _old(ids: Sequence[int]) -> list[Old]:
    if not ids:
        return []
    rows = Stretch.objects.filter(pk__in=ids).values_list("id", "data")
    of = {pk: Old(pk, bytes(data)) for pk, data in rows}
    for part in Part.objects.filter(stretch__in=of):
        of[part.stretch_id].parts.append(part)
    return list(of.values())


def _replace(difference: Difference) -> None:
    """Delete the old stretches with their parts, insert the new ones with theirs."""
    gone = [one.pk for one in difference.old]
    if gone:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM patrols_part WHERE stretch_id = ANY(%s)", [gone])
            cursor.execute("DELETE FROM patrols_stretch WHERE id = ANY(%s)", [gone])
    made = Stretch.objects.bulk_create(
        [
            Stretch(
                duty_id=worked.asked.duty, begins=new.begins, data=new.data, digest=new.digest,
                blocks=[int(one) for one in blocks_of(new.lit)],
            )
            for worked, new in difference.new
        ],
        ROWS_AT_ONCE,
    )  # fmt: skip
    text = StringIO()
    for row, (worked, new) in zip(made, difference.new, strict=True):
        text.writelines(_copied(worked, row.pk, part) for part in new.parts)
    text.seek(0)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(PARTS, text)


# A day of a district has a hundred thousand: as models they would take longer than working out.
PARTS = """
    COPY patrols_part (stretch_id, duty_id, day, shift_id, grid_id, ground_id, quarters, streets,
        buildings, first_at, last_at, seconds) FROM STDIN"""


def _copied(worked: Worked, stretch_id: int, part: NewPart) -> str:
    """A part as a line of PARTS; \\N is null."""
    asked, there, seen = worked.asked, part.there, part.seen
    sets = (f"\\\\x{one.hex()}" for one in (seen.quarters, seen.streets, seen.buildings))
    times: tuple[str, str, int] = ("\\N", "\\N", 0)
    if there:
        first, last = (datetime.fromtimestamp(at, UTC) for at in (there.first, there.last))
        times = (first.isoformat(), last.isoformat(), round(there.seconds))
    values = (stretch_id, asked.duty, asked.day, asked.shift, part.grid, part.ground)
    return "\t".join(map(str, (*values, *sets, *times))) + "\n"


# ---- Coverage ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Change:
    """Of a grid in a shift of a day: what was there, what is there now; ground: of now."""

    before: Sets = NOTHING
    after: Sets = NOTHING
    ground: int = 0

    @property
    def loses(self) -> bool:
        return any(
            _loses(old, new)
            for old, new in (
                (self.before.quarters, self.after.quarters),
                (self.before.streets, self.after.streets),
                (self.before.buildings, self.after.buildings),
            )
        )


def _loses(old: bytes, new: bytes) -> bool:
    """Whether something of the old set is not in the new one, or is of another ground."""
    if len(old) != len(new):
        return bool(old)
    return bool(int.from_bytes(old, "little") & ~int.from_bytes(new, "little"))


def _cover(difference: Difference, now: datetime) -> set[Key]:
    """Bring coverage and visits up to date; the keys that were touched."""
    changes = _changes(difference)
    if not changes:
        return set()  # on no ground
    duties = {(part.duty_id, part.grid_id) for old in difference.old for part in old.parts}
    duties |= {(one.asked.duty, part.grid) for one, new in difference.new for part in new.parts}
    _note_visits(duties)
    counted = _count_visits(changes)
    there = _coverage_of(changes)
    anew = [
        key
        for key, change in changes.items()
        if change.loses or (key in there and there[key].ground_id != change.ground)
    ]
    made = _from_parts(anew, changes)
    rows, gone = [], []
    for key, change in changes.items():
        seen = made.get(key) if key in anew else change.after | _sets(there.get(key))
        if seen is None or not change.ground:
            gone.append(key)
        else:
            rows.append(_row(key, change.ground, seen, counted.get(key, 0), now))
    _save(rows, [there[key].pk for key in gone if key in there])
    return set(changes)


def _changes(difference: Difference) -> dict[Key, Change]:
    changes: dict[Key, Change] = defaultdict(Change)
    for old in difference.old:
        for part in old.parts:
            change = changes[part.day, part.shift_id, part.grid_id]
            same = change.ground in (0, part.ground_id)
            change.before = change.before | _sets(part) if same else _sets(part)
            change.ground = part.ground_id
    for change in changes.values():
        change.ground = 0
    before = dict(changes)
    for worked, new in difference.new:
        for one in new.parts:
            change = changes[worked.asked.day, worked.asked.shift, one.grid]
            change.after = change.after | one.seen
            change.ground = one.ground
    for key, change in before.items():
        if not change.ground:
            change.ground = _ground_of(key)
    return changes


def _ground_of(key: Key) -> int:
    """The ground of the day that a grid lies in, where all that was new there has gone."""
    for ground in DayGround.objects.filter(day=key[0]).values_list("ground_id", flat=True):
        if key[2] in terrain_of(ground).index:
            return int(ground)
    return 0


def _sets(row: Part | Coverage | None) -> Sets:
    if row is None:
        return NOTHING
    return Sets(bytes(row.quarters), bytes(row.streets), bytes(row.buildings))


def _coverage_of(keys: Iterable[Key]) -> dict[Key, Coverage]:
    return {
        (row.day, row.shift_id, row.grid_id): row
        for row in Coverage.objects.filter(**_over(keys))
        if (row.day, row.shift_id, row.grid_id) in keys
    }


def _over(keys: Iterable[Key]) -> dict[str, Any]:
    """What holds all keys, and a few more."""
    days, shifts, grids = (set(column) for column in zip(*keys, strict=True))
    return {"day__in": days, "shift__in": shifts, "grid__in": grids}


def _from_parts(keys: Sequence[Key], changes: dict[Key, Change]) -> dict[Key, Sets]:
    """The union of all parts of each; none where there is no part left."""
    parts: dict[Key, list[Sets]] = defaultdict(list)
    for part in Part.objects.filter(**_over(keys)) if keys else []:
        key = part.day, part.shift_id, part.grid_id
        if key in keys and part.ground_id == changes[key].ground:
            parts[key].append(_sets(part))
    return {key: reduce(or_, sets) for key, sets in parts.items()}


def _row(key: Key, ground_id: int, seen: Sets, passes: int, now: datetime) -> Coverage:
    place = terrain_of(ground_id)
    ground, index = place.ground, place.index[key[2]]
    return Coverage(
        day=key[0], shift_id=key[1], grid_id=key[2], ground_id=ground_id,
        quarters=seen.quarters, streets=seen.streets, buildings=seen.buildings,
        seen_quarters=coverage.count(seen.quarters), all_quarters=int(ground.quarters[index]),
        seen_streets=coverage.count(seen.streets), all_streets=int(ground.streets.counts[index]),
        seen_buildings=coverage.count(seen.buildings),
        all_buildings=int(ground.buildings.counts[index]),
        is_bare=bool(ground.is_bare[index]), visits=passes, updated_at=now,
    )  # fmt: skip


KEY_FIELDS = ["day", "shift", "grid"]
FIELDS = [one.name for one in Coverage._meta.concrete_fields if one.name not in {"id", *KEY_FIELDS}]


def _save(rows: list[Coverage], gone: list[int]) -> None:
    Coverage.objects.bulk_create(
        rows, ROWS_AT_ONCE, update_conflicts=True, unique_fields=KEY_FIELDS, update_fields=FIELDS
    )
    if gone:
        Coverage.objects.filter(pk__in=gone).delete()


# ---- Visits --------------------------------------------------------------------------------------


def _note_visits(pairs: set[tuple[int, int]]) -> None:
    """The visits of each duty to each grid that was touched, as its parts tell them now."""
    duties, grids = {duty for duty, _grid in pairs}, {grid for _duty, grid in pairs}
    stays: dict[Passed, list[Stay]] = defaultdict(list)
    # Rows without models: there are as many as parts.
    parts = Part.objects.filter(duty__in=duties, grid__in=grids, first_at__isnull=False)
    told = parts.order_by().values_list(
        "duty_id", "grid_id", "day", "shift_id", "first_at", "last_at", "seconds", "streets"
    )
    for duty, grid, day, shift, first_at, last_at, seconds, streets in told.iterator():
        if first_at and last_at and (duty, grid) in pairs:
            stay = Stay(first_at, last_at, seconds, bytes(streets))
            stays[duty, grid, day, shift].append(stay)
    there: dict[tuple[int, int], list[Visit]] = defaultdict(list)
    for visit in Visit.objects.filter(duty__in=duties, grid__in=grids):
        there[visit.duty_id, visit.grid_id].append(visit)
    wanted: dict[tuple[int, int], list[Visit]] = defaultdict(list)
    for passed, mine in stays.items():
        wanted[passed[:2]] += _visits_of(passed, mine)
    gone, made = [], []
    for pair in sorted(pairs):
        old = {_told(visit): visit for visit in there.get(pair, [])}
        new = {_told(visit): visit for visit in wanted.get(pair, [])}
        gone += [visit.pk for told, visit in old.items() if told not in new]
        made += [visit for told, visit in new.items() if told not in old]
    if gone:
        Visit.objects.filter(pk__in=gone).delete()
    Visit.objects.bulk_create(made, ROWS_AT_ONCE)


Passed = tuple[int, int, date, int]
"""Duty, grid, and the day and shift of the duty."""


def _visits_of(passed: Passed, stays: Sequence[Stay]) -> list[Visit]:
    duty, grid, day, shift = passed
    return [
        Visit(
            duty_id=duty, day=day, shift_id=shift, grid_id=grid, begins=one.begins, ends=one.ends,
            seconds=one.seconds, streets=one.streets,
        )
        for one in visits.visits(stays)
    ]  # fmt: skip


def _told(visit: Visit) -> tuple[datetime, datetime, int, int]:
    return visit.begins, visit.ends, visit.seconds, visit.streets


def _count_visits(keys: Iterable[Key]) -> dict[Key, int]:
    rows = Visit.objects.filter(**_over(keys)).values("day", "shift_id", "grid_id")
    return {
        (row["day"], row["shift_id"], row["grid_id"]): row["number"]
        for row in rows.annotate(number=Count("id")).order_by()
    }
