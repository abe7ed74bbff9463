"""When each cell of the plane was last lit, by blocks; see `patrols.plane`."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import numpy as np
from django.db import connection

from patrols import plane
from patrols.intake import rows
from patrols.models import SeenBlock, Stretch
from patrols.plane import NOTHING, SIDE, Lit, Times
from patrols.slots import SLOT_S

Place = tuple[int, int]
LOOK_BACK = timedelta(days=30)
"""A cell that nobody lit for longer before what has turned out wrong is taken for never lit."""
AT_ONCE = 64


def relight(old: Sequence[bytes], new: Sequence[Lit], replace: Callable[[], None]) -> None:
    """Bring the times of cells up to date, while `replace` puts new stretches for old ones.

    Cells that were lit by an old stretch, and are by none or earlier by the new ones, get the time
    of whatever lit them before.
    """
    after = merged(new)
    lost = _lost(merged([plane.unpack(data) for data in old]), after)
    replace()
    gained, gone = plane.by_block(after), plane.by_block(lost)
    places = sorted(gained.keys() | gone.keys())
    blocks = read(places)
    for place in places:
        times = blocks.setdefault(place, np.zeros(SIDE * SIDE, np.uint32))
        if place in gone:
            _take_back(place, times, *gone[place])
        if place in gained:
            cells, t = gained[place]
            times[cells] = np.maximum(times[cells], t)
    write(blocks)


def merged(lits: Iterable[Lit]) -> Lit:
    """All cells, each at its latest time."""
    parts = list(lits)
    if not parts:
        return NOTHING
    whole = Lit(
        np.concatenate([one.columns for one in parts]),
        np.concatenate([one.rows for one in parts]),
        np.concatenate([one.t for one in parts]),
    )
    return plane.latest(whole, NOTHING)


def _lost(before: Lit, after: Lit) -> Lit:
    """Cells that were lit before and are no more, or earlier."""
    old, new = plane.keys_of(before.columns, before.rows), plane.keys_of(after.columns, after.rows)
    if not len(old):
        return NOTHING
    if not len(new):
        return before
    at = np.minimum(np.searchsorted(new, old), len(new) - 1)
    stays = (new[at] == old) & (after.t[at] >= before.t)
    return Lit(before.columns[~stays], before.rows[~stays], before.t[~stays])


def _take_back(place: Place, times: Times, cells: Any, t: Any) -> None:
    """Give cells that owe their time to what is gone the time of what is left."""
    owing = cells[times[cells] == t]
    if not len(owing):
        return  # somebody has been there since
    times[owing] = 0
    [key] = plane.keys_of(np.array([place[0]]), np.array([place[1]]))
    newest = int(t.max())
    older = Stretch.objects.filter(blocks__contains=[int(key)]).order_by("-begins", "-id")
    for begins, data in older.values_list("begins", "data").iterator(AT_ONCE):
        if begins.timestamp() < newest - LOOK_BACK.total_seconds():
            break
        if (times[owing] >= begins.timestamp() + SLOT_S).all():
            break  # what comes now is older
        found = plane.by_block(plane.unpack(bytes(data))).get(place)
        if found:
            mine = np.isin(found[0], owing)
            lit = found[0][mine]
            times[lit] = np.maximum(times[lit], found[1][mine])


READ = """
    SELECT block.x, block.y, block.at FROM unnest(%s::int[], %s::int[]) AS asked (x, y)
    JOIN patrols_seenblock AS block USING (x, y)"""
READ_BOX = """
    SELECT x, y, at FROM patrols_seenblock
    WHERE x BETWEEN %s AND %s AND y BETWEEN %s AND %s"""
WIRE = (("x", "i4"), ("y", "i4"), ("at", "V4096"))


def read(places: Sequence[Place]) -> dict[Place, Times]:
    """The blocks that are there, each as a flat array that may be changed.  One query."""
    return dict(zip(*_copied(READ, _columns(places)), strict=True))


def read_all(places: Sequence[Place]) -> Times:
    """The blocks of places, (n, SIDE × SIDE) in their order, 0 where there is none.  One query."""
    found = np.zeros((len(places), SIDE * SIDE), np.uint32)
    there, times = _copied(READ, _columns(places))
    index = {place: number for number, place in enumerate(places)}
    found[[index[place] for place in there]] = times
    return found


def read_box(x0: int, y0: int, width: int, height: int) -> Times:
    """The times of the cells of a box (its south-west cell, and its size), rows from the south.
    One query.
    """
    there, times = _copied(READ_BOX, plane.blocks_over(x0, y0, width, height))
    return plane.window(dict(zip(there, times, strict=True)), x0, y0, width, height)


def _columns(places: Sequence[Place]) -> list[str]:
    """As PostgreSQL writes arrays: thousands of numbers quoted one by one take ten times longer."""
    return [f"{{{','.join(str(place[at]) for place in places)}}}" for at in range(2)]


def _copied(asked: str, args: Sequence[Any]) -> tuple[list[Place], Times]:
    """Places and times of what a query finds, as bytes: as text a district's blocks would take
    longer to read than all else that is done with them.
    """
    told = BytesIO()
    with connection.wrap_database_errors, connection.cursor() as cursor:
        # COPY takes no parameters; mogrify quotes them as execute would.
        query = cursor.mogrify(asked, args).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", told)
    found = rows.from_wire(WIRE, told.getvalue())
    times = np.array(found["at"]).view("<u4").reshape(-1, SIDE * SIDE)  # one that may be changed
    places = zip(found["x"].tolist(), found["y"].tolist(), strict=True)
    return list(places), times.astype(np.uint32, copy=False)


def write(blocks: dict[Place, Times]) -> None:
    changed = [
        SeenBlock(x=x, y=y, at=times.astype("<u4").tobytes())
        for (x, y), times in sorted(blocks.items())
    ]
    SeenBlock.objects.bulk_create(
        changed, 1000, update_conflicts=True, unique_fields=["x", "y"], update_fields=["at"]
    )
