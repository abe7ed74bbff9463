"""Which state of a plan may follow which.  Pure."""

from datetime import date, timedelta

import pytest

from grids.plan_flow import (
    DATED,
    MOST_DAYS_AHEAD,
    NEXT,
    OPEN,
    PUBLISHED,
    PlanState,
    fits,
    may_approve,
    may_follow,
)

TODAY = date(2026, 11, 27)


def test_every_state_is_in_the_table_and_open_ones_lead_to_force() -> None:
    assert set(NEXT) == set(PlanState)
    assert {state for state in PlanState if PlanState.WITHDRAWN in NEXT[state]} == OPEN
    assert PUBLISHED < DATED
    assert not NEXT[PlanState.WITHDRAWN]
    assert not NEXT[PlanState.SUPERSEDED]


def test_nothing_comes_into_force_unapproved() -> None:
    assert {state for state in PlanState if may_follow(state, PlanState.IN_FORCE)} == {
        PlanState.SCHEDULED
    }
    assert {state for state in PlanState if may_follow(state, PlanState.SCHEDULED)} == {
        PlanState.APPROVED
    }


@pytest.mark.parametrize(
    ("days", "fine"),
    [(-1, False), (0, True), (1, True), (MOST_DAYS_AHEAD, True), (MOST_DAYS_AHEAD + 1, False)],
)
def test_a_plan_comes_into_force_today_or_soon(days: int, fine: bool) -> None:
    assert fits(TODAY + timedelta(days=days), TODAY) is fine


def test_who_drew_or_changed_does_not_approve() -> None:
    assert not may_approve(1, (1, 2))
    assert not may_approve(2, (1, 2))
    assert may_approve(3, (1, None))
