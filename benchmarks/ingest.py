"""Positions of 1,000 members on duty: batches, single posts, and how soon a browser hears of them.

The process that takes positions runs as the Procfile starts it (its port aside), `manage.py cover`
beside it, the live process too; the senders share the two cores with them and with PostgreSQL.

1 Batches of 100 over kept connections, each member the next 1,000 seconds of a walk: fixes/s, and
  how long after the last one the coverage is current.  Peer: COPY of the same rows, as they lie in
  the table, into one with the same key, in the same run.
2 Single posts by the OsmAnd protocol, a connection each as phones do it, and over kept ones.
3 Each of the 1,000 members sends a fix every 10 seconds: how long after it was sent a browser hears
  of its street over the change feed.

bin/bench ingest small: a tenth of it, to see that all of it works.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from io import BytesIO
from pathlib import Path

import django
import numpy as np

from benchmarks import lines
from benchmarks.processes import start, wait_until_up
from benchmarks.report import Measure, at_least, at_most, finish
from bin.steps.ports import first_free

BATCH, EVERY_S = 100, 10
LINES = 16
"""Connections of the senders of batches."""
PHONES = 100
"""Single posts under way at once."""
PATIENCE_S = 300


@dataclass(frozen=True, slots=True)
class Size:
    """batches: of each member.  singles: posts of either kind.  live_s: how long phase 3 lasts."""

    members: int
    batches: int
    singles: int
    live_s: int


FULL, SMALL = Size(1_000, 12, 20_000, 60), Size(100, 6, 1_000, 15)


@dataclass(frozen=True, slots=True)
class Phone:
    token: str
    street: str
    lon: float
    lat: float


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    size = SMALL if "small" in sys.argv[1:] else FULL
    phones = lay_out(size.members)
    began = datetime.now(UTC) - timedelta(hours=22)
    with Processes() as processes:
        measures = [*batches(processes, phones, size, began.timestamp()), *copied()]
        measures += singles(processes, phones, size, began.timestamp() - 3600)
        measures += told(processes, phones, size)
    return finish("ingest", measures)


def lay_out(members: int) -> list[Phone]:
    """The model district, and members with devices on duty the whole of today and the days around
    it, at posts of their grids.
    """
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.utils import timezone  # noqa: PLC0415

    from grids.models import Grid  # noqa: PLC0415
    from patrols.intake.tokens import hash_of, hint_of, new_token  # noqa: PLC0415
    from patrols.models import Device, Duty, Member, Post, Shift  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    grids = list(Grid.objects.order_by("code").prefetch_related("shapes"))
    now, today = timezone.now(), timezone.localdate()
    shift = Shift.objects.create(
        area="140107", name="all day", begins=clock_time(0), ends=clock_time(0)
    )
    tokens, phones = [new_token() for _ in range(members)], []
    for number, token in enumerate(tokens):
        grid = grids[number % len(grids)]
        place = grid.shapes.all()[0].shape.centroid
        member = Member.objects.create(
            number=f"B{number:05}", name=f"member {number}", force="grid_worker",
            scope_code=grid.code,
        )  # fmt: skip
        post = Post.objects.create(name=f"post {number}", kind="area", scope_code=grid.code)
        Duty.objects.bulk_create(
            Duty(
                post=post, shift=shift, day=today + timedelta(days=day), member=member, made_at=now
            )
            for day in (-2, -1, 0)
        )
        Device.objects.create(
            member=member, name="bench", token_hash=hash_of(token), hint=hint_of(token),
            made_at=now, rotated_at=now,
        )  # fmt: skip
        phones.append(Phone(token, grid.code[:9], place.x, place.y))
    return phones


# ---- Processes -----------------------------------------------------------------------------------


class Processes:
    """What the Procfile starts, on free ports."""

    def __init__(self) -> None:
        self.port = first_free("127.0.0.1", 8420)
        self.live_port = first_free("127.0.0.1", self.port + 1)
        self.running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Processes":
        given = {
            "WEB_HOST": "127.0.0.1", "POSITIONS_PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
        }  # fmt: skip
        for name in ("positions", "live", "cover"):
            self.running.append(start(name, given))
        for port in (self.port, self.live_port):
            wait_until_up(port)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(20)

    def cpu_s(self) -> float:
        """Processor time of the process that takes positions, so far."""
        fields = Path(f"/proc/{self.running[0].pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- Senders -------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What the senders saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    kept: int = 0


async def post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes]:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length) if length else b""


def batch_request(phone: Phone, began: float, number: int) -> bytes:
    """The next 100 positions of a walk to and fro along 200 m, one in ten seconds."""
    first = number * BATCH
    fixes = []
    for step in range(first, first + BATCH):
        along = abs((step % 40) - 20) * 11.0
        fixes.append(
            {"t": round(began + step * EVERY_S, 3), "lat": round(phone.lat, 6),
             "lon": round(phone.lon + along / 87_900, 6), "accuracy": 6.5, "speed": 1.1,
             "bearing": 90, "battery": 80}
        )  # fmt: skip
    body = json.dumps({"fixes": fixes}).encode()
    return (
        "POST /api/patrols/fixes/ HTTP/1.1\r\nHost: bench\r\n"
        f"Authorization: Bearer {phone.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def osmand_request(phone: Phone, t: float) -> bytes:
    return (
        f"POST /osmand?id={phone.token}&timestamp={t:.3f}&lat={phone.lat:.6f}&lon={phone.lon:.6f}"
        "&speed=2.1&bearing=86.0&altitude=801.5&accuracy=12.5&batt=67.0 HTTP/1.1\r\nHost: bench\r\n"
        "User-Agent: Dalvik/2.1.0 (Linux; U; Android 13)\r\nConnection: Keep-Alive\r\n"
        "Accept-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
    ).encode()


# ---- Phases --------------------------------------------------------------------------------------


def batches(processes: Processes, phones: list[Phone], size: Size, began: float) -> list[Measure]:
    from patrols.models import Fix, StaleTrack  # noqa: PLC0415 - Django is set up by now

    requests = [
        batch_request(phone, began, number) for number in range(size.batches) for phone in phones
    ]
    seen = Seen()

    def note(status: int, body: bytes) -> None:
        seen.statuses[status] += 1
        seen.kept += json.loads(body)["kept"] if status == 200 else 0

    cpu, start = processes.cpu_s(), time.monotonic()
    own = own_cpu_s()
    lines.send(processes.port, LINES, requests, note, is_kept=True)
    took = time.monotonic() - start
    cpu, own = processes.cpu_s() - cpu, own_cpu_s() - own
    late = waited_s(lambda: not StaleTrack.objects.exists())
    sent = len(requests) * BATCH
    stored = Fix.objects.count()
    if seen.statuses != {200: len(requests)} or not sent == seen.kept == stored:
        raise RuntimeError(f"{seen} of {sent} sent, {stored} stored")
    return [
        Measure("batches of 100, coverage kept", sent / took, "fixes/s", goal=at_least(20_000)),
        Measure("fixes sent and stored", stored, "", goal=at_least(sent)),
        Measure("processor of the process for a million fixes", cpu / sent * 1e6, "s"),
        Measure("the senders' own for a million fixes", own / sent * 1e6, "s"),
        Measure("coverage current after the last batch", late, "s"),
    ]  # fmt: skip


def own_cpu_s() -> float:
    """Processor time of this process so far, the kernel's part on its behalf included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def waited_s(is_so: Callable[[], bool]) -> float:
    start = time.monotonic()
    while not is_so():
        if time.monotonic() - start > PATIENCE_S:
            raise TimeoutError("coverage does not become current")
        time.sleep(0.1)
    return time.monotonic() - start


def copied() -> list[Measure]:
    """COPY of the rows of the table, as they lie there, into another with the same key."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    rows = BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY (SELECT * FROM patrols_fix) TO STDOUT (FORMAT binary)", rows)
        cursor.execute("SELECT count(*) FROM patrols_fix")
        count = cursor.fetchone()[0]
        cursor.execute("CREATE TABLE peer (LIKE patrols_fix INCLUDING ALL)")
        rows.seek(0)
        start = time.monotonic()
        cursor.copy_expert("COPY peer FROM STDIN (FORMAT binary)", rows)
        took = time.monotonic() - start
        cursor.execute("DROP TABLE peer")
    return [Measure("COPY of the same rows by one client", count / took, "rows/s")]


def singles(processes: Processes, phones: list[Phone], size: Size, began: float) -> list[Measure]:
    found = []
    ways = [
        ("single OsmAnd posts, a connection each", False),
        ("single OsmAnd posts over kept connections", True),
    ]
    for turn, (name, is_kept) in enumerate(ways):
        requests = [
            osmand_request(phones[n % len(phones)], began + turn * 1800 + n // len(phones))
            for n in range(size.singles)
        ]
        statuses: Counter[int] = Counter()

        def note(status: int, _body: bytes, statuses: Counter[int] = statuses) -> None:
            statuses[status] += 1

        cpu, own, start = processes.cpu_s(), own_cpu_s(), time.monotonic()
        lines.send(processes.port, PHONES, requests, note, is_kept=is_kept)
        took = time.monotonic() - start
        cpu, own = processes.cpu_s() - cpu, own_cpu_s() - own
        if statuses != {200: len(requests)}:
            raise RuntimeError(f"{name}: {statuses}")
        found.append(Measure(name, len(requests) / took, "posts/s", goal=at_least(1_000)))
        each = 1e3 / len(requests)
        found.append(Measure("processor of the process for each", cpu * each, "ms"))
        found.append(Measure("the sender's own for each", own * each, "ms"))
    return found


# ---- How soon they are told ----------------------------------------------------------------------


def told(processes: Processes, phones: list[Phone], size: Size) -> list[Measure]:
    """From sending a fix to hearing that its street has changed."""
    from patrols.models import Fix  # noqa: PLC0415 - Django is set up by now

    start = datetime.now(UTC)
    cookie = ticket()
    sent, heard = asyncio.run(live(processes, phones, size.live_s, cookie))
    rows = Fix.objects.filter(received_at__gte=start - timedelta(seconds=1))
    times = {
        (hint_street, round(at.timestamp(), 3)): received.timestamp()
        for hint_street, at, received in rows.values_list("member_id", "at", "received_at")
    }
    delays = np.array([*delays_of(sent, heard, times)])
    if len(delays) < len(sent):
        raise RuntimeError(f"{len(sent) - len(delays)} of {len(sent)} fixes were never told")
    return [
        Measure("fixes with 1,000 members live", len(delays) / size.live_s, "fixes/s"),
        Measure("fix sent to change heard, p50", float(np.percentile(delays, 50)), "s"),
        Measure("the same, p99", float(np.percentile(delays, 99)), "s", goal=at_most(2)),
    ]  # fmt: skip


def ticket() -> str:
    """The cookie of an operator who may listen."""
    from django.test import Client  # noqa: PLC0415 - Django is set up by now

    from gis_server.live_ticket import TICKET_COOKIE  # noqa: PLC0415
    from gis_server.models import User  # noqa: PLC0415

    user = User.objects.create_user("bench", role="operator", scope=["140107"])
    client = Client()
    client.force_login(user)
    answer = client.post("/live/ticket/", headers={"Host": "localhost"})
    return f"{TICKET_COOKIE}={answer.cookies[TICKET_COOKIE].value}"


@dataclass(frozen=True, slots=True)
class SentFix:
    member: int
    street: str
    t: float
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    street: str
    recorded: float
    at: float


async def live(
    processes: Processes, phones: list[Phone], seconds: int, cookie: str
) -> tuple[list[SentFix], list[Heard]]:
    heard: list[Heard] = []
    listener = asyncio.create_task(listen(processes.live_port, cookie, heard))
    await asyncio.sleep(1)
    sent: list[SentFix] = []
    step, count = EVERY_S / len(phones), int(seconds / EVERY_S * len(phones))
    begin = time.monotonic()
    tasks: list[Awaitable[None]] = []
    for number in range(count):
        await asyncio.sleep(max(begin + number * step - time.monotonic(), 0))
        tasks.append(
            asyncio.create_task(one_fix(processes.port, number % len(phones), phones, sent))
        )
    await asyncio.gather(*tasks)
    await asyncio.sleep(3)
    listener.cancel()
    return sent, heard


async def one_fix(port: int, number: int, phones: list[Phone], sent: list[SentFix]) -> None:
    phone, at = phones[number], time.time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    status, _body = await post(reader, writer, osmand_request(phone, at))
    writer.close()
    if status != 200:
        raise RuntimeError(f"answered {status}")
    sent.append(SentFix(number, phone.street, round(at, 3), at))


async def listen(port: int, cookie: str, heard: list[Heard]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n".encode())
    while line := await reader.readline():
        if line.startswith(b"data: {"):
            told = json.loads(line[6:])
            if told.get("topic") == "position":
                recorded = datetime.fromisoformat(told["at"]).timestamp()
                heard.append(Heard(told["subject"], recorded, time.time()))


def delays_of(
    sent: list[SentFix], heard: list[Heard], received: dict[tuple[int, float], float]
) -> Iterable[float]:
    """The first change of its street that was recorded after a fix was received tells of it."""
    members = sorted({member for member, _t in received})
    of_street: dict[str, list[Heard]] = {}
    for one in heard:
        of_street.setdefault(one.street, []).append(one)
    first = members[0]
    for fix in sent:
        at = received.get((first + fix.member, fix.t))
        if at is None:
            continue
        # Both to the millisecond.
        later = (one.at for one in of_street.get(fix.street, []) if one.recorded >= at - 0.002)
        if (when := next(later, None)) is not None:
            yield when - fix.at


if __name__ == "__main__":
    sys.exit(main())
