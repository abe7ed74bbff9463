"""Headline figures on the wall, and grids coloured by a figure that somebody chooses."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.days.conftest import OpenPage
from tests.days.town import Town, until
from tests.days.wall import DRAWN_S, GRIDS, NAMELESS

pytestmark = pytest.mark.usefixtures("tell_logs")
OURS = "scope_code LIKE '140107%%'"
OPEN = "state NOT IN ('refused', 'closed', 'merged', 'withdrawn')"
# Of the grid's features on screen the class that the map colours it by.
CLASS = """(id) => {
  const { map } = document.getElementById("map");
  const known = map.isStyleLoaded() && map.getLayer("grid-colours");
  return known ? map.getFeatureState({ source: "grids", sourceLayer: "grids", id }).class : null;
}"""
SHOWN = """() => document.getElementById("map").map
  .getLayoutProperty("grid-colours", "visibility")"""
# How many rows the list of what is down has room for, and which parts below it are cut.
ROOM = """() => {
  const heightOf = (selector) => document.querySelector(selector).clientHeight;
  const rows = (heightOf("#list") - heightOf("#list .list-head")) / heightOf("#list .row");
  const isCut = (node) => node.scrollHeight > node.clientHeight + 1;
  const cut = [...document.querySelectorAll(".panel, #headlines, #patrols")].filter(isCut);
  return { rows, cut: cut.map((node) => node.id || node.className) };
}"""
PRESS = """([lon, lat]) => new Promise((drawn) => {
  const map = document.getElementById("map").map;
  map.once("idle", () => drawn(map.project([lon, lat])));
  map.jumpTo({ center: [lon, lat], zoom: 17 }, { originalEvent: {} });
})"""


def open_events(town: Town) -> int:
    [(count,)] = town.ask(f"SELECT count(*) FROM events_event WHERE {OURS} AND {OPEN}")
    return int(count)


def busiest(town: Town) -> tuple[int, int, float, float]:
    """The grid with most open events, how many, and a place in it."""
    [(grid, count, lon, lat)] = town.ask(
        f"SELECT grid_id, count(*), avg(ST_X(ST_PointOnSurface(s.shape))),"
        f" avg(ST_Y(ST_PointOnSurface(s.shape)))"
        f" FROM events_event JOIN grids_gridshape AS s USING (grid_id)"
        f" WHERE {OURS} AND {OPEN} AND s.valid @> current_date"
        f" GROUP BY grid_id ORDER BY count(*) DESC, grid_id LIMIT 1"
    )
    return int(grid), int(count), float(lon), float(lat)


def class_is(page: Page, grid: int, expected: int) -> bool:
    return bool(page.evaluate(CLASS, grid) == expected)


def test_headlines_are_those_of_the_database_and_say_what_they_are_compared_with(
    open_page: OpenPage, town: Town
) -> None:
    page = open_page("/wall/")
    headlines = page.locator("#headlines")

    row = headlines.locator('[data-figure="events"]')
    expect(row.locator("b")).to_have_text(str(open_events(town)))
    # A sign, an arrow and a word, or why there is no figure.
    for number in (2, 3):
        cell = row.locator("th, td").nth(number)
        assert any(word in cell.inner_text() for word in ("增", "减", "持平", "无数据"))
    expect(headlines.locator(".headline-about")).to_contain_text("昨日同一时刻")
    expect(headlines.locator(".headline-part")).to_have_count(4)
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(page.locator("#list .row")).not_to_have_count(0)
    room = page.evaluate(ROOM)
    assert room["rows"] >= 4
    assert room["cut"] == []
    assert page.evaluate(NAMELESS) == []


def test_grids_are_coloured_by_the_figure_that_is_chosen_and_it_is_kept(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = open_page("/wall/")
    grid, count, lon, lat = busiest(town)
    expected = sum(count >= edge for edge in (1, 3, 6, 11))
    page.locator("#grid-figure-choice").select_option("events")

    box = page.locator("#grid-figure")
    expect(box.locator("[data-class]")).to_have_count(5)
    until(partial(class_is, page, grid, expected), "the grid has its class", DRAWN_S)
    assert page.evaluate(SHOWN) == "visible"
    numbers = [int(text.split()[0]) for text in box.locator(".grid-count").all_inner_texts()]
    assert sum(numbers) == GRIDS
    page.screenshot(path=picture_folder / "wall-figures.png")

    page.reload()
    expect(page.locator("#grid-figure-choice")).to_have_value("events")
    until(partial(class_is, page, grid, expected), "it is coloured again", DRAWN_S)
    # Signs of events and cameras lie over grids, and would be what is pressed.
    page.evaluate("""() => {
      const { map } = document.getElementById("map");
      for (const { id, type } of map.getStyle().layers)
        if (["symbol", "circle"].includes(type)) map.setLayoutProperty(id, "visibility", "none");
    }""")
    spot: dict[str, Any] = page.evaluate(PRESS, [lon, lat])
    page.locator("#map canvas").click(position={"x": spot["x"], "y": spot["y"]})
    expect(page.locator(".grid-figure-words")).to_have_text(f"未办结事件：{count} 件未办结")

    # A file has the same colours.
    page.locator("#as-file").evaluate(
        "(link) => link.addEventListener('click', (e) => e.preventDefault())"
    )
    page.locator("#as-file").click()
    assert "&figure=events" in (page.locator("#as-file").get_attribute("href") or "")

    # Only one layer of colour at a time.
    page.locator('button[data-layer="covered"]').click()
    expect(page.locator("#grid-figure")).to_be_hidden()
    expect(page.locator("#grid-figure-choice")).to_have_value("")
    assert page.evaluate(SHOWN) == "none"
    page.locator("#grid-figure-choice").select_option("intact")
    expect(page.locator("#coverage")).to_be_hidden()
    page.locator("#grid-figure .close").click()
    expect(page.locator("#grid-figure")).to_be_hidden()
