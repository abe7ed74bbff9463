"""A worker that goes wrong costs one capture, and nothing else."""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cameras.picture.order import CaptureFailed, Purpose
from cameras.picture.pool import Pool
from cameras.probe.reason import Reason

ROOT = Path(__file__).resolve().parents[2]


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


def jpeg(width: int = 64, height: int = 48) -> bytes:
    picture = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def order_of_files(count: int = 1, **values: Any) -> dict[str, Any]:
    return {
        "codec": "file",
        "wanted": list(range(count)),
        "exam": False,
        "keep_torn": False,
        "masks": [],
        "baseline": None,
        **values,
    }


async def decoded(pool: Pool, *files: bytes) -> tuple[dict[str, Any], Any]:
    return await pool.decode(order_of_files(len(files)), list(files), Purpose.CLICK)


def run(work: Callable[[Pool], Awaitable[Any]], size: int = 1, **values: Any) -> Any:
    async def scenario() -> Any:
        pool = Pool(size, **values)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(scenario())


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


SAY = "import sys\nsay = lambda data: (sys.stdout.buffer.write(data), sys.stdout.buffer.flush())\n"


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        pytest.param("import time; time.sleep(60)", "within", id="hangs"),
        pytest.param(
            "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)",
            "within",
            id="hangs and ignores SIGTERM",
        ),
        pytest.param("import os; os.kill(os.getpid(), 11)", "SIGSEGV", id="crash"),
        pytest.param("import os; os._exit(3)", "exit code 3", id="gives up"),
        pytest.param("", "exit code 0", id="says nothing"),
        pytest.param("while True: say(b'x' * 65536)", "something else", id="never stops"),
        pytest.param("say(b'\\0\\0\\0\\2[]' * 9)", "something else", id="a list"),
        pytest.param("say(b'\\0\\0\\0\\2{}' * 9)", "something else", id="no sizes"),
        pytest.param(
            "say(b'\\0\\0\\0\\x14' + b'{\"sizes\":[99999999]}'.ljust(20))",
            "something else",
            id="announces a hundred megabytes",
        ),
        pytest.param(
            "say(b'\\0\\0\\0\\x14' + b'{\"sizes\":[-1]}'.ljust(20))",
            "something else",
            id="announces less than nothing",
        ),
        pytest.param(
            "say(b'\\0\\1\\0\\0' + b'[' * 65536)", "something else", id="brackets without end"
        ),
        pytest.param(
            "say(b'\\0\\0\\0\\x14' + b'{\"sizes\":[9]}'.ljust(20) + b'half')",
            "exit code 0",
            id="dies in the middle",
        ),
    ],
)
def test_a_worker_that_goes_wrong_is_one_failure(code: str, detail: str) -> None:
    began, before = time.monotonic(), children()

    async def work(pool: Pool) -> None:
        with pytest.raises(CaptureFailed) as failed:
            await decoded(pool, b"")
        assert failed.value.reason is Reason.CAPTURE_FAILED
        assert detail in str(failed.value)

    if detail == "something else":
        code += "\nimport time; time.sleep(60)"  # what it says is at fault, not that it ends
    # Whoever says something must be heard, however slowly Python starts on a busy machine.
    run(work, command=python(SAY + code), decode_s=0.5 if detail == "within" else 30)

    assert time.monotonic() - began < 45  # it would sleep for a minute
    assert children() == before, "no process is left behind"


def test_an_answer_without_a_picture_is_a_failure() -> None:
    code = """
import json, sys
pipe = sys.stdin.buffer
while head := pipe.read(4):
    order = json.loads(pipe.read(int.from_bytes(head)))
    [pipe.read(size) for size in order["sizes"]]
    say((12).to_bytes(4) + b'{"sizes":[]}')
"""

    async def work(pool: Pool) -> Any:
        return await decoded(pool, b"x")

    assert run(work, command=python(SAY + code)) == ({}, [])


def test_a_killed_worker_costs_its_own_capture_alone() -> None:
    async def work(pool: Pool) -> list[Any]:
        await decoded(pool, jpeg())
        pids = {pid for pid in children() if is_worker(pid)}
        assert len(pids) == 1
        slow = [jpeg(2000, 1500) for _ in range(8)]
        under_way = asyncio.create_task(decoded(pool, *slow))
        others = [asyncio.create_task(decoded(pool, jpeg())) for _ in range(6)]
        await asyncio.sleep(0.05)
        os.kill(int(pids.pop()), 9)
        return list(await asyncio.gather(under_way, *others, return_exceptions=True))

    killed, *others = run(work)

    assert isinstance(killed, CaptureFailed)
    assert killed.reason is Reason.CAPTURE_FAILED
    assert "SIGKILL" in str(killed)
    assert [head["frames"] for head, _ in others] == [1] * 6


def told_to(pid: str) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def is_worker(pid: str) -> bool:
    try:
        return b"picture/worker.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_a_worker_is_replaced_after_its_captures() -> None:
    before = children()

    async def work(pool: Pool) -> list[str]:
        seen = []
        for _ in range(4):
            await decoded(pool, jpeg())
            seen += [pid for pid in children() if pid not in before]
        return seen

    seen = run(work, recycle_after=2)

    # Two captures each, and the next one stands ready at once: the first is seen after its first
    # capture only, the third after the fourth.
    assert [seen.count(pid) for pid in dict.fromkeys(seen)] == [1, 2, 1]


def test_workers_wait_ready_once_the_pool_is_warm_and_end_with_it() -> None:
    before = children()

    async def work(pool: Pool) -> tuple[list[str], list[str]]:
        await pool.warm()
        warm = children()
        await decoded(pool, jpeg())
        return warm, children()

    warm, later = run(work, size=2)

    assert len(set(warm) - set(before)) == 2
    assert later == warm
    assert children() == before


def test_a_worker_that_leaks_is_replaced() -> None:
    code = """
import json, sys
pipe, memory = sys.stdin.buffer, 0
while head := pipe.read(4):
    order = json.loads(pipe.read(int.from_bytes(head)))
    [pipe.read(size) for size in order["sizes"]]
    memory += 200_000_000
    text = json.dumps({"sizes": [], "memory_bytes": memory}).encode()
    say(len(text).to_bytes(4) + text)
"""

    async def work(pool: Pool) -> list[int]:
        return [(await decoded(pool, b"x"))[0]["memory_bytes"] for _ in range(6)]

    # 300 MiB more than at first is too much: the third order's 600 MB, then a fresh worker.
    told = run(work, command=python(SAY + code))
    assert told == [200_000_000, 400_000_000, 600_000_000] * 2


def test_an_operators_click_is_decoded_before_rounds_that_wait() -> None:
    async def work(pool: Pool) -> list[str]:
        order: list[str] = []

        async def one(purpose: Purpose) -> None:
            await pool.decode(order_of_files(), [jpeg()], purpose)
            order.append(purpose.value)

        first = asyncio.create_task(decoded(pool, jpeg()))
        await asyncio.sleep(0)
        rounds = [asyncio.create_task(one(Purpose.ROUND)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.gather(first, one(Purpose.CLICK), *rounds)
        return order

    assert run(work) == ["click", "round", "round", "round"]


def test_a_worker_sees_nothing_of_our_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "sesame")

    async def work(pool: Pool) -> bytes:
        await decoded(pool, jpeg())
        pid = next(pid for pid in children() if is_worker(pid))
        return told_to(pid)

    seen = run(work)

    assert b"worker.py" in seen
    assert b"sesame" not in seen


SEALED = f"""
import json, os, socket, sys
sys.path.insert(0, {str(ROOT)!r})
from gis_server.confine import confine, seal
confine()
seal()
def tried(act):
    try:
        act()
    except (OSError, BlockingIOError) as error:
        return error.errno
    return 0
told = [
    tried(lambda: open("/etc/hostname")),
    tried(lambda: open("/tmp/written", "w")),
    tried(socket.socket),
    tried(os.pipe),
    tried(os.fork),
]
print(json.dumps([told, os.getuid()]))
"""


def test_a_sealed_process_opens_nothing_and_starts_nothing() -> None:
    async def scenario() -> bytes:
        process = await asyncio.create_subprocess_exec(
            *python(SEALED), stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0]

    told, user = json.loads(asyncio.run(scenario()))

    # EMFILE for everything that would be opened, EAGAIN for a process.
    assert told == [24, 24, 24, 24, 11]
    assert user != 0


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8\xff", id="a beginning"),
        pytest.param(b"GIF89a" + bytes(100), id="another thing"),
        pytest.param(jpeg()[:200], id="cut short in the head"),
        pytest.param(jpeg()[:-40], id="cut short at the end"),
        pytest.param(
            jpeg().replace(bytes([0, 48, 0, 64]), bytes([0x40, 0, 0x40, 0])), id="16k by its head"
        ),
        pytest.param(jpeg().replace(bytes([0, 48, 0, 64]), bytes(4)), id="zero size by its head"),
    ],
)
def test_what_is_no_picture_is_called_so_and_the_worker_lives(data: bytes) -> None:
    async def work(pool: Pool) -> str:
        with pytest.raises(CaptureFailed) as failed:
            await decoded(pool, data)
        assert failed.value.reason is Reason.NO_FRAME
        await decoded(pool, jpeg())
        return str(failed.value)

    assert run(work)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((48, 64), 90, np.uint8), id="grey"),
        pytest.param(np.full((1, 1, 3), 90, np.uint8), id="one pixel"),
        pytest.param(np.full((16, 8192, 3), 90, np.uint8), id="a ribbon"),
    ],
)
def test_odd_pictures_are_pictures(picture: np.ndarray) -> None:
    async def work(pool: Pool) -> Any:
        head = order_of_files(exam=True)
        data = cv2.imencode(".jpg", picture)[1].tobytes()
        return await pool.decode(head, [data], Purpose.CLICK)

    head, parts = run(work)

    assert (head["height"], head["width"]) == picture.shape[:2]
    assert all(parts)


def test_a_sixteen_bit_picture_is_brought_down_to_eight() -> None:
    async def work(pool: Pool) -> Any:
        picture = np.full((48, 64, 3), 40000, np.uint16)
        return await decoded(pool, cv2.imencode(".png", picture)[1].tobytes())

    # A PNG has no JPEG's end: it is taken for damaged, and a damaged one alone is no picture.
    assert run(work)[0]["torn_only"]


def test_damaged_files_take_no_worker_and_no_file_away() -> None:
    dice = random.Random(20261126)

    async def work(pool: Pool) -> list[str]:
        await decoded(pool, jpeg())
        before, files = children(), open_files()
        outcomes = []
        for _ in range(200):
            try:
                head, _parts = await decoded(pool, damaged(jpeg(), dice))
                outcomes.append("torn" if "torn_only" in head else "whole")
            except CaptureFailed as failed:
                outcomes.append(failed.reason.value)
        assert children() == before
        assert open_files() == files
        return outcomes

    assert set(run(work, recycle_after=1000)) >= {"whole", "no_frame"}


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Some bits turned over, or the end cut off."""
    changed = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.3:
        del changed[dice.randrange(len(changed)) :]
    return bytes(changed)
