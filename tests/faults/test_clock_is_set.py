"""Somebody sets the clock of the machine, an hour ahead and an hour back."""

import time

import pytest

from tests.days.town import until
from tests.faults.clock import Clock
from tests.faults.watched import WatchedTown
from tests.faults.weather import Weather

HOUR_S = 3600


@pytest.fixture
def clock(town: WatchedTown) -> Clock:
    if town.clock is None:
        pytest.skip(f"no clock that can be set: {town.no_clock}")
    return town.clock


@pytest.mark.parametrize(
    ("ahead_s", "step"),
    [
        pytest.param(HOUR_S, "an hour ahead", id="ahead"),
        pytest.param(0, "an hour back", id="back"),
        pytest.param(-HOUR_S, "an hour behind", id="behind"),
        pytest.param(0, "forward to the right time", id="right again"),
    ],
)
def test_whoever_sets_the_clock_loses_nothing_and_condemns_nobody(
    town: WatchedTown, weather: Weather, clock: Clock, ahead_s: int, step: str
) -> None:
    """Each begins where the one before has ended."""
    with weather(f"clock set {step}") as phones:
        clock.set(ahead_s)
        [(off_s,)] = town.ask("SELECT extract(epoch FROM now())::float8 - %s", time.time())
        taken = len(phones.reports.confirmed)
        until(lambda: len(phones.reports.confirmed) > taken + 20, "reports are taken")

    assert abs(off_s - ahead_s) < 60, "the database has another clock"
    assert set(phones.reports.answers) <= {200, 201}
    assert set(phones.fixes.answers) == {200}
