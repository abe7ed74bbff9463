"""The peers of `benchmarks.tiles`, each a server of the same grids; not a benchmark itself.

tipg and django-vectortiles are installed into a virtual environment of the benchmark's own below
var/; MapServer (FastCGI behind nginx) comes from the distribution.  A peer that cannot be had here
is said to be absent, with the reason.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from textwrap import dedent

from bin.steps.ports import first_free
from maps.tiles import Tile

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "var" / "bench-peers"
PACKAGES = ("tipg==1.6.1", "uvicorn", "django-vectortiles==1.0.2", "psycopg2-binary", "gunicorn")
TABLE = "bench_grids"
PROCESSES = 2
UP_WITHIN_S = 60


@dataclass(frozen=True)
class Peer:
    """A server that answers; path: of a tile, with {z}, {x} and {y}."""

    name: str
    port: int
    path: str

    def address(self, tile: Tile) -> str:
        return self.path.format(z=tile.z, x=tile.x, y=tile.y)


class Absent(Exception):
    """The peer cannot be had here; the message says why."""


def python() -> Path:
    """The interpreter of the peers' own environment, made where it is not there yet.

    Raises:
        Absent: the packages cannot be installed.
    """
    binary = PLACE / "venv" / "bin" / "python"
    uv = ROOT / ".tools" / "bin" / "uv"
    try:
        if not (PLACE / "done").exists():
            PLACE.mkdir(parents=True, exist_ok=True)
            _run(str(uv), "venv", "--clear", "--python", sys.executable, str(PLACE / "venv"))
            _run(str(uv), "pip", "install", "--python", str(binary), *PACKAGES)
            (PLACE / "done").touch()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Absent(f"its packages cannot be installed ({type(error).__name__})") from None
    return binary


def _run(*words: str) -> None:
    env = os.environ | {"UV_SYSTEM_CERTS": "1"}
    subprocess.run(words, check=True, env=env, stdout=sys.stderr, stderr=sys.stderr)


@contextmanager
def tipg(database: str) -> Iterator[Peer]:
    """With a catalogue that is never kept, as a server must have it whose layers change."""
    binary, port = python(), first_free("127.0.0.1", 8400)
    env = {
        "DATABASE_URL": database,
        "TIPG_CATALOG_TTL": "0",
        # By itself it leaves out what is over 10,000 features.
        "TIPG_MAX_FEATURES_PER_QUERY": "1000000",
        "TIPG_DB_SCHEMAS": '["public"]',
    }
    words = ("-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error")
    path = f"/collections/public.{TABLE}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}"
    command = [str(binary), *words, "--workers", str(PROCESSES)]
    with _process(command, env, port):
        yield Peer("tipg", port, path)


@contextmanager
def vectortiles(database: dict[str, str]) -> Iterator[Peer]:
    """django-vectortiles in a project of one view, with connections that persist."""
    binary, port = python(), first_free("127.0.0.1", 8500)
    (PLACE / "peer_tiles.py").write_text(_project(database), encoding="utf-8")
    words = ("-m", "gunicorn", "peer_tiles:application", "--bind", f"127.0.0.1:{port}")
    more = ("--worker-class", "gthread", "--workers", str(PROCESSES), "--threads", "8")
    quiet = ("--keep-alive", "30", "--log-level", "error")
    env = {name: value for name, value in os.environ.items() if name.startswith(("GDAL", "PROJ"))}
    with _process([str(binary), *words, *more, *quiet], env, port):
        yield Peer("django-vectortiles", port, "/{z}/{x}/{y}")


def _project(database: dict[str, str]) -> str:
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now

    return dedent(f"""
        import django
        from django.conf import settings
        settings.configure(
            SECRET_KEY="peer", ALLOWED_HOSTS=["*"], ROOT_URLCONF="peer_tiles", MIDDLEWARE=[],
            INSTALLED_APPS=["django.contrib.gis", "vectortiles"],
            GDAL_LIBRARY_PATH={str(settings.GDAL_LIBRARY_PATH)!r},
            GEOS_LIBRARY_PATH={str(settings.GEOS_LIBRARY_PATH)!r},
            DATABASES={{"default": {database!r} | {{"CONN_MAX_AGE": None}}}},
        )
        django.setup()
        from django.contrib.gis.db import models
        from django.core.wsgi import get_wsgi_application
        from django.urls import path
        from vectortiles import VectorLayer
        from vectortiles.views import MVTView

        class Grid(models.Model):
            code, name, kind = models.TextField(), models.TextField(), models.TextField()
            geom = models.PolygonField(srid=3857)
            class Meta:
                app_label, db_table, managed = "peer", "{TABLE}", False

        class Grids(VectorLayer):
            model, id, geom_field = Grid, "grids", "geom"
            tile_fields = ("id", "code", "name", "kind")
            min_zoom = 0

        class View(MVTView):
            layer_classes = [Grids]

        urlpatterns = [path("<int:z>/<int:x>/<int:y>", View.as_view())]
        application = get_wsgi_application()
        """)


@contextmanager
def mapserver(connection: str) -> Iterator[Peer]:
    """MapServer as FastCGI behind nginx, its processes started once."""
    mapserv = found("mapserv", "/usr/lib/cgi-bin/mapserv", "cgi-mapserver")
    spawn, nginx = found("spawn-fcgi", "", "spawn-fcgi"), found("nginx", "", "nginx-light")
    version = _version(mapserv)
    port = first_free("127.0.0.1", 8600)
    inner = [first_free("127.0.0.1", 8700 + 50 * number) for number in range(PROCESSES)]
    PLACE.mkdir(parents=True, exist_ok=True)
    mapfile = PLACE / "grids.map"
    mapfile.write_text(_mapfile(connection), encoding="utf-8")
    config = PLACE / "mapserver.conf"
    named = f'  MAPS\n    PEER "{mapfile}"\n  END\n'
    allowed = '  ENV\n    MS_MAP_PATTERN "^/"\n  END\n'
    config.write_text(f"CONFIG\n{allowed}{named}END\n", encoding="utf-8")
    env = {"MAPSERVER_CONFIG_FILE": str(config), "MS_MAPFILE": str(mapfile)}
    server = """
        location /tile {
            include /etc/nginx/fastcgi_params; fastcgi_pass mapserv; }"""
    # No connection is kept: each process hears one at a time, and would wait for an idle one.
    behind = "".join(f"server 127.0.0.1:{one};" for one in inner)
    upstream = f"upstream mapserv {{ {behind} }}"
    path = "/tile?map=PEER&mode=tile&tilemode=gmap&layers=grids&map.imagetype=mvt&tile={x}+{y}+{z}"
    with ExitStack() as stack:
        for one in inner:
            # Without a fork of its own it becomes the server, which then ends with us.
            command = [spawn, "-n", "-a", "127.0.0.1", "-p", str(one), "--", mapserv]
            stack.enter_context(_process(command, env, one, asks=False))
        stack.enter_context(serving_files(nginx, server, port, upstream))
        yield Peer(version, port, path)


@contextmanager
def files(folder: Path) -> Iterator[Peer]:
    """nginx alone with packed tiles as files, each below the same number."""
    nginx, port = found("nginx", "", "nginx-light"), first_free("127.0.0.1", 8800)
    server = f"""
        location / {{ root {folder}; types {{}}
            default_type application/vnd.mapbox-vector-tile;
            add_header Content-Encoding gzip; add_header Cache-Control "private, immutable"; }}"""
    with serving_files(nginx, server, port):
        yield Peer("nginx", port, "/{z}/{x}/{y}")


@contextmanager
def serving_files(nginx: str, server: str, port: int, more: str = "") -> Iterator[None]:
    PLACE.mkdir(parents=True, exist_ok=True)
    config = PLACE / f"nginx-{port}.conf"
    places = "".join(
        f"{name}_temp_path {PLACE}/nginx-{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    config.write_text(
        f"""{user}daemon off; worker_processes {PROCESSES}; pid {PLACE}/nginx-{port}.pid;
        error_log stderr crit; events {{}}
        http {{ access_log off; keepalive_requests 1000000; {places} {more}
            server {{ listen 127.0.0.1:{port}; {server} }} }}""",
        encoding="utf-8",
    )
    with _process([nginx, "-c", str(config), "-p", str(PLACE)], {}, port, asks=False):
        yield


def _mapfile(connection: str) -> str:
    return dedent(f"""
        MAP
          NAME "peer"
          SIZE 512 512
          EXTENT -20037508 -20037508 20037508 20037508
          PROJECTION "init=epsg:3857" END
          OUTPUTFORMAT
            NAME "mvt" DRIVER "MVT" FORMATOPTION "EXTENT=4096" FORMATOPTION "EDGE_BUFFER=64"
          END
          LAYER
            NAME "grids" TYPE POLYGON STATUS ON
            CONNECTIONTYPE POSTGIS
            CONNECTION "{connection}"
            DATA "geom from {TABLE} using unique id using srid=3857"
            PROCESSING "CLOSE_CONNECTION=DEFER"
            PROJECTION "init=epsg:3857" END
            METADATA "gml_include_items" "id,code,name,kind" END
            CLASS END
          END
        END
        """)


def found(name: str, place: str, package: str) -> str:
    """The path of a program, installed where it is not there yet.

    Raises:
        Absent: the distribution's package is neither there nor to be had.
    """
    found = shutil.which(name) or (place if place and Path(place).exists() else "")
    if not found and os.geteuid() == 0:
        with suppress(OSError, subprocess.CalledProcessError):
            _run("apt-get", "install", "-y", "--no-install-recommends", package)
        found = shutil.which(name) or (place if place and Path(place).exists() else "")
    if not found:
        raise Absent(f"install the system's package {package}")
    return found


def _version(mapserv: str) -> str:
    said = subprocess.run([mapserv, "-v"], capture_output=True, text=True, check=False).stdout
    return "MapServer " + (said.split("version ", 1)[-1].split(" ", 1)[0] if said else "?")


@contextmanager
def _process(
    command: list[str], more: dict[str, str], port: int, *, asks: bool = True
) -> Iterator[None]:
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.Popen(
        command, cwd=PLACE, env=env | more, start_new_session=True, stdout=sys.stderr
    )
    try:
        wait_until_up(port, process, asks=asks)
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """With its workers, which are of the session that began with it.  MapServer hears of an end
    only at its next request, so it is not asked twice.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)


def wait_until_up(port: int, process: subprocess.Popen[bytes], *, asks: bool) -> None:
    """
    Raises:
        Absent: it ended, or does not answer within `UP_WITHIN_S`.
    """
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Absent(f"it ended with status {process.returncode}")
        link = HTTPConnection("127.0.0.1", port, timeout=10)
        with suppress(OSError):
            link.connect()
            if not asks:
                return
            link.request("GET", "/")
            link.getresponse().read()
            return
        time.sleep(0.2)
    raise Absent("it does not answer")
