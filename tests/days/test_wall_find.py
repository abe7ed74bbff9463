"""Finding things on the wall, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.days.conftest import OpenPage
from tests.days.town import Town, until
from tests.days.wall import ABSENT, FOUND_AREA, HOSTILE, SEES, SMALL

pytestmark = pytest.mark.usefixtures("tell_logs")


def test_somebody_finds_things_by_typing_and_the_map_goes_there(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    [(code, name, lon, lat)] = town.ask(
        "SELECT code, name, ST_X(label), ST_Y(label) FROM grids_division WHERE name = '杏花岭街道'"
    )
    page = open_page("/wall/", SMALL, reduced_motion="no-preference")
    until(lambda: page.evaluate("() => document.getElementById('map').map?.loaded()"), "the map")
    box, options = page.locator("#find input"), page.locator(".find-option")
    page.locator("body").press("/")
    expect(box).to_be_focused()
    box.press_sequentially("xhl", delay=20)
    expect(options.first).to_be_visible()
    expect(page.locator(".find-kind").first).to_have_text("行政区划")
    box.fill("杏花岭街")
    expect(options.first.locator("mark")).to_have_text("杏花岭街")
    page.screenshot(path=picture_folder / "find-1280x720.png")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    box.press("Enter")

    expect(box).to_have_value(name)
    expect(options.first).to_be_hidden()
    until(lambda: page.evaluate(SEES, [lon, lat]), "the map shows the street")
    assert page.evaluate(FOUND_AREA) == code
    until(lambda: page.evaluate(FOUND_AREA) == "", "the mark goes away")


def test_a_camera_that_is_found_opens_its_card(open_page: OpenPage, town: Town) -> None:
    [(code, name)] = town.ask("SELECT code, name FROM cameras_camera WHERE host = %s", ABSENT)
    page = open_page("/wall/", SMALL)
    box = page.locator("#find input")
    box.fill(code.lower())
    box.press("Enter")

    expect(page.locator("#card h2")).to_have_text(name)
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()


def test_finding_nothing_finding_late_and_failing_are_told_apart(
    open_page: OpenPage, town: Town
) -> None:
    held: list[Route] = []

    # Playwright looks at the arguments of a handler, which a built-in method does not tell.
    def hold(route: Route) -> None:
        held.append(route)

    def prepare(page: Page) -> None:
        page.route(re.compile(r"/api/find/\?q=slow"), hold)
        page.route(re.compile(r"/api/find/\?q=broken"), lambda route: route.abort())

    page = open_page("/wall/", SMALL, prepare=prepare)
    box, note = page.locator("#find input"), page.locator(".find-note")
    with page.expect_request(re.compile(r"/api/find/\?q=slow")):
        box.fill("slow")
    box.fill("魑魅魍魉")
    expect(note).to_contain_text("魑魅魍魉")
    with page.expect_response(re.compile(r"/api/find/\?q=slow")):
        held[0].fulfill(json={"items": [], "more": True, "refreshing": False})
    expect(note).to_contain_text("魑魅魍魉")
    box.fill("broken")
    expect(note).to_have_text("服务器没有应答。")
    box.press("Escape")
    expect(note).to_be_hidden()
    box.press("Escape")
    expect(box).to_have_value("")


def test_a_hostile_name_is_found_as_it_is(open_page: OpenPage, town: Town) -> None:
    [(number, name)] = town.ask("SELECT id, name FROM cameras_camera WHERE host = %s", ABSENT)
    town.ask("UPDATE cameras_camera SET name = %s WHERE id = %s", HOSTILE, number)
    try:
        page = open_page("/wall/", SMALL)
        page.locator("#find input").fill("onerror")
        # Events of other days may be named like it.
        title = page.get_by_role("group", name="摄像机").locator(".find-title")
        expect(title).to_have_text(HOSTILE)
        assert page.locator(".find-drop img").count() == 0
        assert page.evaluate("() => window.stolen") is None
    finally:
        town.ask("UPDATE cameras_camera SET name = %s WHERE id = %s", name, number)
