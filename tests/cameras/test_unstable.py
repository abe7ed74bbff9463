"""A camera that comes and goes, and how long a cut may stay unseen."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras import health as rules
from cameras.health import UP_AFTER, Health, State, after, change_share, next_due, next_slot
from cameras.probe.reason import Reason

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEW = Health(State.UNKNOWN, NOON, Reason.NOT_ASKED)
VERDICT = {"+": Reason.OK, "-": Reason.CONNECT_TIMEOUT, "c": Reason.STORE_FAILED}
ASKED_S = 5.0
"""What a question to a silent camera takes (`cameras.processes.poller.BUDGET_S`)."""


def live(story: str, health: Health = NEW) -> Health:
    for minute, mark in enumerate(story, start=1):
        health = after(health, VERDICT[mark], mark, NOON + timedelta(minutes=minute))
    return health


@pytest.mark.parametrize(
    ("history", "share"),
    [
        pytest.param(0, 0.0, id="always good"),
        pytest.param((1 << 21) - 1, 0.0, id="always bad"),
        # 20 changes of mean weight 1.
        pytest.param(0b101010101010101010101, 1.0, id="at every check"),
        # One change: the newest counts 1.25 of 20, the oldest 0.75.
        pytest.param(0b1, 1.25 / 20, id="the newest"),
        pytest.param(1 << 20, 0.75 / 20, id="the oldest"),
    ],
)
def test_share_of_changes_as_nagios_weighs_it(history: int, share: float) -> None:
    assert change_share(history) == pytest.approx(share)


def test_a_camera_that_comes_and_goes_stays_down_until_it_is_stable() -> None:
    """Each fall would otherwise be an outage of its own."""
    fallen = live("+" * 21 + "---++---++---++---")
    assert (fallen.state, fallen.unstable) == (State.OFFLINE, True)

    answers = live("++", fallen)
    assert (answers.state, answers.reason) == (State.DEGRADED, Reason.CONNECT_TIMEOUT)
    assert not answers.is_up

    assert live("---", answers).state is State.OFFLINE
    settled = live("+" * 20, answers)
    assert (settled.state, settled.unstable, settled.is_up) == (State.ONLINE, False, True)


def test_an_unstable_camera_that_never_fell_is_online_and_says_so() -> None:
    health = live("+" * 21 + "-+-+-+-+")

    assert (health.state, health.unstable) == (State.ONLINE, True)


def test_two_limits_keep_the_word_from_flickering() -> None:
    health = live("+" * 21 + "-+-+-+-+")
    words = []
    for _ in range(21):
        health = after(health, Reason.OK, "", NOON)
        words.append(health.unstable)

    assert words == sorted(words, reverse=True)
    assert words[0]
    assert not words[-1]


def test_a_camera_that_shows_video_is_degraded_and_not_offline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "DEGRADES", frozenset({Reason.STORE_FAILED}))

    health = live("+cccc")
    assert (health.state, health.reason, health.streak_bad) == (
        State.DEGRADED,
        Reason.STORE_FAILED,
        0,
    )
    assert health.is_up
    assert live("--", health).state is State.DEGRADED
    assert live("---", health).state is State.OFFLINE
    assert live("cc", live("---", health)).state is State.DEGRADED
    assert live("+", health).state is State.ONLINE


def test_doubt_asks_for_a_longer_run_and_says_unknown_meanwhile() -> None:
    health, states = live("+"), []
    for minute in range(2, 7):
        at = NOON + timedelta(minutes=minute)
        health = after(health, Reason.NO_ROUTE, "", at, down_after=5)
        states.append(health.state.value)

    assert states == ["online", "online", "unknown", "unknown", "offline"]
    assert health.reason is Reason.NO_ROUTE


@given(story=st.text(alphabet="+-", max_size=60))
def test_history_and_runs_agree(story: str) -> None:
    health = live(story)

    tail = [mark == "-" for mark in story[-21:]]
    assert health.history == sum(bad << age for age, bad in enumerate(reversed(tail)))
    assert health.streak_ok == min(len(story) - len(story.rstrip("+")), UP_AFTER)
    assert health.streak_bad == len(story) - len(story.rstrip("-"))


def seconds_to_offline(story: str, cut_after_s: float, key: int) -> float:
    """From the cut until the verdict that calls the camera offline is there, at 60 s.

    `story` has led to the last answer before the cut, at NOON; the cut comes `cut_after_s` later.
    """
    health = live(story)
    cut = NOON + timedelta(seconds=cut_after_s)
    at, reason = NOON, VERDICT[story[-1]]
    while health.state is not State.OFFLINE:
        at = next_due(health, reason, interval_s=60, spread_key=key, now=at)
        reason = Reason.OK
        if at >= cut:
            at, reason = at + timedelta(seconds=ASKED_S), Reason.CONNECT_TIMEOUT
        health = after(health, reason, "", at)
    return (at - cut).total_seconds()


@given(
    story=st.text(alphabet="+-", max_size=30).map(lambda text: text + "+"),
    cut_after_s=st.floats(0.001, 90),
    key=st.integers(1, 10**6),
)
def test_a_cut_is_seen_within_180_s_whatever_came_before(
    story: str, cut_after_s: float, key: int
) -> None:
    """GB/T 28181's yardstick, with 30 s to spare for waiting in line and for writing."""
    if live(story).state is State.OFFLINE:
        return

    assert seconds_to_offline(story, cut_after_s, key) <= 150


def test_most_cuts_are_seen_within_two_minutes() -> None:
    chance = random.Random(4)
    waits = []
    for key in range(1, 2001):
        # A camera in its phase: asked every 60 s, cut at any moment of these.
        asked_s = (next_slot(key, 60, NOON) - NOON).total_seconds()
        waits.append(seconds_to_offline("+" * 30, asked_s + chance.uniform(0, 60), key))
    waits.sort()

    assert waits[int(len(waits) * 0.99)] <= 120
