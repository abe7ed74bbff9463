"""How often a refused password is tried."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.probe.budget import (
    DAY,
    LOCKOUT,
    ONVIF_PAUSE,
    Book,
    after,
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
    return after(book, now, stream=stream, onvif=onvif)


def may(book: Book, now: datetime) -> bool:
    """Whether a channel may try that was never refused."""
    return may_try(book, 0, None, now)


def test_a_login_that_worked_is_believed_at_its_first_refusal_and_not_at_its_second() -> None:
    proven = told(Book(), NOON, ACCEPTED)
    once = told(proven, NOON + timedelta(minutes=1), REFUSED)
    twice = told(once, NOON + timedelta(minutes=32), REFUSED)

    believed = [book.is_believed for book in (Book(), proven, once, twice)]
    assert believed == [False, True, True, False]
    assert not may(twice, NOON + timedelta(hours=3))


def test_the_camera_that_was_refused_waits_for_the_end_of_a_lockout_and_another_one_does_not() -> (
    None
):
    refused_at = NOON + timedelta(minutes=1)
    once = told(told(Book(), NOON, ACCEPTED), refused_at, REFUSED)

    assert may(once, refused_at)
    assert not may_try(once, 1, refused_at, refused_at + LOCKOUT)
    assert may_try(once, 1, refused_at, refused_at + LOCKOUT + timedelta(minutes=10))


def test_a_lock_that_opens_again_leaves_the_login_proven() -> None:
    book = told(told(Book(), NOON, ACCEPTED), NOON + timedelta(minutes=1), REFUSED)
    book = told(book, NOON + timedelta(minutes=40), ACCEPTED)

    assert book.is_proven
    assert may(book, NOON + timedelta(minutes=41))


def test_onvif_that_refuses_takes_no_stream_down_and_is_not_asked_again_for_a_week() -> None:
    book = told(Book(), NOON, ACCEPTED, REFUSED)

    assert may(book, NOON)
    assert not may_try_onvif(book, NOON + DAY)
    assert may_try_onvif(book, NOON + ONVIF_PAUSE)


def test_an_onvif_refusal_between_two_sweeps_leaves_the_stream_proven() -> None:
    book = told(told(Book(), NOON, ACCEPTED), NOON + timedelta(minutes=1), NOT_SENT, REFUSED)

    assert book.is_proven
    assert book.spent(NOON + timedelta(hours=1)) == 1


def test_onvif_is_not_tried_on_a_day_on_which_a_stream_has_refused() -> None:
    book = told(told(Book(), NOON, REFUSED), NOON + timedelta(minutes=40), ACCEPTED)

    assert not may_try_onvif(book, NOON + timedelta(hours=23))
    assert may_try_onvif(book, NOON + DAY)


def test_the_refusal_of_a_channel_that_is_known_to_be_forbidden_unsettles_no_other() -> None:
    proven = told(told(Book(), NOON, REFUSED), NOON + LOCKOUT, ACCEPTED)
    later = NOON + timedelta(minutes=40)

    book = after(proven, later, stream=REFUSED, was_refused=True)

    assert book.is_proven
    assert book.spent(later) == 2
    assert not may_try(book, 2, later, later + timedelta(hours=3))


def test_an_acceptance_that_is_told_late_takes_no_newer_refusal_back() -> None:
    book = told(told(Book(), NOON, ACCEPTED), NOON + timedelta(minutes=2), REFUSED)

    assert not told(book, NOON + timedelta(minutes=1), ACCEPTED).is_proven


@given(
    st.lists(
        st.tuples(st.integers(1, 900), st.booleans(), st.booleans(), st.booleans()), max_size=80
    )
)
def test_no_device_refuses_more_than_two_logins_in_any_day_but_one_that_was_proven(
    story: list[tuple[int, bool, bool, bool]],
) -> None:
    """Ladders minutes apart of one camera; stream and ONVIF say yes or no as they like.  A login
    that was let in the last time goes out again, whatever was refused elsewhere: that is not known
    to fail.
    """
    book, now, refusals = Book(), NOON, list[datetime]()
    own, own_at = 0, None
    for minutes, stream_says, onvif_says, asks_device in story:
        now += timedelta(minutes=minutes)
        was_proven, stream, onvif = book.is_proven, NOT_SENT, NOT_SENT
        if may_try(book, own, own_at, now):
            stream = ACCEPTED if stream_says else REFUSED
        if asks_device and stream is ACCEPTED and may_try_onvif(book, now):
            onvif = ACCEPTED if onvif_says else REFUSED
        if REFUSED in (stream, onvif) and not (stream is REFUSED and was_proven):
            refusals.append(now)
        if stream is REFUSED:
            own, own_at = refused_now(own, own_at, now), now
        if stream is ACCEPTED:
            own, own_at = 0, None
        book = after(book, now, stream=stream, onvif=onvif, was_refused=bool(own))

    assert all(later - first >= DAY for first, later in zip(refusals, refusals[2:], strict=False))
