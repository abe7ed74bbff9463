"""What bin/up decides before it starts anything: names, addresses and the demo's settings."""

import subprocess
from pathlib import Path

import pytest

from bin.steps.places import Places
from bin.steps.up import FARM, demo_settings, is_everywhere, own_names
from fixtures.camera_farm import plan


@pytest.mark.parametrize(
    ("host", "everywhere"),
    [
        pytest.param("127.0.0.1", False, id="loopback"),
        pytest.param("0.0.0.0", True, id="every address"),
        pytest.param("::", True, id="every address of IPv6"),
        pytest.param("wall.example", False, id="a name"),
        pytest.param("", False, id="empty"),
    ],
)
def test_where_it_listens(host: str, everywhere: bool) -> None:
    assert is_everywhere(host) is everywhere


def test_only_its_own_names_are_answered() -> None:
    assert own_names("10.1.2.3") == ["localhost", "127.0.0.1", "[::1]", "10.1.2.3"]
    assert own_names("fd00::1")[-1] == "[fd00::1]"
    assert "*" not in own_names("0.0.0.0")


def test_what_the_user_set_is_not_changed_by_the_demo(tmp_path: Path) -> None:
    where = Places(tmp_path, tmp_path, tmp_path)

    found = demo_settings(where, {"PROBE_INTERVAL_S": "60"})

    assert "PROBE_INTERVAL_S" not in found
    assert "127.77.0.0/16" in found["PROBE_NETWORKS"].split(",")


def test_the_farm_is_looked_for_where_it_is() -> None:
    first = plan.devices(1, 0)[0]

    assert (first.host, first.port) == FARM


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--port", "0"], id="no port"),
        pytest.param(["--port", "70000"], id="beyond the last"),
        pytest.param(["--port", "http"], id="a word"),
    ],
)
def test_a_port_that_is_none_is_refused(words: list[str]) -> None:
    done = subprocess.run(
        ["python", "-m", "bin.steps.up", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("a port is a number from 1 to 65535")
