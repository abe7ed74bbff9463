"""What a grant may become, and what the clock makes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from gis_server.grant_flow import (
    BY_THE_CLOCK,
    LONGEST_H,
    NEXT,
    WAITS_H,
    GrantState,
    ends_at,
    state_at,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_every_state_is_stored_or_comes_with_the_clock() -> None:
    assert set(NEXT) | set(BY_THE_CLOCK.values()) == set(GrantState)
    assert not set(NEXT) & set(BY_THE_CLOCK.values())


def test_what_was_refused_withdrawn_or_ended_never_comes_back() -> None:
    over = {GrantState.REFUSED, GrantState.WITHDRAWN, GrantState.ENDED}

    assert {state for state, following in NEXT.items() if not following} == over


@pytest.mark.parametrize(
    ("stored", "until", "shown"),
    [
        pytest.param(GrantState.GIVEN, NOW + SECOND, GrantState.GIVEN, id="a second is left"),
        pytest.param(GrantState.GIVEN, NOW, GrantState.RUN_OUT, id="at the very end"),
        pytest.param(GrantState.GIVEN, NOW - SECOND, GrantState.RUN_OUT, id="past it"),
        pytest.param(GrantState.ENDED, NOW - SECOND, GrantState.ENDED, id="ended by somebody"),
        pytest.param(GrantState.REFUSED, None, GrantState.REFUSED, id="refused"),
    ],
)
def test_a_grant_runs_out_by_itself(
    stored: GrantState, until: datetime | None, shown: GrantState
) -> None:
    asked_at = NOW - timedelta(days=9)

    assert state_at(stored, asked_at=asked_at, until=until, now=NOW) is shown


@pytest.mark.parametrize(
    ("waited", "shown"),
    [
        (timedelta(0), GrantState.WAITING),
        (timedelta(hours=WAITS_H) - SECOND, GrantState.WAITING),
        (timedelta(hours=WAITS_H), GrantState.LAPSED),
    ],
)
def test_a_request_that_nobody_answers_lapses(waited: timedelta, shown: GrantState) -> None:
    asked_at = NOW - waited

    assert state_at(GrantState.WAITING, asked_at=asked_at, until=None, now=NOW) is shown


@pytest.mark.parametrize("hours", [-1, 0, LONGEST_H + 1, 10**9])
def test_a_time_beyond_the_limit_is_refused(hours: int) -> None:
    with pytest.raises(ValueError, match="1 to 72 h"):
        ends_at(NOW, hours)


def test_the_longest_grant_ends_three_days_later() -> None:
    assert ends_at(NOW, LONGEST_H) == NOW + timedelta(days=3)
