"""The poller as a whole: real sockets, a real database, real signals."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from unittest.mock import Mock

import psycopg2
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from cameras import services
from cameras.health import State
from cameras.models import CameraState, LoginBook, Notice, Outage, PollerBeat, Probe, Site
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.target import Login
from cameras.processes import poller
from cameras.processes.poller import Poller
from cameras.services.logins import place_of
from tests.cameras.conftest import MakeCamera
from tests.cameras.fake_camera import FakeCamera, listening, running

pytestmark = pytest.mark.django_db(transaction=True)
P = ParamSpec("P")
T = TypeVar("T")
LOOPBACK = TcpNet(["127.0.0.0/8"])
ROOT = Path(__file__).parents[2]


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do database work beside the event loop, and close the connection it needed."""

    def run() -> T:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(run)


async def until(condition: Callable[[], bool], within_s: float = 60) -> None:
    """Return once `condition`, which may ask the database, holds; fail when it does not in time."""
    async with asyncio.timeout(within_s):
        while not await in_thread(condition):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.05)


@asynccontextmanager
async def polling(poller: Poller) -> AsyncIterator[Poller]:
    task = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        poller.stop()
        await task


def state_of(camera_id: int) -> str:
    return CameraState.objects.get(camera_id=camera_id).state


def test_once_asks_all_that_is_due_and_ends(make_camera: MakeCamera) -> None:
    dead = make_camera(host="127.0.0.1", port=9)
    outside = make_camera(host="8.8.8.8")

    async def scenario() -> tuple[int, int]:
        async with running(FakeCamera()) as fake:
            good = await in_thread(
                make_camera, host="127.0.0.1", port=fake.port, login=("viewer", "right-horse")
            )
            return await Poller(LOOPBACK).once(), good.id

    asked, good_id = asyncio.run(scenario())

    reasons = dict(Probe.objects.values_list("camera_id", "reason"))
    assert asked == 3
    assert reasons == {good_id: "ok", dead.id: "refused", outside.id: "not_allowed"}
    assert state_of(good_id) == State.ONLINE
    assert CameraState.objects.exclude(leased_by="").count() == 0


def test_more_cameras_than_places_are_all_asked(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claimed ahead, so that few claims do; and no more of them asked at once for that."""
    for _ in range(50):
        make_camera(port=9)
    ours = Poller(LOOPBACK, concurrency=8)
    claimed, taken = [], []

    def claim(**kwargs: Any) -> list[services.Claim]:
        found = services.claim(**kwargs)
        claimed.append(len(found))
        return found

    async def results(target: Any, steps: Any) -> Any:
        taken.append(8 - ours._lanes.places.free)
        return await climb(target, steps)

    climb = ours._prober.climb
    monkeypatch.setattr(poller, "services", Mock(wraps=services, claim=claim))
    monkeypatch.setattr(ours._prober, "climb", results)
    asked = asyncio.run(ours.once())

    assert asked == 50
    assert Probe.objects.count() == 50
    assert max(taken) <= 8
    assert claimed == [16, 16, 16, 2, 0]


def test_a_password_that_was_changed_on_a_recorder_is_not_sent_once_for_each_channel(
    make_camera: MakeCamera,
) -> None:
    """16 channels due together, all with a login that the recorder let in a minute ago."""
    login = ("viewer", "the old one")

    def register(port: int) -> None:
        for number in range(16):
            make_camera(host="127.0.0.1", port=port, path=f"/{number}", login=login)
        site_id = Site.objects.get().pk
        place = place_of(site_id, "127.0.0.1", Login(*login))
        now = timezone.now()
        LoginBook.objects.create(**place._asdict(), accepted_at=now, used_at=now)

    async def scenario() -> int:
        async with running(FakeCamera()) as recorder:
            await in_thread(register, recorder.port)
            assert await Poller(LOOPBACK).once() == 16
            return sum(b"Authorization" in asked for asked in recorder.requests)

    sent = asyncio.run(scenario())

    # As many as are asked at one host at a time.
    assert 1 <= sent <= 2
    condemned = Probe.objects.filter(reason__in=["wrong_login", "locked"])
    assert condemned.count() == sent


def test_a_poller_that_stops_hands_back_what_it_could_not_finish(make_camera: MakeCamera) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with listening(silent) as port:
            await in_thread(make_camera, host="127.0.0.1", port=port)
            async with polling(Poller(LOOPBACK)):
                await until(CameraState.objects.exclude(leased_by="").exists)

    asyncio.run(scenario())

    assert CameraState.objects.get().leased_by == ""
    assert Probe.objects.count() == 0, "an interrupted question is no verdict"


@contextmanager
def no_connections(spared: int) -> Iterator[Callable[[], None]]:
    """Close the database to everybody, as a restart would; the yielded call opens it again."""
    given = connection.settings_dict
    admin = psycopg2.connect(
        dbname="postgres", user=given["USER"], host=given["HOST"], port=given["PORT"] or None
    )
    admin.autocommit = True

    def run(sql: str, *args: object) -> None:
        with admin.cursor() as cursor:
            cursor.execute(sql, args)

    name = given["NAME"]
    run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
        name,
        spared,
    )
    try:
        yield lambda: run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    finally:
        run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        admin.close()


def test_a_database_that_goes_away_condemns_nobody_and_is_told_once(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cameras.processes.poller")
    camera = make_camera(host="127.0.0.1", port=9, state=State.ONLINE, reason=Reason.OK)
    poller = Poller(LOOPBACK)
    mine = connection.connection.info.backend_pid

    async def scenario() -> None:
        async with polling(poller):
            await until(Probe.objects.exists)
            with no_connections(mine) as come_back:
                await until(lambda: "does not answer" in caplog.text)
                come_back()
                await in_thread(CameraState.objects.update, due_at=camera.state.since)
                await until(lambda: Probe.objects.count() == 2)

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # this test's own connection, on its own thread
    )
    try:
        asyncio.run(scenario())
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]

    assert state_of(camera.id) == State.ONLINE
    assert caplog.text.count("does not answer") == 1
    assert "answers again" in caplog.text


def poll_process(
    *arguments: str, before: Sequence[str] = (), networks: str = "127.0.0.0/8"
) -> "subprocess.Popen[str]":
    """The poller's own process.  before: a command that starts it."""
    given = connection.settings_dict
    url = f"postgres://{given['USER']}@/{given['NAME']}?host={given['HOST']}"
    return subprocess.Popen(
        [*before, sys.executable, "manage.py", "poll", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url, "PROBE_NETWORKS": networks},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_sigterm_ends_the_command_with_all_leases_handed_back(make_camera: MakeCamera) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> tuple[int, float]:
        async with listening(silent) as port:
            await in_thread(make_camera, host="127.0.0.1", port=port)
            with await in_thread(poll_process) as process:
                await until(CameraState.objects.exclude(leased_by="").exists)
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                code = await asyncio.to_thread(process.wait, 10)
                return code, time.monotonic() - began

    code, took_s = asyncio.run(scenario())

    assert code == 0
    assert took_s < 4.5, "supervisors kill after 5 s"
    assert CameraState.objects.get().leased_by == ""


def test_the_command_names_no_password(make_camera: MakeCamera) -> None:
    make_camera(host="127.0.0.1", port=9, login=("viewer", "hush-hush"))

    with poll_process("--once") as process:
        output, _ = process.communicate(timeout=120)

    assert process.returncode == 0
    assert "1 cameras asked" in output
    assert "hush-hush" not in output
    assert "hush-hush" not in str(list(Probe.objects.values()) + list(CameraState.objects.values()))


def test_a_setting_that_names_no_network_is_told_in_one_sentence(settings: Any) -> None:
    settings.PROBE_NETWORKS = ["10.0.0.0/99"]

    with pytest.raises(CommandError, match=r"PROBE_NETWORKS: .*10.0.0.0/99"):
        call_command("poll", "--once")


def test_a_camera_that_waits_for_its_host_is_not_asked_twice(make_camera: MakeCamera) -> None:
    async def scenario() -> int:
        async with running(FakeCamera()) as fake:
            for _ in range(9):
                await in_thread(make_camera, host="127.0.0.1", port=fake.port)
            await Poller(LOOPBACK).once()
            return sum(b"OPTIONS" in request for request in fake.requests)

    assert asyncio.run(scenario()) == 9


@pytest.mark.parametrize("is_taken", [False, True], ids=["still ours", "another's meanwhile"])
def test_whose_lease_runs_out_before_its_host_is_free_is_asked_by_one_poller(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    """As after a long wait for its turn: two would ask it within one interval."""
    monkeypatch.setattr(poller, "NEEDED", poller.LEASE + timedelta(seconds=1))
    renew = services.renew

    def late(held: services.Claim, **told: Any) -> services.Claim | None:
        if is_taken:
            until = timezone.now() + timedelta(seconds=99)
            CameraState.objects.update(leased_by="another", lease_until=until)
        return renew(held, **told)

    monkeypatch.setattr(services, "renew", late)

    async def scenario() -> int:
        async with running(FakeCamera()) as fake:
            await in_thread(make_camera, host="127.0.0.1", port=fake.port)
            await Poller(LOOPBACK).once()
            return sum(b"OPTIONS" in request for request in fake.requests)

    assert asyncio.run(scenario()) == (0 if is_taken else 1)
    assert Probe.objects.exists() is not is_taken
    assert CameraState.objects.get().leased_by == ("another" if is_taken else "")


def test_a_login_set_while_the_camera_is_asked_is_asked_with_at_once(
    make_camera: MakeCamera,
) -> None:
    async def scenario() -> None:
        connections = 0

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            if connections == 1:
                await in_thread(change_login)
                await until(CameraState.objects.exclude(leased_by="").exists)
                writer.write(b"SSH-2.0-first connection\r\n")
            writer.close()

        def change_login() -> None:
            services.set_login(
                camera_id=camera.id, username="viewer", password="new", now=timezone.now()
            )

        async with listening(answer) as port:
            camera = await in_thread(
                make_camera, host="127.0.0.1", port=port, login=("viewer", "old")
            )
            async with polling(Poller(LOOPBACK)):
                await until(Probe.objects.exists)

    asyncio.run(scenario())

    assert set(Probe.objects.values_list("reason", flat=True)) == {Reason.HUNG_UP}


def test_a_dead_recorder_with_many_cameras_keeps_no_other_waiting(make_camera: MakeCamera) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with listening(silent) as port:
            for _ in range(12):
                await in_thread(make_camera, host="127.0.0.1", port=port)
            # Due after all of those.
            other = await in_thread(make_camera, host="127.0.0.2", port=9)
            await in_thread(CameraState.objects.filter(camera=other).update, due_at=timezone.now())
            async with polling(Poller(LOOPBACK, concurrency=4)):
                await until(Probe.objects.filter(camera=other).exists)
                # By a clock, three seconds are plenty; on a machine that has much to do, the two
                # that ask the recorder may have given up by then.  Had it all places, four had.
                asked = Probe.objects.exclude(camera=other).count
                assert await in_thread(asked) <= 2

    asyncio.run(scenario())


def test_a_password_that_cannot_be_opened_leaves_the_camera_unknown(
    make_camera: MakeCamera, settings: Any
) -> None:
    make_camera(host="127.0.0.1", port=9, login=("viewer", "x"))
    settings.VAULT_KEY = "bmV2ZXIgdXNlZCBhbnl3aGVyZSBlbHNlIHRoYW4gaGU="

    asyncio.run(Poller(LOOPBACK).once())

    assert Probe.objects.get().reason == Reason.OWN_TROUBLE
    assert CameraState.objects.get().state == State.UNKNOWN
    assert django_settings.VAULT_KEY


def test_a_poller_that_cannot_reach_its_canaries_condemns_nobody_and_sees_again(
    make_camera: MakeCamera,
) -> None:
    """Nothing listens at the camera's port, nor at the canary's; then the canary is there again."""

    def set_canary(port: int) -> None:
        Site.objects.update_or_create(name="main", defaults={"canaries": [f"127.0.0.1:{port}"]})

    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scenario() -> None:
        camera = await in_thread(
            make_camera, host="127.0.0.1", port=9, state=State.ONLINE, reason=Reason.OK
        )
        states = CameraState.objects.filter(camera=camera)
        await in_thread(states.update, streak_bad=2)
        await in_thread(set_canary, 9)
        async with polling(Poller(LOOPBACK)):
            await until(Notice.objects.filter(closed_at=None).exists)
            assert await in_thread(states.get) == await in_thread(
                states.filter(state="unknown", reason="own_trouble").get
            )
            async with listening(mute) as port:
                await in_thread(set_canary, port)
                await until(Notice.objects.exclude(closed_at=None).exists)
                await in_thread(states.update, streak_bad=2, due_at=timezone.now())
                await until(states.filter(state="offline").exists)

    asyncio.run(scenario())

    assert Outage.objects.count() == 1, "one of its own, once we could see"


def test_a_poller_that_was_not_told_of_its_canaries_believes_no_failure(
    make_camera: MakeCamera,
) -> None:
    """As it is when the database answers a claim before the first sign of life got through."""
    Site.objects.update_or_create(name="main", defaults={"canaries": ["no port"]})
    camera = make_camera(
        host="127.0.0.1", port=9, state=State.ONLINE, reason=Reason.OK, row={"streak_bad": 2}
    )

    asyncio.run(Poller(LOOPBACK).once())

    assert state_of(camera.id) == State.ONLINE
    assert Probe.objects.get().reason == Reason.OWN_TROUBLE


def test_a_poller_gives_signs_of_life_and_takes_its_leave(make_camera: MakeCamera) -> None:
    async def scenario() -> None:
        async with polling(Poller(LOOPBACK)):
            await until(PollerBeat.objects.filter(site="main").exists)

    asyncio.run(scenario())

    assert not PollerBeat.objects.exists()
