"""Looking for cameras: who is asked, who is believed, and what the page says of them."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.test import Client

from cameras import discovery
from cameras.discovery import NoRange, addresses_of, search
from cameras.models import LiveTest
from cameras.probe import wire_discovery
from cameras.probe.wire_discovery import MAX_DATAGRAM_BYTES, Found, question, read_answer
from cameras.probe.wire_head import Malformed
from gis_server.roles import Role
from tests.alone import alone
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.discoverable import ASKED, Device, answer, answering, honest
from tests.conftest import SignIn


def test_an_answer_tells_port_name_and_hardware() -> None:
    told = answer("http://[fe80::1]/onvif http://10.0.0.5:8080/onvif/device_service")

    assert read_answer(told, "10.0.0.5", ASKED) == Found("10.0.0.5", 8080, "East gate", "DS-2CD")


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\xff", id="no XML"),
        pytest.param(answer("http://10.0.0.6/onvif"), id="another host"),
        pytest.param(answer("http://10.0.0.5@10.0.0.6/onvif"), id="another host behind a login"),
        pytest.param(answer("http://10.0.0.5:99999/"), id="no port"),
        pytest.param(answer("file://10.0.0.5/etc"), id="another scheme"),
        pytest.param(answer(""), id="no address"),
        pytest.param(answer("http://10.0.0.5/", "urn:uuid:2"), id="another question"),
        pytest.param(answer("http://10.0.0.5/", before="<!DOCTYPE e>"), id="document type"),
        pytest.param(
            answer("http://10.0.0.5/") + b" " * MAX_DATAGRAM_BYTES, id="longer than a datagram"
        ),
        pytest.param(question(ASKED), id="a question"),
    ],
)
def test_what_proves_no_device_at_its_sender_is_refused(told: bytes) -> None:
    with pytest.raises(Malformed):
        read_answer(told, "10.0.0.5", ASKED)


@pytest.mark.parametrize(
    ("text", "count", "first"),
    [
        pytest.param("10.0.0.0/22", 1024, "10.0.0.0", id="the largest network"),
        pytest.param("10.0.0.7/30", 4, "10.0.0.4", id="a network by one of its addresses"),
        pytest.param("10.0.0.250 - 10.0.1.4", 11, "10.0.0.250", id="from and to"),
        pytest.param("10.0.0.9", 1, "10.0.0.9", id="one"),
    ],
)
def test_a_range_is_read(text: str, count: int, first: str) -> None:
    addresses = addresses_of(text)

    assert (len(addresses), str(addresses[0])) == (count, first)


@pytest.mark.parametrize(
    "text", ["", "x", "10.0.0.0/21", "10.0.0.0/0", "10.0.0.9-10.0.0.1", "fe80::/120", "1.2.3.4-"]
)
def test_no_range_or_too_large_a_one_is_refused(text: str) -> None:
    with pytest.raises(NoRange):
        addresses_of(text)


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def test_those_inside_the_networks_are_asked_and_only_honest_ones_found(port: int) -> None:
    with (
        answering("127.0.7.1", port, honest("127.0.7.1")),
        answering("127.0.7.2", port, honest("127.0.7.1")) as liar,
        answering("127.0.7.9", port, honest("127.0.7.9")) as outside,
    ):
        found = asyncio.run(
            search(
                addresses_of("127.0.7.0/28"), ["127.0.7.0/29"], to_all=False, port=port,
                listen_s=1.0,
            )
        )  # fmt: skip

    assert [one.address for one in found] == ["127.0.7.1"]
    assert liar.asked == 1
    assert outside.asked == 0


@pytest.mark.parametrize(
    ("route", "network", "found"),
    [
        pytest.param("yes", "127.0.0.0/8", "127.0.0.1", id="a device in the networks"),
        pytest.param("yes", "10.0.0.0/8", "", id="one outside of them"),
        pytest.param("no", "127.0.0.0/8", "", id="nowhere to send it"),
    ],
)
def test_a_question_to_all_is_heard_in_this_network(route: str, network: str, found: str) -> None:
    command = [*alone(), sys.executable, "-m", "tests.cameras.lan", route, network]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert (done.stdout.strip(), done.returncode) == (found, 0), done.stderr


@pytest.fixture
def searched(
    port: int, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Device]]:
    """Three devices, and a page that looks for them."""
    settings.PROBE_NETWORKS = ["127.0.7.0/29"]
    monkeypatch.setattr(wire_discovery, "PORT", port)
    monkeypatch.setattr(discovery, "LISTEN_S", 1.0)
    with (
        answering("127.0.7.1", port, honest("127.0.7.1")) as one,
        answering("127.0.7.2", port, honest("127.0.7.2")) as two,
        answering("127.0.7.3", port, honest("127.0.7.3")) as three,
    ):
        yield [one, two, three]


def test_the_page_marks_who_is_known_and_leads_to_the_form_for_the_others(
    sign_in: SignIn, make_camera: MakeCamera, searched: list[Device]
) -> None:
    mine = make_camera(host="127.0.7.1")
    other = make_camera(host="127.0.7.2", scope_code=OTHER_STREET)
    client = sign_in(Role.MAINTAINER, (STREET,))

    page = client.post("/cameras/discover/", {"range": "127.0.7.0/29"}).content.decode()

    assert all(device.asked == 1 for device in searched)
    assert f"/cameras/{mine.pk}/" in page
    assert other.name not in page
    assert page.count("?host=") == 1
    form = client.get("/cameras/new/?host=127.0.7.3&onvif_port=80").content.decode()
    assert "?host=127.0.7.3&amp;onvif_port=80" in page
    assert 'value="127.0.7.3"' in form
    assert LiveTest.objects.get().ended_at is not None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"range": "127.0.0.0/16"}, id="too large"),
        pytest.param({"range": "192.0.2.0/28"}, id="outside the networks"),
        pytest.param({"range": "1" * 61}, id="too long"),
    ],
)
def test_what_cannot_be_searched_is_told(
    sign_in: SignIn, settings: LazySettings, values: dict[str, str]
) -> None:
    settings.PROBE_NETWORKS = ["127.0.7.0/29"]

    answer = sign_in(Role.MAINTAINER).post("/cameras/discover/", values | {"x": "1"})

    assert answer.status_code == 422
    assert not LiveTest.objects.exists()


def test_only_who_manages_cameras_searches(operator: Client) -> None:
    assert operator.post("/cameras/discover/", {"range": "127.0.7.0/29"}).status_code == 403
