"""The poller stands still for ten intervals, and goes on as if nothing had been; for ten minutes
with `WHOLE_PAUSE=1 bin/test tests/faults -k nobody_asks`.
"""

import faulthandler
import os
import signal

from tests.days.town import until
from tests.faults.watched import INTERVAL_S, WatchedTown
from tests.faults.weather import Weather

PAUSE_S = 600 if "WHOLE_PAUSE" in os.environ else 10 * INTERVAL_S
UNKNOWN = """
    SELECT count(*) = count(*) FILTER (WHERE state = 'unknown')
    FROM cameras_camerastate JOIN cameras_camera ON id = camera_id WHERE enabled"""


def test_while_nobody_asks_the_wall_says_unknown_and_never_down(
    town: WatchedTown, weather: Weather
) -> None:
    poller = town.pid("manage.py", "poll")
    faulthandler.cancel_dump_traceback_later()  # it ends what takes ten minutes

    with weather(f"poller paused for {PAUSE_S} s"):
        os.kill(poller, signal.SIGSTOP)
        try:
            [(began,)] = town.ask("SELECT now()")
            until(lambda: bool(town.ask(UNKNOWN)[0][0]), "all are unknown")
            summary = town.get_json("/api/cameras/summary/")
            paused = "SELECT now() > %s + %s * interval '1 second'"
            until(lambda: bool(town.ask(paused, began, PAUSE_S)[0][0]), "a pause", PAUSE_S + 60)
            notices = town.ask("SELECT kind FROM cameras_notice WHERE closed_at IS NULL")
        finally:
            os.kill(poller, signal.SIGCONT)

    assert ("not_asked",) in notices
    assert summary["online"] == summary["offline"] == 0
    assert town.pid("manage.py", "poll") == poller
    assert not town.ask("SELECT 1 FROM cameras_notice WHERE closed_at IS NULL")
