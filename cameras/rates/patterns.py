"""Short cuts that come again, and what speaks for somebody having pulled a plug.  Pure: no Django.

Nothing here proves anything: each piece of evidence answers yes, no or unknown, and a person
decides what to ask whom.  It is shown on one page and is never part of an automatic message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from gis_server.workdays.worktime import Calendar

DAYS = 30
LEAST_CUTS = 3
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=4)
"""Shorter ones are a bad line, longer ones a fault."""
MOST_OF = 2 / 3
"""So large a share of the cuts must say yes."""
FINE_SHARE = 0.8
"""So many of those beside it stay up where they are fine: one may fall by itself meanwhile."""
BEFORE = timedelta(minutes=3)
"""So long before a cut a neighbour must have been up: one that was down anyway says nothing.  An
outage is noticed some minutes late, by one camera sooner than by another."""


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    OFFICE_HOURS = "office_hours"
    NEIGHBOURS_FINE = "neighbours_fine"
    UPSTREAM_ALIVE = "upstream_alive"
    OTHERS_FINE = "others_fine"


@dataclass(frozen=True, slots=True)
class Near:
    """How many other cameras were up before a cut and were watched in its middle, and how many of
    these were still up.
    """

    known: int = 0
    up: int = 0

    @property
    def answer(self) -> Answer:
        if not self.known:
            return Answer.UNKNOWN
        return Answer.YES if self.up >= FINE_SHARE * self.known else Answer.NO


@dataclass(frozen=True, slots=True)
class Cut:
    """A short time in which one camera was down.

    neighbours: of its pole, its switch or its subnet.  upstream: behind the same device, where one
    that is up proves the device alive.  others: those neighbours that are of another owner.
    """

    begun: datetime
    ended: datetime
    neighbours: Near = Near()
    upstream: Near = Near()
    others: Near = Near()

    @property
    def lasted_s(self) -> float:
        return (self.ended - self.begun).total_seconds()


def evidence(cuts: Sequence[Cut], zone: tzinfo, calendar: Calendar) -> dict[Evidence, Answer]:
    """What the cuts of one camera say together; calendar: of the days of the cuts, in the zone."""
    office = [
        Answer.YES if calendar.is_office_time(one.begun.astimezone(zone)) else Answer.NO
        for one in cuts
    ]
    alive = [
        Answer.UNKNOWN if not one.upstream.known
        else Answer.YES if one.upstream.up else Answer.NO
        for one in cuts
    ]  # fmt: skip
    return {
        Evidence.OFFICE_HOURS: together(office),
        Evidence.NEIGHBOURS_FINE: together([one.neighbours.answer for one in cuts]),
        Evidence.UPSTREAM_ALIVE: together(alive),
        Evidence.OTHERS_FINE: together([one.others.answer for one in cuts]),
    }


def together(answers: Sequence[Answer]) -> Answer:
    """Yes when most of those that know say so; unknown when fewer than half know."""
    known = [one for one in answers if one is not Answer.UNKNOWN]
    if not known or len(known) * 2 < len(answers):
        return Answer.UNKNOWN
    share = known.count(Answer.YES) / len(known)
    return Answer.YES if share >= MOST_OF else Answer.NO


def is_suspected(answers: dict[Evidence, Answer]) -> bool:
    """Whether it is worth asking: the neighbours were fine, and nothing speaks against it."""
    return (
        answers[Evidence.NEIGHBOURS_FINE] is Answer.YES
        and answers[Evidence.OFFICE_HOURS] is Answer.YES
        and Answer.NO not in answers.values()
    )
