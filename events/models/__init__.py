"""What is stored of events.  Writing goes through `events.services`; every rule that SQL can say is
a constraint with the rule as its name.
"""

from events.models.briefing import Briefing, BriefingKind
from events.models.catalogue import Category, DeadlineRule, EventKind
from events.models.desk import EventView, EventWords
from events.models.event import Event, EventCopy, EventPhoto, EventStep, Source
from events.models.exchange import IdempotentCall
from events.models.rounds import Look, Result, RoundPlace, VideoRound, VideoSeen, Walk
from events.models.units import (
    Consultation,
    ConsultedParty,
    Department,
    DepartmentMember,
    EventTask,
    Extension,
)

__all__ = [
    "Briefing",
    "BriefingKind",
    "Category",
    "Consultation",
    "ConsultedParty",
    "DeadlineRule",
    "Department",
    "DepartmentMember",
    "Event",
    "EventCopy",
    "EventKind",
    "EventPhoto",
    "EventStep",
    "EventTask",
    "EventView",
    "EventWords",
    "Extension",
    "IdempotentCall",
    "Look",
    "Result",
    "RoundPlace",
    "Source",
    "VideoRound",
    "VideoSeen",
    "Walk",
]
