"""A product on many machines: PostGIS and Redis on one, two web machines, three pollers on two
sites, two that do jobs, and phones; each a machine of `tests.faults.machines`, its processes those
of the Procfile, kept as the units of bin/install keep them.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from bin.steps import postgres, redis_server
from bin.steps.journal import Journal
from bin.steps.units import of_part, procfile
from tests import pooled
from tests.days.town import ROOT, Town, environment, until
from tests.faults import yard
from tests.faults.machines import Keeper, Machine, Process
from tests.faults.phones import Phones, asked
from tests.faults.watched import bring_tables
from tests.faults.weather import FRESH, RECOVERS_S, Recoveries, everything_is_there, signs

CAMERAS, INTERVAL_S = 12, 5
"""At each site; canaries besides."""
LEASE_S = 30.0
NETWORK = "10.78.0"
DATABASE_AT, REDIS_AT, POOL_AT = (f"{NETWORK}.{number}" for number in (1, 2, 3))
POOLED = frozenset({"web2 web", "web2 positions", "east1 poller"})
"""Processes that go to the database through pgbouncer, where there is one."""
POOL_PORT, POOL_CONNECTIONS = 6432, 8
ADDRESSES = {
    "web1": 11, "web2": 12, "east1": 21, "east2": 22, "west1": 23, "jobs1": 31, "jobs2": 32,
    "street": 41,
}  # fmt: skip
WEBS, WORKERS = ("web1", "web2"), ("jobs1", "jobs2")
FIRST = "jobs1"
"""As the machine that is installed whole; the others are parts."""
POLLERS = {"east1": "east", "east2": "east", "west1": "west"}
RUNS = {
    **dict.fromkeys(WEBS, ("web", "live", "positions")),
    **dict.fromkeys(POLLERS, ("poller",)),
    **dict.fromkeys(WORKERS, ("jobs", "cover")),
}
MOST_CONNECTIONS = {
    "web1": 20, "web2": 20, "east1": 3, "east2": 3, "west1": 3, "jobs1": 5, "jobs2": 5,
}  # fmt: skip
WEB, LIVE, POSITIONS = 8000, 8001, 8002
BESIDE = (LIVE, POSITIONS)
LATE_S = 60.0
"""So much later than its pause a job may be sent: whoever had its turn died before it could, and
the other worker was just being started anew."""
HBA = f"local all all trust\nhost all gis {NETWORK}.0/24 trust\n"
TASK = re.compile(r'\\*"task\\*": \\*"([\w.]+)')
ID = re.compile(r'\\*"id\\*": \\*"([0-9a-f-]{36})')
OF_SITE = """
    FROM cameras_camerastate JOIN cameras_camera AS camera ON camera.id = camera_id
    JOIN cameras_site AS site ON site.id = site_id WHERE site.name = %s"""


@dataclass
class Province(Town):
    """machines, processes: by name; a process as "web1 live"."""

    machines: dict[str, Machine] = field(default_factory=dict)
    kept: dict[str, Process] = field(default_factory=dict)
    yards: dict[str, "subprocess.Popen[str]"] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    cluster: postgres.Cluster = field(init=False)
    queue: "Queue" = field(init=False)
    turn: int = 0

    def address(self, machine: str) -> str:
        return f"{NETWORK}.{ADDRESSES[machine]}"

    def state(self, host: str) -> str:
        sql = "SELECT state FROM cameras_camerastate JOIN cameras_camera ON id = camera_id"
        [(state,)] = self.ask(f"{sql} WHERE host = %s", host)
        return str(state)

    def states(self, site: str) -> Counter[str]:
        return Counter(state for (state,) in self.ask(f"SELECT state {OF_SITE}", site))

    def all_asked_since(self, site: str, then: Any, but: str) -> bool:
        sql = f"SELECT min(last_probe_at) > %s {OF_SITE} AND host <> %s"
        return bool(self.ask(sql, then, site, but)[0][0])

    def now(self) -> Any:
        return self.ask("SELECT now()")[0][0]

    def is_well(self, web: str, port: int, path: str) -> bool:
        with self.machines["street"].entered():
            return asked(port, "GET", path, host=self.address(web))[0] == 200

    def is_ready(self, web: str) -> bool:
        return self.is_well(web, WEB, "/readyz")

    def are_all_well(self) -> bool:
        return all(
            self.is_ready(web) and all(self.is_well(web, port, "/healthz") for port in BESIDE)
            for web in WEBS
        )

    @contextmanager
    def held(self, *names: str) -> Iterator[None]:
        """Killed, and not started again until the end."""
        held = [self.kept[name] for name in names]
        for one in held:
            one.held = True
            one.kill()
        try:
            yield
        finally:
            for one in held:
                one.held = False

    def tell_yard(self, site: str, word: str, camera: int) -> None:
        told = self.yards[site]
        assert told.stdin is not None
        assert told.stdout is not None
        told.stdin.write(f"{word} {camera}\n")
        told.stdin.flush()
        assert told.stdout.readline() == f"{word} {camera}\n"

    def logs(self) -> str:
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(
            f"-- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs
        )

    def connections(self) -> dict[str, int]:
        """How many each machine holds; those through the pool are the hub's."""
        sql = "SELECT host(client_addr), count(*) FROM pg_stat_activity"
        told = dict(self.ask(f"{sql} WHERE client_addr IS NOT NULL GROUP BY 1"))
        return {name: int(told.get(self.address(name), 0)) for name in ADDRESSES}

    def jobs_done(self) -> Counter[str]:
        """How often each job has ended, on both machines."""
        done: Counter[str] = Counter()
        for worker in WORKERS:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=str(self.folder / worker / "metrics"))
            for metric in registry.collect():
                if metric.name == "gis_jobs":
                    for one in metric.samples:
                        done[one.labels["job"]] += int(one.value)
        return done


class Queue:
    """What was sent as a job and when, as Redis itself has heard it: a message once, however often
    it is put back.
    """

    def __init__(self, url: str) -> None:
        self.sent: dict[str, tuple[float, str]] = {}
        # Nothing may be heard for longer than clients wait by themselves.
        self.client = redis.Redis.from_url(url, socket_timeout=None)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        until(lambda: self.client.ping() and self.heard, "Redis tells what it hears")

    heard = False

    def _listen(self) -> None:
        # Until Redis ends with the province.
        with suppress(redis.RedisError), self.client.monitor() as heard:
            self.heard = True
            for one in heard.listen():
                self._note(one["time"], one["command"])

    def _note(self, at: float, command: str) -> None:
        task, number = TASK.search(command), ID.search(command)
        if command.startswith("LPUSH celery") and task and number:
            self.sent.setdefault(number[1], (at, task[1]))

    def times(self) -> dict[str, list[float]]:
        """When each job was sent, in order."""
        assert self.thread.is_alive(), "nothing is heard of the queue any more"
        told: dict[str, list[float]] = {}
        for at, task in list(self.sent.values()):
            told.setdefault(task, []).append(at)
        return {task: sorted(times) for task, times in told.items()}


# ---- Building it ---------------------------------------------------------------------------------


@contextmanager
def province(folder: Path) -> Iterator[Province]:
    """folder: one that PostgreSQL's user may enter."""
    with ExitStack() as stack:
        (folder / "log").mkdir()
        machines = {}
        for name in ("lan", "hub", *ADDRESSES, *yard.SITES):
            machines[name] = Machine(name)
            stack.callback(machines[name].end)
        join(machines)
        cluster = stack.enter_context(a_database(folder, machines["hub"]))
        cache = stack.enter_context(a_redis(folder, machines["hub"]))
        built = Province(
            folder=folder, database="gis", web_port=WEB, live_port=LIVE, farm_port=yard.PORT,
            environment=environment(folder, cluster.url("gis"), cache), machines=machines,
        )  # fmt: skip
        built.environment |= {
            "PROBE_INTERVAL_S": str(INTERVAL_S),
            "PROBE_NETWORKS": "10.79.0.0/16",
        }
        built.cluster = cluster
        settle(built)
        built.queue = Queue(cache)
        if pooled.program():
            stack.enter_context(a_pool(built))
        for site, network in yard.SITES.items():
            built.yards[site] = stack.enter_context(cameras_of(machines[site], network))
        built.kept = all_processes(built)
        keeper = Keeper(list(built.kept.values()))
        keeper.start()
        stack.callback(keeper.stop)
        until(built.are_all_well, "both web machines are ready", 180)
        until(lambda: bool(built.ask(FRESH)[0][0]), "every camera is online")
        until(lambda: bool(signs(built)), "jobs are done")
        yield built


def join(machines: dict[str, Machine]) -> None:
    lan = machines["lan"]
    lan.is_switch()
    machines["hub"].plug_into(lan, *(f"{one}/24" for one in (DATABASE_AT, REDIS_AT, POOL_AT)))
    for name, number in ADDRESSES.items():
        machines[name].plug_into(lan, f"{NETWORK}.{number}/24")
    for site in yard.SITES:
        machines[site].is_switch()
    for number, (name, site) in enumerate(POLLERS.items()):
        own = f"{yard.SITES[site]}.{200 + number}/24"
        machines[name].plug_into(machines[site], own, card="eth1")


@contextmanager
def a_database(folder: Path, machine: Machine) -> Iterator[postgres.Cluster]:
    """The private PostgreSQL of bin/up, which listens on the machine's network besides."""
    cluster = postgres.Cluster(folder / "pg", folder / "pg.run", folder / "log" / "pg.log", True)
    notes = Journal("bin/test", folder / "log")
    postgres.create(cluster, notes, {"pg_hba.conf": HBA})
    cluster.socket_dir.mkdir(mode=0o700)
    postgres.give_to_server_user(cluster.socket_dir)
    options = postgres.options_of(cluster) | {"listen_addresses": DATABASE_AT, "fsync": "off"}
    words = [
        *machine.inside(), *postgres.become_server_user(), "--pdeathsig=INT",
        str(postgres.programs(cluster.data) / "postgres"), "-D", str(cluster.data),
        *(f"--{name}={value}" for name, value in options.items()),
    ]  # fmt: skip
    program = str(postgres.programs(cluster.data) / "pg_isready")
    ready = [program, "-q", "-h", str(cluster.socket_dir)]
    with (
        cluster.log.open("ab") as log,
        subprocess.Popen(words, cwd="/", stdout=log, stderr=log) as server,
    ):
        until(lambda: subprocess.run(ready, check=False).returncode == 0, "PostgreSQL answers")
        postgres.prepare(cluster, notes, "gis")
        yield cluster
        server.send_signal(2)


@contextmanager
def a_redis(folder: Path, machine: Machine) -> Iterator[str]:
    """The private Redis of bin/up, which listens on the machine's network besides; its address."""
    own = folder / "redis"
    own.mkdir()
    place = folder / "redis.sock"
    options = {
        "bind": REDIS_AT, "port": "6379", "protected-mode": "no", "unixsocket": str(place),
        "save": "''", "appendonly": "yes", "dir": str(own),
    }  # fmt: skip
    told = " ".join(f"--{name} {value}" for name, value in options.items())
    command = f"exec -a redis-server {redis_server.program()} {told}"
    words = ["setpriv", "--pdeathsig=TERM", *machine.inside(), "bash", "-c", command]
    with (
        (folder / "log" / "redis.log").open("ab") as log,
        subprocess.Popen(words, stdout=log, stderr=log) as server,
    ):
        until(place.exists, "Redis answers")
        yield f"unix://{place}?db=0"
        server.terminate()


@contextmanager
def a_pool(built: Province) -> Iterator[None]:
    """pgbouncer beside PostgreSQL; the role has the settings that docs/scale.md asks for."""
    built.ask("ALTER ROLE CURRENT_USER SET jit = off")
    built.ask("ALTER ROLE CURRENT_USER SET lock_timeout = '10s'")
    server = str(built.cluster.socket_dir)
    words = pooled.command(
        built.folder / "pool", server, "gis", POOL_AT, POOL_PORT, POOL_CONNECTIONS
    )
    with subprocess.Popen([*built.machines["hub"].inside(), *words]) as process:
        yield
        process.terminate()


def settle(built: Province) -> None:
    bring_tables(built, built.cluster)
    words = [sys.executable, "-m", "tests.faults.people", "yards", str(CAMERAS)]
    done = subprocess.run(
        words, cwd=ROOT, env=built.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    built.people = json.loads(done.stdout)


@contextmanager
def cameras_of(machine: Machine, network: str) -> Iterator["subprocess.Popen[str]"]:
    words = [*machine.inside(), sys.executable, "-m", "tests.faults.yard", network, str(CAMERAS)]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert yard.READY in process.stdout.readline()
        yield process
        process.stdin.close()


def all_processes(built: Province) -> dict[str, Process]:
    whole = procfile((ROOT / "Procfile").read_text(encoding="utf-8"))
    made = {}
    for machine, names in RUNS.items():
        env = environment_of(built, machine)
        commands = of_part(whole, POLLERS.get(machine, "")) if machine != FIRST else whole
        for name in names:
            log = built.folder / "log" / f"{machine}-{name}.log"
            own = f"{machine} {name}"
            given = env | through_the_pool() if own in POOLED and pooled.program() else env
            made[own] = Process(built.machines[machine], commands[name], given, log)
    return made


def through_the_pool() -> dict[str, str]:
    url = f"postgres://gis@{POOL_AT}:{POOL_PORT}/gis"
    return {"DATABASE_URL": url, "DATABASE_POOLED": "true"}


def environment_of(built: Province, machine: str) -> dict[str, str]:
    """That of an installation there: the servers by their addresses, and folders of its own."""
    own = built.folder / machine
    own.mkdir()
    address = built.address(machine)
    hosts = ",".join(built.address(web) for web in WEBS)
    return built.environment | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": f"postgres://gis@{DATABASE_AT}:5432/gis",
        "REDIS_URL": f"redis://{REDIS_AT}:6379/0",
        "WEB_HOST": address,
        "WEB_PORT": str(WEB),
        "LIVE_PORT": str(LIVE),
        "POSITIONS_PORT": str(POSITIONS),
        "ALLOWED_HOSTS": hosts,
        "METRICS_DIR": str(own / "metrics"),
        "TILE_STORE": str(own / "tiles"),
        "CELERY_WORKER_SCHEDULE_FILENAME": str(own / "beat"),
    }


# ---- What is asked after each fault --------------------------------------------------------------


@dataclass
class Load:
    """Who reports and walks, at each web machine one, and which camera of each site has fallen."""

    phones: list[Phones]
    fallen: dict[str, str]

    def confirmed(self) -> int:
        return sum(len(one.reports.confirmed) for one in self.phones)

    def goes_on(self, reports: int = 16) -> None:
        """Wait for so many more reports to be taken."""
        before = self.confirmed()
        until(lambda: self.confirmed() > before + reports, "reports are taken", 60)


@contextmanager
def fault(province: Province, what: str, told: Recoveries) -> Iterator[Load]:
    """People report and walk at both web machines, and a camera falls at each site, before the body
    has something break and mends it; afterwards each has been found down, once, and nobody else.
    """
    province.turn += 1
    newest = newest_of(province)
    street = province.machines["street"]
    load = Load([], {})
    hosts = [province.address(web) for web in WEBS]
    for first in (hosts, hosts[::-1]):
        phones = Phones(province.people, WEB, POSITIONS, first, street.enter)
        phones.start()
        load.phones.append(phones)
    until(lambda: all(len(one.reports.confirmed) > 3 for one in load.phones), "reports are taken")
    until(lambda: all(len(one.fixes.confirmed) > 3 for one in load.phones), "positions are taken")
    number = province.turn % CAMERAS
    for site, network in yard.SITES.items():
        load.fallen[site] = yard.hosts(network, CAMERAS)[number]
        province.tell_yard(site, "fall", number)
    try:
        yield load
        began = time.monotonic()
        for host in load.fallen.values():
            until(lambda host=host: province.state(host) == "offline", f"{host} is down")  # type: ignore[misc]
    except BaseException:
        for phones in load.phones:
            phones.give_up()
        raise
    finally:
        for site in yard.SITES:
            province.tell_yard(site, "rise", number)

    def well(holds: Callable[[], bool], say: str) -> None:
        until(holds, f"{what}: {say}", RECOVERS_S - (time.monotonic() - began))

    known = signs(province)
    well(province.are_all_well, "both web machines are ready")
    for phones in load.phones:
        phones.stop(RECOVERS_S - (time.monotonic() - began))
    well(lambda: bool(province.ask(FRESH)[0][0]), "all cameras are online, and just asked")
    well(lambda: not province.ask(OPEN), "every outage is over")
    well(lambda: all(at != known[part] for part, at in signs(province).items()), "signs of life")
    took_s = time.monotonic() - began
    for phones in load.phones:
        told.append((what, took_s, phones))
        everything_is_there(province, phones)
    nobody_else_was_condemned(province, newest, load.fallen)
    jobs_are_sent_once(province)


OPEN = "SELECT 1 FROM cameras_outage WHERE closed_at IS NULL"
NEWEST = """
    SELECT coalesce((SELECT max(id) FROM cameras_outagemember), 0),
        coalesce((SELECT max(id) FROM cameras_statespan), 0)"""


def newest_of(province: Province) -> tuple[int, int]:
    [(member, span)] = province.ask(NEWEST)
    return member, span


def nobody_else_was_condemned(
    province: Province, newest: tuple[int, int], fallen: dict[str, str]
) -> None:
    """Each fallen camera has had one outage, and no other camera was ever said to be down."""
    member, span = newest
    outages = province.ask(
        "SELECT host FROM cameras_outagemember AS member JOIN cameras_camera AS camera"
        " ON camera.id = camera_id WHERE member.id > %s", member,
    )  # fmt: skip
    assert sorted(host for (host,) in outages) == sorted(fallen.values())
    said = province.ask(
        "SELECT DISTINCT host FROM cameras_statespan AS span JOIN cameras_camera AS camera"
        " ON camera.id = camera_id WHERE span.id > %s AND span.state = 'offline'", span,
    )  # fmt: skip
    assert {host for (host,) in said} == set(fallen.values())


def pauses() -> dict[str, float]:
    """Seconds between two sendings of each periodic job."""
    plan: dict[str, Any] = settings.CELERY_BEAT_SCHEDULE
    return {one["task"]: float(one["schedule"]) for one in plan.values()}


def jobs_are_sent_once(province: Province) -> None:
    """No job twice within its pause, and none left out for long: since the beginning."""
    for task, times in province.queue.times().items():
        pause_s = pauses()[task]
        gaps = [later - at for at, later in pairwise(times)]
        assert not gaps or min(gaps) > 0.9 * pause_s, f"{task} was doubled: {gaps}"
        assert not gaps or max(gaps) < pause_s + LATE_S, f"{task} was left out: {gaps}"


def jobs_were_done_once(province: Province) -> None:
    """Each as often as it was sent, but for those that a machine had in its hands as it went."""
    done, sent = province.jobs_done(), province.queue.times()
    assert set(sent) >= {task for task, pause_s in pauses().items() if pause_s <= LONGEST_S}
    for task, times in sent.items():
        assert done[task] <= len(times), f"{task}: sent {len(times)} times, done {done[task]}"
        if pauses()[task] >= LONG_S:
            assert done[task] >= len(times) - LOST, f"{task}: {len(times)} sent, {done[task]} done"


LONG_S, LONGEST_S, LOST = 15.0, 60.0, 3
"""Jobs of shorter pauses are dropped when they wait for as long as that; those of the longest ones
do not come within the time of the tests.
"""
