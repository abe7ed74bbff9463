"""CPU of a snapshot against ffmpeg as a process and PyAV in threads; silent cameras; damaged input.

Cameras of `fixtures.camera_farm.projector` show one H.264 film (640x360, 10 a second, a key each
second) behind Digest; they are a process of their own.  All three peers take one picture of the
same cameras in the same run and make a JPEG of it: ours through the pool (parent and workers
counted), *ffmpeg* as `ffmpeg -rtsp_transport tcp -skip_frame nokey -frames:v 1` with the same short
analysis, *PyAV* in 20 threads.  The peers are installed under var/ and nowhere else.  A second
ffmpeg, linked into one file, is measured beside Debian's, which loads two hundred libraries first.

A round is what the product does: two seconds of stream and the exam.  `--quick` takes a tenth.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
import uvloop

from benchmarks.probe import running
from benchmarks.report import Measure, at_least, at_most, finish, ratio_at_most
from cameras.picture.order import CaptureFailed, Order, Purpose
from cameras.picture.pool import Pool
from cameras.probe.net import TcpNet
from cameras.probe.target import Login, Target
from fixtures.camera_farm import encode, film, plan

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "var" / "bench-snapshot"
PORT = 28754
CAMERAS = 500
SNAPSHOTS = 200
FFMPEG_SNAPSHOTS = 40
AT_ONCE = 20
WORKERS = 2
DAMAGED = 20_000
NET = TcpNet(["127.0.0.0/8"])
TICK = os.sysconf("SC_CLK_TCK")
ANALYSIS = {"analyzeduration": "200000", "probesize": "65536"}


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def make_film() -> Path:
    """The film that all cameras show."""
    path = ROOT / "var" / "bench" / "bars-360p.film"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        source = "videotestsrc num-buffers=80 pattern=smpte75 ! video/x-raw,width=640,height=360"
        source += ",framerate=10/1 ! clockoverlay"
        command = ["/usr/bin/python3", encode.__file__, "H264", "10", str(path), source]
        subprocess.run(command, check=True)
    return path


def projector(silent: int, port: int) -> AbstractContextManager[object]:
    command = [sys.executable, "-m", "fixtures.camera_farm.projector", "--film", str(make_film())]
    command += ["--count", str(CAMERAS), "--silent", str(silent), "--port", str(port)]
    return running(command, "cameras show")


def target(index: int, port: int) -> Target:
    login = Login(plan.USERNAME, plan.password(index))
    return Target(plan.fleet_host(index), port, plan.FLEET_PATH, login)


def url(index: int, port: int) -> str:
    """Where a peer finds the camera, with the login in it: peers know no other way."""
    login = f"{plan.USERNAME}:{quote(plan.password(index), safe='')}"
    return f"rtsp://{login}@{plan.fleet_host(index)}:{port}{plan.FLEET_PATH}"


def workers_cpu_s() -> float:
    """Processor seconds of all living children of ours that are workers."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    total = 0.0
    for pid in children:
        try:
            if b"picture/worker.py" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                continue
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / TICK
    return total


async def all_of(orders: list[Order], pool: Pool, at_once: int) -> tuple[int, dict[str, int]]:
    """How many pictures there were, and the failures by reason."""
    left, taken, failures = iter(orders), 0, dict[str, int]()

    async def one_after_another() -> None:
        nonlocal taken
        for order in left:
            try:
                await pool.take(order)
                taken += 1
            except CaptureFailed as failed:
                failures[failed.reason.value] = failures.get(failed.reason.value, 0) + 1

    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return taken, failures


async def ours_cpu_ms(count: int, port: int) -> float:
    """ms of processor for one click, parent and workers, the workers' start left out (a worker
    lives for hundreds of captures).
    """
    pool = Pool(WORKERS, recycle_after=100_000)
    await all_of([Order(target(n, port), NET) for n in range(WORKERS * 4)], pool, WORKERS * 4)
    began = time.process_time() + workers_cpu_s()
    orders = [Order(target(n % CAMERAS, port), NET) for n in range(count)]
    taken, failures = await all_of(orders, pool, AT_ONCE)
    used_s = time.process_time() + workers_cpu_s() - began
    await pool.close()
    if failures:
        raise RuntimeError(f"pictures failed: {failures}")
    return used_s / taken * 1000


def debians_ffmpeg() -> list[str] | None:
    """The command of Debian's ffmpeg, unpacked with its libraries under var/ and installed nowhere;
    None where it cannot be had.
    """
    folder = ROOT / "var" / "bench" / "ffmpeg"
    binary = folder / "usr" / "bin" / "ffmpeg"
    if not binary.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = ["apt-get", "install", "--simulate", "--no-install-recommends", "ffmpeg"]
        try:
            told = subprocess.run(wanted, check=True, capture_output=True, text=True).stdout
            names = [line.split()[1] for line in told.splitlines() if line.startswith("Inst ")]
            fetch = ["apt-get", "download", *(names or ["ffmpeg"])]
            subprocess.run(fetch, cwd=folder, check=True, capture_output=True)
            for package in folder.glob("*.deb"):
                subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
                package.unlink()
        except (OSError, subprocess.CalledProcessError) as error:
            note(f"Debian's ffmpeg cannot be had here: {error}")
            return None
    libraries = folder / "usr" / "lib" / "x86_64-linux-gnu"
    path = f"{libraries}:{libraries / 'blas'}:{libraries / 'lapack'}:{libraries / 'pulseaudio'}"
    return ["env", f"LD_LIBRARY_PATH={path}", str(binary)]


def static_ffmpeg() -> list[str] | None:
    """A newer one in a single file, which starts in a fifth of the time."""
    binary = next((PEERS / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*"), None)
    if binary is None:
        return None
    binary.chmod(0o755)
    return [str(binary)]


def ffmpeg_cpu_ms(program: list[str] | None, count: int, port: int) -> float | None:
    """ms of processor for one picture by a process of its own."""
    if program is None:
        return None

    def one(index: int) -> None:
        command = [*program, "-loglevel", "error", "-nostdin", "-rtsp_transport", "tcp"]
        command += [word for key, value in ANALYSIS.items() for word in (f"-{key}", value)]
        command += ["-threads", "1", "-skip_frame", "nokey", "-i", url(index, port)]
        command += ["-frames:v", "1", "-f", "image2pipe", "-c:v", "mjpeg", "-"]
        done = subprocess.run(command, capture_output=True, check=True)
        if not done.stdout.startswith(b"\xff\xd8"):
            raise RuntimeError("ffmpeg made no picture")

    one(0)  # the file is read from the disk once
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(count)))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used_s / count * 1000


PYAV = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
import av
urls, options, at_once = json.load(sys.stdin)
def one(url):
    with av.open(url, options=options, timeout=(5, 5)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        stream.codec_context.thread_count = 1
        frame = next(container.decode(stream))
        encoder = av.CodecContext.create("mjpeg", "w")
        encoder.width, encoder.height = frame.width, frame.height
        encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
        picture = frame.reformat(format="yuvj420p")
        picture.pts = None
        return bytes(encoder.encode(picture)[0])
one(urls[0])
began = time.process_time()
with ThreadPoolExecutor(at_once) as pool:
    made = list(pool.map(one, urls))
assert all(data[:2] == b"\\xff\\xd8" for data in made)
print((time.process_time() - began) / len(urls) * 1000)
"""


def pyav_cpu_ms(count: int, port: int) -> float | None:
    """The least that Python does it with: no process for each, nothing kept from anything."""
    if not (PEERS / "av").is_dir():
        return None
    told = [
        [url(n % CAMERAS, port) for n in range(count)],
        ANALYSIS | {"rtsp_transport": "tcp", "threads": "1"},
        AT_ONCE,
    ]
    environment = os.environ | {"PYTHONPATH": str(PEERS)}
    done = subprocess.run(
        [sys.executable, "-c", PYAV], input=json.dumps(told), env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        note(f"PyAV: {done.stderr[-600:]}")
        return None
    return float(done.stdout)


def install_peers() -> None:
    """Packages that only the peers need, beside the product, never into it."""
    if PEERS.is_dir():
        return
    command = [str(ROOT / ".tools" / "bin" / "uv"), "pip", "install", "--quiet", "--python"]
    command += [sys.executable, "--target", str(PEERS), "av", "imageio-ffmpeg"]
    done = subprocess.run(command, env=os.environ | {"UV_SYSTEM_CERTS": "1"}, check=False)
    if done.returncode:
        note("The peers cannot be had here: their columns stay empty.")


async def per_second(count: int, port: int) -> float:
    """Clicks a second over `count` cameras, silent ones among them, all asked for at once."""
    pool = Pool(WORKERS)
    await all_of([Order(target(n, port), NET) for n in range(WORKERS)], pool, WORKERS)
    began = time.monotonic()
    orders = [Order(target(n, port), NET, purpose=Purpose.ROUND) for n in range(count)]
    taken, failures = await all_of(orders, pool, count)
    took_s = time.monotonic() - began
    await pool.close()
    note(f"{count} cameras at once: {taken} pictures, {failures}, {took_s:.1f} s")
    if set(failures) - {"silent"}:
        raise RuntimeError(f"cameras that answer were called down: {failures}")
    return taken / took_s


async def round_s(indices: list[int], port: int) -> float:
    """Seconds for a diagnosis round over these cameras."""
    pool = Pool(WORKERS)
    orders = [
        Order(target(n, port), NET, purpose=Purpose.ROUND, watch_s=2.0, want_exam=True)
        for n in indices
    ]
    began = time.monotonic()
    taken, failures = await all_of(orders, pool, len(orders))
    took_s = time.monotonic() - began
    await pool.close()
    note(f"round of {len(indices)}: {taken} pictures, {failures}, {took_s:.1f} s")
    if set(failures) - {"silent"}:
        raise RuntimeError(f"cameras that answer were called down: {failures}")
    return took_s


def scrambled(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randrange(6)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    if dice.random() < 0.2:
        del changed[dice.randrange(1, len(changed)) :]
    return bytes(changed)


def jpegs() -> list[bytes]:
    rng = np.random.default_rng(5)
    made = []
    for quality in (30, 88):
        picture = cv2.resize(rng.integers(0, 255, (20, 30, 3), np.uint8), (320, 184))
        made.append(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
    return made


def damaged_orders(count: int) -> Iterator[tuple[dict[str, object], list[bytes]]]:
    """Half of them streams of five pictures, half JPEG files."""
    dice, pictures, files = random.Random(20261126), film.read(make_film()).pictures[:5], jpegs()
    rest: dict[str, object] = {"exam": False, "keep_torn": False, "masks": [], "baseline": None}
    for number in range(count):
        if number % 2:
            data = [scrambled(dice.choice(files), dice)]
            yield {"codec": "file", "wanted": [0], **rest}, data
            continue
        data = [scrambled(one.data, dice) for one in pictures]
        listed = [[one.ms, one.key, False] for one in pictures]
        wanted = [one.ms for one in pictures]
        yield {"codec": "H264", "pictures": listed, "wanted": wanted, **rest}, data


async def damaged(count: int) -> tuple[dict[str, int], int]:
    """What came of damaged input, and how many processes and files were left behind."""
    before = leftovers()
    pool, orders, outcomes = Pool(WORKERS), damaged_orders(count), dict[str, int]()

    async def one_after_another() -> None:
        for head, data in orders:
            try:
                told, _ = await pool.decode(head, data, Purpose.ROUND)
                word = "damaged" if "torn_only" in told else "whole"
            except CaptureFailed as failed:
                word = failed.reason.value
            outcomes[word] = outcomes.get(word, 0) + 1

    await asyncio.gather(*(one_after_another() for _ in range(2 * WORKERS)))
    await pool.close()
    return outcomes, leftovers() - before


def leftovers() -> int:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return len(children) + len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - only counted


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    share = 10 if parser.parse_args().quick else 1
    install_peers()
    count, measures = SNAPSHOTS // share, list[Measure]()
    with projector(0, PORT):
        ours = [uvloop.run(ours_cpu_ms(count, PORT))]
        pyav = [pyav_cpu_ms(count, PORT)]
        ours.append(uvloop.run(ours_cpu_ms(count, PORT)))
        pyav.append(pyav_cpu_ms(count, PORT))
        ours.append(uvloop.run(ours_cpu_ms(count, PORT)))
        ffmpeg = ffmpeg_cpu_ms(debians_ffmpeg(), FFMPEG_SNAPSHOTS // share, PORT)
        static = ffmpeg_cpu_ms(static_ffmpeg(), FFMPEG_SNAPSHOTS // share, PORT)
    note(f"ours {ours}, PyAV {pyav}, ffmpeg {ffmpeg}, static {static}")
    best = min(ours)
    best_pyav = min((value for value in pyav if value), default=None)
    measures += [
        Measure("CPU of a snapshot", best, "ms", "ffmpeg", ffmpeg, ratio_at_most(0.2)),
        Measure("CPU of a snapshot", best, "ms", "ffmpeg in one file", static),
        Measure("CPU of a snapshot", best, "ms", "PyAV, threads", best_pyav, ratio_at_most(1.3)),
    ]
    with projector(20, PORT + 1):
        rates = [uvloop.run(per_second(250 // share, PORT + 1)) for _ in range(3)]
    rate = statistics.median(rates)
    measures.append(Measure("360p, 20 % silent", rate, "snapshots/s", goal=at_least(20)))
    with projector(10, PORT + 2):
        every = range(CAMERAS // share)
        good = [n for n in every if not plan.is_silent(n, 10)]
        alone_s = uvloop.run(round_s(good, PORT + 2))
        mixed_s = uvloop.run(round_s(list(every), PORT + 2))
    name = f"round of {len(every)}, a tenth silent"
    measures.append(Measure(name, mixed_s, "s", "without them", alone_s, ratio_at_most(1.2)))
    outcomes, left = asyncio.run(damaged(DAMAGED // share))
    note(f"damaged input: {outcomes}")
    measures += [
        Measure(
            "damaged streams and JPEGs",
            sum(outcomes.values()),
            "decoded",
            goal=at_least(DAMAGED // share),
        ),
        Measure("workers lost to them", outcomes.get("capture_failed", 0), ""),
        Measure("processes and files left behind", left, "", goal=at_most(0)),
    ]
    return finish("snapshot", measures)


if __name__ == "__main__":
    sys.exit(main())
