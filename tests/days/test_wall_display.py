"""The wall on its screen, in a real browser: tiles, type, turns; bursts; and what it says when the
clock, the database or its reader changes.
"""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, OpenPage
from tests.days.town import OPERATOR, Town, connected, sibling, until
from tests.days.wall import ABSENT, DRAWN_S, NOTICED_MS, SMALL, camera_at

pytestmark = pytest.mark.usefixtures("tell_logs")

TILED = {"width": 1500, "height": 800}
# The boxes of all text that can be seen and is not the map's own, which is drawn into one picture.
ACROSS = """([xs, ys]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!node.data.trim() || !holder.checkVisibility({ visibilityProperty: true })) continue;
    if (holder.closest(".skip, .unseen")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const clip = holder.closest(".panel-tile")?.getBoundingClientRect();
      const bottom = Math.min(box.bottom, clip?.bottom ?? Infinity);
      const crosses = (at, from, to) => from < at - 0.5 && to > at + 0.5;
      if (!box.width || bottom <= box.top) continue;
      const across = xs.some((x) => crosses(x, box.left, box.right));
      if (across || ys.some((y) => crosses(y, box.top, bottom))) found.push(node.data.trim());
    }
  }
  return found;
}"""
LOADED = "() => Boolean(document.getElementById('map').map?.loaded())"
# Keeps the first picture for later: it is drawn before it is put into the page.
KEEP_FIRST = """new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) {
    if (node.className === "first") window.first = node;
  }
}).observe(document, { childList: true, subtree: true })"""
# Of all cameras, the share that the first picture has where the map has them: there it has another
# colour than one hand's breadth beside the territory's own.
IN_REGISTER = """() => {
  const { map } = document.getElementById("map");
  const pen = window.first.getContext("2d");
  const ratio = devicePixelRatio;
  const at = ({ x, y }) => pen.getImageData(x * ratio, y * ratio, 1, 1).data.join();
  const ground = (name) => {
    const said = getComputedStyle(document.documentElement).getPropertyValue(name);
    const [, ...parts] = /#(..)(..)(..)/.exec(said);
    return [...parts.map((part) => parseInt(part, 16)), 255].join();
  };
  const plain = ["--map-inside", "--map-outside"].map(ground);
  const { features } = map.getSource("cameras").serialize().data;
  const places = features.map(({ geometry }) => map.project(geometry.coordinates));
  return places.filter((place) => !plain.includes(at(place))).length / places.length;
}"""
ROOT_PX = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
# Streams that the page has opened, so that a test can speak in the server's place.
STREAMS = """() => {
  const Own = window.EventSource;
  window.streams = [];
  window.EventSource = class extends Own {
    constructor(...words) { super(...words); window.streams.push(this); }
  };
}"""
BURST = """(ids) => new Promise((told) => {
  const source = document.getElementById("map").map.getSource("cameras");
  const draws = [];
  for (const name of ["setData", "updateData"]) {
    const own = source[name].bind(source);
    source[name] = (data) => { draws.push(data.add?.length ?? -1); return own(data); };
  }
  const stream = window.streams.at(-1);
  const began = performance.now();
  let sent = 0;
  const send = () => {
    // As many as are due by now: a busy machine's timers come late, and in heaps.
    const due = Math.min(1_000, Math.floor(performance.now() - began));
    for (; sent < due; sent += 1) {
      const data = { state: sent >= 1_000 - ids.length ? "unknown" : "degraded" };
      const subject = String(ids[sent % ids.length]);
      const body = JSON.stringify({ topic: "camera", subject, data });
      stream.dispatchEvent(new MessageEvent("change", { data: body, lastEventId: "1" }));
    }
    if (sent < 1_000) return setTimeout(send, 1);
    setTimeout(() => told(draws), 2_500);
  };
  send();
})"""
# Rows of the panel of which a part alone is seen.
CUT = """() => {
  const rows = document.querySelectorAll(
    ".alarm-rows > li, .alarm-more, .figure, .rows > li, .headlines tr, .patrol-fold > summary");
  return [...rows].filter((row) => row.checkVisibility()).filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    let [from, to] = [top, bottom];
    for (let at = row.parentElement; at; at = at.parentElement) {
      if (getComputedStyle(at).overflowY === "visible") continue;
      const clip = at.getBoundingClientRect();
      [from, to] = [Math.max(from, clip.top), Math.min(to, clip.bottom)];
    }
    return to - from > 1 && to - from < bottom - top - 2;
  }).map((row) => row.textContent);
}"""
# Pixels of the map's picture for each of the screen's.
SHARP = """() => {
  const { map } = document.getElementById("map");
  return map ? map.getCanvas().width / map.getContainer().clientWidth / devicePixelRatio : 0;
}"""
# Where the territory's lower edge lies, in pixels of the window.
BELOW = """() => {
  const node = document.getElementById("map");
  if (!node.map) return 1e9;
  const { extent } = JSON.parse(document.getElementById("wall-config").textContent);
  return node.getBoundingClientRect().top + node.map.project([extent[0], extent[1]]).y;
}"""
STATES_ON_MAP = """() => document.getElementById("map").map.getSource("cameras").serialize()
  .data.features.map((camera) => camera.properties.state)"""
AMONG_CAMERAS = """() => document.getElementById("map").map
  .jumpTo({ center: [112.555, 37.875], zoom: 13 }, { originalEvent: {} })"""


def test_nothing_that_is_read_lies_over_a_seam(open_page: OpenPage) -> None:
    page = open_page("/wall/?tiles=3x2&turn=600", TILED)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    expect(page.locator("#tour")).to_be_visible()
    seams = [[500, 1000], [400]]
    assert page.evaluate(ACROSS, seams) == []

    page.locator(".row").first.click()
    expect(page.locator("#card h2")).not_to_be_empty()
    assert page.evaluate(ACROSS, seams) == []
    page.keyboard.press("Escape")
    page.locator("#display").click()
    expect(page.locator(".display-streets li")).not_to_have_count(0)
    box = page.locator(".display-dialog").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 500
    assert box["y"] + box["height"] <= 400

    # All of the territory lies above the legend, which lies over the map.
    page.goto(page.url.replace("&turn=600", ""))
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    legend = page.locator("#legend").bounding_box()
    assert legend
    edge = legend["y"]
    until(lambda: page.evaluate(BELOW) < edge, "the territory lies above the legend", 20)


def test_a_map_over_several_screens_is_as_sharp_as_one(open_page: OpenPage) -> None:
    page = open_page("/wall/?tiles=3x1", {"width": 5_000, "height": 400})
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    until(lambda: page.evaluate(SHARP) >= 1, "each pixel of the screen is drawn", DRAWN_S)


@pytest.mark.parametrize("distance", ["", "?distance=3&height=100"])
def test_the_scale_is_read_beside_the_legend(open_page: OpenPage, distance: str) -> None:
    page = open_page(f"/wall/{distance}", DESK)
    scale = page.locator(".maplibregl-ctrl-scale")
    expect(scale).to_have_text(re.compile("米"))
    box, legend = scale.bounding_box(), page.locator("#legend").bounding_box()
    assert box
    assert legend
    assert legend["x"] + legend["width"] <= box["x"]
    assert scale.evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize("settings", ["", "?distance=3&height=100", "?tiles=2x2"])
def test_no_row_is_cut_however_large_type_is(open_page: OpenPage, settings: str) -> None:
    page = open_page(f"/wall/{settings}", DESK)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    # What matters most is there whole, on a wall that nobody scrolls.
    expect(page.locator(".headlines tr[data-figure=coverage]")).to_be_in_viewport(ratio=0.99)
    until(lambda: page.evaluate(CUT) == [], "rows are whole", 20)
    wide = ".bar > *:last-child button"
    first, last = page.locator(".place").bounding_box(), page.locator(wide).bounding_box()
    assert first
    assert last
    assert last["y"] < first["y"] + first["height"]


def test_the_legend_says_what_characters_and_colours_of_events_mean(open_page: OpenPage) -> None:
    legend = open_page("/wall/", DESK).locator("#legend")
    kinds = legend.locator("li", has_text="字表示类别")
    expect(kinds).to_contain_text("平安建设社情民意公共服务应急处置")
    expect(kinds.locator("canvas")).to_have_count(4)
    expect(legend.locator("li", has_text="颜色表示期限").locator("canvas")).to_have_count(4)


def test_type_follows_the_distance_and_is_kept(open_page: OpenPage) -> None:
    page = open_page("/wall/", SMALL)
    usual = page.evaluate(ROOT_PX)
    page.keyboard.press("d")
    dialog = page.locator(".display-dialog")
    dialog.locator("[name=distance]").fill("900")
    dialog.locator("button.main").click()
    expect(dialog.locator(".notice")).to_be_visible()
    dialog.locator("[name=distance]").fill("2")
    dialog.locator("[name=height]").fill("60")
    dialog.locator("[name=theme]").select_option("light")
    dialog.locator("button.main").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    until(lambda: page.evaluate(ROOT_PX) > usual, "type has grown")
    grown = page.evaluate(ROOT_PX)
    page.goto(page.url)
    assert page.evaluate(ROOT_PX) == grown
    ink = "() => getComputedStyle(document.body).color"
    assert page.evaluate(ink) == "rgb(20, 32, 43)"
    # Pages of lists follow in the theme, not in the size of type.
    page.goto(page.url.replace("/wall/", "/maps/files/"))
    assert page.evaluate(ink) == "rgb(20, 32, 43)"
    assert page.evaluate(ROOT_PX) < grown
    # The page of one's account chooses it for all of them, and leaves the wall's type as it is.
    page.goto(page.url.replace("/maps/files/", "/account/"))
    dark = page.locator("[data-choose-theme=dark]")
    expect(page.locator("[data-choose-theme=light]")).to_have_attribute("aria-pressed", "true")
    dark.click()
    expect(dark).to_have_attribute("aria-pressed", "true")
    page.goto(page.url.replace("/account/", "/wall/"))
    assert page.evaluate(ink) == "rgb(232, 238, 244)"
    assert page.evaluate(ROOT_PX) == grown


def test_an_address_that_cannot_be_meant_is_told_on_the_page(open_page: OpenPage) -> None:
    page = open_page("/wall/?tiles=99&theme=<b>x</b>&turn=-1", SMALL)

    expect(page.locator("#display-note")).to_contain_text("显示设置")
    expect(page.locator("#display-note")).to_contain_text("拼接屏")
    assert page.locator("#display-note b").count() == 0
    expect(page.locator("#tour")).to_be_hidden()


def test_the_wall_goes_through_the_streets_and_waits_when_touched(open_page: OpenPage) -> None:
    page = open_page("/wall/?turn=5&pause=5&streets=140107003,140107001", SMALL)
    name = page.locator(".tour-name")
    expect(name).to_have_text("全区")
    whole = page.evaluate("() => document.getElementById('map').map.getZoom()")
    expect(page.locator(".tour-place")).to_have_text("2/3")
    first = name.inner_text()
    until(
        lambda: page.evaluate("() => document.getElementById('map').map.getZoom()") > whole,
        "the map has gone to the street",
    )
    page.locator("#clock").click()
    expect(page.locator("#tour")).to_have_attribute("data-paused", "")
    expect(name).to_have_text(first)
    expect(page.locator("#tour")).not_to_have_attribute("data-paused", "")
    expect(name).not_to_have_text(first)
    page.keyboard.press("t")
    expect(page.locator("#tour")).to_be_hidden()


def test_a_thousand_changes_of_a_second_are_one_repaint_and_none_is_lost(
    open_page: OpenPage, town: Town
) -> None:
    page = open_page("/wall/", SMALL, prepare=lambda page: page.add_init_script(f"({STREAMS})()"))
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    until(lambda: page.evaluate(LOADED), "the map is drawn", DRAWN_S)
    ids = [number for (number,) in town.ask("SELECT id FROM cameras_camera ORDER BY id")]
    draws = page.evaluate(BURST, ids)

    # What the poller of this town tells meanwhile may be a repaint of its own.
    assert draws[0] >= len(ids) * 0.9
    assert len([drawn for drawn in draws if drawn > 20]) == 1
    states = page.evaluate(STATES_ON_MAP)
    assert len(states) == len(ids)
    assert states.count("unknown") >= len(ids) * 0.95
    assert states.count("degraded") <= len(ids) * 0.05


@pytest.mark.parametrize("hours", [-1, 1])
def test_ages_follow_the_servers_clock(open_page: OpenPage, town: Town, hours: int) -> None:
    number, _ = camera_at(town, ABSENT)
    until(lambda: town.state_of(number) == "offline", "a camera is down")
    wrong = datetime.now(UTC) + timedelta(hours=hours)
    page = open_page("/wall/", SMALL, prepare=lambda page: page.clock.install(time=wrong))
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    since = page.locator(f'.row[data-camera="{number}"] .row-since')
    expect(since).to_have_text(re.compile(r"\d"))

    asked = "SELECT extract(epoch FROM now() - since) FROM cameras_camerastate WHERE camera_id = %s"
    # Whole minutes are told, and the page may be a few seconds behind on a busy machine.
    until(lambda: abs(seconds_in(since.inner_text()) - float(town.ask(asked, number)[0][0])) < 75,
          "the age on the wall is the server's", 20)  # fmt: skip
    hour = town.ask("SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'HH24:')")[0][0]
    expect(page.locator("#clock")).to_contain_text(hour)
    expect(page.locator("#banner")).to_be_hidden()


def seconds_in(text: str) -> int:
    """Of "已 1 小时 5 分钟 · 10:18 起" and its like."""
    units = {"秒": 1, "分钟": 60, "小时": 3_600, "天": 86_400}
    parts = re.findall(r"(\d+) (秒|分钟|小时|天)", text.partition("·")[0])
    return sum(int(count) * units[unit] for count, unit in parts)


def test_a_database_that_is_pulled_is_told_and_heals(open_page: OpenPage, town: Town) -> None:
    page = open_page("/wall/", SMALL)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    server = sibling(town.environment["DATABASE_URL"], "postgres")
    with connected(server) as cursor:
        cursor.execute(f"ALTER DATABASE {town.database} WITH ALLOW_CONNECTIONS false")
        try:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s",
                [town.database],
            )
            expect(page.locator("body")).to_have_attribute("data-live", "lost")
            expect(page.locator("#banner")).to_be_visible()
        finally:
            cursor.execute(f"ALTER DATABASE {town.database} WITH ALLOW_CONNECTIONS true")

    expect(page.locator("#banner")).to_be_hidden(timeout=NOTICED_MS)
    expect(page.locator("body")).to_have_attribute("data-live", "live")


def test_whose_reach_changes_sees_the_new_one_at_once(open_page: OpenPage, town: Town) -> None:
    page = open_page("/wall/?theme=light", SMALL)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    grids = page.locator(".territory").text_content()
    before = town.ask("SELECT scope FROM gis_server_user WHERE username = %s", OPERATOR.username)
    try:
        town.manage("shell", "-c", narrowed("140107001"))
        until(lambda: page.locator(".territory").text_content() != grids, "the page of one street")
        expect(page.locator("body")).to_have_attribute("data-live", "live")
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
    finally:
        town.manage("shell", "-c", narrowed(*before[0][0]))
    until(lambda: page.locator(".territory").text_content() == grids, "the page of all")


def narrowed(*scope: str) -> str:
    """What an administrator does on the page of users, as a line of Python."""
    boss = next(one for one in SIGN_INS if one.role is Role.ADMINISTRATOR)
    return (
        "from gis_server.accounts import users; from gis_server.models import User;"
        f"one = User.objects.get(username={OPERATOR.username!r});"
        f"boss = User.objects.get(username={boss.username!r});"
        "wanted = users.Wanted(display_name=one.display_name, role=one.role,"
        f" scope={json.dumps(list(scope))}, is_active=True, outside_id=one.outside_id);"
        "users.edit(by=boss, user_id=one.pk, version=one.version, wanted=wanted)"
    )


def test_a_district_of_many_cameras_is_asked_for_by_view(open_page: OpenPage) -> None:
    asked: list[str] = []

    def cut(route: Route) -> None:
        """As the server answers where there are more than were asked for."""
        asked.append(route.request.url)
        if "bbox" in route.request.url:
            return route.continue_()
        body = route.fetch().json()
        return route.fulfill(json=body | {"complete": False, "features": body["features"][:9]})

    def prepare(page: Page) -> None:
        page.route("**/api/cameras.geojson*", cut)

    page = open_page("/wall/", SMALL, prepare=prepare)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    page.evaluate(AMONG_CAMERAS)
    until(lambda: any("bbox" in url for url in asked), "those in view are asked for")
    until(lambda: len(page.evaluate(STATES_ON_MAP)) > 9, "those in view are drawn")
    expect(page.locator(".crowded")).to_be_hidden()


def test_the_first_picture_is_there_before_the_map_and_gives_way_to_it(
    open_page: OpenPage,
) -> None:
    page = open_page("/wall/", prepare=lambda page: page.add_init_script(KEEP_FIRST))
    until(lambda: page.evaluate(LOADED), "the map is drawn", DRAWN_S)
    # From now on this browser knows how high the legend is, above which the territory lies.
    page.reload()
    until(lambda: page.evaluate("() => Boolean(window.first)"), "the first picture", DRAWN_S)
    until(lambda: page.evaluate(LOADED), "the map is drawn", DRAWN_S)

    expect(page.locator("canvas.first")).to_have_count(0)
    assert page.evaluate(IN_REGISTER) > 0.95


def test_without_graphics_the_first_picture_makes_room_for_words(open_page: OpenPage) -> None:
    no_graphics = """() => {
      const own = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind.startsWith("webgl") ? null : own.call(this, kind, ...more);
      };
    }"""
    page = open_page("/wall/", prepare=lambda page: page.add_init_script(f"({no_graphics})()"))

    expect(page.locator("#map .empty")).to_be_visible()
    expect(page.locator("canvas.first")).to_have_count(0)
