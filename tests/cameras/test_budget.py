"""How often a refused password is tried."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.probe.budget import (
    DAY,
    LOCKOUT,
    Book,
    after,
    is_one_at_a_time,
    may_log_in,
    may_try,
    may_try_onvif,
    refused_now,
)
from cameras.probe.result import LoginOutcome

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("refused", "minutes_ago", "may"),
    [
        pytest.param(0, None, True, id="never refused"),
        pytest.param(1, 1, False, id="just refused"),
        pytest.param(1, 29, False, id="inside a lockout"),
        pytest.param(1, 31, True, id="after a lockout"),
        pytest.param(2, 31, False, id="twice refused"),
        pytest.param(2, 24 * 60 - 1, False, id="not yet a day"),
        pytest.param(2, 24 * 60, True, id="a day later"),
        pytest.param(9, 24 * 60, True, id="a day later, whatever happened before"),
    ],
)
def test_may_log_in(refused: int, minutes_ago: int | None, may: bool) -> None:
    last = None if minutes_ago is None else NOON - timedelta(minutes=minutes_ago)

    assert may_log_in(refused, last, NOON) is may


def test_a_wrong_password_is_tried_twice_a_day_however_often_the_camera_is_asked() -> None:
    refused, last, tries = 0, None, 0
    for minute in range(24 * 60):
        now = NOON + timedelta(minutes=minute)
        if may_log_in(refused, last, now):
            tries += 1
            refused, last = refused_now(refused, last, now), now

    assert tries == 2


ACCEPTED, REFUSED, NOT_SENT = (
    LoginOutcome.ACCEPTED,
    LoginOutcome.REFUSED,
    LoginOutcome.NOT_SENT,
)


def told(book: Book, now: datetime, stream: LoginOutcome, onvif: LoginOutcome = NOT_SENT) -> Book:
    return after(book, stream=stream, onvif=onvif, now=now)


def test_a_login_that_worked_is_believed_at_its_first_refusal_and_not_at_its_second() -> None:
    proven = told(Book(), NOON, ACCEPTED)
    once = told(proven, NOON + timedelta(minutes=1), REFUSED)
    twice = told(once, NOON + timedelta(minutes=32), REFUSED)

    assert [book.is_believed for book in (Book(), proven, once, twice)] == [
        False,
        True,
        True,
        False,
    ]
    assert not may_try(once, NOON + timedelta(minutes=2))
    assert may_try(once, NOON + timedelta(minutes=1) + LOCKOUT)
    assert not may_try(twice, NOON + timedelta(hours=3))


def test_a_lock_that_opens_again_leaves_the_login_proven() -> None:
    book = told(told(Book(), NOON, ACCEPTED), NOON + timedelta(minutes=1), REFUSED)
    book = told(book, NOON + timedelta(minutes=40), ACCEPTED)

    assert book.is_proven
    assert may_try(book, NOON + timedelta(minutes=41))


def test_onvif_that_refuses_takes_no_stream_down_and_is_not_asked_again_today() -> None:
    book = told(Book(), NOON, ACCEPTED, REFUSED)

    assert may_try(book, NOON)
    assert not may_try_onvif(book, NOON + timedelta(hours=23))
    assert may_try_onvif(book, NOON + DAY)


def test_a_login_that_nobody_has_accepted_goes_out_once_at_a_time() -> None:
    assert is_one_at_a_time(Book())
    assert not is_one_at_a_time(told(Book(), NOON, ACCEPTED))
    assert is_one_at_a_time(told(told(Book(), NOON, ACCEPTED), NOON + DAY, REFUSED))


@given(
    st.lists(
        st.tuples(st.integers(1, 900), st.booleans(), st.booleans(), st.booleans()), max_size=80
    )
)
def test_no_device_refuses_more_than_two_logins_in_any_day(
    story: list[tuple[int, bool, bool, bool]],
) -> None:
    """Ladders minutes apart, of any channel; stream and ONVIF say yes or no as they like."""
    book, now, refusals = Book(), NOON, []
    for minutes, stream_says, onvif_says, asks_device in story:
        now += timedelta(minutes=minutes)
        stream = onvif = NOT_SENT
        if may_try(book, now):
            stream = ACCEPTED if stream_says else REFUSED
        if asks_device and stream is not REFUSED and may_try_onvif(book, now):
            onvif = ACCEPTED if onvif_says else REFUSED
        if REFUSED in (stream, onvif):
            refusals.append(now)
        book = told(book, now, stream, onvif)

    assert all(later - first >= DAY for first, later in zip(refusals, refusals[2:], strict=False))
