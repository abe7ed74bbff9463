"""Looking for cameras: who is asked, who is believed, and what the page says of them."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from cameras import discovery
from cameras.discovery import NoRange, addresses_of, ranges_of, search
from cameras.forms.networks import SearchForm
from cameras.models import LiveTest, Site
from cameras.probe import wire_discovery
from cameras.probe.wire_discovery import MAX_DATAGRAM_BYTES, Found, question, read_answer
from cameras.probe.wire_head import Malformed
from cameras.views.discovery import begin, stream
from gis_server.roles import Role
from tests.alone import alone
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.discoverable import ASKED, Device, answer, answering, honest
from tests.conftest import MakeUser, SignIn


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


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        pytest.param("10.0.0.0/30", [4], id="one"),
        pytest.param("10.0.0.0/30, 10.0.1.0/29", [4, 8], id="two"),
        pytest.param("10.0.0.0/30，10.0.1.1、10.0.1.9,", [4, 1, 1], id="as Chinese is written"),
    ],
)
def test_several_ranges_are_read(text: str, counts: list[int]) -> None:
    assert [len(one.addresses) for one in ranges_of(text)] == counts


@pytest.mark.parametrize("text", ["", ",", "10.0.0.0/23, 10.0.2.0/23, 10.0.4.1", "10.0.0.1, x"])
def test_too_many_together_or_one_that_is_none_are_refused(text: str) -> None:
    with pytest.raises(NoRange):
        ranges_of(text)


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
                ranges_of("127.0.7.0/28"), ["127.0.7.0/29"], to_all=False, port=port,
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
    for path in ("/cameras/discover/", "/cameras/discover/run/"):
        assert operator.post(path, {"range": "127.0.7.0/29"}).status_code == 403


def told(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def test_a_running_search_tells_how_far_it_is_and_what_it_found(
    sign_in: SignIn, make_camera: MakeCamera, searched: list[Device]
) -> None:
    mine = make_camera(host="127.0.7.1")
    make_camera(host="127.0.7.2", scope_code=OTHER_STREET)
    client = sign_in(Role.MAINTAINER, (STREET,))

    events = told(
        client.post("/cameras/discover/run/", {"range": "127.0.7.1, 127.0.7.2-127.0.7.3"})
    )

    found = {one["found"]["address"]: one["found"] for one in events if "found" in one}
    assert found["127.0.7.1"]["url"] == f"/cameras/{mine.pk}/"
    assert (found["127.0.7.2"]["known"], found["127.0.7.2"]["camera"]) == (True, None)
    assert found["127.0.7.3"]["url"] == "/cameras/new/?host=127.0.7.3&onvif_port=80&site=main"
    last = [one["progress"] for one in events if "progress" in one][-1]
    assert last == {"ranges": 2, "of_ranges": 2, "asked": 3, "of": 3, "found": 3}
    assert events[-1] == {"done": True}
    assert LiveTest.objects.get().ended_at is not None


def test_a_search_that_is_stopped_has_ended(
    make_user: MakeUser, settings: LazySettings, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROBE_NETWORKS = ["127.0.0.0/16"]
    monkeypatch.setattr(wire_discovery, "PORT", port)
    by, form = make_user(Role.MAINTAINER), SearchForm({"range": "127.0.4.0/22"})
    assert form.is_valid()
    lines = stream(by, form, begin(by, form))

    # The first pause comes after 64 of 1,024 addresses; then the browser leaves, and the web server
    # closes the answer.
    assert json.loads(next(lines))["progress"]["asked"] == 64
    lines.close()  # type: ignore[attr-defined]

    assert LiveTest.objects.get().ended_at is not None


@pytest.mark.parametrize("path", ["/cameras/discover/", "/cameras/discover/run/"])
def test_only_networks_of_the_chosen_site_are_searched(
    sign_in: SignIn, settings: LazySettings, path: str
) -> None:
    settings.PROBE_NETWORKS = ["127.0.0.0/8"]
    Site.objects.create(name="east", networks=["127.9.0.0/16"])
    client = sign_in(Role.MAINTAINER)

    answer = client.post(path, {"range": "127.0.7.0/29", "site": "east"})

    assert answer.status_code == 422
    # The message says where one may look.
    assert "127.9.0.0/16" in answer.content.decode()
    assert client.post(path, {"range": "127.0.7.0/29", "site": "nowhere"}).status_code == 422
    assert not LiveTest.objects.exists()
