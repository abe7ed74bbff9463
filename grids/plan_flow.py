"""Which state of a boundary plan may follow which, and when.  Pure: no Django, no clock.

Every transition lives in NEXT and nowhere else.  IN_FORCE and SUPERSEDED are reached by publishing
alone: the territory has changed with them.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum


class PlanState(StrEnum):
    """SCHEDULED: has its day and document.  SUPERSEDED: was in force, and has been taken back."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class PlanAction(StrEnum):
    """What a step of a plan was.  REFUSED: its day came, and it could not be published."""

    MADE = "made"
    SAVED = "saved"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    REFUSED = "refused"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


S = PlanState
NEXT: dict[PlanState, frozenset[PlanState]] = {
    S.DRAFT: frozenset({S.IN_REVIEW, S.WITHDRAWN}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.DRAFT, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.SCHEDULED, S.DRAFT, S.WITHDRAWN}),
    S.SCHEDULED: frozenset({S.IN_FORCE, S.DRAFT, S.WITHDRAWN}),
    S.IN_FORCE: frozenset({S.SUPERSEDED}),
    S.SUPERSEDED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
OPEN = frozenset({S.DRAFT, S.IN_REVIEW, S.APPROVED, S.SCHEDULED})
"""What may still become the territory."""
DATED = frozenset({S.SCHEDULED, S.IN_FORCE, S.SUPERSEDED})
PUBLISHED = frozenset({S.IN_FORCE, S.SUPERSEDED})

MOST_DAYS_AHEAD = 366
LONGEST_TITLE, LONGEST_DOCUMENT, LONGEST_NOTE = 120, 80, 500


def may_follow(seen: PlanState, then: PlanState) -> bool:
    return then in NEXT[seen]


def may_approve(person: int, makers: Collection[int | None]) -> bool:
    """The rule of two: whoever drew any of a plan does not approve it."""
    return person not in makers


def fits(day: date, today: date) -> bool:
    """Whether a plan may come into force on a day: today, or not too far ahead to mean it."""
    return 0 <= (day - today).days <= MOST_DAYS_AHEAD
