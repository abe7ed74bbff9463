"""States over stories of verdicts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cameras.health import (
    Health,
    State,
    after,
    is_stale,
    next_due,
    next_slot,
    unasked,
)
from cameras.probe.reason import Reason

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW = Health(State.UNKNOWN, NOON, Reason.NOT_ASKED)
VERDICT = {
    "+": Reason.OK,
    "-": Reason.CONNECT_TIMEOUT,
    "x": Reason.WRONG_LOGIN,
    "?": Reason.OWN_TROUBLE,
}


def live(story: str, health: Health = NEW) -> Health:
    for minute, mark in enumerate(story, start=1):
        health = after(health, VERDICT[mark], mark, NOON + timedelta(minutes=minute))
    return health


@pytest.mark.parametrize(
    ("story", "state", "since_minute"),
    [
        pytest.param("", State.UNKNOWN, 0, id="never asked"),
        pytest.param("+", State.ONLINE, 1, id="a new camera answers"),
        pytest.param("-", State.UNKNOWN, 0, id="one failure of a new camera"),
        pytest.param("---", State.OFFLINE, 3, id="a new camera is dead"),
        pytest.param("+--+", State.ONLINE, 1, id="two failures are forgiven"),
        pytest.param("+--+--+--", State.ONLINE, 1, id="and again"),
        pytest.param("+---", State.OFFLINE, 4, id="three are not"),
        pytest.param("+--x", State.OFFLINE, 4, id="three different ones neither"),
        pytest.param("---+", State.OFFLINE, 3, id="one good answer is not enough"),
        pytest.param("---+-+-", State.OFFLINE, 3, id="nor are scattered ones"),
        pytest.param("---++", State.ONLINE, 5, id="two are"),
        pytest.param("+??????", State.ONLINE, 1, id="our own trouble condemns nobody"),
        pytest.param("+-?-?", State.ONLINE, 1, id="nor helps to"),
        pytest.param("---?+?+", State.ONLINE, 7, id="nor hinders"),
    ],
)
def test_state_after_a_story(story: str, state: State, since_minute: int) -> None:
    health = live(story)

    assert (health.state, health.since) == (state, NOON + timedelta(minutes=since_minute))


def test_a_lone_failure_does_not_change_the_reason_of_an_online_camera() -> None:
    assert live("+-").reason is Reason.OK


def test_an_offline_camera_tells_its_newest_fault() -> None:
    health = live("----x")

    assert (health.reason, health.detail) == (Reason.WRONG_LOGIN, "x")
    assert health.since == NOON + timedelta(minutes=3)


def test_an_unasked_camera_is_unknown_and_begins_anew() -> None:
    later = NOON + timedelta(hours=1)

    health = unasked(live("+--"), later)

    assert health == Health(State.UNKNOWN, later, Reason.NOT_ASKED)
    assert live("-", health).state is State.UNKNOWN


def test_an_unknown_camera_says_what_keeps_us_from_asking_it() -> None:
    unknown = unasked(live("+"), NOON)

    health = after(unknown, Reason.NOT_ALLOWED, "8.8.8.8 is outside", NOON)

    assert health == replace(unknown, reason=Reason.NOT_ALLOWED, detail="8.8.8.8 is outside")
    assert after(live("+"), Reason.NOT_ALLOWED, "", NOON) == live("+")


@pytest.mark.parametrize(
    ("age_s", "stale"), [(None, True), (0, False), (180, False), (181, True), (-5, False)]
)
def test_a_verdict_older_than_three_intervals_is_stale(age_s: int | None, stale: bool) -> None:
    last = None if age_s is None else NOON - timedelta(seconds=age_s)

    assert is_stale(last, 60, NOON) is stale


@pytest.mark.parametrize(
    ("story", "wait_s"),
    [
        pytest.param("+-", 15, id="a first failure is asked about again"),
        pytest.param("+--", 15, id="a second too"),
        pytest.param("-", 15, id="a failure of a new camera"),
        pytest.param("---+", 15, id="a first sign of life"),
        pytest.param("-" * 12, 120, id="long dead"),
    ],
)
def test_doubt_is_settled_soon_and_the_dead_are_asked_less(story: str, wait_s: int) -> None:
    due = next_due(live(story), VERDICT[story[-1]], interval_s=60, spread_key=7, now=NOON)

    assert (due - NOON).total_seconds() == wait_s


@pytest.mark.parametrize("story", ["+", "---", "---++", "+?", "?", "+" * 50])
def test_otherwise_the_camera_keeps_its_phase(story: str) -> None:
    due = next_due(live(story), VERDICT[story[-1]], interval_s=60, spread_key=7, now=NOON)

    assert due == next_slot(7, 60, NOON)


@pytest.mark.parametrize("interval_s", [5.0, 10.0, 60.0, 300.0, 3600.0])
@pytest.mark.parametrize("story", ["+", "+-", "---", "---+", "-" * 12, "-" * 500])
def test_no_wait_is_so_long_that_the_verdict_grows_stale(interval_s: float, story: str) -> None:
    for key in range(50):
        due = next_due(
            live(story), VERDICT[story[-1]], interval_s=interval_s, spread_key=key, now=NOON
        )
        assert due > NOON
        # Five seconds of asking and one of writing.
        assert not is_stale(NOON, interval_s, due + timedelta(seconds=6))


def test_a_fleet_started_at_once_spreads_over_the_interval() -> None:
    slots = [next_slot(key, 60, NOON) for key in range(600)]
    per_second = [
        sum(int(slot.timestamp()) % 60 == second for slot in slots) for second in range(60)
    ]

    # 600 cameras over 60 s are 10 a second; Knuth's hash spreads consecutive ids almost evenly.
    assert max(per_second) <= 14
    assert all(next_slot(1, 60, slot) > slot for slot in slots)
