"""Tiles of 60,000 grids and a million points: against bare ST_AsMVT, MapServer, tipg and others.

All are asked for the same tiles of the same grids in the same random order, each tile once, so that
no tile comes from a store.  *Bare* is the least such a tile can cost in PostGIS: one table, one
prepared statement, no scope, no names on the map, nobody to be asked who is there; eight at a time
it is run by pgbench.  *Ours* is the whole way: Granian, session, reach, edition, tile, packing.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import django
import psycopg2

from benchmarks import processes, tile_peers
from benchmarks.lattice import COLUMNS, ROWS, lay_territory
from benchmarks.report import Goal, Measure, at_most, finish, ratio_at_least, ratio_at_most
from benchmarks.tile_peers import TABLE, Absent, Peer
from bin.steps.ports import first_free
from maps.tiles import Bounds, Tile, tiles_over

ROOT = Path(__file__).resolve().parent.parent
CELL_DEG = 0.008
POINTS = 1_000_000
DISTRICT = "14"
ONE_BY_ONE = {8: 40, 9: 40, 10: 60, 12: 1_000, 14: 400}
"""Tiles of each zoom, at most."""
TOGETHER, TOGETHER_ZOOM, TOGETHER_S = 8, 14, 6
CACHED = 300
WARM = 64
"""So many before, so that each thread of a server has its connection."""
BARE_TILE = f"""
    SELECT ST_AsMVT(rows, 'grids', 4096, 'geom', 'id') FROM (
        SELECT id, code, name, kind,
               ST_AsMVTGeom(geom, ST_TileEnvelope($1, $2, $3), 4096, 64, true) AS geom
        FROM {TABLE} WHERE geom && ST_TileEnvelope($1, $2, $3, margin => 0.015625)
    ) AS rows"""
BARE = "bare ST_AsMVT"

Draw = Callable[[Tile], int]


@dataclass(frozen=True)
class Server:
    """The web process of this run, somebody signed in, and the edition to ask for."""

    port: int
    cookie: str
    edition: str

    def address(self, tile: Tile, layer: str = "grids") -> str:
        return f"/tiles/{self.edition}/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    # Lines say when they come, also into a file.
    os.environ["TILE_STORE"] = str(ROOT / "var" / "bench-tiles")
    shutil.rmtree(os.environ["TILE_STORE"], ignore_errors=True)
    django.setup()
    area = load()
    measures = [*bakes()]
    with ExitStack() as stack:
        peers = present(stack)
        server = stack.enter_context(serving())
        for z in ONE_BY_ONE:
            measures += one_by_one(server, peers, area, z)
        measures += together(server, peers, area)
        measures += cached(server, area)
        measures += low_zoom(server, area)
    return finish("tiles", measures)


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def load() -> Bounds:
    """Grids, the peers' table of them, and points; the bounds of all in EPSG:3857 metres."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    lay_territory(CELL_DEG)
    say(f"{COLUMNS * ROWS:,} grids are laid")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TABLE {TABLE} AS
                SELECT grid.id::int, grid.code, grid.name, grid.kind, drawn.shape_3857 AS geom
                FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
                ORDER BY drawn.shape_3857;
            ALTER TABLE {TABLE} ADD PRIMARY KEY (id);
            CREATE INDEX ON {TABLE} USING gist (geom);
            ANALYZE {TABLE}"""
        )
        cursor.execute("ALTER TABLE grids_building DISABLE TRIGGER USER")
        cursor.execute(BUILDINGS, {"bend": 0.6 * CELL_DEG, "points": POINTS})
        cursor.execute("ALTER TABLE grids_building ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"SELECT ST_Extent(geom) FROM {TABLE}")
        corners = cursor.fetchone()[0].removeprefix("BOX(").removesuffix(")").replace(",", " ")
    say(f"{POINTS:,} points are laid")
    west, south, east, north = (float(part) for part in corners.split())
    return west, south, east, north


# As many around the middle of each grid as there are points for it.
BUILDINGS = """
    INSERT INTO grids_building (name, point, scope_code, grid_id)
    SELECT 'B' || n, ST_SetSRID(ST_MakePoint(ST_X(middle) + (random() - 0.5) * %(bend)s,
                                             ST_Y(middle) + (random() - 0.5) * %(bend)s), 4326),
           code, id
    FROM (SELECT grid.id, grid.code, ST_Centroid(drawn.shape) AS middle
          FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id) AS home,
         generate_series(1, 17) AS n
    LIMIT %(points)s"""


def bakes() -> Iterator[Measure]:
    """A first bake, then one after a border has moved; and that nothing is missing in it."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now
    from django.utils import timezone  # noqa: PLC0415

    from maps import heaps  # noqa: PLC0415
    from maps.bake import bake  # noqa: PLC0415

    first = bake(timezone.now(), say)
    with connection.cursor() as cursor:
        cursor.execute("""
            UPDATE grids_gridshape SET shape_3857 = ST_ForcePolygonCW(
                ST_Buffer(ST_Centroid(shape_3857), 150, 8))
            WHERE id IN (SELECT id FROM grids_gridshape ORDER BY id OFFSET 30100 LIMIT 1)""")
    second = bake(timezone.now() + timedelta(seconds=1), say)
    say(f"{heaps.count_places():,} heaps of places")
    if first is None or second is None:
        raise AssertionError("another process bakes")
    say(f"baked: all in {first.taken_s:.1f} s, a moved border in {second.taken_s:.1f} s")
    yield Measure("first bake of everything", first.taken_s, "s")
    moved = f"re-bake after a border has moved, {second.shapes} shapes anew"
    yield Measure(moved, second.taken_s, "s", goal=at_most(10))


def present(stack: ExitStack) -> list[Peer]:
    """The peers that can be had here; of each other the reason is told."""
    link = _link()
    socket, name, user = link["host"], link["dbname"], link["user"]
    port = link.get("port") or "5432"
    makers: dict[str, Callable[[], AbstractContextManager[Peer]]] = {
        "MapServer": lambda: tile_peers.mapserver(
            f"host={socket} port={port} dbname={name} user={user}"
        ),
        "tipg": lambda: tile_peers.tipg(
            f"postgresql://{user}@{quote(socket, safe='')}:{port}/{name}"
        ),
        "django-vectortiles": lambda: tile_peers.vectortiles(
            {
                "ENGINE": "django.contrib.gis.db.backends.postgis",
                "NAME": name, "USER": user, "HOST": socket, "PORT": port,
            }
        ),
    }  # fmt: skip
    found = []
    for peer, make in makers.items():
        try:
            found.append(stack.enter_context(make()))
            say(f"{found[-1].name} answers")
        except Absent as reason:
            say(f"{peer} is absent: {reason}")
    return found


def _link() -> dict[str, Any]:
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    params: dict[str, Any] = connection.get_connection_params()
    return {name: params[name] for name in ("host", "port", "dbname", "user") if params.get(name)}


@contextmanager
def serving() -> Iterator[Server]:
    """The web process as the Procfile starts it, and a session."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.test import Client  # noqa: PLC0415

    from gis_server.models import User  # noqa: PLC0415

    client = Client()
    name = f"bench-{time.time_ns()}"
    client.force_login(User.objects.create_user(name, role="operator", scope=[DISTRICT]))
    edition = client.get("/tiles/version/", headers={"Host": "127.0.0.1"}).json()["edition"]
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    server = Server(first_free("127.0.0.1", 8300), cookie, edition)
    process = processes.web(server.port)
    try:
        tile_peers.wait_until_up(server.port, process, asks=True)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def over_http(port: int, address: Callable[[Tile], str], cookie: str = "") -> Draw:
    link = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Accept-Encoding": "gzip"} | ({"Cookie": cookie} if cookie else {})

    def draw(tile: Tile) -> int:
        link.request("GET", address(tile), headers=headers)
        answer = link.getresponse()
        content = answer.read()
        kind = answer.getheader("Content-Type", "")
        if answer.status not in {200, 204} or kind.startswith("text/"):
            raise AssertionError(f"{address(tile)} answered {answer.status}: {content[:200]!r}")
        return len(content)

    return draw


def bare() -> Draw:
    """A connection of its own with one prepared statement."""
    link = psycopg2.connect(**_link(), options="-c jit=off")
    link.autocommit = True
    cursor = link.cursor()
    cursor.execute(f"PREPARE bare (int, int, int) AS {BARE_TILE}")

    def draw(tile: Tile) -> int:
        cursor.execute("EXECUTE bare (%s, %s, %s)", (tile.z, tile.x, tile.y))
        return len(bytes(cursor.fetchone()[0]))

    return draw


def tiles_in_random_order(area: Bounds, z: int) -> list[Tile]:
    tiles = tiles_over(area, z)
    random.Random(140107).shuffle(tiles)
    return tiles


def took_ms(draw: Draw, tiles: Sequence[Tile]) -> tuple[float, float]:
    """Mean milliseconds and bytes a tile, each asked once."""
    began = time.perf_counter()
    total = sum(draw(tile) for tile in tiles)
    return (time.perf_counter() - began) / len(tiles) * 1000, total / len(tiles)


def one_by_one(server: Server, peers: Sequence[Peer], area: Bounds, z: int) -> Iterator[Measure]:
    tiles = tiles_in_random_order(area, z)[: ONE_BY_ONE[z]]
    # What a connection, a plan or a catalogue costs at first is not what is asked.
    warm = tiles_in_random_order(area, 11)[:WARM]
    drawers: dict[str, Draw] = {
        "ours": over_http(server.port, server.address, server.cookie),
        BARE: bare(),
    } | {peer.name: over_http(peer.port, peer.address) for peer in peers}
    took: dict[str, float] = {}
    for name, draw in drawers.items():
        try:
            for tile in warm:
                draw(tile)
            took[name], size = took_ms(draw, tiles)
            say(f"zoom {z}, {len(tiles)} tiles, {name}: {took[name]:.2f} ms, {size:,.0f} bytes")
        except AssertionError as error:
            say(f"zoom {z}, {name}: {error}")
    for name, theirs in took.items():
        if name != "ours":
            text = f"zoom {z}, one connection, {len(tiles)} tiles"
            yield Measure(text, took["ours"], "ms a tile", name, theirs, _goal(z, name))


def _goal(z: int, peer: str) -> Goal | None:
    if peer == BARE and z <= 10:
        return ratio_at_most(0.3)
    if peer == BARE and z == 12:
        return ratio_at_most(1.2)
    return ratio_at_most(1.0) if peer.startswith("MapServer") and z <= 10 else None


def together(server: Server, peers: Sequence[Peer], area: Bounds) -> Iterator[Measure]:
    """Tiles a second of eight connections; goals against bare and tipg.

    Bare is asked by pgbench, everybody else by wrk: clients in C both, which leave the two cores to
    those who are measured.
    """
    tiles = tiles_in_random_order(area, TOGETHER_ZOOM)[ONE_BY_ONE[TOGETHER_ZOOM] :]
    warm = tiles_in_random_order(area, TOGETHER_ZOOM + 1)
    text = f"zoom {TOGETHER_ZOOM}, {TOGETHER} connections"
    wrk = tile_peers.found("wrk", "", "wrk")
    rate(wrk, server.port, server.address, warm, server.cookie)
    # What was asked for one by one had its neighbours drawn with it.
    shutil.rmtree(os.environ["TILE_STORE"])
    ours = rate(wrk, server.port, server.address, tiles, server.cookie)
    say(f"{text}, ours: {ours:,.0f} tiles/s")
    theirs = _pgbench(area)
    if theirs is None:
        say("pgbench is absent")
    else:
        say(f"{text}, {BARE} through pgbench: {theirs:,.0f} tiles/s")
        yield Measure(text, ours, "tiles/s", f"{BARE}, pgbench", theirs, ratio_at_least(0.4))
    for peer in peers:
        # The first of a process loads libraries and catalogues.
        rate(wrk, peer.port, peer.address, warm)
        one = rate(wrk, peer.port, peer.address, tiles)
        say(f"{text}, {peer.name}: {one:,.0f} tiles/s")
        goal = ratio_at_least(3) if peer.name == "tipg" else None
        yield Measure(text, ours, "tiles/s", peer.name, one, goal)


# One after the other, and each once: after the last one the connections rest, but wrk waits for the
# end of its time, so what it took is measured here, from the first request to the last.
TURNS = """
local ffi = require("ffi")
ffi.cdef[[
  typedef struct { long s; long us; } moment;
  int gettimeofday(moment *now, void *zone);
]]
local now = ffi.new("moment")
local function moment_us()
  ffi.C.gettimeofday(now, nil)
  return tonumber(now.s) * 1e6 + tonumber(now.us)
end
local asking
function setup(thread) asking = thread end
local paths = {}
for line in io.lines(os.getenv("TILES")) do paths[#paths + 1] = line end
local headers = { ["Accept-Encoding"] = "gzip", ["Cookie"] = os.getenv("COOKIE") }
turn, first_us, last_us = 0, 0, 0
function request()
  turn = turn + 1
  last_us = moment_us()
  if turn == 1 then first_us = last_us end
  if turn == #paths then wrk.thread:stop() end
  return wrk.format("GET", paths[(turn - 1) % #paths + 1], headers)
end
function done(summary, latency)
  local faults = summary.errors
  io.write(string.format("%d %d %d\\n", asking:get("turn"),
    asking:get("last_us") - asking:get("first_us"),
    faults.connect + faults.read + faults.write + faults.status + faults.timeout))
end
"""


def rate(
    wrk: str, port: int, address: Callable[[Tile], str], tiles: Sequence[Tile], cookie: str = ""
) -> float:
    """Tiles a second over eight connections, no tile asked twice."""
    turns, paths = ROOT / "var" / "bench-tiles.lua", ROOT / "var" / "bench-tiles.txt"
    turns.write_text(TURNS, encoding="utf-8")
    paths.write_text("\n".join(address(tile) for tile in tiles), encoding="utf-8")
    words = [wrk, "-t1", f"-c{TOGETHER}", f"-d{TOGETHER_S}s", "--timeout", "60s", "-s", str(turns)]
    said = subprocess.run(
        [*words, f"http://127.0.0.1:{port}/"],
        env=os.environ | {"TILES": str(paths), "COOKIE": cookie},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    requests, took_us, faults = (int(part) for part in said.splitlines()[-1].split())
    if faults:
        raise AssertionError(f"{faults} of {requests} requests failed")
    return requests / took_us * 1e6


def _pgbench(area: Bounds) -> float | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    binary = shutil.which("pgbench") or (str(found[-1]) if found else "")
    if not binary:
        return None
    tiles = tiles_over(area, TOGETHER_ZOOM)
    columns, rows = [tile.x for tile in tiles], [tile.y for tile in tiles]
    script = ROOT / "var" / "bench-tiles.sql"
    sql = BARE_TILE.replace("$1", str(TOGETHER_ZOOM)).replace("$2", ":x").replace("$3", ":y")
    script.write_text(
        f"\\set x random({min(columns)}, {max(columns)})\n"
        f"\\set y random({min(rows)}, {max(rows)})\n{' '.join(sql.split())};\n",
        encoding="utf-8",
    )
    link = _link()
    words = [binary, "-n", "-M", "prepared", "-c", str(TOGETHER), "-T", str(TOGETHER_S)]
    words += ["-f", str(script), "-h", link["host"], "-U", link["user"]]
    words += ["-p", str(link["port"])] if link.get("port") else []
    out = subprocess.run([*words, link["dbname"]], capture_output=True, text=True, check=True)
    line = next(line for line in out.stdout.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])


def cached(server: Server, area: Bounds) -> Iterator[Measure]:
    """Tiles that have been drawn, against nginx with the same bytes as files."""
    tiles = tiles_in_random_order(area, 13)[:CACHED]
    ours = over_http(server.port, server.address, server.cookie)
    folder = ROOT / "var" / "bench-files"
    shutil.rmtree(folder, ignore_errors=True)
    link = HTTPConnection("127.0.0.1", server.port, timeout=60)
    for tile in tiles:
        headers = {"Accept-Encoding": "gzip", "Cookie": server.cookie}
        link.request("GET", server.address(tile), headers=headers)
        file = folder / str(tile.z) / str(tile.x) / str(tile.y)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(link.getresponse().read())
    took_ms(ours, tiles)
    try:
        with tile_peers.files(folder) as peer:
            # In turns: in a tenth of a second a machine is not always as fast.
            nginx = over_http(peer.port, peer.address)
            took = [(took_ms(ours, tiles)[0], took_ms(nginx, tiles)[0]) for _ in range(9)]
    except Absent as reason:
        say(f"nginx is absent: {reason}")
        return
    mine, theirs = (median(times) for times in zip(*took, strict=True))
    say(f"cached, ours: {mine:.2f} ms, nginx: {theirs:.2f} ms")
    yield Measure("a tile that is kept", mine, "ms", "nginx", theirs, ratio_at_most(2))


def low_zoom(server: Server, area: Bounds) -> Iterator[Measure]:
    """The tile over most points, drawn each time, as it is sent; the median of five."""
    draw = over_http(server.port, lambda tile: server.address(tile, "places"), server.cookie)
    for tile in tiles_over(area, 8)[:1]:
        draw(tile)
    for z in (7, 8, 9):
        tiles = tiles_over(area, z)
        fullest = max(tiles, key=draw)
        took = [took_ms(draw, [fullest]) for _ in range(5)]
        ms, size = median(ms for ms, _size in took), took[0][1]
        say(f"points, zoom {z}: {ms:.1f} ms, {size:,.0f} bytes")
        text = f"the fullest tile of zoom {z} over {POINTS:,} points"
        yield Measure(text, ms, "ms", goal=at_most(30))
        yield Measure(text, size / 1000, "kB", goal=at_most(100))


if __name__ == "__main__":
    sys.exit(main())
