"""How often a refused password is tried."""

from datetime import UTC, datetime, timedelta

import pytest

from cameras.probe.budget import may_log_in, refused_now

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
