"""The live test of a form: the ladder as it runs, its limits, and the budget of logins."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone, translation

from cameras import services
from cameras.live_test import Answered, Begun, climb
from cameras.models import Camera, CameraState, Credential, LiveTest, LoginBook, Site
from cameras.probe.budget import LOCKOUT
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, Verdict, verdict_of
from cameras.probe.target import Target
from cameras.services.live_tests import MOST_A_MINUTE, MOST_AT_ONCE
from cameras.views.live_test import words_of
from gis_server.errors import TooMany
from gis_server.roles import Role
from gis_server.vault import seal
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.fake_camera import FakeCamera, running
from tests.cameras.scripted_net import ScriptedNet
from tests.cameras.test_steps_onvif import GATE, RTSP_OK, clock, made
from tests.cameras.threads import together
from tests.conftest import MakeUser, SignIn

HIDDEN = "right-horse"


@pytest.fixture
def technician(sign_in: SignIn, settings: LazySettings) -> Client:
    settings.PROBE_NETWORKS = ["127.0.0.0/8"]
    return sign_in(Role.MAINTAINER)


@contextmanager
def listening_camera() -> Iterator[FakeCamera]:
    """A camera in a thread of its own, as the view blocks this one."""
    camera, ready, stop = FakeCamera(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with running(camera):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(timeout=60)
        yield camera
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=60)
        loop.close()


def run(client: Client, camera: Camera | None = None, **values: Any) -> list[dict[str, Any]]:
    """The lines of a test."""
    given = {"host": "127.0.0.1", "port": "1", "path": "/live", "login": "none"} | values
    query = f"?camera={camera.pk}" if camera else ""
    answer = client.post(f"/cameras/test/{query}", given)
    assert answer.status_code == 200, answer.content.decode()
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert HIDDEN not in content.decode()
    return [json.loads(line) for line in content.splitlines()]


def test_every_rung_is_told_as_it_is_done(technician: Client) -> None:
    with listening_camera() as camera:
        events = run(
            technician, port=str(camera.port), login="own", username="viewer", password=HIDDEN
        )

    assert [next(iter(event)) for event in events] == [*["begun", "answered"] * 3, "verdict"]
    assert events[-1]["verdict"]["ok"] is True
    assert [rung["ok"] for rung in events[-1]["verdict"]["rungs"]] == [True, True, True]
    assert LiveTest.objects.get().login == LoginOutcome.ACCEPTED
    assert Camera.objects.count() == 0


def test_the_rung_that_breaks_is_the_last_and_says_what_to_do(technician: Client) -> None:
    with listening_camera() as camera:
        port = camera.port

    events = run(technician, port=str(port))

    verdict = events[-1]["verdict"]
    assert [next(iter(event)) for event in events] == ["begun", "answered", "verdict"]
    assert not verdict["ok"]
    assert verdict["cause"]
    assert verdict["remedy"]
    assert [rung["asked"] for rung in verdict["rungs"]] == [True, False, False]


def test_rungs_are_told_in_the_readers_language() -> None:
    result = StepResult(Reason.WRONG_LOGIN, "DESCRIBE with the login answered 401")

    with translation.override("zh-hans"):
        answered = words_of(Answered(result))["answered"]
        ends = words_of(verdict_of([result]))["verdict"]["rungs"]

    said = "使用登录凭据请求 DESCRIBE，设备应答 401"
    assert [answered["detail"], ends[0]["detail"]] == [said, said]


def test_a_silent_device_ends_at_the_deadline() -> None:
    async def events() -> list[Any]:
        net = ScriptedNet(None)
        return [event async for event in climb(Target("a"), net, budget_s=0.05)]

    told = asyncio.run(events())

    assert isinstance(told[-1], Verdict)
    assert told[-1].reason is Reason.SILENT
    assert [type(event) for event in told[:2]] == [Begun, Answered]


def test_a_device_with_an_onvif_port_is_asked_for_its_clock_and_make_too() -> None:
    async def events() -> list[Any]:
        net = ScriptedNet(RTSP_OK, clock(), made())
        return [event async for event in climb(GATE, net, budget_s=20)]

    told = asyncio.run(events())

    assert [type(event) for event in told] == [*[Begun, Answered] * 5, Verdict]
    assert [event.step for event in told if isinstance(event, Begun)][3:] == [
        "onvif_clock", "onvif_device",
    ]  # fmt: skip
    assert [event.result.step for event in told if isinstance(event, Answered)][4] == "onvif_device"
    assert told[-1].device is not None


def test_a_login_that_only_onvif_refuses_counts_against_the_tests_of_that_host(
    make_user: MakeUser, now: datetime
) -> None:
    test = services.begin_test(by=make_user(), host="a", now=now)

    services.end_test(
        test=test,
        stream=LoginOutcome.ACCEPTED,
        onvif=LoginOutcome.REFUSED,
        stored_at=None,
        now=now,
    )

    assert LiveTest.objects.get().login == LoginOutcome.REFUSED


def test_a_wrong_login_is_tried_twice_at_a_host_and_then_no_more(technician: Client) -> None:
    with listening_camera() as camera:
        for number in range(3):
            run(
                technician,
                port=str(camera.port),
                login="own",
                username="viewer",
                password=f"wrong {number}",
            )
        sent = sum(b"Authorization" in request for request in camera.requests)

    assert sent == 2
    assert [one.login for one in LiveTest.objects.order_by("id")] == [
        "refused", "refused", "not_sent",
    ]  # fmt: skip


def test_the_stored_login_is_tried_in_place_and_its_refusal_counts_for_the_poller(
    technician: Client, make_camera: MakeCamera
) -> None:
    with listening_camera() as device:
        stored = make_camera(
            host="127.0.0.1", port=device.port, path="/live", login=("viewer", "old")
        )
        run(technician, stored, port=str(device.port), login="keep")
        assert CameraState.objects.get().failed_logins == 1

        Camera.objects.update(sealed_password=seal(HIDDEN))
        # The lockout that such devices have is over.
        long_ago = timezone.now() - 2 * LOCKOUT
        CameraState.objects.update(failed_login_at=long_ago)
        LoginBook.objects.update(failed_at=long_ago)
        run(technician, stored, port=str(device.port), login="keep")

    assert CameraState.objects.get().failed_logins == 0


def test_a_stored_login_is_not_sent_to_another_address(
    technician: Client, make_camera: MakeCamera
) -> None:
    stored = make_camera(host="127.0.0.1", port=554, path="/live", login=("viewer", HIDDEN))

    answer = technician.post(
        f"/cameras/test/?camera={stored.pk}",
        {"host": "127.0.0.2", "port": "554", "path": "/live", "login": "keep"},
    )

    assert answer.status_code == 422
    assert not LiveTest.objects.exists()


def test_a_shared_login_is_tried(technician: Client, now: datetime) -> None:
    group = Credential.objects.create(
        name="海康", username="viewer", sealed_password=seal(HIDDEN), changed_at=now
    )
    with listening_camera() as camera:
        events = run(technician, port=str(camera.port), login="group", credential=group.pk)

    assert events[-1]["verdict"]["ok"] is True


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"host": "8.8.8.8"}, id="outside the networks"),
        pytest.param({"host": "a b"}, id="no host"),
        pytest.param({"port": "0"}, id="no port"),
        pytest.param({"login": "own"}, id="half a login"),
    ],
)
def test_what_cannot_be_asked_is_told(technician: Client, values: dict[str, str]) -> None:
    given = {"host": "127.0.0.1", "port": "1", "path": "/", "login": "none"} | values

    answer = technician.post("/cameras/test/", given)

    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_name_that_leads_outside_is_never_contacted(
    technician: Client, settings: LazySettings
) -> None:
    settings.PROBE_NETWORKS = ["10.0.0.0/8"]

    events = run(technician, host="localhost")

    assert events[-1]["verdict"]["rungs"][0]["ok"] is False
    assert "127.0.0.1" in events[-1]["verdict"]["rungs"][0]["detail"]


def test_a_name_that_leads_outside_the_chosen_site_is_never_contacted(technician: Client) -> None:
    Site.objects.create(name="east", networks=["127.9.0.0/16"])

    events = run(technician, host="localhost", site="east")

    assert events[-1]["verdict"]["rungs"][0]["ok"] is False
    assert "127.0.0.1" in events[-1]["verdict"]["rungs"][0]["detail"]


def test_a_port_that_the_chosen_site_has_not_is_not_tested(technician: Client) -> None:
    Site.objects.create(name="east", ports=[554])

    answer = technician.post(
        "/cameras/test/",
        {"host": "127.0.0.1", "port": "1", "path": "/", "login": "none", "site": "east"},
    )

    assert answer.status_code == 422
    assert "554" in answer.json()["error"]["message"]


def test_nobody_tests_a_camera_of_another_street_or_without_the_right(
    sign_in: SignIn, make_camera: MakeCamera, operator: Client
) -> None:
    camera = make_camera(scope_code=OTHER_STREET)
    client = sign_in(Role.MAINTAINER, (STREET,))

    assert client.post(f"/cameras/test/?camera={camera.pk}", {}).status_code == 404
    assert operator.post("/cameras/test/", {}).status_code == 403


def test_one_person_tests_so_often_and_all_together_so_many(
    make_user: MakeUser, now: datetime
) -> None:
    one, other = make_user(Role.MAINTAINER), make_user(Role.ADMINISTRATOR)

    for _ in range(MOST_A_MINUTE):
        test = services.begin_test(by=one, host="a", now=now)
        services.end_test(test=test, stored_at=None, now=now)
    with pytest.raises(TooMany):
        services.begin_test(by=one, host="a", now=now)
    for _ in range(MOST_AT_ONCE):
        services.begin_test(by=other, host="a", now=now)
    with pytest.raises(TooMany):
        services.begin_test(by=other, host="a", now=now + timedelta(seconds=2))

    # A process that died leaves its tests open: they do not count for ever.
    assert services.begin_test(by=one, host="a", now=now + timedelta(seconds=61))


@pytest.mark.django_db(transaction=True)
def test_those_who_begin_at_the_same_moment_do_not_get_past_the_limit(
    make_user: MakeUser, now: datetime
) -> None:
    people = [make_user(role) for role in Role]

    def attempt(number: int) -> bool:
        try:
            services.begin_test(by=people[number], host="a", now=now)
        except TooMany:
            return False
        return True

    results = together(*(lambda number=number: attempt(number) for number in range(len(people))))

    assert sum(results) == MOST_AT_ONCE


def test_tests_are_forgotten_after_a_day(make_user: MakeUser, now: datetime) -> None:
    services.begin_test(by=make_user(), host="a", now=now)

    assert services.forget_tests(now + timedelta(hours=23)) == 0
    assert services.forget_tests(now + timedelta(hours=25)) == 1
