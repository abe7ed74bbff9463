"""What a reader of the desk looks for, and which events stand in which tab.  Pure: no Django."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from events.workflow import AT_UNITS, OPEN, OVER, Severity, Status

S = Status


class Tab(StrEnum):
    """Heaps of the queue.  OPEN is all that is not over; MINE what waits for the reader's units."""

    OPEN = ""
    MINE = "mine"
    TO_ACCEPT = "to_accept"
    TO_FILE = "to_file"
    TO_DISPATCH = "to_dispatch"
    CONSULTING = "consulting"
    AT_UNITS = "at_units"
    TO_VERIFY = "to_verify"
    TO_CLOSE = "to_close"
    OVERDUE = "overdue"
    SUPERVISED = "supervised"
    MORE_TIME = "more_time"
    OVER = "over"
    ALL = "all"


STATES: dict[Tab, frozenset[Status]] = {
    Tab.TO_ACCEPT: frozenset({S.REPORTED}),
    Tab.TO_FILE: frozenset({S.ACCEPTED}),
    Tab.TO_DISPATCH: frozenset({S.FILED}),
    Tab.CONSULTING: frozenset({S.CONSULTING}),
    Tab.AT_UNITS: AT_UNITS,
    Tab.TO_VERIFY: frozenset({S.DONE}),
    Tab.TO_CLOSE: frozenset({S.VERIFIED}),
    Tab.OVER: OVER,
    Tab.ALL: frozenset(Status),
}
"""The states of a tab; every other tab takes its choice from all that are open."""
LONG_TABS = frozenset({Tab.OVER, Tab.ALL})
"""Tabs that grow for ever: without a period they show the last days only, newest first."""
LAST_DAYS = 90


class Sort(StrEnum):
    """DUE: what is due first.  GRAVEST: by severity, of those alike what is due first, or newest.

    All are total orders with the id as the last column.
    """

    USUAL = ""
    DUE = "due"
    NEWEST = "newest"
    OLDEST = "oldest"
    GRAVEST = "gravest"


GRAVEST_FIRST = (Severity.URGENT, Severity.DIFFICULT, Severity.MAJOR, Severity.MINOR)
"""As the wall and the map lay the signs of one place over each other."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty fields and 0 let everything through.

    division: a code.  category: an entry, or a group of entries.  since, until: days of receipt as
    YYYY-MM-DD, both included.
    """

    tab: str = ""
    level: str = ""
    division: str = ""
    kind: str = ""
    category: int = 0
    severity: str = ""
    source: str = ""
    department: int = 0
    colour: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    sort: str = ""


NOT_NARROWING = ("tab", "sort")
"""Fields that choose another heap or order; all others make the heap smaller."""


def is_narrowed(filters: Filters, besides: tuple[str, ...] = ()) -> bool:
    """Whether anything is left out of the tab; besides: fields that do not count."""
    kept = {name: getattr(filters, name) for name in (*NOT_NARROWING, *besides)}
    return filters != Filters(**kept)


def states_of(tab: Tab) -> frozenset[Status]:
    return STATES.get(tab, OPEN)


def order_of(filters: Filters) -> Sort:
    """The order that is meant: what is over has nothing due any more."""
    wanted = Sort(filters.sort)
    is_long = Tab(filters.tab) in LONG_TABS
    if wanted in (Sort.USUAL, Sort.DUE):
        return Sort.NEWEST if is_long else Sort.DUE
    return wanted


def first_day(filters: Filters, today: date) -> date | None:
    """From which day of receipt on events are looked for; None for no limit."""
    if filters.since:
        return date.fromisoformat(filters.since)
    if Tab(filters.tab) in LONG_TABS and not filters.until:
        return today - timedelta(days=LAST_DAYS)
    return None
