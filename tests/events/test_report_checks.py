"""What a phone says of place and time, and how far it is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.reporting.checks import (
    CLOCK_TOLERANCE,
    OLDEST,
    Seen,
    believed,
    instead,
    is_nowhere,
    way,
)
from gis_server.frames import Frame, from_wgs84

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MOMENTS = st.timedeltas(-timedelta(days=400), timedelta(days=400)).map(lambda gap: NOW + gap)


@pytest.mark.parametrize(
    ("said", "sent", "seen"),
    [
        pytest.param(None, None, Seen(NOW), id="nothing said"),
        pytest.param(NOW - HOUR, NOW, Seen(NOW - HOUR), id="an hour in the queue"),
        pytest.param(NOW - HOUR, None, Seen(NOW - HOUR), id="a program that tells no clock"),
        pytest.param(NOW - HOUR, NOW - MINUTE, Seen(NOW - HOUR), id="a minute under way"),
        pytest.param(
            NOW + DAY - HOUR, NOW + DAY, Seen(NOW - HOUR, 86_400), id="the clock is a day ahead"
        ),
        pytest.param(
            NOW - DAY - HOUR, NOW - DAY, Seen(NOW - HOUR, -86_400), id="the clock is a day behind"
        ),
        pytest.param(NOW + MINUTE, NOW, Seen(NOW), id="a moment ahead"),
        pytest.param(
            NOW + DAY, NOW, Seen(NOW, is_doubted=True), id="tomorrow, by a clock that is right"
        ),
        pytest.param(NOW + DAY, None, Seen(NOW, is_doubted=True), id="tomorrow"),
        pytest.param(NOW - 40 * DAY, NOW, Seen(NOW, is_doubted=True), id="older than any queue"),
    ],
)
def test_what_the_phones_clock_says_is_set_right_by_ours(
    said: datetime | None, sent: datetime | None, seen: Seen
) -> None:
    assert believed(said, sent, NOW) == seen


@given(said=st.none() | MOMENTS, sent=st.none() | MOMENTS)
def test_nothing_is_seen_later_than_now_or_longer_ago_than_a_queue_lasts(
    said: datetime | None, sent: datetime | None
) -> None:
    seen = believed(said, sent, NOW)

    assert NOW - OLDEST <= seen.at <= NOW
    assert seen.clock_off_s == 0 or abs(seen.clock_off_s) > CLOCK_TOLERANCE.total_seconds() - 1


@given(
    off=st.timedeltas(-timedelta(days=400), timedelta(days=400)),
    ago=st.timedeltas(timedelta(), timedelta(days=30)),
)
def test_a_wrong_clock_that_nobody_touched_costs_nothing(off: timedelta, ago: timedelta) -> None:
    seen = believed(NOW - ago + off, NOW + off, NOW)

    # Within the tolerance a clock is not corrected, but never beyond now.
    assert abs(seen.at - (NOW - ago)) <= CLOCK_TOLERANCE


@pytest.mark.parametrize(
    ("lon", "lat", "nowhere"),
    [(0, 0, True), (0.1, -0.1, True), (112.5, 37.8, False), (0, 37.8, False), (112.5, 0, False)],
)
def test_null_island_is_no_position(lon: float, lat: float, nowhere: bool) -> None:
    assert is_nowhere(lon, lat) is nowhere


def test_at_taiyuan_a_shifted_position_is_told_with_distance_and_direction() -> None:
    """FIELD.md: GCJ-02 is off by 551 to 589 m there, BD-09 by 1,316 to 1,386 m."""
    lon, lat = 112.57, 37.87
    x, y = (float(one[0]) for one in from_wgs84([lon], [lat], Frame.GCJ02))

    by_frame = {one.frame: one for one in instead(x, y)}

    back = by_frame[Frame.GCJ02]
    assert (back.lon, back.lat) == pytest.approx((lon, lat), abs=1e-6)
    assert 551 <= back.distance_m <= 589
    # The shift leads to the east and a little to the south or north; back is to the west.
    assert back.direction in (5, 6, 7)
    assert 1_316 <= by_frame[Frame.BD09].distance_m <= 1_386


def test_outside_of_china_nothing_is_shifted() -> None:
    """Outside of the rectangle of the public formula GCJ-02 is WGS84; BD-09 still moves."""
    assert Frame.GCJ02 not in {one.frame for one in instead(2.35, 48.85)}


def test_a_degree_to_the_north_is_111_km() -> None:
    distance_m, bearing_deg = way(112.5, 37.0, 112.5, 38.0)

    assert distance_m == pytest.approx(111_195, abs=1)  # 6,371,008.8 m × π / 180
    assert bearing_deg == 0
