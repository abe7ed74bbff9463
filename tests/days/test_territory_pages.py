"""A morning of a planner: finds a grid, names it, takes it back, and puts strays on the map."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, PHONE, OpenPage
from tests.days.town import Town, until

PLANNER = next(person for person in SIGN_INS if person.role is Role.PLANNER)
STREETS = 12
HOSTILE = """<img src=x onerror="stolen=1">'`${stolen=1}"""
STRAY = "待落图一号楼"
# Where in the district a place is put; the middle of the grid with the lowest code.
MIDDLE = """
    SELECT ST_X(here), ST_Y(here), code FROM (
        SELECT ST_PointOnSurface(drawn.shape) AS here, grid.code
        FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
        ORDER BY grid.code LIMIT 1) AS lowest"""
DRAWN = "document.getElementById('map')?.map?.loaded() === true"
CLOSE_TO = """([lon, lat]) => new Promise((drawn) => {
  const map = document.getElementById("map").map;
  map.once("idle", () => { const { x, y } = map.project([lon, lat]); drawn({ x, y }); });
  map.jumpTo({ center: [lon, lat], zoom: 17 });
})"""


@pytest.fixture
def planner(open_page: OpenPage, town: Town) -> OpenPage:
    """Opens pages of somebody who has signed in as a planner."""

    def open_at(path: str, viewport: dict[str, int] = DESK) -> Page:
        page = open_page(f"/sign-in/?next={path}", viewport, known=False)
        page.locator("#id_username").fill(PLANNER.username)
        page.locator("#id_password").fill(PLANNER.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{town.url}{path}")
        return page

    return open_at


@pytest.fixture
def strays(town: Town) -> Iterator[None]:
    """Two places with an address only."""
    names = [STRAY, HOSTILE]
    for name in names:
        town.ask(
            "INSERT INTO grids_building (name, address, scope_code) VALUES (%s, %s, '140107001')",
            name,
            f"{name} 地址",
        )
    yield
    town.ask("DELETE FROM grids_building WHERE name = ANY (%s)", names)


def test_the_tree_is_walked_with_the_keyboard(planner: OpenPage, picture_folder: Path) -> None:
    page = planner("/territory/")
    rows = page.locator("#tree tbody tr")
    expect(rows).to_have_count(1 + STREETS)
    expect(rows.nth(0)).to_contain_text("897")
    page.screenshot(path=picture_folder / "territory-1920x1080.png")

    rows.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(rows.nth(1)).to_have_attribute("aria-expanded", "true")
    expect(rows.nth(2)).to_have_attribute("aria-level", "3")
    page.keyboard.press("ArrowRight")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(1 + STREETS)

    page.locator("#find").fill("胜利西街社区第2")
    expect(rows).to_have_count(1)
    page.locator("#find").press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/grids/\d{15}/"))


def test_a_name_is_changed_heard_of_and_taken_back(
    planner: OpenPage, town: Town, picture_folder: Path
) -> None:
    [(code, name)] = town.ask("SELECT code, name FROM grids_grid ORDER BY code LIMIT 1")
    other = planner(f"/grids/{code}/")
    page = planner(f"/grids/{code}/")
    until(lambda: page.evaluate(DRAWN), "the map is drawn", 90.0)

    page.get_by_text("编辑名称和类别").click()
    page.locator("#id_name").fill(HOSTILE)
    page.locator(".edit-box[open] button.main").click()

    expect(page.locator("h1")).to_have_text(HOSTILE)
    expect(page.locator(".saved")).to_be_visible()
    expect(other.locator("#changed")).to_be_visible()
    until(lambda: page.evaluate(DRAWN), "the map is drawn", 90.0)
    page.screenshot(path=picture_folder / "grid-saved-1920x1080.png")
    page.locator(".saved button").click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator(".edits > li")).to_have_count(2)
    assert page.evaluate("typeof stolen") == "undefined"


def test_strays_are_put_on_the_map_one_after_the_other(
    planner: OpenPage, town: Town, strays: None, picture_folder: Path
) -> None:
    [(lon, lat, code)] = town.ask(MIDDLE)
    page = planner("/territory/strays/")
    page.locator(".page-actions .button.main").click()
    expect(page.locator("h1")).to_have_text(STRAY)
    until(lambda: page.evaluate(DRAWN), "the map is drawn", 90.0)

    page.locator("#map").click(position={"x": 300, "y": 250})
    expect(page.locator("#point_position")).to_have_value(re.compile(r"^112\.\d{6}, 37\.\d{6}$"))
    expect(page.locator(".maplibregl-marker")).to_be_visible()
    page.screenshot(path=picture_folder / "stray-1920x1080.png")
    page.locator("#point_position").fill(f"{lon}, {lat}")
    page.get_by_role("button", name="保存，下一处").click()

    expect(page.locator("h1")).to_have_text(HOSTILE)
    page.locator("#point_position").fill(f"{lat}, {lon}")
    page.get_by_role("button", name="保存，下一处").click()
    expect(page.locator(".errorlist")).to_be_visible()
    page.locator("#point_position").fill(f"{lon}, {lat}")
    page.get_by_role("button", name="保存，下一处").click()

    expect(page.locator(".empty-state")).to_be_visible()
    rows = town.ask("SELECT scope_code FROM grids_building WHERE name = %s", STRAY)
    assert rows == [(code,)]
    assert page.evaluate("typeof stolen") == "undefined"


@pytest.mark.parametrize("path", ["/territory/", "/territory/140107001000/"])
def test_a_page_fits_a_phone(planner: OpenPage, picture_folder: Path, path: str) -> None:
    page = planner(path, PHONE)
    expect(page.locator(".rows tbody tr").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=picture_folder / f"territory-{len(path)}-390x844.png")


def test_the_wall_hears_of_a_new_name(planner: OpenPage, town: Town) -> None:
    [(code,)] = town.ask(
        "SELECT code FROM grids_grid WHERE starts_with(code, '140107') ORDER BY code DESC LIMIT 1"
    )
    wall = planner("/wall/")
    expect(wall.locator("body")).to_have_attribute("data-live", "live")
    asked: list[str] = []
    wall.on("request", lambda one: asked.append(one.url))
    page = planner(f"/grids/{code}/")

    page.get_by_text("编辑名称和类别").click()
    page.locator("#id_name").fill("新名")
    page.locator(".edit-box[open] button.main").click()
    expect(page.locator(".saved")).to_be_visible()

    until(lambda: any("/tiles/version/" in url for url in waited(wall, asked)), "the wall asks")
    page.locator(".saved button").click()


def test_a_click_into_a_grid_tells_of_it_and_leads_to_its_page(
    planner: OpenPage, town: Town, picture_folder: Path
) -> None:
    [(lon, lat, code)] = town.ask(MIDDLE)
    wall = planner("/wall/")
    until(lambda: wall.evaluate(DRAWN), "the map is drawn", 90.0)
    place = wall.evaluate(CLOSE_TO, [lon, lat])
    wall.locator("#map").click(position=place)

    link = wall.locator(".grid-note a")
    expect(link).to_have_attribute("href", f"/grids/{code}/")
    wall.screenshot(path=picture_folder / "wall-grid-1920x1080.png")
    link.click()
    wall.wait_for_url(f"**/grids/{code}/")


def waited(page: Page, asked: list[str]) -> list[str]:
    """What a page has asked by now; Playwright hears of it only while it is spoken to."""
    page.evaluate("1")
    return asked
