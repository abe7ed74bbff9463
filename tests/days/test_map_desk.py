"""The desk by keyboard alone, in a real browser."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.days.conftest import OpenPage
from tests.days.town import Town, until
from tests.days.wall import NAMELESS

pytestmark = pytest.mark.usefixtures("tell_logs")
LOADED = "() => document.getElementById('map').map?.loaded() ?? false"
STILL = "() => !document.getElementById('map').map.isMoving()"


def press(page: Page, key: str, times: int = 1) -> None:
    """On the map, which then stands still again."""
    for _time in range(times):
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        until(lambda: page.evaluate(STILL), "the map stands still")


def query(page: Page) -> dict[str, list[str]]:
    # Asked of the page: its changes of the address reach `page.url` only when playwright is called.
    return parse_qs(urlsplit(page.evaluate("location.href")).query)


def opened(open_page: OpenPage, **options: Any) -> Page:
    page = open_page("/map/?at=12.00/37.87800/112.57000", **options)
    until(lambda: page.evaluate(LOADED), "the map")
    return page


def test_a_length_is_measured_by_keyboard_alone(open_page: OpenPage) -> None:
    page = opened(open_page)
    sketch, said = page.locator("#sketch"), page.locator(".sketch-said")
    page.keyboard.press("m")
    expect(sketch).to_be_visible()
    press(page, "Enter")
    press(page, "ArrowRight", 2)
    press(page, "Enter")
    press(page, "ArrowDown", 2)
    press(page, "Enter")
    expect(said).to_contain_text("3 个点")
    press(page, "Backspace")
    expect(said).to_contain_text("2 个点")
    press(page, "f")
    expect(sketch).to_be_hidden()
    expect(page.locator(".results-said")).to_contain_text("公里")

    # Escape leaves a tool, and nothing is left of it.
    page.keyboard.press("a")
    press(page, "Enter")
    press(page, "Escape")
    expect(sketch).to_be_hidden()
    assert (
        page.evaluate(
            "() => document.getElementById('map').map.getSource('sketch').serialize().data.features"
        )
        == []
    )


def test_what_the_map_shows_is_a_list_that_opens_cards(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.keyboard.press("l")
    rows = page.locator('[data-layer="cameras"] .results-row')
    expect(rows.first).to_be_visible()
    name = rows.first.locator(".results-name").inner_text()
    expect(page.get_by_role("list", name="摄像机", exact=True)).to_be_visible()
    assert page.evaluate(NAMELESS) == []
    rows.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text(name)

    # What lies around it; Escape takes the window away, and then the card.
    page.locator('#card [data-role="around"]').press("Enter")
    expect(page.locator("#radius")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#card h2")).to_have_text(name)
    page.locator('#card [data-role="around"]').press("Enter")
    page.locator("#radius").fill("200")
    page.keyboard.press("Enter")
    expect(page.locator(".results-head h2")).to_contain_text(name)
    expect(page.locator(".results-said")).to_contain_text("0.126")  # pi x 0.2 km squared
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()


def test_a_search_around_a_point_and_a_filter_go_along_in_a_link(
    open_page: OpenPage, picture_folder: Path
) -> None:
    page = opened(open_page)
    page.keyboard.press("g")
    page.keyboard.press("n")
    press(page, "Enter")
    radius = page.locator("#radius")
    expect(radius).to_be_focused()
    expect(page.locator("#help button.main")).to_have_text(["查询"])
    radius.fill("1500")
    page.keyboard.press("Enter")
    expect(page.locator(".results-head h2")).to_contain_text("1500")
    expect(page.locator(".results-said")).to_contain_text("7.0")  # pi x 1.5 km squared
    expect(page.locator(".results-said")).to_contain_text(re.compile("（.+ 亩）"))
    page.screenshot(path=picture_folder / "desk-1920x1080.png")

    # A filter changes map and address; another page opened with the address shows the same.
    box = page.locator('input[name="camera_state"][value="offline"]')
    box.focus()
    page.keyboard.press("Space")
    until(lambda: query(page).get("camera_state") == ["offline"], "the address")
    street, community = page.locator('select[name="area"]').all()
    expect(community).to_be_disabled()
    street.select_option(index=1)
    community.select_option(index=1)
    code = community.input_value()
    assert code[:9] == street.input_value()[:9]
    until(lambda: query(page).get("area") == [code], "the community in the address")
    number = page.locator('.desk-layer:has(input[value="cameras"]) .desk-number')
    shown = number.inner_text()
    other = open_page(f"{urlsplit(page.url).path}?{urlsplit(page.url).query}")
    expect(other.locator('input[name="camera_state"][value="offline"]')).to_be_checked()
    expect(other.locator('.desk-layer:has(input[value="cameras"]) .desk-number')).to_have_text(
        shown
    )
    expect(other.locator('select[name="area"]').last).to_have_value(code)

    # Another street has other communities.
    street.select_option(index=2)
    expect(community).to_have_value("")
    until(lambda: query(page).get("area") == [street.input_value()], "the street in the address")


def test_keys_are_heard_on_check_boxes_sliders_and_lists(open_page: OpenPage) -> None:
    page = opened(open_page)
    sketch, canvas = page.locator("#sketch"), page.locator("#map .maplibregl-canvas")
    fields = ('input[name="camera_state"]', ".desk-layer input[type=range]", 'select[name="area"]')
    for field in fields:
        page.locator(field).first.focus()
        page.keyboard.press("m")
        expect(sketch).to_be_visible()
        expect(canvas).to_be_focused()
        # Nor are those of the tool dead where a check box has the focus.
        page.locator(fields[0]).first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".sketch-said")).to_contain_text("1 个点")
        page.keyboard.press("Escape")
        expect(sketch).to_be_hidden()

    # Space is the check box's own, and what is written is none of the page's keys.
    box = page.locator(fields[0]).first
    box.press("Space")
    expect(box).to_be_checked()
    page.keyboard.press("/")
    expect(page.locator("#find input")).to_be_focused()
    page.keyboard.press("m")
    expect(sketch).to_be_hidden()


def test_the_name_of_a_drawing_is_left_for_the_map(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.locator("#drawings button").first.press("Enter")
    press(page, "Enter")
    field, canvas = page.locator(".drawn-list input"), page.locator("#map .maplibregl-canvas")
    expect(field).to_be_focused()
    page.keyboard.type("gm")
    page.keyboard.press("Enter")
    expect(canvas).to_be_focused()
    expect(page.locator("#sketch")).to_be_hidden()

    field.focus()
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    expect(canvas).to_be_focused()
    expect(field).to_have_value("gm")
    page.reload()
    expect(field).to_have_value("gm")


def test_the_page_is_as_high_as_the_window_and_nothing_scrolls_it(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.locator("#drawings input[type=file]").focus()

    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    page.evaluate("scrollTo(0, 1000)")
    assert page.evaluate("scrollY") == 0


def test_a_file_has_what_the_layers_and_filters_of_the_map_leave(open_page: OpenPage) -> None:
    page = open_page("/map/?at=12.00/37.87800/112.57000&layers=events,grids,people,places")
    until(lambda: page.evaluate(LOADED), "the map")
    page.locator('input[name="event_severity"][value="major"]').check()
    page.locator('input[name="camera_state"][value="offline"]').check()
    page.locator("#as-file").click()
    expect(page.locator("#map-form")).to_be_visible()

    assert [one.get_attribute("value") for one in page.locator("[name=layer]:checked").all()] == [
        "events",
    ]  # fmt: skip
    assert (query(page)["event_severity"], query(page)["camera_state"]) == (["major"], ["offline"])
    expect(page.locator('[name="event_severity"][value="major"]')).to_be_checked()
    expect(page.locator("#map-lacking")).to_contain_text("在岗人员、楼栋、商铺和服务点")


def test_all_keys_are_told(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.locator("#tools button").first.focus()
    page.keyboard.press("?")
    expect(page.locator("#help .keys tr")).to_have_count(17)
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_drawing_is_a_tool_with_a_key(open_page: OpenPage) -> None:
    page = opened(open_page)
    page.keyboard.press("d")
    expect(page.locator("#help h2")).to_have_text("绘图")
    page.locator("#help .desk-verbs button", has_text="线").press("Enter")
    expect(page.locator("#help")).to_be_hidden()
    tool = page.locator('#tools [data-tool="draw"]')
    expect(tool).to_have_attribute("aria-pressed", "true")
    press(page, "Enter")
    press(page, "ArrowRight")
    press(page, "Enter")
    press(page, "f")
    expect(page.locator(".drawn-list li")).to_contain_text("公里")
    expect(page.locator(".drawn-list input")).to_be_focused()
    expect(tool).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_tools_lie_on_the_map_and_a_card_below_them(
    open_page: OpenPage, town: Town, language: str
) -> None:
    def speak(page: Page) -> None:
        cookie = {"name": "django_language", "value": language, "url": town.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]

    page = opened(open_page, prepare=speak)
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.keyboard.press("l")
    page.locator('[data-layer="cameras"] .results-row').first.press("Enter")
    expect(page.locator("#card")).to_be_visible()

    place, card, tools = (page.locator(one).bounding_box() for one in ("#map", "#card", "#tools"))
    assert place
    assert card
    assert tools
    assert place["x"] < tools["x"]
    assert tools["x"] + tools["width"] < place["x"] + place["width"]
    assert tools["y"] + tools["height"] < card["y"]
    assert card["y"] + card["height"] <= place["y"] + place["height"] + 1


def test_a_drawing_stays_in_this_browser_and_goes_through_a_file(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("/map/")
    until(lambda: page.evaluate(LOADED), "the map")
    page.locator("#drawings button").first.focus()
    page.keyboard.press("Enter")
    press(page, "Enter")
    field = page.locator(".drawn-list input")
    expect(field).to_be_focused()
    page.keyboard.type("<b>桥</b>")
    page.keyboard.press("Tab")
    with page.expect_download() as saving:
        page.get_by_role("button", name="保存为文件").press("Enter")
    path = tmp_path / "drawings.geojson"
    saving.value.save_as(path)
    [saved] = json.loads(path.read_text(encoding="utf-8"))["features"]

    page.reload()
    expect(field).to_have_value("<b>桥</b>")
    page.set_input_files("#drawings input[type=file]", path)
    expect(field).to_have_count(2)
    bad = tmp_path / "bad.geojson"
    bad.write_text("{", encoding="utf-8")
    page.set_input_files("#drawings input[type=file]", bad)
    expect(page.locator("#drawings .desk-said")).to_contain_text("GeoJSON")
    expect(field).to_have_count(2)

    assert saved["properties"] == {"name": "<b>桥</b>"}
    assert saved["geometry"]["type"] == "Point"
