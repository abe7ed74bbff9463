"""Two web machines, three pollers on two sites and two workers over one PostGIS and one Redis: any
one is killed, any link is cut, and nothing is lost or doubled.

The tests stand in one order and share one province; each leaves it well.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.days.town import until
from tests.faults import province as parts
from tests.faults.conftest import RECOVERIES
from tests.faults.machines import needs_machines
from tests.faults.province import (
    CAMERAS,
    DATABASE_AT,
    LEASE_S,
    REDIS_AT,
    Load,
    Province,
    jobs_were_done_once,
    province,
)
from tests.faults.weather import signs

Fault = Callable[[str], AbstractContextManager[Load]]
TAKES_OVER_S = LEASE_S + 15.0
"""A lease, an interval, and what lies between."""


@pytest.fixture(scope="module")
def world(static_files: None) -> Iterator[Province]:
    needs_machines()
    folder = Path(tempfile.mkdtemp(prefix="gis-scale-"))
    folder.chmod(0o755)
    try:
        with province(folder) as built:
            yield built
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fault(world: Province, request: pytest.FixtureRequest) -> Iterator[Fault]:
    def begin(what: str) -> AbstractContextManager[Load]:
        return parts.fault(world, what, RECOVERIES)

    failed = request.session.testsfailed
    yield begin
    if request.session.testsfailed > failed:
        print(world.logs())  # noqa: T201 - pytest shows it with the failure


def takes_over(world: Province, load: Load) -> None:
    """The shared site's cameras have all been asked since, but for the one that has fallen."""
    then, fallen = world.now(), load.fallen["east"]
    until(
        lambda: world.all_asked_since("east", then, fallen), "the other asks them all",
        TAKES_OVER_S,
    )  # fmt: skip


def goes_on(world: Province, *parts: str) -> None:
    before = signs(world)
    for part in parts:
        until(lambda part=part: signs(world).get(part) != before.get(part), f"a sign of {part}", 60)  # type: ignore[misc]


# ---- Something is killed -------------------------------------------------------------------------


def test_a_web_machine_is_killed_and_phones_go_to_the_other(world: Province, fault: Fault) -> None:
    with (
        fault("a web machine killed") as load,
        world.held("web1 web", "web1 live", "web1 positions"),
    ):
        load.goes_on()


def test_a_poller_of_a_shared_site_is_killed_and_the_other_takes_its_cameras(
    world: Province, fault: Fault
) -> None:
    with fault("a poller of a shared site killed") as load, world.held("east1 poller"):
        takes_over(world, load)


def test_the_only_poller_of_a_site_is_killed_and_its_cameras_are_unknown(
    world: Province, fault: Fault
) -> None:
    with fault("the only poller of a site killed"), world.held("west1 poller"):
        until(lambda: world.states("west")["unknown"] == CAMERAS, "all there are unknown", 60)
        assert world.states("east")["online"] >= CAMERAS - 1


@pytest.mark.parametrize("worker", ["jobs1", "jobs2"])
def test_a_worker_is_killed_and_the_other_sends_and_does_the_jobs(
    world: Province, fault: Fault, worker: str
) -> None:
    with fault(f"{worker} killed"), world.held(f"{worker} jobs"):
        goes_on(world, "jobs")


# ---- A link is cut -------------------------------------------------------------------------------


def test_a_web_machine_is_cut_off_from_the_database(world: Province, fault: Fault) -> None:
    with fault("web1 cut off from the database") as load:
        with world.machines["web1"].cut_off_from(DATABASE_AT):
            until(lambda: not world.is_ready("web1"), "it says that it is not ready", 60)
            load.goes_on()


def test_a_web_machine_is_cut_off_from_redis(world: Province, fault: Fault) -> None:
    with fault("web2 cut off from Redis") as load:
        with world.machines["web2"].cut_off_from(REDIS_AT):
            until(lambda: not world.is_ready("web2"), "it says that it is not ready", 60)
            load.goes_on()


def test_a_poller_is_cut_off_from_the_database_and_the_other_takes_its_cameras(
    world: Province, fault: Fault
) -> None:
    with fault("a poller cut off from the database") as load:
        with world.machines["east2"].cut_off_from(DATABASE_AT):
            takes_over(world, load)


def test_a_poller_is_cut_off_from_its_cameras_and_condemns_nobody(
    world: Province, fault: Fault
) -> None:
    blind = "SELECT 1 FROM cameras_notice WHERE kind = 'blind' AND closed_at IS NULL"
    with fault("the only poller of a site cut off from its cameras"):
        with world.machines["west1"].unplugged_from(world.machines["west"]):
            until(lambda: bool(world.ask(blind)), "it says that it is blind", 60)
            assert world.states("west")["unknown"] >= CAMERAS - 1
    assert not world.ask(blind)


def test_a_worker_is_cut_off_from_redis_and_the_other_sends_and_does_the_jobs(
    world: Province, fault: Fault
) -> None:
    with fault("jobs1 cut off from Redis"):
        with world.machines["jobs1"].cut_off_from(REDIS_AT):
            goes_on(world, "jobs")
            goes_on(world, "jobs")


def test_a_worker_is_cut_off_from_the_database_and_the_other_does_jobs_and_coverage(
    world: Province, fault: Fault
) -> None:
    with fault("jobs1 cut off from the database"):
        with world.machines["jobs1"].cut_off_from(DATABASE_AT):
            for _round in range(3):
                goes_on(world, "jobs", "cover")


def test_a_machine_holds_no_more_connections_than_docs_scale_says(world: Province) -> None:
    held = world.connections()

    print(held)  # noqa: T201 - with -rP
    for name, most in parts.MOST_CONNECTIONS.items():
        assert held[name] <= most, f"{name} holds {held[name]}"


def test_after_all_that_each_job_was_done_once_and_everything_holds(world: Province) -> None:
    jobs_were_done_once(world)
    world.manage("check_world")
