"""Keeps what has been seen in order: what goes with the positions goes, and a day that is over is
worked out as a whole and compared.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db import connection, transaction

from patrols.coverage import NOTHING, Seen, count
from patrols.intake import stale
from patrols.intake.partitions import midnight
from patrols.intake.taking import oldest_kept
from patrols.models import Coverage, Part
from patrols.seen.covering import compare_day
from patrols.seen.locks import WRITE_LOCK, hold
from patrols.seen.queries import sets_of

AT_ONCE = 5000
DROPS = (
    "DELETE FROM patrols_part WHERE id IN (SELECT id FROM patrols_part WHERE day < %s LIMIT %s)",
    "DELETE FROM patrols_visit WHERE id IN (SELECT id FROM patrols_visit WHERE day < %s LIMIT %s)",
    """DELETE FROM patrols_stretch WHERE id IN (
        SELECT stretch.id FROM patrols_stretch AS stretch
        JOIN patrols_duty AS duty ON duty.id = stretch.duty_id WHERE duty.day < %s LIMIT %s)""",
)


def drop_old(now: datetime) -> int:
    """Drop parts, visits and stretches of days whose positions have gone; how many rows.

    Coverage stays, and when each cell was last seen.
    """
    before, rows = oldest_kept(now), 0
    for drop in DROPS:
        while True:
            with connection.cursor() as cursor:
                cursor.execute(drop, [before, AT_ONCE])
                rows += cursor.rowcount
                if cursor.rowcount < AT_ONCE:
                    break
    return rows


def mend(day: date, now: datetime) -> list[int]:
    """Have the tracks of a day worked out anew whose figures are not what the positions give as a
    whole; which duties these are.  None, as long as all is well.
    """
    wrong = compare_day(day, now)
    stale.mark(dict.fromkeys(wrong, midnight(day)), now)
    return wrong


@transaction.atomic
def not_the_union(day: date) -> Iterator[str]:
    """What coverage of a day is not the union of its parts; a sentence each."""
    hold(WRITE_LOCK)
    parts: dict[tuple[int, int, int], list[Seen]] = defaultdict(list)
    for part in Part.objects.filter(day=day).iterator():
        sets = Seen(bytes(part.quarters), bytes(part.streets), bytes(part.buildings))
        parts[part.shift_id, part.grid_id, part.ground_id].append(sets)
    for row in Coverage.objects.filter(day=day).select_related("grid"):
        whole = reduce(or_, parts.pop((row.shift_id, row.grid_id, row.ground_id), []), NOTHING)
        if whole != sets_of(row) or count(whole.quarters) != row.seen_quarters:
            yield f"coverage of grid {row.grid.code} on {day} is not what its parts make together"
    for _shift, grid, _ground in parts:
        yield f"grid {grid} was seen on {day} and has no coverage"
