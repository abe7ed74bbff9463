"""Two planners on one plan: they see each other, and overwrite nothing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gis_server.roles import Role
from tests.days.conftest import OpenPage
from tests.days.drawing import (
    MAKE,
    SPOTS,
    Place,
    across,
    along,
    drawn,
    grids_of,
    operations,
    previewed,
    renamed,
    signed_in_as,
    steps_are,
)
from tests.days.town import Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")

# How many points the line has that is being drawn, the one below the pointer among them.
DRAWING = """() => document.getElementById("map").map.getInteractions().getArray()
  .find((one) => one.finishDrawing).getOverlay().getSource().getFeatures()
  .map((feature) => feature.getGeometry()).find((shape) => shape.getType() === "LineString")
  ?.getCoordinates().length ?? 0"""
DEAF = "() => { document.body.editor.load = () => Promise.resolve(); }"


def test_two_planners_see_each_other_and_overwrite_nothing(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    first = signed_in_as(Role.PLANNER, town, open_page)
    plan = first.evaluate(MAKE, "两人同画")
    drawn(first, town, plan)
    second = drawn(signed_in_as(Role.ADMINISTRATOR, town, open_page), town, plan)
    expect(first.locator("#here .draw-person")).to_have_count(1)
    expect(second.locator("#here .draw-person")).to_have_count(1)

    # What one does, the other sees.
    key = min(grids_of(first))
    renamed(first, key, "甲网格")
    expect(second.locator(f'[data-key="{key}"] .draw-name')).to_have_text("甲网格")
    expect(second.locator("#notice")).to_contain_text("甲网格")

    # The second has a line drawn when the first takes a step: it is tried on what is there now.
    other = sorted(grids_of(second))[1]
    second.keyboard.press("s")
    along(second, *across(grids_of(second)[other]))
    expect(second.locator(".card-areas tr")).to_have_count(2)
    # As if the feed were slow: the second's page has not heard yet.
    second.evaluate(DEAF)
    renamed(first, key, "乙网格")
    second.locator("#card-name").focus()
    second.keyboard.press("Enter")
    expect(second.locator("#card .refusal")).to_contain_text(re.compile("修改|方案"))
    second.screenshot(path=picture_folder / "plan-conflict-1920x1080.png")
    assert [one["do"] for one in operations(town, plan)] == ["rename", "rename"]
    second.keyboard.press("Enter")
    steps_are(second, 3)
    assert [one["do"] for one in operations(town, plan)] == ["rename", "rename", "split"]
    end_a_grid(first, town, plan)
    follow(first, min(grids_of(first).values(), key=len))


def follow(page: Page, ring: list[Place]) -> None:
    """The line takes the corners of the border that lie between two presses, in two moves."""
    page.keyboard.press("s")
    page.keyboard.press("b")
    expect(page.locator("#traces")).to_have_attribute("aria-pressed", "true")
    spots = page.evaluate(SPOTS, ring[:4])
    page.mouse.move(*spots[0])
    page.mouse.click(*spots[0])
    page.wait_for_timeout(400)
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=4)
    until(lambda: page.evaluate(DRAWING) >= 4, "the line follows the border")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


def end_a_grid(page: Page, town: Town, plan: int) -> None:
    """Its ground is offered to those beside it in another community, and to nobody else."""
    steps_are(page, 3)
    for key in sorted(grids_of(page)):
        page.locator(f'#panel-grids [data-key="{key}"]').click()
        page.keyboard.press("t")
        heirs = page.locator("#card-into option").evaluate_all("all => all.map((o) => o.value)")
        if heirs:
            break
        expect(page.locator(".draw-scale-note")).to_contain_text("合并")
        page.keyboard.press("Escape")
    for heir in reversed(heirs):
        page.locator("#card-into").select_option(heir)
        previewed(page, heir)
    page.locator("#card button.main").click()
    steps_are(page, 4)
    assert operations(town, plan)[-1] == {"do": "retire", "grid": key, "into": heirs[0]}
    page.locator("#tab-findings").click()
    expect(page.locator("#panel-findings")).to_contain_text(key[:12])
    expect(page.locator("#panel-findings .empty")).to_have_count(0)
