"""Two planners on one plan: they see each other, and overwrite nothing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gis_server.roles import Role
from tests.days.conftest import OpenPage
from tests.days.drawing import (
    across,
    along,
    drawn,
    grids_of,
    operations,
    signed_in_as,
    steps_are,
)
from tests.days.town import Town

pytestmark = pytest.mark.usefixtures("tell_logs")

MAKE = """async (title) => {
  const [, token] = document.cookie.match(/csrftoken=(\\w+)/);
  const answer = await fetch("/api/grid-plans/", { method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ title, territory: "140107", operations: [] }) });
  return (await answer.json()).id;
}"""
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
    rename(first, key, "甲网格")
    expect(second.locator(f'[data-key="{key}"] .draw-name')).to_have_text("甲网格")
    expect(second.locator("#notice")).to_contain_text("甲网格")

    # The second has a line drawn when the first takes a step: it is tried on what is there now.
    other = sorted(grids_of(second))[1]
    second.keyboard.press("s")
    along(second, *across(grids_of(second)[other]))
    expect(second.locator(".card-areas tr")).to_have_count(2)
    # As if the feed were slow: the second's page has not heard yet.
    second.evaluate(DEAF)
    rename(first, key, "乙网格")
    second.locator("#card-name").focus()
    second.keyboard.press("Enter")
    expect(second.locator("#card .refusal")).to_contain_text(re.compile("修改|方案"))
    second.screenshot(path=picture_folder / "plan-conflict-1920x1080.png")
    assert [one["do"] for one in operations(town, plan)] == ["rename", "rename"]
    second.keyboard.press("Enter")
    steps_are(second, 3)
    assert [one["do"] for one in operations(town, plan)] == ["rename", "rename", "split"]


def rename(page: Page, key: str, name: str) -> None:
    page.locator(f'#panel-grids [data-key="{key}"]').click()
    page.keyboard.press("F2")
    page.locator("#dialog input").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
