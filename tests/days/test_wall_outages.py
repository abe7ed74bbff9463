"""One fault that takes many cameras down is one mark on the wall, and goes away as one."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.camera_farm import plan
from tests.days.conftest import OpenPage
from tests.days.town import CAMERAS, LIGHT, MISSING, Town, until
from tests.days.wall import (
    CUT_UNHEARD,
    DRAWN_S,
    HOSTILE,
    NOTICED_MS,
    SMALL,
    STATE_ON_MAP,
    camera_at,
    figure,
)

pytestmark = pytest.mark.usefixtures("tell_logs")

# A switch whose cameras no other test touches.
SWITCH = 12
BEHIND = plan.upstreams(LIGHT)[SWITCH].members
MARKS = """() => document.getElementById("map").map.getSource("outages").serialize().data
  .features.map((one) => [one.properties.cameras, one.geometry.coordinates])"""
PRESS = """([lon, lat]) => new Promise((drawn) => {
  const map = document.getElementById("map").map;
  map.once("idle", () => drawn(map.project([lon, lat])));
  map.jumpTo({ center: [lon, lat], zoom: 14 }, { originalEvent: {} });
})"""


# More than there are in the town, so that no figure of its own is taken for them.
UNKNOWN = 4000


def marks(page: Page) -> dict[int, list[float]]:
    """Where the marks are, by the number in them."""
    return dict(page.evaluate(MARKS))


def test_an_empty_list_says_how_many_nobody_knows(open_page: OpenPage) -> None:
    counts = {"total": UNKNOWN, "online": 0, "degraded": 0, "offline": 0, "unknown": UNKNOWN}

    def prepare(page: Page) -> None:
        page.route("**/api/cameras/summary/", lambda route: route.fulfill(json=counts))
        page.route(
            "**/api/cameras/offline/**", lambda route: route.fulfill(json={"items": [], "total": 0})
        )

    page = open_page("/wall/", SMALL, prepare=prepare)

    expect(page.locator("#list .none")).to_contain_text(str(UNKNOWN))
    page.locator('.figure[data-state="degraded"]').click()
    expect(page.locator("#list h2")).to_have_text("异常摄像机")
    expect(page.locator("#list .none")).to_contain_text(str(UNKNOWN))


def test_cameras_that_nobody_asks_are_unknown_and_come_back_by_themselves(
    wall: Page, town: Town, picture_folder: Path
) -> None:
    """The poller is gone: the wall says so, believes nothing old, and opens no outage."""
    number, _ = camera_at(town, CUT_UNHEARD)
    [(before,)] = town.ask("SELECT count(*) FROM cameras_outage")
    town.stop("poller")
    try:
        expect(figure(wall, "online")).to_have_text("0", timeout=NOTICED_MS)
        expect(wall.locator(".shared-notice")).to_be_visible()
        assert int(figure(wall, "unknown").inner_text()) >= CAMERAS - MISSING
        until(lambda: wall.evaluate(STATE_ON_MAP, number) == "unknown", "grey on the map", DRAWN_S)
        wall.screenshot(path=picture_folder / "unknown-1920x1080.png")
    finally:
        town.start("poller")
    expect(figure(wall, "online")).to_have_text(str(CAMERAS - MISSING), timeout=NOTICED_MS)
    expect(wall.locator(".shared-notice")).to_be_hidden(timeout=NOTICED_MS)
    assert town.ask("SELECT count(*) FROM cameras_outage") == [(before,)]


def test_a_switch_is_one_mark_with_its_cameras_folded_inside(
    wall: Page, town: Town, picture_folder: Path
) -> None:
    hosts = [device.host for device in plan.devices(LIGHT, 0) if device.index in BEHIND]
    [(upstream, switch)] = town.ask(
        "SELECT DISTINCT u.id, u.name FROM cameras_upstream AS u"
        " JOIN cameras_camera AS c ON c.upstream_id = u.id WHERE c.host = ANY(%s)",
        hosts,
    )
    # Names come from people; the page must show them as they are.
    town.ask("UPDATE cameras_upstream SET name = %s WHERE id = %s", HOSTILE, upstream)
    try:
        town.ask_often(*hosts)
        town.farm.cut_upstream(SWITCH)
        row = wall.locator(".shared-outage", has_text=HOSTILE)
        expect(row).to_contain_text(str(len(BEHIND)), timeout=NOTICED_MS)
        until(lambda: len(BEHIND) in marks(wall), "the mark has all of them", DRAWN_S)

        place = wall.evaluate(PRESS, marks(wall)[len(BEHIND)])
        wall.locator("#map").click(position={"x": place["x"], "y": place["y"]})
        note = wall.locator(".outage-note")
        expect(note.locator(".grid-name")).to_contain_text(HOSTILE)
        expect(note).to_contain_text(re.compile(r"\d{2}:\d{2}"))
        assert note.locator("img").count() == 0
        expect(note.locator(".outage-cameras")).to_be_hidden()
        note.locator("summary").click()
        expect(note.locator(".outage-cameras button")).to_have_count(len(BEHIND))
        wall.screenshot(path=picture_folder / "outage-1920x1080.png")
    finally:
        town.farm.restore_upstream(SWITCH)
        town.ask("UPDATE cameras_upstream SET name = %s WHERE id = %s", switch, upstream)
    expect(row).to_be_hidden(timeout=NOTICED_MS)
    expect(wall.locator(".shared-recovered")).to_contain_text(HOSTILE)
    expect(wall.locator(".outage-note")).to_be_hidden()
    assert len(BEHIND) not in marks(wall)
    expect(figure(wall, "offline")).to_have_text(str(MISSING), timeout=NOTICED_MS)
    assert wall.evaluate("() => window.stolen") is None
