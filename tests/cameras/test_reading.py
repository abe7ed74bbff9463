"""Reading a device over ONVIF: what is offered, what is stored, and devices that mean harm."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, CameraState, LiveTest, LoginBook
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.probe.target import Login, Target
from cameras.reading.device import Profile, read_device, reading_of
from cameras.views import reading as reading_view
from fixtures.camera_farm.faults import Fault
from fixtures.camera_farm.plan import Device
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.test_reads_only import recording
from tests.conftest import SignIn
from tests.fixtures.running_farm import RunningFarm, running

LOOPBACK = TcpNet(["127.0.0.0/8"])
QUESTION = re.compile(rb"Body>\s*<(?:\w+:)?(\w+)")
DEADLINE_S = 30.0  # generous: the machine of the tests is busy
COUNT = 41  # the first device with a clock that is off has index 40


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFarm]:
    with running(tmp_path_factory.mktemp("farm"), COUNT) as running_farm:
        yield running_farm


@pytest.fixture
def device(farm: RunningFarm) -> Iterator[Device]:
    chosen = farm.devices[3]
    yield chosen
    farm.control.set(chosen.host, Fault.NONE.value)


def target_of(device: Device, password: str = "") -> Target:
    return Target(
        device.host,
        device.port,
        login=Login(device.username, password or device.password),
        onvif_port=device.onvif_port,
    )


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.ONVIF_DIGEST, Fault.FOREIGN_XADDR])
def test_what_a_device_is_and_has_is_read_and_only_paths_of_its_addresses_are_kept(
    farm: RunningFarm, device: Device, fault: Fault
) -> None:
    farm.control.set(device.host, fault.value)

    reading = read_device(target_of(device), LOOPBACK, deadline_s=DEADLINE_S)

    # What fixtures/camera_farm/soap.py answers.
    assert reading.reason is Reason.OK, reading.detail
    assert reading.login is LoginOutcome.ACCEPTED
    assert reading.device == {
        "make": "Simulated", "model": "SIM-L1", "firmware": "1.0.0", "serial": "SIM000003",
    }  # fmt: skip
    assert reading.profiles == (
        Profile("mainStream", "H264", "640×360", device.path, "/onvif/snapshot?main"),
    )


def test_a_token_bears_the_time_of_the_device(farm: RunningFarm) -> None:
    device = farm.devices[40]
    assert device.clock_offset_s == 420

    assert read_device(target_of(device), LOOPBACK, deadline_s=DEADLINE_S).reason is Reason.OK


@pytest.mark.parametrize(
    ("fault", "reason", "said"),
    [
        pytest.param(Fault.ONVIF_REDIRECT, Reason.REJECTED, "redirects", id="redirect"),
        pytest.param(Fault.ONVIF_BOMB, Reason.NOT_ONVIF, "document type", id="bomb"),
        pytest.param(Fault.ONVIF_ENDLESS, Reason.NOT_ONVIF, "262144", id="endless body"),
        pytest.param(Fault.ONVIF_GZIP, Reason.NOT_ONVIF, "packs", id="packed"),
        pytest.param(Fault.REFUSE, Reason.REFUSED, "ECONNREFUSED", id="port closed"),
        pytest.param(Fault.HANG_UP, Reason.HUNG_UP, "", id="hangs up"),
    ],
)
def test_a_device_that_means_harm_is_told_from_one_that_is_not_there(
    farm: RunningFarm, device: Device, fault: Fault, reason: Reason, said: str
) -> None:
    farm.control.set(device.host, fault.value)

    reading = read_device(target_of(device), LOOPBACK, deadline_s=DEADLINE_S)

    assert reading.reason is reason
    assert said in reading.detail
    assert reading.device is None


def test_only_questions_that_read_are_ever_sent(device: Device) -> None:
    with recording(Target(device.host, device.onvif_port)) as recorder:
        target = replace(target_of(device), host="127.0.0.1", onvif_port=recorder.port)
        reading = read_device(target, LOOPBACK, deadline_s=DEADLINE_S)

    assert reading.reason is Reason.OK
    assert device.password.encode() not in recorder.sent
    assert set(QUESTION.findall(recorder.sent)) == {
        b"GetSystemDateAndTime",
        b"GetDeviceInformation",
        b"GetCapabilities",
        b"GetProfiles",
        b"GetStreamUri",
        b"GetSnapshotUri",
    }


def test_a_refused_login_is_sent_once(device: Device) -> None:
    with recording(Target(device.host, device.onvif_port)) as recorder:
        target = replace(target_of(device, "wrong"), host="127.0.0.1", onvif_port=recorder.port)
        reading = read_device(target, LOOPBACK, deadline_s=DEADLINE_S)

    assert recorder.sent.count(b"UsernameToken>") == 2  # the tag that opens and the one that ends
    assert reading.reason is Reason.WRONG_LOGIN
    assert reading.login is LoginOutcome.REFUSED
    assert reading.device is None


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(Login("viewer", "x", may_try=False), id="at the host"),
        pytest.param(Login("viewer", "x", may_try_onvif=False), id="at ONVIF"),
    ],
)
def test_a_login_stays_at_home_once_its_budget_is_spent(device: Device, login: Login) -> None:
    target = replace(target_of(device), login=login)

    reading = read_device(target, LOOPBACK, deadline_s=DEADLINE_S)

    assert reading.reason is Reason.WRONG_LOGIN
    assert reading.login is LoginOutcome.NOT_SENT


def test_the_process_is_killed_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Target("127.0.0.1", 554, onvif_port=silent.getsockname()[1])

        # Shorter than the worker's own patience with a single question.
        reading = read_device(target, LOOPBACK, deadline_s=1.0)

    assert reading.reason is Reason.SILENT
    assert "1 s" in reading.detail


def test_an_address_outside_the_networks_is_never_contacted() -> None:
    reading = read_device(Target("192.0.2.1", onvif_port=80), LOOPBACK, deadline_s=DEADLINE_S)

    assert reading.reason is Reason.NOT_ALLOWED


@pytest.mark.parametrize(
    "output", [b"", b"[]", b"{}", b'{"reason": "x"}', b"\xff"], ids=repr
)  # fmt: skip
def test_another_output_of_the_process_is_trouble_of_ours(output: bytes) -> None:
    assert reading_of(output).reason is Reason.OWN_TROUBLE


@pytest.fixture
def technician(sign_in: SignIn, settings: LazySettings) -> Client:
    settings.PROBE_NETWORKS = ["127.0.0.0/8"]
    return sign_in(Role.MAINTAINER)


@pytest.fixture
def camera(device: Device, make_camera: MakeCamera) -> Camera:
    return make_camera(
        host=device.host,
        port=device.port,
        onvif_port=device.onvif_port,
        path="/old",
        make="Old make",
        login=(device.username, device.password),
    )


def test_a_reading_is_offered_and_stored_only_when_it_is_saved(
    technician: Client, camera: Camera, device: Device
) -> None:
    answer = technician.post(f"/cameras/{camera.pk}/read/")

    assert answer.status_code == 200
    form = answer.context["form"]
    assert device.path in answer.content.decode()
    assert device.password not in answer.content.decode()
    camera.refresh_from_db()
    assert (camera.make, camera.path, camera.version) == ("Old make", "/old", 0)
    assert LiveTest.objects.get().login == LoginOutcome.ACCEPTED

    given = {name: form[name].value() for name in form.fields} | {"path": device.path}
    given["profiles"] = form["profiles"].as_hidden().split('value="')[1].split('"')[0]
    given["profiles"] = given["profiles"].replace("&quot;", '"')
    saved = technician.post(f"/cameras/{camera.pk}/read/save/", given)

    assert saved.status_code == 302
    camera.refresh_from_db()
    assert (camera.make, camera.model, camera.path) == ("Simulated", "SIM-L1", device.path)
    assert camera.snapshot_path == "/onvif/snapshot?main"
    assert [one["size"] for one in camera.profiles] == ["640×360"]
    assert camera.username == device.username
    assert "640×360" in technician.get(saved["Location"]).content.decode()


def test_a_refusal_is_told_in_words_and_kept_in_the_book_of_the_device(
    farm: RunningFarm, technician: Client, camera: Camera, device: Device
) -> None:
    farm.control.set(device.host, Fault.ONVIF_REFUSES.value)

    first = technician.post(f"/cameras/{camera.pk}/read/")
    second = technician.post(f"/cameras/{camera.pk}/read/")

    assert first.status_code == second.status_code == 200
    assert "advice" in first.content.decode()
    assert first.context["form"] is None
    assert [one.login for one in LiveTest.objects.order_by("id")] == ["refused", "not_sent"]
    assert LoginBook.objects.exclude(login="").get().onvif_refused_at is not None
    assert CameraState.objects.get(camera=camera).failed_logins == 0
    camera.refresh_from_db()
    assert camera.version == 0


def test_that_onvif_lets_it_in_forgives_the_stream_nothing(
    technician: Client, camera: Camera
) -> None:
    yesterday = timezone.now() - timedelta(hours=25)
    CameraState.objects.filter(camera=camera).update(failed_logins=1, failed_login_at=yesterday)

    technician.post(f"/cameras/{camera.pk}/read/")

    assert LiveTest.objects.get().login == LoginOutcome.ACCEPTED
    assert CameraState.objects.get(camera=camera).failed_logins == 1


def test_a_silent_device_stores_nothing_and_ends_the_test(
    technician: Client, make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_view, "DEADLINE_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        camera = make_camera(host="127.0.0.1", onvif_port=silent.getsockname()[1])
        answer = technician.post(f"/cameras/{camera.pk}/read/")

    assert answer.status_code == 200
    assert answer.context["reading"].reason is Reason.SILENT
    assert LiveTest.objects.get().ended_at is not None
    assert Camera.objects.get().version == 0


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"path": "rtsp://other/live"}, id="an address in place of a path"),
        pytest.param({"path": ""}, id="no path"),
        pytest.param({"snapshot_path": "javascript:x"}, id="no path of a picture"),
        pytest.param({"make": "x" * 61}, id="too long"),
        pytest.param({"profiles": '[{"name": 1}]'}, id="no streams"),
        pytest.param({"profiles": "{}x"}, id="no JSON"),
        pytest.param({"profiles": '["a"]'}, id="streams of another shape"),
        pytest.param({"version": "7"}, id="somebody else was first"),
    ],
)
def test_what_comes_back_is_checked(
    technician: Client, make_camera: MakeCamera, values: dict[str, str]
) -> None:
    camera = make_camera(path="/old")

    given = {"version": "0", "path": "/new", "make": "Make"} | values
    answer = technician.post(f"/cameras/{camera.pk}/read/save/", given)

    assert answer.status_code == 422
    assert Camera.objects.get().path == "/old"


def test_a_camera_without_an_onvif_port_says_what_is_missing(
    technician: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera()

    assert technician.post(f"/cameras/{camera.pk}/read/").status_code == 422
    assert f"/cameras/{camera.pk}/read/" not in technician.get(
        f"/cameras/{camera.pk}/"
    ).content.decode()  # fmt: skip


@pytest.mark.parametrize("what", ["read", "read/save"])
def test_nobody_reads_a_camera_of_another_street_or_without_the_right(
    sign_in: SignIn, make_camera: MakeCamera, operator: Client, what: str
) -> None:
    camera = make_camera(scope_code=OTHER_STREET, onvif_port=80)
    client = sign_in(Role.MAINTAINER, (STREET,))

    assert client.post(f"/cameras/{camera.pk}/{what}/").status_code == 404
    assert operator.post(f"/cameras/{camera.pk}/{what}/").status_code == 403
