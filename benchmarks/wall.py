"""The wall in a browser: first paint, panning over 60,000 grids, heap over a week.

Chromium draws in software at 1920x1080. *First paint* is from the request of the page to the first
picture of territory and cameras (from afar of the territory alone), *live* to the frame in which
the feed is live and the map itself has drawn them: of the model district with its 400 cameras, then
of 60,000 grids (`benchmarks.lattice`) and 100,000 cameras. *Panning* is the slowest frame while the
map moves over grids that are loaded, the middle of several pans; its peer is a page of MapLibre
alone with the same tiles. *A week* is what a wall hears and asks in one: changes by the real feed,
as fast as they go, and the refresh of each minute; the heap is measured after two collections at
the end of a first day, and of the week after it. `--quick` takes 2,000 cameras, 500 changes, 300
minutes and no borders ahead.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import django

from benchmarks import processes
from benchmarks.lattice import COLUMNS, ROWS, SOUTH, WEST, lay_territory
from benchmarks.report import Goal, Measure, at_most, finish, ratio_at_most, told_so_far
from bin.steps.ports import first_free

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--disable-background-networking", "--enable-precise-memory-info"]  # fmt: skip
SCREEN, SMALL = {"width": 1920, "height": 1080}, {"width": 640, "height": 360}
CELL_DEG = 0.008
CAMERAS = 100_000
BATCH = 5_000
PAINTS = 5
PAN_ZOOM, PAN_PX, PAN_MS, PANS = 12, 500, 2_000, 21
SMOOTH_MS = 100.0
# Of 400 cameras: each changes nine times a day.
CHANGES = 25_000
AT_ONCE = 500
MINUTES = 7 * 24 * 60
# How often the heap is read meanwhile: a week that ends where it began may still have grown.
LOOKS = 10
# A page goes on learning for its first day (code that is compiled, lists that have found their
# size); what grows in the week after it would grow for ever.  After each of the first times that
# the heap is read V8 makes more code than there was: so it is read in that day too.
WARM_PARTS, WARM_PARTS_QUICK = 12, 3
WARM_MINUTES = 120
TURN = ("offline", "online", "degraded", "online", "unknown")
PATIENCE_S = 600
# A question holds its limit of time so long, answered or not (`api.js`).
HELD_MS = 16_000

# Counts what the page hears, and keeps hold of the refresh of each minute, which is then called.
INSTRUMENTS = """(() => {
  const Own = window.EventSource;
  window.heard = 0;
  window.EventSource = class extends Own {
    constructor(...words) {
      super(...words);
      this.addEventListener("change", () => (window.heard += 1));
    }
  };
  const every = window.setInterval.bind(window);
  window.minute = [];
  window.setInterval = (act, ms, ...words) => {
    if (ms === 60_000) window.minute.push(act);
    return every(act, ms, ...words);
  };
  const NEEDED = ["divisions", "grids", "camera-heaps", "cameras"];
  const has = (map, name) => Boolean(map.getSource(name)) && map.isSourceLoaded(name);
  // From afar cameras are heaps in tiles.
  const isThere = (map) => map?.style && NEEDED.every((name) => has(map, name))
    && (map.getZoom() < 11 || map.getSource("cameras").serialize().data.features.length > 0);
  const look = () => {
    const map = document.getElementById("map")?.map;
    if (document.body?.dataset.live !== "live" || !isThere(map)) return requestAnimationFrame(look);
    // All of it is in the next picture.
    map.once("render", () => requestAnimationFrame(() => (window.painted = performance.now())));
    map.triggerRepaint();
  };
  requestAnimationFrame(look);
})()"""
PAN = """([zoom, lon, lat, px, ms]) => new Promise((told) => {
  const map = document.getElementById("map").map;
  map.jumpTo({ center: [lon, lat], zoom });
  const there = () => map.panBy([px, 0], { duration: ms, easing: (part) => part });
  const frames = [];
  let before = null;
  const count = (now) => {
    if (before !== null) frames.push(now - before);
    before = now;
    if (map.isMoving()) requestAnimationFrame(count);
    else told(frames);
  };
  map.once("idle", () => {
    // Once there and back, so that all tiles are at hand; then what counts.
    there();
    map.once("idle", () => {
      map.panBy([-px, 0], { duration: 0 });
      map.once("idle", () => {
        there();
        requestAnimationFrame(count);
      });
    });
  });
})"""
REFRESH = """async (times) => {
  const map = document.getElementById("map").map;
  for (let n = 0; n < times; n += 1) {
    await Promise.all(window.minute.map((act) => act()));
    while (!map.areTilesLoaded()) await new Promise((next) => setTimeout(next, 4));
  }
}"""
BARE = """<!doctype html><link rel="stylesheet" href="{css}">
<style>#map {{ position: fixed; inset: 0 }}</style><div id="map"></div>
<script type="importmap">{{"imports": {{"maplibre-gl": "{script}"}}}}</script>
<script type="module">
import * as maplibre from "maplibre-gl";
const source = (name, minzoom, maxzoom) => ({{ type: "vector", minzoom, maxzoom,
  tiles: [`${{location.origin}}/tiles/{edition}/${{name}}/{{z}}/{{x}}/{{y}}.mvt`] }});
const line = (id, color) => (
  {{ id, type: "line", source: id, "source-layer": id, paint: {{ "line-color": color }} }});
document.getElementById("map").map = new maplibre.Map({{
  container: "map", center: [{lon}, {lat}], zoom: {zoom},
  fadeDuration: 0, attributionControl: false, style: {{ version: 8,
    sources: {{ divisions: source("divisions", {divisions[0]}, {divisions[1]}),
      grids: source("grids", {grids[0]}, {grids[1]}) }},
    layers: [{{ id: "back", type: "background", paint: {{ "background-color": "#0a0f15" }} }},
      line("grids", "#33424f"), line("divisions", "#7391ae")] }} }});
</script>"""


@dataclass(frozen=True)
class Product:
    """The web and live processes of this run, and somebody's session."""

    url: str
    cookie: dict[str, Any]


def main() -> int:
    asked = argparse.ArgumentParser(prog="bin/bench wall")
    asked.add_argument("--quick", action="store_true")
    quick = asked.parse_args(sys.argv[1:]).quick
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    os.environ["TILE_STORE"] = str(ROOT / "var" / "bench-wall-tiles")
    ports = {"WEB_PORT": first_free("127.0.0.1", 8340), "LIVE_PORT": first_free("127.0.0.1", 8370)}
    os.environ |= {name: str(port) for name, port in ports.items()}
    # A running Playwright makes Django take this thread for asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - comes with the tests' lock
    except ImportError:
        print("Playwright is missing: run bin/test once, which installs it.", file=sys.stderr)
        return 2
    model_district()
    measures: list[Measure] = []
    with serving(**ports) as product:
        with sync_playwright() as playwright:
            with opened(playwright, product) as context:
                few = "897 grids and 400 cameras"
                measures += told_so_far(paints(few, context, product, at_most(1.5)))
                measures += told_so_far(week(context, product, quick))
            cameras = 2_000 if quick else CAMERAS
            many_grids(cameras, bakes=not quick)
            with opened(playwright, product) as context:
                many = f"{COLUMNS * ROWS:,} grids and {cameras:,} cameras"
                measures += told_so_far(paints(many, context, product, at_most(4)))
                measures += told_so_far(pans(context, product))
    return finish("wall", measures)


def model_district() -> None:
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now

    for words in (
        ("migrate",),
        ("collectstatic", "--no-input"),
        ("load_district",),
        ("load_demo",),
    ):
        call_command(*words, "--verbosity", "0")


def many_grids(cameras: int, *, bakes: bool) -> None:
    """The lattice in place of the district, and as many cameras, each near the middle of a grid."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now
    from django.utils import timezone  # noqa: PLC0415

    from maps.bake import bake  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE grids_division, grids_building, grids_shop, grids_servicepoint,"
            " cameras_camera, cameras_outage CASCADE"
        )
        cursor.execute("UPDATE gis_server_user SET scope = ARRAY['14'] WHERE username = 'bench'")
    lay_territory(CELL_DEG)
    lay_cameras(cameras)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    if bakes:
        bake(timezone.now(), lambda text: print(text, file=sys.stderr))


def lay_cameras(count: int) -> None:
    """All over the lattice; of fifty one is down, one degraded and one unknown."""
    from django.contrib.gis.geos import Point  # noqa: PLC0415 - Django is set up by now
    from django.utils import timezone  # noqa: PLC0415

    from cameras.models import Camera, CameraState, Owner, Team  # noqa: PLC0415

    owner = Owner.objects.get_or_create(name="bench")[0]
    team = Team.objects.get_or_create(name="bench")[0]
    states, now, place = {0: "offline", 1: "degraded", 2: "unknown"}, timezone.now(), Random(7)
    for start in range(0, count, BATCH):
        made = [
            Camera(
                code=f"B{index}", name=f"B{index}", host=f"camera-{index}.example", scope_code="14",
                point=Point(
                    WEST + CELL_DEG * (1 + place.random() * (COLUMNS - 2)),
                    SOUTH + CELL_DEG * (1 + place.random() * (ROWS - 2)),
                    srid=4326,
                ),
                owner=owner, team=team,
            )
            for index in range(start, min(start + BATCH, count))
        ]  # fmt: skip
        Camera.objects.bulk_create(made)
        CameraState.objects.bulk_create(
            CameraState(
                camera=one,
                state=states.get((start + index) % 50, "online"),
                since=now,
                due_at=now.replace(year=9999),
            )
            for index, one in enumerate(made)
        )


@contextmanager
def serving(**ports: int) -> Iterator[Product]:
    """Web and live as the Procfile starts them, and the session of an operator."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.test import Client  # noqa: PLC0415

    from benchmarks.tile_peers import wait_until_up  # noqa: PLC0415
    from gis_server.models import User  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.create_user("bench", role="operator", scope=["140107"]))
    web, live = ports["WEB_PORT"], ports["LIVE_PORT"]
    started = []
    try:
        started.append(processes.web(web))
        started.append(processes.start("live", {"WEB_HOST": "127.0.0.1", "LIVE_PORT": str(live)}))
        wait_until_up(web, started[0], asks=True)
        name = settings.SESSION_COOKIE_NAME
        url = f"http://127.0.0.1:{web}"
        yield Product(url, {"name": name, "value": client.cookies[name].value, "url": url})
    finally:
        for process in started:
            process.terminate()
            process.wait(10)


@contextmanager
def opened(playwright: Any, product: Product) -> Iterator[Any]:
    """A browser's context in which somebody is signed in."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    context = browser.new_context(locale="zh-CN", viewport=SCREEN, reduced_motion="no-preference")
    context.set_default_timeout(PATIENCE_S * 1_000)
    context.add_cookies([product.cookie])
    yield context
    browser.close()


def painted(context: Any, product: Product) -> tuple[Any, float, float]:
    """A wall that has drawn everything; after how many ms it had, and the first picture was seen.

    Where the map itself came first, both are the same.
    """
    page = context.new_page()
    page.add_init_script(INSTRUMENTS)
    page.goto(f"{product.url}/wall/")
    wait(lambda: page.evaluate("() => Boolean(window.painted)"), "the wall is drawn")
    live = float(page.evaluate("() => window.painted"))
    marks = page.evaluate(
        "() => performance.getEntriesByName('first-picture').map((mark) => mark.startTime)"
    )
    return page, live, min([live, *marks])


def paints(name: str, context: Any, product: Product, goal: Goal) -> list[Measure]:
    """The median of a few; and the first, with nothing kept by browser or server."""
    live, first = [], []
    for _ in range(PAINTS):
        page, live_ms, first_ms = painted(context, product)
        page.close()
        live.append(live_ms / 1e3)
        first.append(first_ms / 1e3)
    return [
        Measure(f"first paint, {name}", statistics.median(first), "s", goal=goal),
        Measure(f"first paint, {name}, nothing kept anywhere", first[0], "s"),
        Measure(f"live, {name}", statistics.median(live), "s"),
        Measure(f"live, {name}, nothing kept anywhere", live[0], "s"),
    ]


def pans(context: Any, product: Product) -> list[Measure]:
    place = [PAN_ZOOM, WEST + CELL_DEG * COLUMNS / 2, SOUTH + CELL_DEG * ROWS / 2, PAN_PX, PAN_MS]
    page, *_ = painted(context, product)
    config = page.evaluate("() => JSON.parse(document.getElementById('wall-config').textContent)")
    script = page.evaluate(
        "() => JSON.parse(document.querySelector('script[type=importmap]').textContent)"
        ".imports['maplibre-gl']"
    )
    css = page.evaluate("() => document.querySelector('link[href*=maplibre-gl]').href")
    ranges = {name: (one["minzoom"], one["maxzoom"]) for name, one in config["layers"].items()}
    body = BARE.format(
        css=css, script=script, edition=config["edition"], lon=place[1], lat=place[2],
        zoom=PAN_ZOOM, grids=ranges["grids"], divisions=ranges["divisions"],
    )  # fmt: skip
    bare = context.new_page()
    bare.route("**/bare.html", lambda route: route.fulfill(body=body, content_type="text/html"))
    bare.goto(f"{product.url}/bare.html")
    wait(lambda: bare.evaluate("() => Boolean(document.getElementById('map').map?.loaded())"),
         "the bare map is drawn")  # fmt: skip
    ours, floor = panned([page, bare], place)
    page.close()
    bare.close()
    goal = at_most(SMOOTH_MS) if ours[0] <= SMOOTH_MS else ratio_at_most(1.2)
    return [
        Measure("panning, slowest frame", ours[0], "ms", "bare MapLibre", floor[0], goal),
        Measure("panning, median frame", ours[1], "ms", "bare MapLibre", floor[1]),
    ]


def panned(pages: list[Any], place: list[float]) -> list[tuple[float, float]]:
    """Of several pans of each page the slowest and the median frame (ms), each the middle of them.

    A pan in software is some ten frames, and any of them may meet something else on the machine,
    which is not as fast in every minute either: so the pages take turns.
    """
    pans: list[list[list[float]]] = [[] for _ in pages]
    for _ in range(PANS):
        for page, frames in zip(pages, pans, strict=True):
            page.bring_to_front()
            frames.append(page.evaluate(PAN, place))
    middle = statistics.median
    return [(middle(map(max, frames)), middle(map(middle, frames))) for frames in pans]


def week(context: Any, product: Product, quick: bool) -> list[Measure]:
    """Heap of a wall before and after what it hears and asks in a week."""
    changes, minutes = (AT_ONCE, 300) if quick else (CHANGES, MINUTES)
    page, *_ = painted(context, product)
    session = context.new_cdp_session(page)
    # A small map: what stays in memory is the same, and a picture in software is not waited for.
    page.set_viewport_size(SMALL)
    told, heaps = 0, [0.0]
    for _ in range(WARM_PARTS_QUICK if quick else WARM_PARTS):
        told += hear(page, AT_ONCE, told)
        refresh(page, WARM_MINUTES)
        heaps = [heap_bytes(page, session)]
        told_so_far([Measure("heap in the first day", heaps[0] / 2**20, "MiB")])
    compiled = [compiled_bytes(session)]
    for part in range(0, changes, AT_ONCE):
        told += hear(page, AT_ONCE, told)
        refresh(page, minutes * (part + AT_ONCE) // changes - minutes * part // changes)
        if (part + AT_ONCE) % (changes // LOOKS) == 0:
            heaps.append(heap_bytes(page, session))
            compiled.append(compiled_bytes(session))
            told_so_far([
                Measure(f"heap after {told:,} changes", heaps[-1] / 2**20, "MiB"),
                Measure("  of it compiled code", compiled[-1] / 2**20, "MiB"),
            ])  # fmt: skip
    page.close()
    name = f"heap after {changes:,} changes and {minutes:,} refreshes, growth"
    return [
        Measure(name, (heaps[-1] / heaps[0] - 1) * 100, "%", goal=at_most(5)),
        Measure("heap of a wall before", heaps[0] / 2**20, "MiB"),
        Measure("  of it compiled code, before", compiled[0] / 2**20, "MiB"),
        Measure("  of it compiled code, after", compiled[-1] / 2**20, "MiB"),
    ]


def tell(first: int, count: int) -> None:
    """So many changes of cameras, as the poller tells them; each camera goes through all states."""
    from django.db import transaction  # noqa: PLC0415 - Django is set up by now

    from cameras.models import Camera  # noqa: PLC0415
    from gis_server.live import Change, record  # noqa: PLC0415

    rows = list(Camera.objects.order_by("id").values("id", "code", "name", "scope_code"))
    changes = []
    for number in range(first, first + count):
        one, state = rows[number % len(rows)], TURN[number // len(rows) % len(TURN)]
        data = {"code": one["code"], "name": one["name"], "state": state}
        changes.append(Change("camera", str(one["id"]), one["scope_code"], data))
    with transaction.atomic():
        record(*changes)


def hear(page: Any, count: int, before: int) -> int:
    tell(before, count)
    wait(lambda: page.evaluate("() => window.heard") >= before + count, "the page has heard it")
    return count


def refresh(page: Any, times: int) -> None:
    """What the page does once a minute, so often, each to its end: the browser has no room for
    thousands of tiles at once, and keeps hold of what has failed.
    """
    page.evaluate(REFRESH, times)


def heap_bytes(page: Any, session: Any) -> float:
    page.wait_for_timeout(HELD_MS)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def compiled_bytes(session: Any) -> float:
    """What of the heap V8 has made of the page's scripts: it compiles what is called often, and
    throws away what has not been called for a while, as long as a page lives.
    """
    chunks: list[str] = []

    def keep(event: dict[str, str]) -> None:
        chunks.append(event["chunk"])

    session.on("HeapProfiler.addHeapSnapshotChunk", keep)
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.remove_listener("HeapProfiler.addHeapSnapshotChunk", keep)
    snapshot = json.loads("".join(chunks))
    meta, nodes = snapshot["snapshot"]["meta"], snapshot["nodes"]
    step, kind = len(meta["node_fields"]), meta["node_fields"].index("type")
    size, code = meta["node_fields"].index("self_size"), meta["node_types"][0].index("code")
    pairs = zip(nodes[kind::step], nodes[size::step], strict=True)
    return float(sum(bytes_ for of, bytes_ in pairs if of == code))


def wait(holds: Any, what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.05)
