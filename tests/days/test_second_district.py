"""A second district comes in from its files alone, through the pages, as docs/import.md tells."""

import re
import zipfile
from pathlib import Path

import geopandas
import pytest
from playwright.sync_api import Page, expect

from fixtures.second_district import files
from tests.days.conftest import DESK, PHONE, OpenPage
from tests.days.importing import apply, check, send
from tests.days.town import Town, until

SCOPE = "140108"
NAME, PASSWORD = "planner-140108", "Kan-Bu-Jian-7"
# Counted in the files: fixtures/second_district, and tests/fixtures/test_second_district.py.
DIVISIONS, GRIDS, BUILDINGS, ADDRESSES_ONLY = 149, 526, 1200, 25
MAP_DRAWN = """() => {
  const map = document.getElementById("map").map;
  return Boolean(map?.loaded() && !map.isMoving());
}"""
PICKED = """() => {
  const { data } = document.getElementById("map").map.getSource("picked").serialize();
  return data.features.length;
}"""
DRAWN_S = 120.0
# The district fills the map at zoom 11, the missing grid (500 m) at 15.
ZOOM, CLOSE = "() => document.getElementById('map').map.getZoom()", 14


@pytest.fixture(scope="module")
def planner(town: Town) -> None:
    town.environment["GIS_PASSWORD"] = PASSWORD
    town.manage("make_user", NAME, "--role", "planner", "--scope", SCOPE, "--keep-password")


@pytest.fixture
def desk(open_page: OpenPage, planner: None) -> Page:
    """A browser in which the planner of the second district has signed in."""
    page = open_page("/sign-in/?next=/imports/", known=False)
    page.locator("#id_username").fill(NAME)
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".order")).to_be_visible()
    return page


def count(page: Page, name: str) -> str:
    return page.locator(f"[data-count={name}] .figure-number").inner_text().replace(",", "")


def with_a_gap(folder: Path) -> Path:
    """The grids without one of them."""
    frame = geopandas.read_file(f"zip://{files.GRIDS}", encoding="gbk").drop(index=[100])
    frame.to_file(folder / "网格.shp", driver="ESRI Shapefile", encoding="gbk")
    path = folder / "少一个网格.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.glob("网格.*"):
            archive.write(part, part.name)
    return path


def test_a_district_comes_in_from_its_files_alone(
    desk: Page, town: Town, tmp_path: Path, picture_folder: Path
) -> None:
    expect(desk.locator(".empty-state")).to_be_visible()
    desk.screenshot(path=picture_folder / "imports-empty-1920x1080.png")

    a_bad_file_is_refused_in_a_sentence(desk, town, tmp_path)
    divisions_and_the_outline_come_in(desk, town)
    a_missing_grid_is_shown_on_the_map(desk, town, tmp_path, picture_folder)
    grids_come_in(desk, town, picture_folder)
    streets_come_in_once_their_frame_is_said(desk, town)
    buildings_betray_their_frame(desk, town, picture_folder)
    staff_comes_in(desk, town)
    the_same_again_changes_nothing(desk, town)

    the_registry_holds_it_all(town)
    the_list_fits_a_phone(desk, town, picture_folder)


def a_bad_file_is_refused_in_a_sentence(desk: Page, town: Town, folder: Path) -> None:
    """A web page that some system saved under the name of a table."""
    bad = folder / "区划.csv"
    bad.write_text("<html><table><tr><td>1</td></tr></table></html>", encoding="utf-8")

    send(desk, town, bad, "divisions", SCOPE)

    expect(desk.locator(".message.error")).not_to_be_empty()


def divisions_and_the_outline_come_in(desk: Page, town: Town) -> None:
    send(desk, town, files.DIVISIONS, "divisions", SCOPE)
    check(desk)
    assert count(desk, "new") == str(DIVISIONS)
    apply(desk)

    send(desk, town, files.BOUNDARY, "divisions", SCOPE)
    check(desk, frame="wgs84")
    assert (count(desk, "new"), count(desk, "changed")) == ("0", "1")
    apply(desk)


def a_missing_grid_is_shown_on_the_map(
    desk: Page, town: Town, folder: Path, pictures: Path
) -> None:
    send(desk, town, with_a_gap(folder), "grids", SCOPE)
    desk.screenshot(path=pictures / "imports-reading-1920x1080.png")
    check(desk)

    expect(desk.locator(".badge.bad")).to_be_visible()
    fault = desk.locator("tr[data-fault]").first
    until(lambda: desk.evaluate(MAP_DRAWN), "the map of the faults is drawn", DRAWN_S)
    fault.click()
    expect(fault).to_have_attribute("data-picked", "")
    expect(desk.locator("#spot")).not_to_be_empty()
    until(lambda: desk.evaluate(PICKED) == 1, "the fault is ringed on the map")
    until(lambda: desk.evaluate(ZOOM) > CLOSE, "the map goes there", DRAWN_S)
    until(lambda: desk.evaluate(MAP_DRAWN), "the map is drawn there", DRAWN_S)
    desk.screenshot(path=pictures / "imports-faults-1920x1080.png")
    resize(desk, PHONE)
    desk.screenshot(path=pictures / "imports-faults-390x844.png")
    assert width_of(desk) <= PHONE["width"]
    resize(desk, DESK)
    assert town.ask("SELECT count(*) FROM grids_grid WHERE starts_with(code, %s)", SCOPE) == [(0,)]


def grids_come_in(desk: Page, town: Town, pictures: Path) -> None:
    send(desk, town, files.GRIDS, "grids", SCOPE)
    expect(desk.locator("#frame")).to_have_value("4525")
    check(desk)
    desk.screenshot(path=pictures / "imports-report-1920x1080.png")
    apply(desk)
    desk.screenshot(path=pictures / "imports-applied-1920x1080.png")


def streets_come_in_once_their_frame_is_said(desk: Page, town: Town) -> None:
    send(desk, town, files.STREETS, "streets", SCOPE)
    expect(desk.locator("#frame")).to_have_js_property("required", True)
    check(desk, frame="wgs84")
    apply(desk)


def buildings_betray_their_frame(desk: Page, town: Town, pictures: Path) -> None:
    """By the streets, which are known."""
    send(desk, town, files.BUILDINGS, "buildings", SCOPE)
    told = desk.locator("#told")
    expect(told).to_contain_text("GCJ-02")
    expect(told).to_contain_text(re.compile(r"5[5-9]\d"))  # metres; 551 to 589 in this city
    expect(desk.locator("#frame")).to_have_value("gcj02")
    desk.screenshot(path=pictures / "imports-frame-1920x1080.png")

    check(desk)

    assert count(desk, "new") == str(BUILDINGS)
    assert count(desk, "unplaced") == str(ADDRESSES_ONLY)
    assert count(desk, "outside") == "0"
    apply(desk)


def staff_comes_in(desk: Page, town: Town) -> None:
    send(desk, town, files.WORKERS, "workers", SCOPE)
    check(desk)
    apply(desk)


def the_same_again_changes_nothing(desk: Page, town: Town) -> None:
    send(desk, town, files.GRIDS, "grids", SCOPE)
    check(desk)

    assert count(desk, "same") == str(GRIDS)
    expect(desk.locator(".message.success")).to_be_visible()
    expect(desk.locator("#confirm-apply")).to_have_count(0)


def the_list_fits_a_phone(desk: Page, town: Town, pictures: Path) -> None:
    desk.goto(f"{town.url}/imports/")
    desk.screenshot(path=pictures / "imports-list-1920x1080.png")
    resize(desk, PHONE)
    desk.screenshot(path=pictures / "imports-list-390x844.png")
    assert width_of(desk) <= PHONE["width"]


def resize(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def the_registry_holds_it_all(town: Town) -> None:
    """What stands in the database in the end, and that it bears the invariants."""
    like = "LIKE '140108%%'"
    counts = [
        town.ask(f"SELECT count(*) FROM {table} WHERE {column} {like}")[0][0]
        for table, column in (
            ("grids_division", "code"),
            ("grids_grid", "code"),
            ("grids_building", "scope_code"),
        )
    ]
    assert counts == [DIVISIONS, GRIDS, BUILDINGS]
    [(outlined,)] = town.ask(
        f"SELECT count(*) FROM grids_division WHERE code {like} AND shape IS NOT NULL"
    )
    assert outlined == DIVISIONS
    [(vacant,)] = town.ask(
        f"""SELECT count(*) FROM grids_grid AS grid WHERE code {like} AND NOT EXISTS (
            SELECT 1 FROM grids_assignment AS post
            WHERE post.grid_id = grid.id AND post.role = 'worker')"""
    )
    assert vacant == 0
    town.manage("check_world")
