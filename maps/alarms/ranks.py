"""Which alarms there are, and how much each matters.  Pure: no Django, no clock.

EEMUA 191 wants three priorities, of which the highest is rare (about 5 / 15 / 80 %): what is always
red is looked at by nobody.  Top is only what costs lives or time within minutes, or makes the
wall itself untrue.
"""

from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """URGENT: an urgent event that nobody has accepted.  LATE: events at the district's level whose
    deadline has passed, one alarm a street.  OUTAGE: one fault that took several cameras down.
    CAMERA: a key camera that is down by itself.  NOTICE: the watching of cameras is in trouble.
    SILENT: a part of this server has not been heard.  DARK: cameras are down and nobody on duty has
    been there either, one alarm a street.
    """

    URGENT = "urgent"
    LATE = "late"
    OUTAGE = "outage"
    CAMERA = "camera"
    NOTICE = "notice"
    SILENT = "silent"
    DARK = "dark"


class Rank(IntEnum):
    TOP = 1
    MIDDLE = 2
    LOW = 3


RANKS: dict[tuple[Kind, str], Rank] = {
    (Kind.URGENT, ""): Rank.TOP,
    (Kind.LATE, ""): Rank.MIDDLE,
    (Kind.OUTAGE, ""): Rank.MIDDLE,
    (Kind.CAMERA, "key_area"): Rank.MIDDLE,
    (Kind.CAMERA, "key_industry"): Rank.LOW,
    # States of cameras are unknown while these last, and nobody else will notice.
    (Kind.NOTICE, "blind"): Rank.TOP,
    (Kind.NOTICE, "not_asked"): Rank.TOP,
    (Kind.NOTICE, "many_at_once"): Rank.MIDDLE,
    (Kind.NOTICE, "lossy_line"): Rank.MIDDLE,
    (Kind.NOTICE, "no_store"): Rank.MIDDLE,
    # Without jobs no deadline passes and nothing is called unknown: the wall is no longer true.
    (Kind.SILENT, "jobs"): Rank.TOP,
    (Kind.SILENT, "pictures"): Rank.MIDDLE,
    (Kind.SILENT, "cover"): Rank.LOW,
    (Kind.SILENT, "positions"): Rank.MIDDLE,
    (Kind.SILENT, "backups"): Rank.LOW,
    (Kind.DARK, ""): Rank.LOW,
}
"""By the kind and what it is more exactly: a class of cameras, a kind of notice, a part."""
