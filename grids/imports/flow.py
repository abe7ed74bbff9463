"""Which step of an import may follow which.  Pure: no Django, no clock.

Every transition lives in NEXT and nowhere else; docs/import.md draws its diagram from it.
"""

from enum import StrEnum


class Step(StrEnum):
    READING = "reading"  # a job looks what the file holds
    WAITING = "waiting"  # for somebody to say what the columns mean
    CHECKING = "checking"  # a job reads all rows: the dry run
    CHECKED = "checked"  # the report is there; nothing is changed yet
    APPLYING = "applying"  # a job writes, all or nothing
    APPLIED = "applied"
    REFUSED = "refused"  # the file cannot be read at all
    DISCARDED = "discarded"


NEXT: dict[Step, frozenset[Step]] = {
    Step.READING: frozenset({Step.WAITING, Step.REFUSED, Step.DISCARDED}),
    Step.WAITING: frozenset({Step.CHECKING, Step.DISCARDED}),
    # Back to waiting: the rows cannot be read as they are mapped, or the work broke off.
    Step.CHECKING: frozenset({Step.CHECKED, Step.WAITING, Step.REFUSED}),
    Step.CHECKED: frozenset({Step.CHECKING, Step.APPLYING, Step.DISCARDED}),
    # Back to checked: the register has changed since the dry run, or the work broke off.
    Step.APPLYING: frozenset({Step.APPLIED, Step.CHECKED}),
    Step.APPLIED: frozenset(),
    Step.REFUSED: frozenset({Step.DISCARDED}),
    Step.DISCARDED: frozenset(),
}
AT_WORK = frozenset({Step.READING, Step.CHECKING, Step.APPLYING})
# Where work that broke off goes back to: a job that was killed has changed nothing.
AFTER_A_BREAK = {
    Step.READING: Step.REFUSED,
    Step.CHECKING: Step.WAITING,
    Step.APPLYING: Step.CHECKED,
}


def may_follow(now: Step, then: Step) -> bool:
    return then in NEXT[now]
