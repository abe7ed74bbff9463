"""A day of a busy district in ten minutes: reports, positions, walls, imports and exports at once.

The model district with its 392 cameras, each asked every ten seconds.  All processes of the
Procfile but those of pictures run as it starts them, and the senders share the cores with them.
What a day brings comes in `seconds`:

  reports    2,400, each in a call of its own
  positions  of 600 people on duty for eight hours, one in ten seconds: 1.7 million, ten minutes of
             one person in each batch
  walls      50 on the change feed, which ask together nine times a second for alarms, figures and
             cameras, and ten times a second for tiles that they have not seen
  exports    150 lists as CSV or GeoJSON, whole
  imports    20 files of 2,000 shops each, checked and written

Times are taken from when something was due, not from when a sender came to it, so that waiting
counts; p95 of each kind.  At the end everything that was confirmed must be there, once, and
`check_world` find nothing.

bin/bench load --quick: the same rates for a minute.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import django
import numpy as np

from benchmarks import events, ingest, processes
from benchmarks.report import Measure, at_least, at_most, finish, told_so_far
from bin.steps.ports import first_free

ROOT = Path(__file__).resolve().parent.parent
DISTRICT = "140107"
DAY_S, QUICK_S = 600, 60
REPORTS, MEMBERS, WALLS, EXPORTS, IMPORTS = 2_400, 600, 50, 150, 20
DUTY_S, EVERY_S, IN_BATCH = 8 * 3600, 10, 60
SHOPS = 2_000
ASKED_A_SECOND, TILES_A_SECOND = 9.0, 10.0
REST_S = 5.0
CAMERAS = 392
STARTED = ("web", "live", "positions", "poller", "cover", "jobs")
SETTINGS = {
    "LOG_LEVEL": "ERROR",
    "PROBE_INTERVAL_S": "10",
    "PROBE_NETWORKS": "127.77.0.0/16,127.78.0.0/16",
}
ASKED = ("/api/maps/alarms/", "/api/figures/headlines/", "/api/cameras/summary/")
DRAWN = ("grids", "divisions", "events", "places")
LISTS = ("/cameras/?f=csv", "/cameras/?f=geojson", "/events/?f=csv", "/api/cameras.geojson")


@dataclass
class Stream:
    """One kind of work: so many a second, each begun when it is due.

    act: does the one of this number; whether it went well.  took_s: from when it was due.
    """

    name: str
    a_second: float
    act: Callable[[int], bool]
    senders: int = 4
    took_s: list[float] = field(default_factory=list)
    failed: int = 0

    def run(self, begin: float, seconds: float) -> list[threading.Thread]:
        numbers, lock = iter(range(round(seconds * self.a_second))), threading.Lock()

        def send() -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                due = begin + number / self.a_second
                time.sleep(max(0.0, due - time.monotonic()))
                went_well = self.act(number)
                self.took_s.append(time.monotonic() - due)
                self.failed += not went_well

        threads = [threading.Thread(target=send, daemon=True) for _ in range(self.senders)]
        for thread in threads:
            thread.start()
        return threads

    def measures(self) -> Iterator[Measure]:
        yield Measure(f"{self.name}: done", len(self.took_s), "")
        yield Measure("the same: p50", float(np.percentile(self.took_s, 50)) * 1000, "ms")
        yield Measure("the same: p95", float(np.percentile(self.took_s, 95)) * 1000, "ms")
        yield Measure("the same: not answered well", self.failed, "", goal=at_most(0))


class Lines(threading.local):
    """A kept connection of each sender to a port."""

    def __init__(self, port: int) -> None:
        self.port, self.line = port, HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, bytes]:
        """Status and body; 0 where there is no answer.

        A kept connection that the server has closed meanwhile is made anew, as browsers do.
        """
        for is_last in (self.line.sock is None, True):
            try:
                self.line.request(method, path, body, headers)
                answer = self.line.getresponse()
                return answer.status, answer.read()
            except (OSError, HTTPException) as error:
                self.line.close()
                if is_last or not isinstance(error, ConnectionError):
                    break
        return 0, b""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    os.environ |= SETTINGS
    django.setup()
    seconds = QUICK_S if "--quick" in sys.argv[1:] else DAY_S
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = stack.enter_context(Running.started(folder))
        measures = list(told_so_far([*day(folder, ports, seconds)]))
    return finish("load", measures)


# ---- What runs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Running:
    """The product and the cameras at work; pids: of its processes, by their names."""

    web: int
    live: int
    positions: int
    phones: list[ingest.Phone]
    pids: dict[str, int]

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator["Running"]:
        """The district, its people and cameras, and everything that the Procfile starts."""
        phones = lay_out(MEMBERS)
        farm_port = first_free("127.0.0.1", 18554)
        move_cameras(farm_port)
        ports = [first_free("127.0.0.1", 8440)]
        for _ in range(2):
            ports.append(first_free("127.0.0.1", ports[-1] + 1))
        names = ("WEB_PORT", "LIVE_PORT", "POSITIONS_PORT")
        given = {"WEB_HOST": "127.0.0.1"} | {n: str(p) for n, p in zip(names, ports, strict=True)}
        given["CELERY_WORKER_SCHEDULE_FILENAME"] = str(folder / "beat")
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            running["farm"] = farm(folder, farm_port)
            for name in STARTED:
                running[name] = processes.start(name, given)
            for port in ports:
                processes.wait_until_up(port)
            wait_for_cameras()
            web, live, positions = ports
            yield cls(
                web, live, positions, phones, {name: one.pid for name, one in running.items()}
            )
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait(30)


def lay_out(members: int) -> list[ingest.Phone]:
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    call_command("load_demo", stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0)
    return ingest.lay_out(members)


def move_cameras(port: int) -> None:
    """To a farm of our own, of devices without films."""
    from cameras.models import Camera, Site  # noqa: PLC0415 - Django is set up by now

    Camera.objects.update(port=port, has_video=False)
    Camera.objects.filter(host__startswith="127.78.").update(enabled=False)
    for site in Site.objects.all():
        site.canaries = [f"{one.partition(':')[0]}:{port}" for one in site.canaries]
        site.save(update_fields=["canaries"])


def farm(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    words = f"-m fixtures.camera_farm --count {CAMERAS} --video 0 --port {port}".split()
    command = ["setpriv", "--pdeathsig=TERM", sys.executable, *words]
    return subprocess.Popen([*command, "--control", str(folder / "farm.sock")], cwd=ROOT)


def wait_for_cameras(within_s: float = 120) -> None:
    from cameras.models import CameraState  # noqa: PLC0415 - Django is set up by now

    begin = time.monotonic()
    waiting = CameraState.objects.filter(camera__enabled=True).exclude(state="online")
    while waiting.exists():
        if time.monotonic() - begin > within_s:
            raise TimeoutError(f"{waiting.count()} cameras are not online")
        time.sleep(0.5)


# ---- The day -------------------------------------------------------------------------------------


def day(folder: Path, running: Running, seconds: float, pace: float = 1.0) -> Iterator[Measure]:
    """pace: how many of these days go into ten minutes."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    browser = Browser("load-wall")
    reports = Reports(running.web, events.with_token("load-program"), seconds * pace)
    positions = Positions(running)
    ears = Ears(running.live, browser.ticket)
    streams = [
        Stream("reports", pace * REPORTS / DAY_S, reports.send),
        Stream("batches of positions", pace * positions.a_second, positions.send, senders=8),
        Stream(
            "questions of 50 walls",
            pace * ASKED_A_SECOND,
            asking(running.web, browser.cookies, ASKED),
        ),
        Stream("tiles never seen", pace * TILES_A_SECOND, tiles(running.web, browser.cookies)),
        Stream(
            "lists taken along whole",
            pace * EXPORTS / DAY_S,
            asking(running.web, browser.cookies, LISTS),
        ),
        Stream("imports of 2,000 shops", pace * IMPORTS / DAY_S, importing(folder), senders=1),
    ]
    ears.listen(WALLS)
    begin = time.monotonic()
    threads = [thread for stream in streams for thread in stream.run(begin, seconds)]
    for thread in threads:
        thread.join()
    time.sleep(REST_S)
    for stream in streams:
        yield from stream.measures()
    yield from ears.measures(reports.confirmed)
    yield from there(reports, positions)
    call_command("check_world", stdout=sys.stderr)


class Browser:
    """A person who is signed in.  cookies: for pages."""

    def __init__(self, name: str) -> None:
        from django.test import Client  # noqa: PLC0415 - Django is set up by now

        from gis_server.models import User  # noqa: PLC0415

        self.client, self.lock = Client(), threading.Lock()
        self.client.force_login(User.objects.create_user(name, role="operator", scope=[DISTRICT]))
        self.ticket()
        self.cookies = "; ".join(
            f"{key}={morsel.value}" for key, morsel in self.client.cookies.items()
        )

    def ticket(self) -> str:
        """A cookie for the change feed; good for a minute, so each connection needs one."""
        from django.db import connection  # noqa: PLC0415 - Django is set up by now

        from gis_server.live_ticket import TICKET_COOKIE  # noqa: PLC0415

        with self.lock:
            self.client.post("/live/ticket/", headers={"Host": "localhost"})
            told = f"{TICKET_COOKIE}={self.client.cookies[TICKET_COOKIE].value}"
        if threading.current_thread() is not threading.main_thread():
            connection.close()
        return told


class Reports:
    """confirmed: number of the event → when its report was answered."""

    def __init__(self, port: int, headers: dict[str, str], seconds: float) -> None:
        self.lines, self.headers = Lines(port), headers
        self.written = events.written(round(seconds * REPORTS / DAY_S))
        self.confirmed: dict[str, float] = {}
        self.ids: list[str] = []

    def send(self, number: int) -> bool:
        report = self.written[number] | {"client_id": str(uuid.uuid4())}
        body = json.dumps(report).encode()
        status, answer = self.lines.ask("POST", "/api/events/reports/", self.headers, body)
        if status != 201:
            return False
        self.ids.append(report["client_id"])
        self.confirmed[str(json.loads(answer)["id"])] = time.time()
        return True


class Positions:
    """Ten minutes of one person in each batch, everybody's day in turn."""

    def __init__(self, running: Running) -> None:
        self.lines, self.phones = Lines(running.positions), running.phones
        self.a_second = MEMBERS * DUTY_S / EVERY_S / IN_BATCH / DAY_S
        self.began = (datetime.now(UTC) - timedelta(hours=10)).timestamp()
        self.kept = 0
        self.lock = threading.Lock()

    def send(self, number: int) -> bool:
        turn, who = divmod(number, len(self.phones))
        phone, first = self.phones[who], turn * IN_BATCH
        fixes = [
            {
                "t": round(self.began + step * EVERY_S, 3),
                "lat": round(phone.lat, 6),
                "lon": round(phone.lon + abs(step % 40 - 20) * 11.0 / 87_900, 6),
                "accuracy": 6.5,
                "speed": 1.1,
            }
            for step in range(first, first + IN_BATCH)
        ]
        headers = {"Authorization": f"Bearer {phone.token}"}
        body = json.dumps({"fixes": fixes}).encode()
        status, answer = self.lines.ask("POST", "/api/patrols/fixes/", headers, body)
        if status != 200:
            return False
        kept = int(json.loads(answer)["kept"])
        with self.lock:
            self.kept += kept
        return kept == IN_BATCH


def asking(port: int, cookie: str, paths: Sequence[str]) -> Callable[[int], bool]:
    lines = Lines(port)

    def ask(number: int) -> bool:
        return lines.ask("GET", paths[number % len(paths)], {"Cookie": cookie})[0] == 200

    return ask


def tiles(port: int, cookie: str) -> Callable[[int], bool]:
    """Tiles of four layers at zoom 15 in and around the district, each asked for once."""
    lines = Lines(port)
    edition = json.loads(lines.ask("GET", "/tiles/version/", {"Cookie": cookie})[1])["edition"]
    x, y = tile_of(112.57, 37.88, 15)

    def ask(number: int) -> bool:
        place, layer = divmod(number, len(DRAWN))
        column, row = place % 40 - 20, place // 40 - 20
        path = f"/tiles/{edition}/{DRAWN[layer]}/15/{x + column}/{y + row}.mvt"
        return lines.ask("GET", path, {"Cookie": cookie})[0] in (200, 204)

    return ask


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The tile of the usual scheme (EPSG:3857) that holds a place."""
    turn = np.arcsinh(np.tan(np.radians(lat))) / np.pi
    return int((lon / 360 + 0.5) * 2**zoom), int((1 - turn) / 2 * 2**zoom)


def importing(folder: Path) -> Callable[[int], bool]:
    """Shops beside the buildings that are there, other ones in each file."""
    from grids.models import Building  # noqa: PLC0415 - Django is set up by now

    rows = Building.objects.filter(grid__isnull=False, point__isnull=False).order_by("id")[:SHOPS]
    homes = [(row.point.x, row.point.y) for row in rows if row.point]

    def bring_in(number: int) -> bool:
        file = folder / f"shops-{number}.csv"
        lines = [
            f"商铺{number}-{n},L{number}-{n},{x:.7f},{y:.7f}" for n, (x, y) in enumerate(homes)
        ]
        file.write_text("名称,编码,经度,纬度\n" + "\n".join(lines), encoding="utf-8")
        words = ["import_territory", str(file), "--kind", "shops", "--scope", DISTRICT]
        words += ["--frame", "wgs84", "--apply"]
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            print(done.stdout[-500:], done.stderr[-500:], file=sys.stderr)
        return done.returncode == 0

    return bring_in


class Ears:
    """Walls that listen.  heard: for each, the events that it was told of, and when."""

    def __init__(self, port: int, ticket: Callable[[], str]) -> None:
        self.port, self.ticket = port, ticket
        self.heard: list[dict[str, float]] = []
        self.cut = 0

    def listen(self, walls: int) -> None:
        self.heard = [{} for _ in range(walls)]
        for heard in self.heard:
            threading.Thread(target=self._listen, args=(heard,), daemon=True).start()

    def _listen(self, heard: dict[str, float]) -> None:
        """On and on: the feed ends each connection after a quarter of an hour, and goes on where it
        stood.
        """
        since: dict[str, str] = {}
        with suppress(OSError, HTTPException):
            while (answer := self._opened(since)).status == HTTPStatus.OK:
                while told := answer.readline():
                    if told.startswith(b"id: "):
                        since = {"Last-Event-ID": told[4:].decode("ascii").strip()}
                    elif told.startswith(b"data: {"):
                        change: dict[str, Any] = json.loads(told[6:])
                        if change.get("topic") == "event":
                            heard.setdefault(str(change["subject"]), time.time())
        self.cut += 1

    def _opened(self, since: dict[str, str]) -> HTTPResponse:
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request("GET", "/live", headers={"Cookie": self.ticket(), **since})
        return line.getresponse()

    def measures(self, confirmed: dict[str, float]) -> Iterator[Measure]:
        """How long after its report was answered each wall has heard of an event."""
        delays = [
            max(0.0, heard[event] - at)
            for heard in self.heard
            for event, at in confirmed.items()
            if event in heard
        ]
        missed = len(self.heard) * len(confirmed) - len(delays)
        yield Measure("report answered to heard by a wall: p95", percent(delays, 95) * 1000, "ms")
        yield Measure("the same: never heard", missed, "", goal=at_most(0))
        yield Measure("walls that were cut off", self.cut, "", goal=at_most(0))


def percent(values: Sequence[float], share: float) -> float:
    if not values:
        raise RuntimeError("nothing was measured")
    return float(np.percentile(values, share))


def there(reports: Reports, positions: Positions) -> Iterator[Measure]:
    """What was confirmed against what is stored, and what was said of cameras that answer."""
    from cameras.models import StateSpan  # noqa: PLC0415 - Django is set up by now
    from events.models import Event  # noqa: PLC0415
    from patrols.models import Fix, Member  # noqa: PLC0415

    stored = Event.objects.filter(client_id__in=reports.ids).count()
    yield Measure("reports there", stored, "", goal=at_least(len(reports.ids)))
    walkers = Member.objects.filter(number__startswith="B").values("pk")
    fixes = Fix.objects.filter(member_id__in=walkers).count()
    yield Measure("positions there", fixes, "", goal=at_least(positions.kept))
    false = StateSpan.objects.filter(state="offline", camera__enabled=True).count()
    yield Measure("cameras said to be down, which all answer", false, "", goal=at_most(0))


if __name__ == "__main__":
    sys.exit(main())
