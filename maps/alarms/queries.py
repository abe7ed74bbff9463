"""Which alarms stand for a reader now, in how great a flood, and what is over again.

Everything is cut to the reader's reach and permissions, and worked out from what is true: an alarm
goes when its cause does, whoever has taken it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from gis_server import beats
from gis_server.models import User
from gis_server.roles import Permission, may
from maps.alarms import dark, sql
from maps.alarms.flood import LOOK_BACK, Flood, flood
from maps.alarms.ranks import Kind, Rank

MOST = 200
MOST_RAISED = 5_000
OVER_FOR = timedelta(hours=1)
SEES: dict[Kind, tuple[Permission, ...]] = {
    Kind.URGENT: (Permission.SEE_EVENTS,),
    Kind.LATE: (Permission.SEE_EVENTS,),
    Kind.OUTAGE: (Permission.SEE_CAMERAS,),
    Kind.CAMERA: (Permission.SEE_CAMERAS,),
    Kind.NOTICE: (Permission.SEE_CAMERAS,),
    Kind.SILENT: (),
    Kind.DARK: (Permission.SEE_CAMERAS, Permission.SEE_COVERAGE),
}
HEARS: dict[beats.Part, Permission] = {
    beats.Part.JOBS: Permission.TAKE_ALARMS,
    beats.Part.PICTURES: Permission.SEE_PICTURES,
    beats.Part.COVER: Permission.SEE_COVERAGE,
    beats.Part.POSITIONS: Permission.SEE_PATROLS,
    beats.Part.BACKUPS: Permission.TAKE_ALARMS,
}
"""Whom the silence of a part concerns."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Taken:
    """Who has an alarm, since when, and what they say of it; id: of the row."""

    id: int
    by: int | None
    who: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs somebody.  more, about: see `maps.alarms.sql`.

    street: the code of its street or town with the name, both empty for what lies nowhere.
    number: of events or cameras.  box: west, south, east, north in degrees (WGS84).
    """

    kind: Kind
    more: str
    subject: str
    raised_at: datetime
    rank: Rank
    street: str
    street_name: str
    number: int
    box: Box | None
    about: dict[str, Any]
    taken: Taken | None


@dataclass(frozen=True, slots=True)
class Group:
    """Alarms of one kind and street, in a flood.  raised_at: the newest."""

    kind: Kind
    street: str
    street_name: str
    alarms: int
    untaken: int
    rank: Rank
    raised_at: datetime
    box: Box | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The alarms of a reader: at most MOST, the worst and of those the newest first, those that
    nobody has taken before the others; how many there are in all of each rank.
    """

    items: list[Alarm]
    counts: dict[Rank, int]
    flood: Flood
    groups: list[Group]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Over:
    """An outage or an urgent event that is over.  suspect: what the outage's cameras share, empty
    for one camera.
    """

    kind: str
    id: int
    closed_at: datetime
    began_at: datetime
    name: str
    suspect: str
    number: int


def standing(user: User, now: datetime) -> Standing:
    """Two queries, one more in a flood, and three in a minute for what is dark."""
    found = _Question(user, now)
    items, counts = found.listed()
    is_flood = flood(found.raised(), now)
    return Standing(items, counts, is_flood, found.grouped() if is_flood.since else [])


def alarm_of(user: User, kind: str, subject: str, now: datetime) -> Alarm | None:
    """One alarm as this reader sees it; None: it is over, or not theirs.  One query, and three in a
    minute for what is dark.
    """
    items, _counts = _Question(user, now).listed(kind, subject)
    return items[0] if items else None


def kinds_seen(user: User) -> list[Kind]:
    return [kind for kind, needed in SEES.items() if all(may(user.role, one) for one in needed)]


class _Question:
    """What one reader asks at one moment."""

    def __init__(self, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        self.kinds = kinds_seen(user)
        self.values = {"at": now, "scope": [prefix for prefix in user.reach if prefix]}

    def listed(self, kind: str = "", subject: str = "") -> tuple[list[Alarm], dict[Rank, int]]:
        asked = {"kind": kind, "subject": subject, "most": MOST}
        rows = self._rows(sql.LISTED, asked)
        total, top, middle = rows[0][-3:] if rows else (0, 0, 0)
        counts = {Rank.TOP: top, Rank.MIDDLE: middle, Rank.LOW: total - top - middle}
        return [_alarm(row) for row in rows], counts

    def grouped(self) -> list[Group]:
        return [_group(row) for row in self._rows(sql.GROUPED, {"most": MOST})]

    def raised(self) -> list[datetime]:
        """When alarms were raised of late, the newest first."""
        branches = []
        if Kind.URGENT in self.kinds:
            branches.append(sql.RAISED_EVENTS)
        if Kind.OUTAGE in self.kinds:
            branches.append(sql.RAISED_OUTAGES)
        if not branches:
            return []
        asked = self.values | {"since": self.now - LOOK_BACK, "most": MOST_RAISED}
        order = "\n    ORDER BY 1 DESC LIMIT %(most)s"
        return [at for (at,) in _fetch(sql.united(branches) + order, asked)]

    def _rows(self, end: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
        branches = sql.united([sql.BRANCHES[kind] for kind in self.kinds])
        values = self.values | self._parts() | self._dark() | asked
        return _fetch(sql.ALARMS.format(branches=branches) + end, values)

    def _parts(self) -> dict[str, Any]:
        parts = [part for part, needed in HEARS.items() if may(self.user.role, needed)]
        return {
            "parts": [part.value for part in parts],
            "after": [beats.SILENT_AFTER[part] for part in parts],
        }

    def _dark(self) -> dict[str, list[Any]]:
        if Kind.DARK not in self.kinds:
            return {}
        return dark.columns(dark.dark_streets(self.user, self.now))


def over(user: User, now: datetime, most: int) -> tuple[list[Over], int]:
    """What is over since `OVER_FOR`, the newest first, and how many there are.  One query."""
    branches = []
    if may(user.role, Permission.SEE_CAMERAS):
        branches.append(sql.OVER_OUTAGES)
    if may(user.role, Permission.SEE_EVENTS):
        branches.append(sql.OVER_EVENTS)
    if not branches:
        return [], 0
    scope = [prefix for prefix in user.reach if prefix]
    asked = {"scope": scope, "since": now - OVER_FOR, "most": most}
    rows = _fetch(sql.OVER.format(branches=sql.united(branches)), asked)
    return [Over(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _alarm(row: Sequence[Any]) -> Alarm:
    kind, more, subject, raised_at, street, number = row[:6]
    about, rank, take, by, who, taken_at, note, street_name = row[10:18]
    return Alarm(
        Kind(kind), more, subject, raised_at, Rank(rank), street, street_name, number,
        _box(row[6:10]), json.loads(about),
        Taken(take, by, who, taken_at, note) if take else None,
    )  # fmt: skip


def _group(row: Sequence[Any]) -> Group:
    kind, street, name, alarms, untaken, rank, raised_at = row[:7]
    return Group(Kind(kind), street, name, alarms, untaken, Rank(rank), raised_at, _box(row[7:11]))


def _box(corners: Sequence[float | None]) -> Box | None:
    west, south, east, north = corners
    if west is None or south is None or east is None or north is None:
        return None
    return west, south, east, north
