"""Works out what tracks have seen, from fixes to what is to be written; writes nothing."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from patrols import plane, slots, stretches
from patrols.coverage import Seen
from patrols.plane import Lit
from patrols.seen.grounds import OfDay
from patrols.seen.reading import Asked, Way, ways
from patrols.slots import Slot
from patrols.stretches import There

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class NewPart:
    grid: int
    ground: int
    seen: Seen
    there: There | None


@dataclass(frozen=True, slots=True)
class NewStretch:
    """See `models.Stretch`."""

    begins: datetime
    lit: Lit
    data: bytes
    parts: list[NewPart]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Worked:
    """What a duty's track comes to from `begins` on: all of its stretches there.

    fixes: how many were read for it.
    """

    asked: Asked
    begins: datetime
    stretches: list[NewStretch]
    fixes: int


def work_out(asked: Sequence[Asked], grounds: dict[date, list[OfDay]]) -> list[Worked]:
    """What each duty's track comes to; grounds: of each duty's day.  Two queries."""
    found = ways(asked)
    return [worked(one, found[one.duty], grounds[one.day]) for one in asked]


def worked(asked: Asked, way: Way, grounds: Sequence[OfDay]) -> Worked:
    fixes = way.fixes
    whole = asked.bounds[0].timestamp() - slots.AROUND_S
    begin = whole if asked.reads_from is None else asked.reads_from + slots.AROUND_S
    touched = slots.touched(max(begin, fixes.t[0]), fixes.t[-1]) if len(fixes) else []
    # What is read begins before the first slot that is worked out.
    mine = (stretch(asked, way, slot, grounds) for slot in touched if slot.begin >= begin)
    made = [one for one in mine if one is not None]
    return Worked(asked, datetime.fromtimestamp(begin, UTC), made, len(fixes))


def stretch(asked: Asked, way: Way, slot: Slot, grounds: Sequence[OfDay]) -> NewStretch | None:
    """One slot; None where nothing was lit in it."""
    made = stretches.make(way.fixes, way.received, asked.means, slot)
    if not len(made.lit):
        return None
    parts = [
        NewPart(grid, one.ground_id, found.seen, found.there)
        for one in grounds
        for grid, found in stretches.in_ground(made, one.terrain.ground).items()
    ]
    data = plane.pack(made.lit)
    begins = datetime.fromtimestamp(slot.begin, UTC)
    return NewStretch(begins, made.lit, data, parts, _digest(data, parts))


def _digest(data: bytes, parts: Sequence[NewPart]) -> bytes:
    told = hashlib.blake2b(data, digest_size=DIGEST_BYTES)
    for part in parts:
        there = part.there or There(0.0, 0.0, 0.0)
        told.update(
            struct.pack("<qqddd", part.grid, part.ground, there.first, there.last, there.seconds)
        )
        told.update(part.seen.quarters + b"/" + part.seen.streets + b"/" + part.seen.buildings)
    return told.digest()
