"""A line to the cameras that loses three packets of ten."""

import subprocess

import pytest

from cameras.models import Notice, Outage, Probe, Site, StateSpan
from cameras.probe.target import Login, Target
from tests.alone import alone, beside
from tests.days.town import until
from tests.faults import island
from tests.faults.fleet import register
from tests.faults.test_own_faults import (
    CAMERAS,
    a_poller,
    all_are,
    asked,
    pytestmark,
    tell,
    the_island,
    the_world_holds,
)

__all__ = ["pytestmark", "the_world_holds"]
ASKED = 12
"""Questions to each camera while the line is bad."""


def needs_filters() -> None:
    """Skips the test where the kernel can drop no packets for us."""
    script = "ip link set lo up; " + "; ".join(f"tc {line}" for line in island.CHANGES["lose"])
    words = [*alone(), "sh", "-c", f"set -e; {script}"]
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no packets can be dropped here: {tried.stderr.strip()}")


def test_a_line_that_loses_three_packets_of_ten_condemns_nobody() -> None:
    """A question in five fails there, and three in a row may; but canaries fail as well."""
    needs_filters()
    hosts = island.hosts(CAMERAS)
    canaries = [f"{host}:{island.PORT}" for host in hosts[CAMERAS:]]
    Site.objects.update_or_create(name="main", defaults={"canaries": canaries})
    login = Login("viewer", "right-horse")
    register([Target(host, island.PORT, "/live", login) for host in hosts[:CAMERAS]])

    with the_island() as shore, a_poller(beside(shore), island.NETWORK):
        until(lambda: all_are("online"), "all are online")
        before = asked()
        tell(shore, "lose")
        until(lambda: asked() >= before + ASKED * CAMERAS, "all have been asked often")
        assert Notice.objects.filter(kind=Notice.Kind.LOSSY_LINE, closed_at=None).exists()
        tell(shore, "keep")
        until(lambda: all_are("online"), "all are online again")

    assert Probe.objects.count() >= asked(), "an answer was not kept"
    assert not Outage.objects.exists()
    assert not StateSpan.objects.filter(state="offline").exists()
