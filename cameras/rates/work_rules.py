"""What becomes of a window of planned work.  Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST = timedelta(days=31)
LATEST_ENTRY = timedelta(days=90)
"""So long after it began may a power cut still be entered: what nobody could enter before."""
FARTHEST = timedelta(days=366)


class Stage(StrEnum):
    """Where a window is; a withdrawn or rejected one counts as if it had never been."""

    COMING = "coming"
    RUNNING = "running"
    OVER = "over"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Window:
    """The columns of a `PlannedWork` that decide."""

    starts_at: datetime
    ends_at: datetime
    accepted_until: datetime | None
    rejected: bool
    withdrawn: bool

    def stage(self, now: datetime) -> Stage:
        if self.withdrawn:
            return Stage.WITHDRAWN
        if self.rejected:
            return Stage.REJECTED
        if now < self.starts_at:
            return Stage.COMING
        return Stage.RUNNING if now < self.ends_at else Stage.OVER

    @property
    def waits_for_review(self) -> bool:
        """Whether some of it is not reviewed: all, or what it was prolonged by."""
        if self.withdrawn or self.rejected:
            return False
        return self.accepted_until is None or self.accepted_until < self.ends_at


class Wrong(StrEnum):
    """Why two times make no window."""

    ORDER = "order"
    LONG = "long"
    OLD = "old"
    FAR = "far"


def wrong_with(starts_at: datetime, ends_at: datetime, now: datetime) -> Wrong | None:
    if ends_at <= starts_at:
        return Wrong.ORDER
    if ends_at - starts_at > LONGEST:
        return Wrong.LONG
    if starts_at < now - LATEST_ENTRY:
        return Wrong.OLD
    return Wrong.FAR if starts_at > now + FARTHEST else None
