"""Real streams, good and bad, through the pool: what counts is new, whole, or has a clear name."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cameras.picture.faults import Fault
from cameras.picture.order import CaptureFailed, Order, Purpose, Shot
from cameras.picture.pool import Pool
from cameras.picture.session import Session
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.target import Target
from fixtures.camera_farm.film import Coded, Film
from tests.cameras.fake_camera import listening
from tests.cameras.films import changed, playing, shot
from tests.cameras.test_capture import image_of

NET = TcpNet(["127.0.0.0/8"])


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


def taken(one: Film | None, *, round_: bool = False, deadline_s: float = 8.0) -> Shot:
    """One picture of a camera that plays `one`."""

    async def scenario() -> Shot:
        pool = Pool(1)
        try:
            async with playing(one) as target:
                order = Order(target, NET, deadline_s=deadline_s)
                if round_:
                    order = replace(order, purpose=Purpose.ROUND, watch_s=2.0, want_exam=True)
                return await pool.take(order)
        finally:
            await pool.close()

    return asyncio.run(scenario())


def why_not(one: Film | None, *, round_: bool = False, deadline_s: float = 4.0) -> CaptureFailed:
    with pytest.raises(CaptureFailed) as failed:
        taken(one, round_=round_, deadline_s=deadline_s)
    return failed.value


@pytest.mark.parametrize("codec", ["H264", "H264B", "H265", "JPEG"])
@pytest.mark.parametrize("round_", [False, True], ids=["click", "round"])
def test_every_codec_gives_a_picture(films: Path, codec: str, round_: bool) -> None:
    picture = taken(shot(films, codec), round_=round_)

    assert image_of(picture.jpeg).shape == (184, 320, 3)
    assert image_of(picture.jpeg).std() > 40, "colour bars"
    assert picture.torn == 0
    if round_:
        assert picture.stream_s >= 1.9
        assert 4 <= picture.frames <= 8


def test_answers_that_come_line_by_line_are_told_from_pictures(films: Path) -> None:
    async def scenario() -> Shot:
        pool = Pool(1)
        try:
            async with playing(shot(films, "H264"), split_lines=True) as target:
                return await pool.take(Order(target, NET, deadline_s=8.0))
        finally:
            await pool.close()

    assert image_of(asyncio.run(scenario()).jpeg).shape == (184, 320, 3)


def test_pictures_from_before_the_request_do_not_count(films: Path) -> None:
    """Twenty pictures come at once, two seconds old at first; the newest of them is just new."""
    one = changed(shot(films, "H264"), backlog=20)
    asked = datetime.now(UTC)

    picture = taken(one)

    assert picture.taken_at >= asked
    assert picture.taken_at - asked < timedelta(seconds=3)


def test_a_stream_that_sends_only_old_pictures_has_no_new_one(films: Path) -> None:
    good = shot(films, "H264")
    one = changed(good, pictures=good.pictures[:30], backlog=30, pace_ms=60_000)

    failed = why_not(one)

    assert failed.reason is Reason.NO_FRAME
    assert "newer than the request" in str(failed)


def test_a_stream_without_a_key_frame_says_so(films: Path) -> None:
    good = shot(films, "H264")
    bare = tuple(Coded(ms, False, data) for ms, key, data in good.pictures if not key)

    failed = why_not(changed(good, pictures=bare))

    assert failed.reason is Reason.NO_FRAME
    assert "no key frame" in str(failed)
    assert not failed.sent_nothing


def test_a_key_frame_is_waited_for(films: Path) -> None:
    good = shot(films, "H264")
    key, *rest = good.pictures[:10]
    once = [Coded(ms, False, data) for ms, _, data in [*rest, *rest]]
    late = tuple(
        Coded(100 * n, picture.key, picture.data)
        for n, picture in enumerate([*once, key, *rest, key, *rest])
    )

    assert taken(changed(good, pictures=late, loop_ms=100 * len(late))).torn == 0


def test_a_stream_whose_time_runs_backwards_says_so(films: Path) -> None:
    good = shot(films, "H264")
    back = tuple(
        Coded(100_000 - 3000 * n, picture.key, picture.data)
        for n, picture in enumerate(good.pictures)
    )

    failed = why_not(changed(good, pictures=back))

    assert failed.reason is Reason.NO_FRAME
    assert "leaps back and forth" in str(failed)


def test_one_leap_of_time_is_forgiven(films: Path) -> None:
    good = shot(films, "H264")
    moved = tuple(
        Coded(ms - 1_000_000 if n >= 10 else ms, key, data)
        for n, (ms, key, data) in enumerate(good.pictures)
    )

    assert taken(changed(good, pictures=moved), round_=True).stream_s >= 1.9


def test_a_stream_that_changes_its_size_gives_pictures_of_one_size(films: Path) -> None:
    small, large = shot(films, "H264"), shot(films, "H264", width=640, height=360)
    turning = tuple(
        Coded(100 * n, *(small if n // 10 % 2 else large).pictures[n][1:]) for n in range(40)
    )

    picture = taken(changed(small, pictures=turning), round_=True)

    assert (picture.width, picture.height) in {(320, 184), (640, 360)}
    assert image_of(picture.jpeg).shape[:2] == (picture.height, picture.width)


def test_a_camera_that_plays_and_sends_nothing_has_no_frame() -> None:
    failed = why_not(None, deadline_s=3)

    assert failed.reason is Reason.NO_FRAME
    assert "sent no picture" in str(failed)
    assert failed.sent_nothing


def test_a_camera_that_accepts_and_says_nothing_is_silent() -> None:
    async def scenario() -> None:
        async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            await reader.read()

        pool = Pool(1)
        async with listening(mute) as port, playing(None) as target:
            with pytest.raises(CaptureFailed) as failed:
                await pool.take(Order(replace(target, rtsp_port=port), NET))
            assert failed.value.reason is Reason.SILENT
        await pool.close()

    asyncio.run(scenario())


def torn(one: Film, dice: random.Random, *, every: int = 1) -> Film:
    """The film with bits turned over in the coded pictures, as a lossy line before a recorder
    leaves it.
    """
    pictures = []
    for number, (ms, key, data) in enumerate(one.pictures):
        damaged = bytearray(data)
        # Past parameters and heads: those of a key take the first hundred bytes.
        start = 200 if key else 20
        if number % every == 0 and len(damaged) > start + 40:
            for _ in range(6):
                damaged[dice.randrange(start, len(damaged))] ^= 1 << dice.randrange(8)
        pictures.append(Coded(ms, key, bytes(damaged)))
    return changed(one, pictures=tuple(pictures))


def test_a_click_is_given_no_damaged_picture(films: Path) -> None:
    failed = why_not(torn(shot(films, "H264"), random.Random(1)), deadline_s=10)

    assert failed.reason is Reason.NO_FRAME
    assert "damaged" in str(failed)


def test_a_round_keeps_a_damaged_picture_as_evidence_and_calls_it_torn(films: Path) -> None:
    picture = taken(torn(shot(films, "H264"), random.Random(2)), round_=True)

    assert picture.torn > 0
    assert picture.exam is not None
    assert Fault.TORN in {finding.fault for finding in picture.exam.findings}


def test_whole_pictures_are_chosen_among_damaged_ones(films: Path) -> None:
    """One key in four is damaged, and with it a second of what follows."""
    good = shot(films, "H264")
    spoilt = torn(good, random.Random(3), every=40)

    picture = taken(spoilt, round_=True)

    assert picture.torn < picture.frames


def test_a_farewell_ends_the_session_on_the_device(films: Path) -> None:
    one = shot(films, "H264")

    async def scenario() -> int:
        pool = Pool(1)
        async with playing(one) as target:
            await pool.take(Order(target, NET))
            await pool.close()
        return len(asyncio.all_tasks())

    assert asyncio.run(scenario()) == 1


def test_silent_cameras_do_not_hold_up_others(films: Path) -> None:
    """Forty cameras, ten of which accept and never send: the others are through long before those
    have run out of time.
    """
    one = shot(films, "H264")

    async def scenario() -> tuple[float, int]:
        loop, pool = asyncio.get_running_loop(), Pool(1)
        async with playing(one) as good, playing(None) as mute:
            began = loop.time()
            orders = [Order(mute if n % 4 == 0 else good, NET, deadline_s=8) for n in range(40)]
            ended: list[float] = []

            async def one_of(order: Order) -> None:
                if order.target is good:
                    await pool.take(order)
                    ended.append(loop.time() - began)
                    return
                with pytest.raises(CaptureFailed):
                    await pool.take(order)

            await asyncio.gather(*(one_of(order) for order in orders))
        await pool.close()
        return max(ended), len(ended)

    last_s, count = asyncio.run(scenario())

    assert count == 30
    assert last_s < 20, "ten that are silent for 4 s each, one after another, would take 40 s"


def test_damaged_streams_take_no_worker_away(films: Path) -> None:
    """A small part of what `bin/bench snapshot` does 20,000 times."""
    dice, one = random.Random(20261126), shot(films, "H264")

    async def scenario() -> set[str]:
        pool, outcomes = Pool(1, recycle_after=1000), set[str]()
        before = len(asyncio.all_tasks())
        for _ in range(40):
            pictures = [scrambled(picture, dice) for picture in one.pictures[:6]]
            outcomes.add(await decoded(pool, pictures))
        await pool.close()
        assert len(asyncio.all_tasks()) == before
        return outcomes

    assert asyncio.run(scenario()) <= {"whole", "torn", Reason.NO_FRAME.value}


def scrambled(picture: Coded, dice: random.Random) -> Coded:
    data = bytearray(picture.data)
    for _ in range(dice.randrange(5)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.2:
        del data[dice.randrange(1, len(data)) :]
    return Coded(picture.ms, picture.key, bytes(data))


async def decoded(pool: Pool, pictures: list[Coded]) -> str:
    head = {
        "codec": "H264",
        "pictures": [[ms, key, False] for ms, key, _ in pictures],
        "wanted": [ms for ms, *_ in pictures],
        "exam": False,
        "keep_torn": False,
        "masks": [],
        "baseline": None,
    }
    try:
        told, _ = await pool.decode(head, [data for *_, data in pictures], Purpose.CLICK)
    except CaptureFailed as failed:
        return failed.reason.value
    return "torn" if "torn_only" in told else "whole"


SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"


@pytest.mark.parametrize("play", ["RTSP/1.0 453 Not Enough Bandwidth", "RTSP/1.0 503 Busy", ""])
def test_a_session_that_does_not_play_is_ended_too(play: str) -> None:
    """Each SETUP is followed by a TEARDOWN of its own session, whatever PLAY was answered with."""
    heard: list[tuple[str, str]] = []

    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := (await read_head(reader)):
            method, session = head.split(" ", 1)[0], value_of(head, "Session")
            heard.append((method, session))
            made = f"Session: {len(heard)};timeout=60\r\n" if method == "SETUP" else ""
            status = play if method == "PLAY" else "RTSP/1.0 200 OK"
            body = SDP if method == "DESCRIBE" else b""
            if status:
                lines = f"{status}\r\nCSeq: {value_of(head, 'CSeq')}\r\n{made}"
                lines += f"Content-Length: {len(body)}\r\n\r\n"
                writer.write(lines.encode() + body)
        writer.close()

    async def scenario() -> Reason:
        server = await asyncio.start_server(device, "127.0.0.1", 0)
        async with server:
            target = Target("127.0.0.1", server.sockets[0].getsockname()[1], "/live")
            session = Session(target, NET)
            rungs = await session.open()
            await session.close()
            await asyncio.sleep(0.2)
        return rungs[-1].reason

    assert asyncio.run(scenario()) is not Reason.OK
    begun = [number for number, (method, _) in enumerate(heard, 1) if method == "SETUP"]
    assert begun
    # A new session is not asked for in the name of one before.
    assert all(not session for method, session in heard if method == "SETUP")
    ended = [session for method, session in heard if method == "TEARDOWN"]
    assert ended == [str(number) for number in begun]


async def read_head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return ""


def value_of(head: str, name: str) -> str:
    lines = (line.partition(":") for line in head.split("\r\n"))
    return next((value.strip() for key, _, value in lines if key.lower() == name.lower()), "")
