"""A whole product on servers of its own, kept by the supervisor of bin/up: what breaks in it is
mended by what mends it at a district's.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from bin.steps import postgres, processes, redis_server
from bin.steps.journal import Journal
from bin.steps.places import Places
from bin.steps.supervise import Supervisor
from bin.steps.up import PRODUCT
from tests.days.town import ROOT, Town, environment, free_port, until
from tests.faults.clock import Clock, NoClock, made
from tests.faults.disks import Disk, mounted
from tests.faults.phones import asked

DEVICES, INTERVAL_S = 64, 5
"""Canaries are among the devices; see `tests.faults.people`."""
SERVERS_AT = "127.0.0.1"


@dataclass
class WatchedTown(Town):
    """processes: only the cameras; the product's are the supervisor's."""

    positions_port: int = field(default_factory=free_port)
    clock: Clock | None = None
    no_clock: str = ""
    disks: dict[str, Disk] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    supervisor: Supervisor = field(init=False)
    cluster: postgres.Cluster = field(init=False)
    postgis: processes.Server = field(init=False)
    redis: processes.Server = field(init=False)

    def commands(self) -> dict[str, list[str]]:
        farm = f"-m fixtures.camera_farm --count {DEVICES} --video 0 --port {self.farm_port}"
        return {
            "farm": [sys.executable, *farm.split(), "--control", self.environment["CAMERA_FARM"]]
        }

    def doors(self) -> list[tuple[str, str]]:
        """Port and path of each process that answers, and what it is."""
        return [
            (f"{self.web_port}/readyz", "the web process is ready"),
            (f"{self.live_port}/healthz", "the live process hears"),
            (f"{self.positions_port}/healthz", "positions are taken"),
        ]

    def pids(self, *words: str) -> list[int]:
        """The processes whose command has all of these words."""
        return [pid for pid in processes.marked(self.supervisor.mark) if has(pid, words)]

    def pid(self, *words: str) -> int:
        [pid] = self.pids(*words)
        return pid

    def postmaster(self) -> int:
        return int((self.cluster.data / "postmaster.pid").read_text().split()[0])

    def parent(self, *words: str) -> int:
        """The one that has started the others."""
        pids = self.pids(*words)
        [pid] = [pid for pid in pids if parent_of(pid) not in pids]
        return pid

    def pid_of_redis(self) -> int:
        [pid] = processes.living_in(self.folder / "redis")
        return pid

    def get_json(self, path: str) -> Any:
        return json.loads(self.seen(path)[1])

    def seen(self, path: str) -> tuple[int, bytes]:
        return asked(self.web_port, "GET", path, None, self.people["sees"])

    def logs(self) -> str:
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(
            f"-- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs
        )


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def has(pid: int, words: tuple[str, ...]) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return all(word in command for word in words)


@contextmanager
def watched(folder: Path) -> Iterator[WatchedTown]:
    """folder: one that PostgreSQL's user may enter."""
    with ExitStack() as stack:
        disk = {name: stack.enter_context(mounted(folder / name)) for name in DISKS}
        (folder / "run").mkdir()
        where = Places(ROOT, folder, folder / "run")
        notes = Journal("bin/test", where.log)
        faked, no_clock = clock_of(folder)
        # Whatever is started from here on has the clock that can be set.
        stack.enter_context(patch.dict(os.environ, faked.environment if faked else {}))
        data, log = folder / "pg" / "data", where.log / "pg.log"
        cluster = postgres.Cluster(data, where.run / "pg", log, lasting=True)
        postgres.create(cluster, notes)
        postgis = stack.enter_context(postgres.running(cluster))
        postgres.prepare(cluster, notes, "gis")
        data, log = folder / "redis", where.log / "redis.log"
        cache = redis_server.Redis(data, where.run / "redis.sock", log, lasting=True)
        redis = stack.enter_context(redis_server.running(cache))
        town = WatchedTown(
            folder=folder, database="gis", web_port=free_port(), live_port=free_port(),
            farm_port=free_port(), environment=environment(folder, cluster.url("gis"), cache.url),
            disks=disk, clock=faked, no_clock=no_clock,
        )  # fmt: skip
        town.cluster, town.postgis, town.redis = cluster, postgis, redis
        settle(town)
        town.start("farm")
        stack.callback(town.stop, "farm")
        town.supervisor = Supervisor(where, town.environment, PRODUCT)
        town.supervisor.servers = [postgis, redis]
        stack.enter_context(kept(town))
        yield town


DISKS = ("pg", "media", "log")


def clock_of(folder: Path) -> tuple[Clock | None, str]:
    try:
        return made(folder), ""
    except NoClock as why:
        return None, str(why)


def settle(town: WatchedTown) -> None:
    town.environment |= {
        "WEB_HOST": SERVERS_AT,
        "WEB_PORT": str(town.web_port),
        "LIVE_PORT": str(town.live_port),
        "POSITIONS_PORT": str(town.positions_port),
        "PROBE_INTERVAL_S": str(INTERVAL_S),
        "TILE_STORE": str(town.folder / "tiles"),
        # On the disk of the logs, as var/run is on that of var/log.
        "CELERY_WORKER_SCHEDULE_FILENAME": str(town.folder / "log" / "beat"),
    }
    bring_tables(town, town.cluster)
    words = [sys.executable, "-m", "tests.faults.people", str(town.farm_port)]
    done = subprocess.run(
        words, cwd=ROOT, env=town.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    town.people = json.loads(done.stdout)


def bring_tables(town: Town, cluster: postgres.Cluster) -> None:
    """Those of the model where there is one, in a quarter of the time that all migrations take."""
    model = os.environ.get("TEST_DATABASE_MODEL")
    if not model:
        town.manage("migrate", "--verbosity", "0")
        return
    there = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["host"][0]
    programs = postgres.programs(cluster.data)
    words = [str(programs / "pg_dump"), "-h", there, "-U", "postgres", model]
    into = [str(programs / "psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "gis"]
    dump = subprocess.run(words, capture_output=True, check=True).stdout
    into += ["-h", str(cluster.socket_dir)]
    subprocess.run(into, input=dump, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def kept(town: WatchedTown) -> Iterator[None]:
    """The product at work, watched by the supervisor in a thread of this process."""
    supervisor = town.supervisor
    watching = threading.Thread(target=supervisor.watch, daemon=True)
    try:
        supervisor.start()
        supervisor.wait_until_ready(f"{town.url}/readyz")
        watching.start()
        until(lambda: bool(town.ask(SETTLED)[0][0]), "every camera is online")
        yield
    finally:
        supervisor.stop()
        if watching.ident:
            watching.join(60)


SETTLED = """
    SELECT count(*) = count(*) FILTER (WHERE state = 'online')
    FROM cameras_camerastate JOIN cameras_camera ON id = camera_id WHERE enabled"""
