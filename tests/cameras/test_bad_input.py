"""Cameras that are odd, or change under the poller's hands, each with a clear outcome.

What a device may say wrongly is asked of every quirk of real servers in
`tests/fixtures/test_fault_matrix.py` (an unknown codec, an empty description, an answer to another
question, two replies in one packet, one byte at a time …) and byte by byte in the tests of the
wire.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from django.utils import timezone

from cameras import services
from cameras.health import State
from cameras.models import Camera, CameraState, Probe
from cameras.probe.net import TcpNet
from cameras.processes.poller import Poller
from cameras.services import LoginKind, LoginWanted
from gis_server.models import ChangeRow
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera
from tests.cameras.fake_camera import FakeCamera, Serve, listening, running
from tests.cameras.test_poller import LOOPBACK, in_thread, polling, state_of, until
from tests.conftest import MakeUser

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = ("viewer", "right-horse")


def options(fake: FakeCamera) -> int:
    return sum(request.startswith(b"OPTIONS") for request in fake.requests)


def test_a_camera_with_an_ipv6_address_is_asked_like_any_other(make_camera: MakeCamera) -> None:
    async def scenario() -> Camera:
        fake = FakeCamera()
        async with listening(fake.serve, host="::1") as port:
            camera = await in_thread(make_camera, host="::1", port=port, login=LOGIN)
            await Poller(TcpNet(["::1/128"])).once()
        assert f"DESCRIBE rtsp://[::1]:{port}/".encode() in b"".join(fake.requests)
        return camera

    assert state_of(asyncio.run(scenario()).pk) == State.ONLINE


def test_names_logins_and_paths_in_chinese_reach_the_device_and_the_wall(
    make_camera: MakeCamera,
) -> None:
    login = ("查看员", "密码 é:%")

    async def scenario() -> None:
        async with running(FakeCamera(*login)) as fake:
            camera = await in_thread(
                make_camera, host="127.0.0.1", port=fake.port, path="/直播/一号", login=login
            )
            await in_thread(Camera.objects.filter(pk=camera.pk).update, name="东门“一号”机")
            await Poller(LOOPBACK).once()

    asyncio.run(scenario())

    assert CameraState.objects.get().state == State.ONLINE
    assert ChangeRow.objects.get(topic="camera").data["name"] == "东门“一号”机"


def test_two_cameras_at_the_very_same_address_are_asked_each_and_both_known(
    make_camera: MakeCamera,
) -> None:
    async def scenario() -> int:
        async with running(FakeCamera()) as fake:
            for _ in range(2):
                await in_thread(make_camera, host="127.0.0.1", port=fake.port)
            await Poller(LOOPBACK).once()
            return options(fake)

    assert asyncio.run(scenario()) == 2
    assert set(Probe.objects.values_list("reason", flat=True)) == {"login_needed"}
    assert Probe.objects.values("camera").distinct().count() == 2


def answering_late(work: Callable[[], Awaitable[None]]) -> Serve:
    """A device that answers wrongly, once `work` has been done while it was asked."""

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await work()
        writer.write(b"SSH-2.0-no camera any more\r\n")
        writer.close()

    return serve


@pytest.mark.parametrize("renewed", [False, True], ids=["answers at once", "when claimed anew"])
def test_a_camera_that_is_moved_while_it_is_asked_is_judged_by_its_new_address(
    make_camera: MakeCamera, make_user: MakeUser, renewed: bool
) -> None:
    technician = make_user(Role.MAINTAINER)

    def move(camera: Camera, port: int) -> None:
        services.edit_camera(
            by=technician, camera_id=camera.pk, version=0, now=timezone.now(),
            values={"host": "127.0.0.2", "port": port},
            login=LoginWanted(kind=LoginKind.OWN, username=LOGIN[0], password=LOGIN[1]),
        )  # fmt: skip

    async def scenario() -> None:
        moved = asyncio.Event()

        async def while_asked() -> None:
            if not moved.is_set():
                moved.set()
                await in_thread(move, camera, there.port)
                if renewed:
                    await until(CameraState.objects.exclude(leased_by="").exists)

        there = FakeCamera()
        async with (
            listening(there.serve, host="127.0.0.2") as there.port,
            listening(answering_late(while_asked)) as port,
        ):
            camera = await in_thread(make_camera, host="127.0.0.1", port=port, login=("a", "b"))
            async with polling(Poller(LOOPBACK)):
                await until(Probe.objects.exists)

    asyncio.run(scenario())

    assert set(Probe.objects.values_list("reason", flat=True)) == {"ok"}
    assert CameraState.objects.get().state == State.ONLINE


def test_a_camera_that_is_deleted_while_it_is_asked_stops_nobody(make_camera: MakeCamera) -> None:
    async def scenario() -> Camera:
        async def while_asked() -> None:
            await in_thread(gone.delete)

        async with running(FakeCamera()) as fake, listening(answering_late(while_asked)) as port:
            gone = await in_thread(make_camera, host="127.0.0.1", port=port)
            async with polling(Poller(LOOPBACK)):
                await until(lambda: not Camera.objects.filter(pk=gone.pk).exists())
                stays = await in_thread(make_camera, host="127.0.0.1", port=fake.port, login=LOGIN)
                await until(Probe.objects.exists)
            return stays

    stays = asyncio.run(scenario())

    assert [probe.camera_id for probe in Probe.objects.all()] == [stays.pk]
    assert state_of(stays.pk) == State.ONLINE
