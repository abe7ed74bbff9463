"""The whole product as it runs, on ports and a database of its own, for tests that last a while.

Every part is the real one: Granian, uvicorn, the poller, Celery, the camera farm.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import redis
from django.conf import settings
from playwright.sync_api import StorageState

from fixtures import demo
from fixtures.camera_farm.control import Farm
from gis_server.roles import Role

ROOT = Path(__file__).resolve().parent.parent.parent
# Fewer with video than the demo registers: encoding scenes takes the machine's time, and the
# missing ones are the cameras that are down from the start.
LIGHT, VIDEO = demo.LIGHT, 2
MISSING = demo.VIDEO - VIDEO
CAMERAS = LIGHT + demo.VIDEO
INTERVAL_S = 10
PATIENCE_S = 120.0
OPERATOR = demo.SIGN_INS[0]
WORKER = next(person for person in demo.SIGN_INS if person.role is Role.GRID_WORKER)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for a condition.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {patience_s:.0f} s"
        time.sleep(0.1)


def cookies_of(state: StorageState) -> str:
    """A browser's cookies as one header."""
    return "; ".join(f"{one['name']}={one['value']}" for one in state["cookies"])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Town:
    """The running product.  `folder` holds its pictures, logs and sockets."""

    folder: Path
    database: str
    environment: dict[str, str]
    web_port: int
    live_port: int
    farm_port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def farm(self) -> Farm:
        return Farm(self.environment["CAMERA_FARM"])

    def commands(self) -> dict[str, list[str]]:
        """What the Procfile starts, on this town's ports."""
        binaries = Path(sys.executable).parent
        web = f"granian gis_server.wsgi:application --interface wsgi --port {self.web_port}"
        live = f"uvicorn gis_server.live_asgi:app --host 127.0.0.1 --port {self.live_port}"
        jobs = "celery -A gis_server.jobs worker --beat --queues celery,first"
        jobs += f" --schedule {self.folder}/beat"
        farm = f"python -m fixtures.camera_farm --count {LIGHT} --video {VIDEO}"
        lines = {
            "farm": f"{farm} --port {self.farm_port} --control {self.environment['CAMERA_FARM']}",
            "web": f"{web} --http 1 --no-ws --blocking-threads 8 --log-level error",
            "live": f"{live} --log-level warning --timeout-graceful-shutdown 3",
            "poller": "python manage.py poll",
            "pictures": "python manage.py pictures",
            "jobs": f"{jobs} --concurrency 1 --loglevel WARNING",
        }
        split = {name: line.split() for name, line in lines.items()}
        return {name: [str(binaries / first), *rest] for name, (first, *rest) in split.items()}

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.commands()[name],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        until(lambda: answers(f"{self.url}/readyz"), "the web process answers")
        until(
            lambda: answers(f"http://127.0.0.1:{self.live_port}/healthz"), "the live process hears"
        )
        until(lambda: Path(self.environment["CAMERA_FARM"]).exists(), "the camera farm answers")

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a process and its children; kill what does not go."""
        process = self.processes.pop(name)
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except ProcessLookupError:
            process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        os.killpg(self.processes[name].pid, number)

    def manage(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, f"manage.py {words[0]}: {done.stdout}{done.stderr}"

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with connected(self.environment["DATABASE_URL"]) as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []

    def get(self, path: str, cookie: str) -> bytes:
        asked = urllib.request.Request(f"{self.url}{path}", headers={"Cookie": cookie})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return bytes(answer.read())

    def state_of(self, camera: int) -> str:
        [(state,)] = self.ask("SELECT state FROM cameras_camerastate WHERE camera_id = %s", camera)
        return str(state)

    def ask_often(self, *hosts: str) -> None:
        """Have these cameras asked as often as any may be, so that a cut is noticed soon."""
        self.ask("UPDATE cameras_camera SET interval_s = 5 WHERE host = ANY(%s)", list(hosts))

    def logs(self) -> str:
        """The end of every log, for a failure's report."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"-- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs
        )


@contextmanager
def connected(url: str) -> Iterator[Any]:
    # libpq knows the scheme postgresql, and no other that Django's addresses may have.
    link = psycopg2.connect(urlunsplit(urlsplit(url)._replace(scheme="postgresql")))
    link.autocommit = True
    try:
        with link.cursor() as cursor:
            yield cursor
    finally:
        link.close()


def sibling(url: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def redis_of_its_own(url: str) -> str:
    """Another of the numbered databases of the same Redis server (it has 16)."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db=9"
    return urlunsplit(parts._replace(path="/9"))


def environment(folder: Path, database: str, cache: str) -> dict[str, str]:
    """What the processes of a town are started with; empties that Redis."""
    redis.Redis.from_url(cache).flushdb()
    return os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": cache,
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(settings.STATIC_ROOT),
        "CAMERA_FARM": str(folder / "farm.sock"),
        "PROBE_INTERVAL_S": str(INTERVAL_S),
        "PROBE_NETWORKS": "127.77.0.0/16,127.78.0.0/16",
        "LOG_FORMAT": "text",
        "PYTHONUNBUFFERED": "1",
    }


def people_and_places(built: Town) -> None:
    """Tables, the model district and the demo, with the cameras at this town's own farm."""
    # A copy of the model has them all; to be told so takes eight seconds of a processor.
    if "TEST_DATABASE_MODEL" not in os.environ:
        built.manage("migrate", "--verbosity", "0")
    built.manage("load_district")
    built.manage("load_demo")
    built.ask("UPDATE cameras_camera SET port = %s", built.farm_port)
    # This farm's light devices show no films: to encode them takes minutes.
    built.ask("UPDATE cameras_camera SET has_video = false WHERE host LIKE '127.77.%%'")
    moved = "array(SELECT split_part(one, ':', 1) || ':' || %s FROM unnest(canaries) AS one)"
    built.ask(f"UPDATE cameras_site SET canaries = {moved}", built.farm_port)
