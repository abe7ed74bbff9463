"""The poller stands still for ten minutes, and goes on as if nothing had been."""

import os
import signal

from tests.days.town import until
from tests.faults.watched import INTERVAL_S, WatchedTown
from tests.faults.weather import Weather

INTERVALS = 10
"""Ten minutes of the usual interval of a minute; here it is five seconds."""
UNKNOWN = """
    SELECT count(*) = count(*) FILTER (WHERE state = 'unknown')
    FROM cameras_camerastate JOIN cameras_camera ON id = camera_id WHERE enabled"""


def test_while_nobody_asks_the_wall_says_unknown_and_never_down(
    town: WatchedTown, weather: Weather
) -> None:
    poller = town.pid("manage.py", "poll")

    with weather("poller paused for ten intervals"):
        os.kill(poller, signal.SIGSTOP)
        try:
            [(began,)] = town.ask("SELECT now()")
            until(lambda: bool(town.ask(UNKNOWN)[0][0]), "all are unknown")
            summary = town.get_json("/api/cameras/summary/")
            paused = "SELECT now() > %s + %s * interval '1 second'"
            until(lambda: bool(town.ask(paused, began, INTERVALS * INTERVAL_S)[0][0]), "a pause")
            notices = town.ask("SELECT kind FROM cameras_notice WHERE closed_at IS NULL")
        finally:
            os.kill(poller, signal.SIGCONT)

    assert ("not_asked",) in notices
    assert summary["online"] == summary["offline"] == 0
    assert town.pid("manage.py", "poll") == poller
    assert not town.ask("SELECT 1 FROM cameras_notice WHERE closed_at IS NULL")
