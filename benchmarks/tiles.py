"""The grid layer over HTTP against one bare ST_AsMVT, the same tiles in the same random order.

The district's 897 grids, tiles not cached by anybody.  Bare is the least that a tile of these grids
can cost: one prepared connection, no scope, no names, nobody to be asked who is there.  Ours is the
whole way: gunicorn, session, user, edition, scope, tile, compression.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import django
import psycopg2

from benchmarks.report import Measure, finish
from bin.steps.ports import first_free
from maps.tiles import Tile, bounds, tiles_over

ROOT = Path(__file__).resolve().parent.parent
ZOOMS = (11, 12, 13, 14, 15)
ROUNDS_S = 2.0
TOGETHER, TOGETHER_ZOOM = 8, 14
PEER = "bare ST_AsMVT"
BARE = """
    SELECT ST_AsMVT(rows, 'grids', 4096, 'geom', 'id') FROM (
        SELECT grid.id, grid.code, grid.name, grid.kind,
               ST_AsMVTGeom(drawn.shape_3857, tile, 4096, 64, true) AS geom
        FROM (SELECT ST_MakeEnvelope(%s, %s, %s, %s, 3857) AS tile) AS asked
        JOIN grids_gridshape AS drawn ON drawn.shape_3857 && tile
        JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    ) AS rows"""

Draw = Callable[[Tile], int]


@dataclass(frozen=True)
class Server:
    """The web process of this run, somebody signed in, and the edition he is to ask for."""

    port: int
    cookie: str
    edition: str


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    area = load()
    with serving() as server:
        measures = [measure for z in ZOOMS for measure in one_by_one(server, area, z)]
        measures.append(together(server, area))
    return finish("tiles", measures)


def load() -> tuple[float, float, float, float]:
    """The district into the empty database; its bounds in EPSG:3857 metres."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT ST_Extent(shape_3857) FROM grids_gridshape")
        corners = cursor.fetchone()[0].removeprefix("BOX(").removesuffix(")").replace(",", " ")
    west, south, east, north = (float(part) for part in corners.split())
    return west, south, east, north


@contextmanager
def serving() -> Iterator[Server]:
    """The web process as the Procfile starts it, and a session."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.test import Client  # noqa: PLC0415

    from gis_server.models import User  # noqa: PLC0415

    client = Client()
    client.force_login(
        User.objects.create_user(f"bench-{time.time_ns()}", role="operator", scope=["140107"])
    )
    edition = client.get("/tiles/version/", headers={"Host": "127.0.0.1"}).json()["edition"]
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    server = Server(first_free("127.0.0.1", 8300), cookie, edition)
    command = f"gunicorn gis_server.wsgi --bind 127.0.0.1:{server.port} --worker-class gthread"
    words = f"{command} --workers 2 --threads 8 --keep-alive 30 --log-level error".split()
    quiet = os.environ | {"LOG_LEVEL": "ERROR"}
    binary = Path(sys.executable).parent / words[0]
    process = subprocess.Popen([str(binary), *words[1:]], cwd=ROOT, env=quiet)
    try:
        wait_until_up(server)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def wait_until_up(server: Server) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            link = HTTPConnection("127.0.0.1", server.port, timeout=5)
            link.request("GET", "/healthz")
            if link.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        if time.monotonic() > deadline:
            raise TimeoutError("the web process does not answer")


def over_http(server: Server) -> Draw:
    link = HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Cookie": server.cookie, "Accept-Encoding": "gzip"}

    def draw(tile: Tile) -> int:
        address = f"/tiles/{server.edition}/grids/{tile.z}/{tile.x}/{tile.y}.mvt"
        link.request("GET", address, headers=headers)
        answer = link.getresponse()
        content = answer.read()
        if answer.status not in {200, 204}:
            raise AssertionError(f"{address} answered {answer.status}")
        return len(content)

    return draw


def bare() -> Draw:
    """A connection of its own with the settings that ours has."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    params: dict[str, Any] = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        params.pop(name, None)
    link = psycopg2.connect(**params)
    link.autocommit = True
    cursor = link.cursor()

    def draw(tile: Tile) -> int:
        cursor.execute(BARE, bounds(tile))
        return len(bytes(cursor.fetchone()[0]))

    return draw


def tiles_in_random_order(area: tuple[float, float, float, float], z: int) -> list[Tile]:
    tiles = tiles_over(area, z)
    random.Random(140107).shuffle(tiles)
    return tiles


def timed(draw: Draw, tiles: Sequence[Tile]) -> float:
    """Mean milliseconds a tile; rounds over all tiles until `ROUNDS_S` have passed."""
    for tile in tiles:
        draw(tile)
    drawn, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < ROUNDS_S:
        for tile in tiles:
            draw(tile)
        drawn += len(tiles)
    return passed / drawn * 1000


def one_by_one(server: Server, area: tuple[float, float, float, float], z: int) -> list[Measure]:
    tiles = tiles_in_random_order(area, z)
    ours, theirs = timed(over_http(server), tiles), timed(bare(), tiles)
    name = f"zoom {z}, one connection, {len(tiles)} tiles"
    return [Measure(name, ours, "ms a tile", PEER, theirs)]


def together(server: Server, area: tuple[float, float, float, float]) -> Measure:
    tiles = tiles_in_random_order(area, TOGETHER_ZOOM)
    ours = rate([over_http(server) for _ in range(TOGETHER)], tiles)
    theirs = rate([bare() for _ in range(TOGETHER)], tiles)
    return Measure(f"zoom {TOGETHER_ZOOM}, {TOGETHER} connections", ours, "tiles/s", PEER, theirs)


def rate(readers: list[Draw], tiles: Sequence[Tile]) -> float:
    """Tiles a second of all readers together."""
    counts = [0] * len(readers)
    until = time.perf_counter() + 2 * ROUNDS_S

    def read(number: int) -> None:
        order = random.Random(number).sample(tiles, len(tiles))
        while time.perf_counter() < until:
            for tile in order:
                readers[number](tile)
            counts[number] += len(order)

    began = time.perf_counter()
    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(readers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
