"""A planner draws on while the server is away: every step is kept, over a reload too, and stored in
its order once the server is back.
"""

import re
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
    ready,
    renamed,
    signed_in_as,
    steps_are,
)
from tests.days.town import Town

pytestmark = pytest.mark.usefixtures("tell_logs")
STEPS = re.compile(r"/api/grid-plans/\d+/(operations|preview)/")


def test_no_step_that_was_drawn_offline_is_lost(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = signed_in_as(Role.PLANNER, town, open_page)
    plan = page.evaluate(MAKE, "断网续画")
    drawn(page, town, plan)
    before = grids_of(page)
    one, other = sorted(before)[:2]

    page.context.set_offline(True)
    split(page, before[one])
    expect(page.locator("#unsaved")).to_contain_text("有 1 步未保存")
    renamed(page, other, "断网时改名")
    expect(page.locator("#unsaved")).to_contain_text("有 2 步未保存")
    expect(page.locator("#saved")).to_have_attribute("data-state", "bad")
    page.screenshot(path=picture_folder / "plan-offline-1920x1080.png")
    page.locator("#unsaved button.main").click()
    expect(page.locator("#unsaved")).to_contain_text("有 2 步未保存")
    assert operations(town, plan) == []

    # The lid is closed, and opened where the network is back; the server is not, for a moment.
    page.context.set_offline(False)
    page.reload()
    ready(page)
    expect(page.locator("#unsaved")).to_contain_text("有 2 步未保存")
    page.route(STEPS, lambda route: route.fulfill(status=503, body="{}"))
    renamed(page, one, "第三步")
    expect(page.locator("#unsaved")).to_contain_text("有 3 步未保存")
    page.unroute(STEPS)
    page.locator("#unsaved button.main").click()

    steps_are(page, 3)
    expect(page.locator("#unsaved")).to_be_hidden()
    expect(page.locator("#saved")).to_have_attribute("data-state", "good")
    assert [done["do"] for done in operations(town, plan)] == ["split", "rename", "rename"]
    page.reload()
    ready(page)
    expect(page.locator("#unsaved")).to_be_hidden()


def split(page: Page, ring: list[Place]) -> None:
    page.keyboard.press("s")
    along(page, *across(ring))
    expect(page.locator("#card .refusal")).to_be_visible()
    page.locator("#card button.main").click()
    expect(page.locator("#card")).to_be_hidden()
    page.keyboard.press("Escape")


def test_what_cannot_be_done_any_more_is_kept_until_it_is_given_up(
    open_page: OpenPage, town: Town
) -> None:
    page = signed_in_as(Role.PLANNER, town, open_page)
    plan = page.evaluate(MAKE, "断网后不再成立")
    drawn(page, town, plan)
    key, middle = between_two(grids_of(page))
    before = grids_of(page)[key]
    page.keyboard.press("e")
    page.context.set_offline(True)
    dragged(page, middle, 14, 9)
    expect(page.locator("#unsaved")).to_contain_text("有 1 步未保存")
    # Drawn on the map without the first: after it there is no border at this place.
    dragged(page, middle, -14, -9)
    expect(page.locator("#unsaved")).to_contain_text("有 2 步未保存")
    assert grids_of(page)[key] == before
    page.context.set_offline(False)

    page.locator("#unsaved button.main").click()

    expect(page.locator("#unsaved .refusal")).to_be_visible()
    steps_are(page, 1)
    expect(page.locator("#unsaved")).to_contain_text("有 1 步未保存")
    page.locator("#unsaved button", has_text="放弃").click()
    expect(page.locator("#unsaved")).to_be_hidden()
    assert [done["do"] for done in operations(town, plan)] == ["move"]
