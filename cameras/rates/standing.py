"""How cameras stood at the end of a time, and the rates of that time, out of the same pieces."""

from dataclasses import dataclass

from django.db import connection

from cameras.rates.pieces import PIECES, Asked
from cameras.rates.queries import COUNTED, seconds_of
from cameras.rates.share import Seconds

ENDED = """
    {pieces} SELECT counted, sum(extract(epoch FROM hi - lo)), count(*) FILTER (WHERE hi = %(end)s)
    FROM pieces GROUP BY counted
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """seconds: of all the time, without a number of cameras.  online, down, unknown: how many
    cameras were so at its end; those online with a poor picture are online, as in the reports, and
    those down in an accepted window are down.
    """

    seconds: Seconds
    online: int
    down: int
    unknown: int

    @property
    def watched(self) -> int:
        return self.online + self.down + self.unknown


def standing(asked: Asked) -> Standing:
    """One query."""
    values = asked.values()
    with connection.cursor() as cursor:
        cursor.execute(ENDED.format(pieces=PIECES), values)
        found = {kind: (seconds, cameras) for kind, seconds, cameras in cursor.fetchall()}
    told = {kind: found.get(kind, (0, 0)) for kind in COUNTED}
    cameras = {kind: number for kind, (_seconds, number) in told.items()}
    return Standing(
        seconds_of([*(seconds for seconds, _number in told.values()), 0]),
        online=cameras["intact"] + cameras["faulty"],
        down=cameras["down"] + cameras["excused"],
        unknown=cameras["unknown"],
    )
