"""The disks of the database, of pictures and of logs are full, one at a time."""

import subprocess
import uuid

import cv2
import numpy as np
import pytest

from bin.steps import postgres
from bin.steps.journal import Failed, Journal
from tests.days.town import until
from tests.faults.disks import Disk
from tests.faults.phones import asked
from tests.faults.watched import WatchedTown
from tests.faults.weather import Weather


def disk_of(town: WatchedTown, name: str) -> Disk:
    disk = town.disks[name]
    if disk.trouble:
        pytest.skip(disk.trouble)
    return disk


def wear_out(town: WatchedTown) -> bool:
    """Have PostgreSQL begin another file of its log of changes; whether it could."""
    try:
        postgres.ask(town.cluster, Journal("bin/test", town.folder), "SELECT pg_switch_wal()")
    except Failed:
        return False
    return True


def test_a_full_disk_of_the_database_puts_off_what_it_cannot_keep_and_nothing_else(
    town: WatchedTown, weather: Weather
) -> None:
    with weather("disk of the database full") as phones, disk_of(town, "pg").full():
        until(lambda: not wear_out(town), "PostgreSQL stops at a full disk")
        put_off = phones.reports.answers[503]
        until(lambda: phones.reports.answers[503] > put_off + 3, "reports are put off")

    assert set(phones.reports.answers) <= {0, 200, 201, 503}
    assert set(phones.fixes.answers) <= {0, 200, 503}


def photo() -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", noise)[1])


def send_photo(town: WatchedTown) -> tuple[int, bytes]:
    path = f"/api/events/photos/?client_id={uuid.uuid4()}"
    return asked(town.web_port, "POST", path, photo(), town.people["reports"])


def store_is_told_full(town: WatchedTown) -> bool:
    rows = town.ask("SELECT 1 FROM cameras_notice WHERE kind = 'no_store' AND closed_at IS NULL")
    return bool(rows)


def test_a_full_disk_of_pictures_is_told_and_costs_no_report(
    town: WatchedTown, weather: Weather
) -> None:
    disk = disk_of(town, "media")
    until(lambda: send_photo(town)[0] == 201, "a photo is taken")

    with weather("disk of pictures full") as phones:
        with disk.full():
            refused = send_photo(town)
            taken = len(phones.reports.confirmed)
            until(lambda: store_is_told_full(town), "the wall says that nothing can be stored")
            assert len(phones.reports.confirmed) > taken
        until(lambda: not store_is_told_full(town), "the wall says so no longer")

    assert refused[0] == 503
    assert "照片" in refused[1].decode()
    assert list(disk.path.rglob("*.part")) == []
    until(lambda: send_photo(town)[0] == 201, "a photo is taken again")


def test_a_full_disk_of_logs_costs_lines_and_nothing_else(
    town: WatchedTown, weather: Weather
) -> None:
    supervisor = town.supervisor
    assert supervisor.honcho is not None
    before = supervisor.honcho.pid

    with weather("disk of logs full") as phones, disk_of(town, "log").full():
        for number in range(3000):  # more than lay in a block that was begun
            (town.folder / "log" / "filler").open("ab").close()
            if number % 100 == 0:
                asked(town.web_port, "GET", f"/no/such/page/{number}")
        taken = len(phones.reports.confirmed)
        until(lambda: len(phones.reports.confirmed) > taken + 30, "reports are taken")
        full_at = supervisor.log.stat().st_size

    assert supervisor.honcho.pid == before, "the processes were started again"

    def is_written() -> bool:
        asked(town.web_port, "GET", "/no/such/page/again")  # all is well, and says nothing
        return supervisor.log.stat().st_size > full_at

    until(is_written, "lines are written again")
    subprocess.run(["rm", "-f", str(town.folder / "log" / "filler")], check=True)
