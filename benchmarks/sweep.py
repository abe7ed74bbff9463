"""Full sweeps over 100,000 cameras, database writes included, beside the farm on the same cores.

The cameras are `fixtures.camera_farm.fleet` (two processes), the poller is `manage.py poll` as it
runs in the product.  `bin/bench sweep [COUNT SILENT_PERCENT]…` measures other sizes.

What a dead camera costs is measured apart, on cameras that have long been silent and are asked as
seldom as such cameras are (`cameras.health.next_due`), less what the poller takes with nothing due.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import django

from benchmarks.report import Goal, Measure, at_least, at_most, finish, ratio_at_most

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((10_000, 0), (10_000, 30), (100_000, 5))
LIMITS_S = {(10_000, 30): 20, (100_000, 5): 60}
PORT = 18554
BATCH = 5_000
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
NEW, SETTLED = 3, 3
"""In the third sweep the silent ones fall; those after it find nothing new, as in every minute of a
fleet.  The median of these counts: a single one of 3 s is a matter of the machine's neighbours."""
MAKE_DUE = """
    WITH locked AS MATERIALIZED (
        SELECT camera_id FROM cameras_camerastate ORDER BY camera_id FOR UPDATE
    )
    UPDATE cameras_camerastate AS s SET leased_by = '', lease_until = NULL,
        due_at = clock_timestamp() + random() * interval '1 second'
    FROM locked WHERE s.camera_id = locked.camera_id
"""
"""Locks rows in the order in which the poller does.  Nobody is due since long: that a poller sees
only when it next looks from the beginning (`cameras.services.claims.LOOK_BACK_S`)."""
PATIENCE_S = 900
LOOKED_AT_PER_S = 20_000
"""Whether so many have been asked is looked up once a second; more rarely where more are left."""
DEAD, DEAD_S, SETTLE_S = 3_000, 120, 10
"""So many dead cameras for so long: each is asked once."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    call_command("migrate", verbosity=0)
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    sizes = list(zip(numbers[::2], numbers[1::2], strict=True)) or list(SIZES)
    living_s = dict[int, float]()
    measures = [one for count, silent in sizes for one in measured(count, silent, living_s)]
    return finish("sweep", [*measures, *measured_dead()])


def measured(count: int, silent: int, living_s: dict[int, float]) -> list[Measure]:
    """The first of a few sweeps over `count` cameras, and the median of the last.

    living_s: how long the living took where none was silent, by the number of cameras: the peer of
    the same fleet with silent ones, whose living ones are not to be asked later for that.
    """
    register(count)
    name = f"{count:,} cameras, {silent} % silent"
    with farm(count, silent), poller() as process:
        idle = memory_mib(process.pid)
        sweeps = []
        for turn in range(1, NEW + SETTLED + 1):
            sweeps.append(sweep(process.pid, count, silent))
            told(name, turn, sweeps[-1])
        grown = memory_mib(process.pid) - idle
    first, settled = sweeps[0], sweeps[NEW:]
    took = {key: median(one[key] for one in settled) for key in first}
    goal = limit(count, silent)
    if not silent:
        living_s[count] = took["living_s"]
    peer_s = living_s.get(count) if silent else None
    return [
        Measure(f"{name}: first sweep, all is new", first["all_s"], "s"),
        Measure(
            f"{name}: first sweep, CPU of poller and database a probe",
            first["cpu_s"] / count * 1e6,
            "µs",
        ),
        Measure(f"{name}: full sweep", took["all_s"], "s", goal=goal),
        Measure(
            f"{name}: the living",
            took["living_s"],
            "s",
            peer="none silent" if peer_s else None,
            peer_value=peer_s,
            goal=ratio_at_most(1) if peer_s else None,
        ),
        Measure(
            f"{name}: probes/s/core of poller and database",
            count / took["cpu_s"],
            "1/s",
            goal=at_least(2500) if silent < 30 else None,
        ),
        Measure(f"{name}: CPU of the poller a probe", took["poller_s"] / count * 1e6, "µs"),
        Measure(f"{name}: CPU of its database a probe", took["database_s"] / count * 1e6, "µs"),
        Measure(f"{name}: memory a camera", grown / count, "MiB", goal=at_most(0.05)),
    ]


def told(name: str, turn: int, took: dict[str, float]) -> None:
    figures = ", ".join(f"{key} {value:.1f}" for key, value in took.items())
    print(f"   {name}, sweep {turn}: {figures}", flush=True)


def measured_dead() -> list[Measure]:
    """CPU of a camera that has long been dead, and of the fleet of them that is asked by itself."""
    register(DEAD)
    with farm(DEAD, 100), poller() as process:
        time.sleep(SETTLE_S)
        idle = cpu_in(process.pid, DEAD_S / 4)
        die()
        time.sleep(SETTLE_S)
        dead = cpu_in(process.pid, DEAD_S)
    minutes = DEAD * DEAD_S / 60
    ours_s, theirs_s = (
        busy - still * DEAD_S / (DEAD_S / 4) for busy, still in zip(dead, idle, strict=True)
    )
    return [
        Measure("a dead camera: CPU of the poller a minute", ours_s / minutes * 1e3, "ms",
                goal=at_most(1.0)),
        Measure("a dead camera: CPU of its database a minute", theirs_s / minutes * 1e3, "ms"),
    ]  # fmt: skip


def cpu_in(pid: int, seconds: float) -> tuple[float, float]:
    """Processor seconds of the poller and of its database in so much time."""
    before = cpu_s(pid), backends_cpu_s()
    time.sleep(seconds)
    return cpu_s(pid) - before[0], backends_cpu_s() - before[1]


def die() -> None:
    """All cameras have been silent for an hour; they come due over the next two minutes."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    from cameras.health import REMEMBERED, SLOW_AFTER  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE cameras_camerastate SET state = 'offline', reason = 'silent',
                since = now() - interval '1 hour', kept_at = now(), last_probe_at = now(),
                streak_ok = 0, streak_bad = %s, history = %s,
                due_at = now() + random() * interval '120 seconds'
            """,
            [SLOW_AFTER, (1 << REMEMBERED) - 1],
        )


def limit(count: int, silent: int) -> Goal | None:
    seconds = LIMITS_S.get((count, silent))
    return at_most(seconds) if seconds else None


def register(count: int) -> None:
    """`count` cameras of the fleet in place of those before, each with its login."""
    from django.contrib.gis.geos import Point  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from cameras.models import Camera, CameraState, Owner, Team  # noqa: PLC0415
    from fixtures.camera_farm import plan  # noqa: PLC0415
    from gis_server.vault import seal  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE cameras_camera, cameras_outage CASCADE")
    owner = Owner.objects.get_or_create(name="bench")[0]
    team = Team.objects.get_or_create(name="bench")[0]
    now, point = timezone.now(), Point(112.56, 37.88, srid=4326)
    for start in range(0, count, BATCH):
        cameras = [
            Camera(
                code=f"B{index}", name=f"B{index}", point=point, scope_code="140107",
                host=plan.fleet_host(index), port=PORT, path=plan.FLEET_PATH,
                username=plan.USERNAME, sealed_password=seal(plan.password(index)),
                owner=owner, team=team,
            )
            for index in range(start, min(start + BATCH, count))
        ]  # fmt: skip
        Camera.objects.bulk_create(cameras)
        # Nobody is due until the clock runs.
        CameraState.objects.bulk_create(
            [CameraState(camera=one, since=now, due_at=now.replace(year=9999)) for one in cameras]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cameras_camera, cameras_camerastate")


def sweep(pid: int, count: int, silent: int) -> dict[str, float]:
    """Make all due and wait until each has been asked: seconds by the clock and of processors."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now
    from django.db.models import Count, Q  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from cameras.models import CameraState  # noqa: PLC0415

    before, began_at = (cpu_s(pid), backends_cpu_s()), timezone.now()
    began, living_s = time.monotonic(), 0.0
    living = count - count * silent // 100
    with connection.cursor() as cursor:
        cursor.execute(MAKE_DUE)
    began, began_at = time.monotonic(), timezone.now()
    while True:
        # One look, for it takes from the very cores that are measured.
        done, good = (
            CameraState.objects.filter(last_probe_at__gte=began_at)
            .aggregate(done=Count("pk"), good=Count("pk", filter=Q(streak_bad=0)))
            .values()
        )
        if good >= living and not living_s:
            living_s = time.monotonic() - began
        if done >= count or time.monotonic() - began > PATIENCE_S:
            break
        # Rarely while much is left: of a large fleet each look takes a good part of a core.
        time.sleep(max(0.25, (count - done) / LOOKED_AT_PER_S))
    all_s = time.monotonic() - began
    poller_s, database_s = cpu_s(pid) - before[0], backends_cpu_s() - before[1]
    return {
        "all_s": all_s,
        "living_s": living_s,
        "poller_s": poller_s,
        "database_s": database_s,
        "cpu_s": poller_s + database_s,
    }


@contextmanager
def farm(count: int, silent: int) -> Iterator[None]:
    words = ["--count", str(count), "--silent", str(silent), "--port", str(PORT)]
    with subprocess.Popen(
        [sys.executable, "-m", "fixtures.camera_farm.fleet", *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if "answer on port" in line:
                break
        else:
            sys.exit("bench sweep: the farm does not start.")
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def poller() -> Iterator["subprocess.Popen[bytes]"]:
    """The product's own poller, once it has looked for work."""
    from cameras.models import PollerBeat  # noqa: PLC0415 - Django is set up by now

    with subprocess.Popen(
        [sys.executable, "manage.py", "poll"],
        cwd=ROOT,
        env=os.environ | {"PROBE_NETWORKS": "127.0.0.0/8"},
        stderr=subprocess.DEVNULL,
    ) as process:
        while not PollerBeat.objects.exists():
            time.sleep(0.2)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def backends_cpu_s() -> float:
    """Processor seconds of the database's processes for other clients than this one.

    Those of a client that has left are missing; the poller keeps its connection.
    """
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        pids = [row[0] for row in cursor.fetchall()]
    return sum(cpu_s(pid) for pid in pids if Path(f"/proc/{pid}/stat").exists())


def memory_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * PAGE / 2**20


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sys.exit(main())
