"""Tools of the editor one by one: a point snaps while it is moved, grids are merged, renumbered and
locked.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gis_server.roles import Role
from tests.days.conftest import OpenPage
from tests.days.drawing import (
    MAKE,
    Place,
    across,
    along,
    between_two,
    dragged,
    drawn,
    grids_of,
    operations,
    renamed,
    signed_in_as,
    steps_are,
    two_with_a_border,
)
from tests.days.town import Town

pytestmark = pytest.mark.usefixtures("tell_logs")
# A building alone on the map, so many CSS pixels beside a place; where it is.
BUILDING = """([place, dx, dy]) => {
  const { map } = document.getElementById("map");
  const [x, y] = map.getPixelFromCoordinate(ol.proj.fromLonLat(place));
  const at = map.getCoordinateFromPixel([x + dx, y + dy]);
  const [streets, buildings] = ["streets", "buildings"].map((name) => map.getLayers().getArray()
    .find((layer) => layer.get("name") === name).getSource());
  for (const one of [streets, buildings]) {
    one.setLoader(() => {});
    one.clear();
  }
  buildings.addFeature(new ol.Feature(new ol.geom.Point(at)));
  return ol.proj.toLonLat(at);
}"""


def plan_of(page: Page, town: Town, title: str) -> int:
    plan = int(page.evaluate(MAKE, title))
    drawn(page, town, plan)
    return plan


def chosen(page: Page, *keys: str) -> None:
    for number, key in enumerate(keys):
        row = page.locator(f'#panel-grids [data-key="{key}"]')
        row.click(modifiers=["Shift"] if number else [])


def test_a_point_that_is_moved_snaps_to_what_lies_about(open_page: OpenPage, town: Town) -> None:
    page = signed_in_as(Role.PLANNER, town, open_page)
    plan = plan_of(page, town, "移点捕捉")
    _key, middle = between_two(grids_of(page))
    building = page.evaluate(BUILDING, [middle, 24, 18])

    page.keyboard.press("e")
    assert moved_to(page, town, plan, middle) == pytest.approx(building, abs=1e-7)
    page.keyboard.press("x")
    assert moved_to(page, town, plan, middle) != pytest.approx(building, abs=1e-7)


def moved_to(page: Page, town: Town, plan: int, place: Place) -> Place:
    """Where the server was told that it goes; it is taken back."""
    dragged(page, place, 20, 22)
    steps_are(page, 1)
    [(_start, (east, north))] = operations(town, plan)[0]["moves"]
    page.keyboard.press("Control+z")
    steps_are(page, 0)
    return east, north


def test_grids_are_merged_locked_and_renumbered(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = signed_in_as(Role.PLANNER, town, open_page)
    plan = plan_of(page, town, "合并编号锁定")
    before = grids_of(page)
    one, other, _border = two_with_a_border(before)
    third = min(before.keys() - {one, other})

    merged(page, town, one, other)
    counted_beside_the_map(page)
    [ended] = before.keys() - grids_of(page).keys()
    assert ended in (one, other)
    assert operations(town, plan)[-1]["do"] == "merge"
    locked(page, town, plan, third)
    page.keyboard.press("s")
    along(page, *across(grids_of(page)[third]))
    expect(page.locator(".card-areas tr")).to_have_count(2)
    page.keyboard.press("Enter")
    steps_are(page, 3)
    page.keyboard.press("Escape")
    numbers = renumbered(page, picture_folder)

    # The number of a grid that is gone stays with it.
    assert ended[12:] not in numbers
    done = [one["do"] for one in operations(town, plan)]
    assert done == ["merge", "rename", "split", "renumber"]


def merged(page: Page, town: Town, one: str, other: str) -> None:
    count = page.locator("#panel-grids .draw-row").count()
    chosen(page, one, other)
    page.keyboard.press("m")
    expect(page.locator(".card-areas tr")).to_have_count(2)
    goes_on = page.locator("#card-into").input_value()
    added_up(page, town, goes_on, ended=other if goes_on == one else one)
    page.keyboard.press("Enter")
    steps_are(page, 1)
    expect(page.locator("#panel-grids .draw-row")).to_have_count(count - 1)


def added_up(page: Page, town: Town, goes_on: str, ended: str) -> None:
    """Households before and after stand in the form before anything is done."""
    sql = "SELECT sum(households) FROM grids_building WHERE scope_code = %s"
    [[(mine,)], [(theirs,)]] = [town.ask(sql, key) for key in (goes_on, ended)]
    households = page.locator('.card-figures [data-figure="households"]')
    both = f"{mine:,} → {mine + theirs:,}"
    expect(households.locator(f'[data-code="{goes_on}"]')).to_have_text(both)
    expect(households.locator(f'[data-code="{ended}"]')).to_have_text(f"{theirs:,} → –")
    expect(page.locator(".card-figures .impact-verdict")).to_have_count(1)
    expect(page.locator('.card-figures [data-figure="open_events"]')).to_have_count(1)


def counted_beside_the_map(page: Page) -> None:
    page.locator("#tab-impact").click()
    grid = page.locator("#panel-impact .impact-part[data-code]").first
    for word in ("服务点", "空缺"):
        expect(grid.locator("th", has_text=word)).to_have_count(1)
    page.locator("#tab-grids").click()


def locked(page: Page, town: Town, plan: int, key: str) -> None:
    """No tool changes the grid, until it is unlocked."""
    chosen(page, key)
    page.keyboard.press("l")
    row = page.locator(f'#panel-grids [data-key="{key}"]')
    expect(row).to_contain_text("已锁定")
    sql = "SELECT locked_grids FROM grids_boundaryplan WHERE id = %s"
    assert town.ask(sql, plan) == [([key],)]
    page.keyboard.press("F2")
    page.locator("#dialog input").fill("锁定时改名")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog .refusal")).to_have_attribute("data-flaw", "locked")
    page.keyboard.press("Escape")
    steps_are(page, 1)
    page.keyboard.press("l")
    expect(row).not_to_contain_text("已锁定")
    renamed(page, key, "解锁后改名")
    steps_are(page, 2)


def renumbered(page: Page, picture_folder: Path) -> list[str]:
    """West to east, north to south; then there is nothing left to renumber."""
    page.keyboard.press("n")
    rows = page.locator("#dialog .card-areas tbody tr")
    expect(rows).not_to_have_count(0)
    then = rows.locator("td:last-child").all_inner_texts()
    page.screenshot(path=picture_folder / "plan-renumber-1920x1080.png")
    page.locator("#dialog button.main").click()
    expect(page.locator("#dialog")).to_be_hidden()
    steps_are(page, 4)
    numbers = page.locator("#panel-grids .draw-number").all_inner_texts()
    assert sorted(then) == sorted(numbers)
    page.keyboard.press("n")
    expect(page.locator("#dialog button[type=submit]")).to_have_count(0)
    page.keyboard.press("Escape")
    return numbers
