"""What tests of the wall have in common: what is asked of the page, and what they wait for."""

from playwright.sync_api import Locator, Page

from tests.days.town import Town

GRIDS = 897
# Another day brings a second district into the same town; the operator does not see it.
OURS = "starts_with(code, '140107')"
# Three failed checks at up to 10 s, or two good ones, and what the machine takes for them.
NOTICED_MS = 120_000
DRAWN_S = 120.0
# A page that has heard nothing for 25 s says so, unless it is over within 3 s.
SILENCE_MS, GRACE_MS = 26_000, 4_000
SMALL = {"width": 1280, "height": 720}
# A light device of the farm; no other test touches it.
CUT, CUT_UNHEARD = "127.77.0.31", "127.77.0.47"

# Registered, but the farm of this town has it not: it is offline from the start.
ABSENT = "127.78.0.8"
HOSTILE = """<img src=x onerror="stolen=1">'`${stolen=1}&amp;"""

GRIDS_SEEN = """() => {
  const map = document.getElementById("map").map;
  if (!map?.loaded()) return 0;
  const seen = map.querySourceFeatures("grids", { sourceLayer: "grids" });
  return new Set(seen.map((feature) => feature.properties.code)).size;
}"""
STATE_ON_MAP = """(id) => {
  const { features } = document.getElementById("map").map.getSource("cameras").serialize().data;
  return features.find((camera) => camera.properties.id === id)?.properties.state;
}"""
# Lists and tables that are to be seen, and that a reader of screens would tell without a name.
NAMELESS = """() => [...document.querySelectorAll("main :is(ol, ul, table)")]
  .filter((list) => list.checkVisibility() && !list.matches("[aria-label], [aria-labelledby]")
    && !list.querySelector("caption"))
  .map((list) => list.className || list.parentElement.className)"""
GRAPHICS = """document.querySelector("#map canvas").getContext("webgl2")
  .getExtension("WEBGL_lose_context")"""
# Where a camera lies once the map stands still: 0 at the map's left edge, 1 at the card's.
BESIDE_CARD = """(id) => new Promise((told) => {
  const map = document.getElementById("map").map;
  const { features } = map.getSource("cameras").serialize().data;
  const { coordinates } = features.find((camera) => camera.properties.id === id).geometry;
  const free = document.getElementById("card").getBoundingClientRect().left;
  const tell = () =>
    map.isMoving() ? setTimeout(tell, 100) : told(map.project(coordinates).x / free);
  tell();
})"""
SEES = """([lon, lat]) => {
  const map = document.getElementById("map").map;
  return !map.isMoving() && map.getZoom() > 11 && map.getBounds().contains([lon, lat]);
}"""
FOUND_AREA = "() => document.getElementById('map').map.getFilter('found-division')[2]"
CLOSE_TO = """([lon, lat]) => new Promise((drawn) => {
  const map = document.getElementById("map").map;
  map.once("idle", () => drawn(map.project([lon, lat])));
  map.jumpTo({ center: [lon, lat], zoom: 18 }, { originalEvent: {} });
})"""


def figure(page: Page, state: str) -> Locator:
    return page.locator(f'.figure[data-state="{state}"] .number')


def camera_at(town: Town, host: str) -> tuple[int, str]:
    [(number, name)] = town.ask("SELECT id, name FROM cameras_camera WHERE host = %s", host)
    return number, name
