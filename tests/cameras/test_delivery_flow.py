"""When a delivery is due, and when it is tried again: pure rules."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from cameras.handover.delivery_flow import NEXT, WORKDAY, DeliveryState, due_day, next_try
from cameras.handover.hosts import Hosts, literal
from gis_server.workdays.worktime import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param("2026-11-25 23:59", None, id="a minute too early"),
        pytest.param("2026-11-26 00:00", date(2026, 11, 26), id="eight in Shanghai"),
        pytest.param("2026-11-26 15:59", date(2026, 11, 26), id="late, but today"),
        pytest.param("2026-11-26 16:01", None, id="after midnight: not yet eight"),
        pytest.param("2026-11-30 23:00", None, id="the month's last night"),
        pytest.param("2026-12-01 00:30", date(2026, 12, 1), id="the first of the month"),
    ],
)
def test_a_day_is_due_from_its_local_time_on(now: str, day: date | None) -> None:
    assert due_day(utc(now), time(8, 0), frozenset(), LONG_AGO, SHANGHAI) == day


def test_only_chosen_weekdays_are_due() -> None:
    # 26 November 2026 is a Thursday, 28 a Saturday.
    workdays = frozenset({1, 2, 3, 4, 5})

    assert due_day(utc("2026-11-26 01:00"), time(8), workdays, LONG_AGO, SHANGHAI)
    assert not due_day(utc("2026-11-28 01:00"), time(8), workdays, LONG_AGO, SHANGHAI)


@pytest.mark.parametrize(
    ("day", "days", "is_due"),
    [
        pytest.param("2026-10-01", {WORKDAY}, False, id="the National Day, a Thursday"),
        pytest.param("2026-10-10", {WORKDAY}, True, id="a Saturday that is worked instead"),
        pytest.param("2026-10-11", {WORKDAY}, False, id="a Sunday"),
        pytest.param("2026-10-11", {WORKDAY, 7}, True, id="a Sunday, chosen beside working days"),
        pytest.param("2026-10-01", {4}, True, id="Thursdays are Thursdays, holiday or not"),
    ],
)
def test_working_days_are_those_of_the_calendar(day: str, days: set[int], is_due: bool) -> None:
    october = Calendar({date(2026, 10, 1): False, date(2026, 10, 10): True})
    nine = utc(f"{day} 01:00")

    found = due_day(nine, time(8), frozenset(days), LONG_AGO, SHANGHAI, october)

    assert (found is not None) is is_due


def test_a_plan_made_after_its_time_begins_tomorrow() -> None:
    made = utc("2026-11-26 01:00")

    assert not due_day(utc("2026-11-26 02:00"), time(8), frozenset(), made, SHANGHAI)
    assert due_day(utc("2026-11-27 02:00"), time(8), frozenset(), made, SHANGHAI)


def test_attempts_are_ever_further_apart_and_end_after_a_day() -> None:
    now = start = utc("2026-11-26 00:00")
    waits, attempts = [], 1
    while again := next_try(attempts, now, start + timedelta(hours=24)):
        waits.append(int((again - now).total_seconds()) // 60)
        now, attempts = again, attempts + 1

    assert waits == [1, 5, 15, 60, 120, 240, 480, 480]


def test_nothing_that_was_sent_or_may_have_been_is_sent_again_by_itself() -> None:
    assert NEXT[DeliveryState.SENT] == frozenset()
    for state in (DeliveryState.UNCLEAR, DeliveryState.GIVEN_UP):
        assert DeliveryState.SENDING not in NEXT[state]


@pytest.mark.parametrize(
    ("host", "address", "encrypted", "allowed"),
    [
        pytest.param("push.example", "203.0.113.5", True, True, id="a listed name"),
        pytest.param("PUSH.example.", "10.1.2.3", True, True, id="written otherwise"),
        pytest.param("push.example", "203.0.113.5", False, False, id="listed, not encrypted"),
        pytest.param("push.example", "127.0.0.1", True, False, id="leads to this machine"),
        pytest.param("push.example", "169.254.169.254", True, False, id="a cloud's secrets"),
        pytest.param("push.example", "::1", True, False, id="this machine, IPv6"),
        pytest.param("push.example", "::ffff:127.0.0.1", True, False, id="in IPv6 clothes"),
        pytest.param("push.example", "0.0.0.0", True, False, id="nobody"),
        pytest.param("push.example", "224.0.0.1", True, False, id="everybody"),
        pytest.param("other.example", "203.0.113.5", True, False, id="not listed"),
        pytest.param("push.example.evil", "203.0.113.5", True, False, id="only begins so"),
        pytest.param("inside.example", "10.20.0.9", False, True, id="leads into a network"),
        pytest.param("10.20.0.9", "10.20.0.9", False, True, id="an address of a network"),
        pytest.param("10.21.0.9", "10.21.0.9", True, False, id="beside it"),
    ],
)
def test_which_hosts_may_be_sent_to(
    host: str, address: str, encrypted: bool, allowed: bool
) -> None:
    hosts = Hosts.of(["push.example", "10.20.0.0/16"])
    found = literal(address)

    assert found is not None
    assert hosts.allows(host, found, encrypted=encrypted) is allowed
