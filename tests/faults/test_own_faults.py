"""Faults of our own condemn no camera: the poller, its database and its network go away."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from benchmarks.faults import target_of
from cameras.models import (
    CameraState,
    Notice,
    Outage,
    PollerBeat,
    Probe,
    Site,
    StateSpan,
)
from cameras.probe.target import Login, Target
from tests.alone import alone, beside
from tests.cameras.test_poller import no_connections, poll_process
from tests.days.town import until
from tests.faults import island
from tests.faults.fleet import register
from tests.fixtures.running_farm import RunningFarm, running

pytestmark = pytest.mark.django_db(transaction=True)
CAMERAS = 12
CUT_INTERVAL_S = 10
"""Long enough for the canaries to say that we are blind before any state is stale."""
Away = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def the_world_holds() -> Iterator[None]:
    yield
    call_command("check_world")


def all_are(state: str) -> bool:
    return set(CameraState.objects.values_list("state", flat=True)) == {state}


def asked() -> int:
    return sum(PollerBeat.objects.values_list("asked", flat=True))


def nobody_was_condemned() -> bool:
    return not Outage.objects.exists() and not StateSpan.objects.filter(state="offline").exists()


@contextmanager
def a_poller(
    before: Sequence[str] = (), networks: str = "127.0.0.0/8"
) -> Iterator["subprocess.Popen[str]"]:
    with poll_process(before=before, networks=networks) as process:
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[RunningFarm]:
    """Registered cameras that answer."""
    with running(tmp_path, CAMERAS) as farm:
        register([target_of(device) for device in farm.devices])
        yield farm


@contextmanager
def the_island() -> Iterator["subprocess.Popen[str]"]:
    """The island's process; a Unix socket leads out of it, to the database."""
    command = [*alone(), sys.executable, "-m", "tests.faults.island"]
    with subprocess.Popen(
        [*command, str(CAMERAS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert island.READY in process.stdout.readline()
        yield process
        process.stdin.close()


def tell(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    assert process.stdout.readline() == f"{word}\n"


def test_a_poller_whose_network_is_cut_off_says_so_once_and_condemns_nobody() -> None:
    hosts = island.hosts(CAMERAS)
    canaries = [f"{host}:{island.PORT}" for host in hosts[CAMERAS:]]
    Site.objects.update_or_create(name="main", defaults={"canaries": canaries})
    login = Login("viewer", "right-horse")
    targets = [Target(host, island.PORT, "/live", login) for host in hosts[:CAMERAS]]
    register(targets, CUT_INTERVAL_S)

    with the_island() as shore, a_poller(beside(shore), island.NETWORK):
        until(lambda: all_are("online"), "all are online")
        before = asked()
        tell(shore, "cut")
        until(lambda: all_are("unknown"), "all are unknown")
        # Often enough to have condemned each of them, had the failures been believed.
        until(lambda: asked() >= before + 3 * CAMERAS, "all have been asked three times")
        tell(shore, "mend")
        until(lambda: all_are("online"), "all are online again")

    (notice,) = Notice.objects.all()
    assert (notice.kind, notice.closed_at is None) == (Notice.Kind.BLIND, False)
    assert nobody_was_condemned()
    assert Probe.objects.count() >= asked(), "an answer was not kept"


def test_what_a_killed_poller_held_is_asked_by_another_when_its_lease_is_over(
    farm: RunningFarm,
) -> None:
    held = CameraState.objects.exclude(leased_by="")
    with a_poller() as killed:
        until(lambda: all_are("online"), "all are online")
        for device in farm.devices:
            farm.control.set(device.host, "silent")
        CameraState.objects.update(due_at=timezone.now())
        until(lambda: held.count() == CAMERAS, "all are being asked")
        killed.kill()
    for device in farm.devices:
        farm.control.restore(device.host)
    began = timezone.now()

    with a_poller():
        until(lambda: PollerBeat.objects.count() == 2, "another poller is there")
        assert held.count() == CAMERAS
        # As if half a minute had gone by.
        held.update(lease_until=F("lease_until") - timedelta(seconds=30))
        answered = CameraState.objects.filter(last_probe_at__gt=began)
        until(lambda: answered.count() == CAMERAS, "all have been asked again")

    assert all_are("online")
    assert nobody_was_condemned()
    assert set(Probe.objects.values_list("reason", flat=True)) == {"ok"}


@contextmanager
def stands_still() -> Iterator[None]:
    """The database's processes for others than this test stop, as over a disk that hangs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        pids = [row[0] for row in cursor.fetchall()]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def is_closed() -> Iterator[None]:
    """It hangs up on everybody but this test, and takes nobody."""
    with no_connections(connection.connection.info.backend_pid):
        yield


@pytest.mark.parametrize("away", [stands_still, is_closed])
def test_while_the_database_is_away_nobody_is_condemned_and_afterwards_work_goes_on(
    farm: RunningFarm, away: Away
) -> None:
    due = CameraState.objects.filter(due_at__lt=Now())
    with a_poller() as poller:
        until(lambda: all_are("online"), "all are online")
        with away():
            until(lambda: due.count() == CAMERAS, "all are due and nobody asks them")
        until(lambda: not due.exists(), "all have been asked")
        assert poller.poll() is None

    assert all_are("online")
    assert nobody_was_condemned()
