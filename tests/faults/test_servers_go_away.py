"""PostGIS and Redis are killed; whoever keeps the product starts them again."""

import json
import os
import signal

from tests.days.town import answers, until
from tests.faults.phones import asked
from tests.faults.watched import WatchedTown
from tests.faults.weather import Weather


def test_a_killed_postgis_costs_nothing_but_a_moment(town: WatchedTown, weather: Weather) -> None:
    killed = town.postmaster()

    with weather("PostGIS killed (-9)") as phones:
        os.kill(killed, signal.SIGKILL)
        until(lambda: phones.reports.answers[503] > 0, "a report is put off")

    assert town.postmaster() != killed


def test_without_redis_people_report_and_see_and_jobs_come_back_with_it(
    town: WatchedTown, weather: Weather
) -> None:
    killed = town.pid_of_redis()

    with weather("Redis killed (-9) and away") as phones:
        town.supervisor.servers = [town.postgis]
        os.kill(killed, signal.SIGKILL)
        until(lambda: not answers(f"{town.url}/readyz"), "the server says that it is not ready")
        told = asked(town.web_port, "GET", "/readyz")
        taken = len(phones.reports.confirmed)
        until(lambda: len(phones.reports.confirmed) > taken + 30, "reports are taken without it")
        seen = town.seen("/api/cameras/summary/")
        town.supervisor.servers = [town.postgis, town.redis]

    assert told[0] == 503
    said = {"status": "not ready", "database": "ok", "redis": "away"}
    assert json.loads(told[1]).items() >= said.items()
    assert seen[0] == 200
    assert town.pid_of_redis() != killed
