"""Stands in for the deadlines of `events.services.deadlines` until they are merged."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from events.models import Category
from events.workflow import Level, Severity


@dataclass(frozen=True, slots=True)
class Dues:
    accept: datetime
    handle: datetime
    close: datetime
    amber_at: datetime


def dues_at(category: Category, severity: Severity, level: Level, now: datetime) -> Dues:
    day = timedelta(days=1)
    return Dues(now + day / 24, now + 3 * day, now + 7 * day, now + 3 * day / 96)
