"""The photographer as a whole: a real database, a real disk, and real signals at the end."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from cameras import services
from cameras.health import State
from cameras.invariants import check
from cameras.models import (
    Camera,
    CameraState,
    LoginBook,
    Notice,
    PictureBaseline,
    PictureTurn,
    PollerBeat,
    Snapshot,
)
from cameras.picture.faults import Fault
from cameras.picture.finding import Exam, Finding
from cameras.picture.order import Order, Purpose, Shot, Source
from cameras.picture.pool import Pool
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.target import Target
from cameras.processes.photographer import Photographer
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import GST_LOGIN, MakeCamera
from tests.cameras.fake_pool import FakePool, Gate, failing, good, shot_of
from tests.cameras.test_masks import DOOR, WINDOW
from tests.cameras.test_poller import in_thread, until
from tests.conftest import MakeUser

pytestmark = pytest.mark.django_db(transaction=True)
LOOPBACK = TcpNet(["127.0.0.0/8"])
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    settings.PROBE_NETWORKS = ["127.0.0.0/8"]
    return tmp_path


@pytest.fixture
def online(make_camera: MakeCamera) -> Callable[..., Camera]:
    return partial(make_camera, state=State.ONLINE, reason=Reason.OK)


@asynccontextmanager
async def working(pool: FakePool, media: Path, **values: Any) -> AsyncIterator[Photographer]:
    one = Photographer(pool, LOOPBACK, media, **values)
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        one.stop()
        await task


def ask(camera: Camera) -> int:
    return services.request_snapshot(camera=camera, by=None, now=timezone.now())[0]


def ended(snapshot_id: int) -> bool:
    row = Snapshot.objects.get(pk=snapshot_id)
    return row.taken_at is not None or row.failure != ""


def files(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def no_rounds() -> None:
    """All cameras have just had their turn."""
    for camera in Camera.objects.all():
        PictureTurn.objects.update_or_create(
            camera=camera, defaults={"tried_at": timezone.now() + timedelta(days=2)}
        )


def test_a_press_is_answered_with_a_picture_of_the_main_stream(
    online: Callable[..., Camera], media: Path
) -> None:
    camera = online(login=("viewer", "x"), path="/main", profiles=[
        {"path": "/main", "size": "1920x1080"}, {"path": "/sub", "size": "640x360"},
    ])  # fmt: skip
    no_rounds()
    pool = FakePool()

    async def scenario() -> float:
        async with working(pool, media):
            await until(PollerBeat.objects.exists)
            began = time.monotonic()
            snapshot_id = await in_thread(ask, camera)
            await until(partial(ended, snapshot_id))
            return time.monotonic() - began

    took_s = asyncio.run(scenario())

    row = Snapshot.objects.get()
    assert (row.failure, row.purpose, row.source, row.width) == ("", "click", "rtsp_main", 640)
    assert (media / row.file).is_file()
    assert (media / row.thumb).is_file()
    assert row.probe is not None
    (order,) = pool.orders
    assert (order.purpose, order.target.path, order.watch_s) == (Purpose.CLICK, "/main", 0.0)
    assert order.deadline_s < 5
    assert took_s < 15  # noticed within 0.2 s; the rest is this machine's
    assert LoginBook.objects.exclude(login="").get().accepted_at is not None
    assert pool.is_closed
    assert PollerBeat.objects.count() == 0
    assert list(check()) == []


def test_why_there_is_none_is_told(online: Callable[..., Camera], media: Path) -> None:
    snapshot_id = ask(online())
    no_rounds()

    asyncio.run(Photographer(FakePool(failing(Reason.NO_FRAME)), LOOPBACK, media).once())

    row = Snapshot.objects.get(pk=snapshot_id)
    assert (row.failure, row.failure_detail) == ("no_frame", "so it is")
    assert files(media) == []


def test_a_round_takes_all_cameras_that_answer_and_one_of_a_device_at_a_time(
    online: Callable[..., Camera], make_camera: MakeCamera, media: Path
) -> None:
    for number in range(9):
        online(host=f"127.0.0.{number % 3 + 1}", path=f"/{number}")
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    pool = FakePool()

    taken = asyncio.run(Photographer(pool, LOOPBACK, media).once())

    assert taken == Snapshot.objects.exclude(taken_at=None).count() == 9
    assert pool.most_at_one_host == 1
    assert {order.watch_s for order in pool.orders} == {2.0}
    assert set(Snapshot.objects.values_list("purpose", flat=True)) == {"round"}
    assert PictureTurn.objects.exclude(leased_by="").count() == 0
    assert list(check()) == []


def test_a_round_falls_back_on_the_next_source(online: Callable[..., Camera], media: Path) -> None:
    online(
        path="/main",
        snapshot_path="/snap.jpg",
        onvif_port=8000,
        profiles=[{"path": "/main", "size": "1920x1080"}, {"path": "/sub", "size": "640x360"}],
    )

    async def only_http(order: Order) -> Shot:
        if order.source is Source.HTTP:
            return shot_of(order)
        return await failing(Reason.NO_FRAME)(order)

    pool = FakePool(only_http)

    asyncio.run(Photographer(pool, LOOPBACK, media).once())

    assert [(order.source, order.target.path) for order in pool.orders] == [
        (Source.SUB, "/sub"), (Source.MAIN, "/main"), (Source.HTTP, "/main"),
    ]  # fmt: skip
    assert (pool.orders[2].snapshot_path, pool.orders[2].http_port) == ("/snap.jpg", 8000)
    assert Snapshot.objects.get().source == "http"


@pytest.mark.parametrize("reason", [Reason.BUSY, Reason.OWN_TROUBLE])
def test_a_busy_device_is_put_off_without_blame(
    online: Callable[..., Camera], media: Path, reason: Reason
) -> None:
    online()

    asyncio.run(Photographer(FakePool(failing(reason)), LOOPBACK, media).once())

    assert Snapshot.objects.count() == 0
    turn = PictureTurn.objects.get()
    assert turn.tried_at is None
    assert turn.again_at is not None
    assert turn.again_at > timezone.now() + timedelta(minutes=1)


def test_a_round_that_finds_no_picture_says_why(online: Callable[..., Camera], media: Path) -> None:
    online()

    asyncio.run(Photographer(FakePool(failing(Reason.NO_FRAME)), LOOPBACK, media).once())

    row = Snapshot.objects.get()
    assert (row.purpose, row.failure) == ("round", "no_frame")
    assert PictureTurn.objects.get().tried_at is not None
    assert CameraState.objects.get().state == "online"


def test_a_round_leaves_the_device_to_somebody_who_presses(
    online: Callable[..., Camera], media: Path
) -> None:
    camera, neighbour = (online(host="127.0.0.9", path=f"/{n}") for n in range(2))

    async def scenario() -> FakePool:
        gate = Gate()

        async def script(order: Order) -> Shot:
            return await (good(order) if order.purpose is Purpose.CLICK else gate(order))

        pool = FakePool(script)
        async with working(pool, media):
            await gate.reached.wait()
            snapshot_id = await in_thread(ask, neighbour)
            await until(partial(ended, snapshot_id))
            await until(PictureTurn.objects.filter(again_at__isnull=False).exists)
            pool.script = good
            gate.open()
        return pool

    pool = asyncio.run(scenario())

    assert [order.target.path for order in pool.given_up] == ["/0"]
    assert pool.most_at_one_host == 1
    assert Snapshot.objects.get().camera == neighbour
    turn = PictureTurn.objects.get(camera=camera)
    assert (turn.tried_at, turn.leased_by) == (None, "")


def test_another_process_leaves_the_device_too(online: Callable[..., Camera], media: Path) -> None:
    """The round is at work in one process, the press is answered by whichever is first."""
    camera = online(host="127.0.0.9")

    async def scenario() -> tuple[FakePool, FakePool]:
        gate = Gate()

        async def script(order: Order) -> Shot:
            return await (good(order) if order.purpose is Purpose.CLICK else gate(order))

        rounds, clicks = FakePool(script), FakePool(script)
        async with working(rounds, media):
            await gate.reached.wait()
            async with working(clicks, media):
                snapshot_id = await in_thread(ask, camera)
                await until(partial(ended, snapshot_id))
            gate.open()
        return rounds, clicks

    rounds, _clicks = asyncio.run(scenario())

    assert [order.purpose for order in rounds.given_up] == [Purpose.ROUND]
    assert Snapshot.objects.get().failure == ""


def test_two_processes_share_a_round(online: Callable[..., Camera], media: Path) -> None:
    for number in range(30):
        online(host=f"127.0.1.{number + 1}")
    pools = [FakePool(), FakePool()]

    async def scenario() -> None:
        names = ("a", "b")
        both = [
            Photographer(pool, LOOPBACK, media, name=name, at_once=4)
            for pool, name in zip(pools, names, strict=True)
        ]
        await asyncio.gather(*(one.once() for one in both))

    asyncio.run(scenario())

    assert Snapshot.objects.count() == 30
    assert Snapshot.objects.values("camera").distinct().count() == 30
    assert all(pool.orders for pool in pools)


def test_masks_that_are_saved_meanwhile_have_the_picture_taken_anew(
    online: Callable[..., Camera], media: Path, make_user: MakeUser
) -> None:
    camera, by = online(), make_user(Role.ADMINISTRATOR)
    no_rounds()
    snapshot_id = ask(camera)

    def save(by: User) -> int:
        return services.save_masks(
            camera, [WINDOW], by, timezone.now(), version=0, delete_older=False
        )

    async def scenario() -> FakePool:
        async def script(order: Order) -> Shot:
            if not order.masks:
                await in_thread(save, by)
            return shot_of(order)

        pool = FakePool(script)
        await Photographer(pool, LOOPBACK, media).once()
        return pool

    pool = asyncio.run(scenario())

    assert [len(order.masks) for order in pool.orders] == [0, 1]
    row = Snapshot.objects.get(pk=snapshot_id)
    assert (row.failure, row.masks_version) == ("", 1)
    assert len(files(media)) == 2  # of the second picture, and none of the first
    assert DOOR != WINDOW


def test_a_picture_that_comes_too_late_is_not_kept(
    online: Callable[..., Camera], media: Path
) -> None:
    camera = online()
    no_rounds()
    ask(camera)

    async def scenario() -> None:
        async def script(order: Order) -> Shot:
            await in_thread(services.expire_snapshots, timezone.now() + timedelta(minutes=1))
            return shot_of(order)

        await Photographer(FakePool(script), LOOPBACK, media).once()

    asyncio.run(scenario())

    assert Snapshot.objects.get().failure == Reason.NOT_STARTED
    assert files(media) == []


def test_a_full_disk_stops_pictures_with_one_notice_and_they_go_on_by_themselves(
    online: Callable[..., Camera], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cameras = [online(host=f"127.0.1.{n + 1}") for n in range(4)]
    monkeypatch.setattr("cameras.processes.photographer.STORE_LOOK_S", 0.2)
    monkeypatch.setattr("cameras.processes.photographer.IDLE_S", 0.1)
    full = [True]
    usage = shutil.disk_usage

    def measured(root: Path) -> Any:
        return usage(root)._replace(free=0) if full[0] else usage(root)

    monkeypatch.setattr("shutil.disk_usage", measured)

    async def scenario() -> tuple[int, int]:
        pool = FakePool()
        async with working(pool, media):
            await until(Notice.objects.filter(kind="no_store", closed_at=None).exists)
            snapshot_id = await in_thread(ask, cameras[0])
            await until(partial(ended, snapshot_id))
            asked = len(pool.orders)
            full[0] = False
            await until(lambda: Snapshot.objects.filter(purpose="round").count() == 4)
        return snapshot_id, asked

    snapshot_id, asked = asyncio.run(scenario())

    assert asked == 0  # no camera was troubled
    assert Snapshot.objects.get(pk=snapshot_id).failure == "store_failed"
    notice = Notice.objects.get()
    assert notice.closed_at is not None
    assert notice.detail.startswith("only 0 MiB are free")
    assert CameraState.objects.exclude(state="online").count() == 0


def test_a_database_that_is_away_costs_pictures_and_nothing_else(
    online: Callable[..., Camera], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        online(host=f"127.0.1.{number + 1}")
    monkeypatch.setattr("cameras.processes.photographer.RETRY_S", 0.1)
    monkeypatch.setattr("cameras.processes.photographer.IDLE_S", 0.1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        spared = cursor.fetchone()[0]

    def hang_up_on_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [spared],
            )
        PictureTurn.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    def all_are_kept() -> bool:
        try:
            return Snapshot.objects.count() == 3
        except OperationalError:  # the one who looks was hung up on too
            connection.close()
            return False

    async def scenario() -> None:
        async def script(order: Order) -> Shot:
            await in_thread(hang_up_on_all)
            pool.script = good
            return shot_of(order)

        pool = FakePool(script)
        async with working(pool, media, at_once=1):
            await until(all_are_kept)

    asyncio.run(scenario())

    assert len(files(media)) == 6
    assert list(check()) == []


def test_what_is_found_degrades_the_camera_through_two_rounds(
    online: Callable[..., Camera], media: Path
) -> None:
    camera = online()
    exam = Exam({"luma": 9.0}, (Finding(Fault.DARK, 0.8, 0.5),))
    at = timezone.now() - timedelta(hours=1)

    async def dark(order: Order) -> Shot:
        nonlocal at
        at += timedelta(minutes=1)
        return shot_of(order, exam=exam, at=at)

    for _ in range(2):
        asyncio.run(Photographer(FakePool(dark), LOOPBACK, media).once())
        PictureTurn.objects.update(again_at=timezone.now())

    state = CameraState.objects.get(camera=camera)
    assert (state.state, state.reason) == ("degraded", "picture_dark")


def gst_camera(online: Callable[..., Camera], video_camera: Target) -> Camera:
    return online(
        host=video_camera.host,
        port=video_camera.rtsp_port,
        path=video_camera.path,
        login=(GST_LOGIN.username, GST_LOGIN.password),
    )


def test_with_the_real_pool_a_real_stream_becomes_pictures_and_a_baseline(
    online: Callable[..., Camera], media: Path, video_camera: Target
) -> None:
    camera = gst_camera(online, video_camera)

    async def scenario() -> int:
        return await Photographer(Pool(1), LOOPBACK, media).once()

    assert asyncio.run(scenario()) == 1

    turn = Snapshot.objects.get()
    assert (media / turn.file).read_bytes().startswith(b"\xff\xd8")
    assert (turn.camera, turn.purpose) == (camera, "round")
    assert (turn.width, turn.height, turn.source) == (320, 180, "rtsp_main")
    assert turn.exam.measures
    # GStreamer's moving test picture may well be called a fault; then nothing is learnt of it.
    assert PictureBaseline.objects.count() == (turn.exam.findings == [])
    assert list(check()) == []


@pytest.fixture
def command(media: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`manage.py pictures` as the product starts it."""
    database = django_settings.DATABASES["default"]
    address = f"postgres://{database['USER']}:{database['PASSWORD'] or ''}@/{database['NAME']}"
    env = os.environ | {
        "DATABASE_URL": f"{address}?host={database['HOST']}",
        "MEDIA_ROOT": str(media),
        "PROBE_NETWORKS": "127.0.0.0/8",
    }
    with subprocess.Popen([sys.executable, "manage.py", "pictures"], cwd=ROOT, env=env) as process:
        yield process
        process.kill()


def test_the_command_takes_pictures_until_sigterm_and_ends_cleanly(
    online: Callable[..., Camera],
    video_camera: Target,
    command: "subprocess.Popen[bytes]",
) -> None:
    camera = gst_camera(online, video_camera)
    no_rounds()

    async def scenario() -> None:
        await until(PollerBeat.objects.filter(kind="pictures").exists)
        # The first press waits for a worker to load; on a busy machine that takes too long.
        for _press in range(4):
            snapshot_id = await in_thread(ask, camera)
            await until(partial(ended, snapshot_id))
            if await in_thread(Snapshot.objects.filter(failure="").exists):
                break

    asyncio.run(scenario())
    command.send_signal(signal.SIGTERM)

    assert command.wait(timeout=120) == 0
    assert Snapshot.objects.filter(failure="").count() == 1
    assert PollerBeat.objects.count() == 0


def test_numbers_that_cannot_work_are_refused(db: None) -> None:
    with pytest.raises(CommandError):
        call_command("pictures", "--once", "--workers", "0")
    with pytest.raises(CommandError):
        call_command("pictures", "--once", "--site", "nowhere")
