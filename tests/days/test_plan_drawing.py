"""An hour of two planners: a plan is drawn, taken back, found again, refused, and fought over."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, OpenPage
from tests.days.town import Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")
Place = tuple[float, float]

MAKE = """async (title) => {
  const [, token] = document.cookie.match(/csrftoken=(\\w+)/);
  const answer = await fetch("/api/grid-plans/", { method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ title, territory: "140107", operations: [] }) });
  return (await answer.json()).id;
}"""
# Where places lie in the window, in CSS pixels; the map stands still first.
SPOTS = """(places) => {
  const { map } = document.getElementById("map");
  map.renderSync();
  const { left, top } = map.getTargetElement().getBoundingClientRect();
  return places.map((place) => map.getPixelFromCoordinate(ol.proj.fromLonLat(place)))
    .map(([x, y]) => [x + left, y + top]);
}"""
SHAPES = """() => Object.fromEntries([...document.body.editor.grids.values()]
  .filter((grid) => grid.own).map((grid) => [grid.key, grid.shape.coordinates[0]]))"""
DRAWN = """() => { const { editor } = document.body;
  return { saving: editor.waiting, steps: editor.state.steps_total }; }"""

DEAF = "() => { document.body.editor.load = () => Promise.resolve(); }"


def signed_in_as(role: Role, town: Town, open_page: OpenPage) -> Page:
    person = next(one for one in SIGN_INS if one.role is role)
    page = open_page("/sign-in/?next=/account/", DESK, known=False)
    page.locator("#id_username").fill(person.username)
    page.locator("#id_password").fill(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}/account/")
    return page


def drawn(page: Page, town: Town, plan: int) -> Page:
    """The plan's page, with its grids."""
    page.goto(f"{town.url}/plans/{plan}/draw/")
    return ready(page)


def ready(page: Page) -> Page:
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    return page


def steps_are(page: Page, number: int) -> None:
    def told() -> bool:
        state = page.evaluate(DRAWN)
        return bool(state["steps"] == number and not state["saving"])

    until(told, f"{number} steps, all stored", 60.0)


def along(page: Page, *places: Place) -> None:
    """Draw a line through places; the second press at the last one ends it."""
    spots = page.evaluate(SPOTS, list(places))
    for x, y in spots[:-1]:
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        # Two presses close together in time are a double one.
        page.wait_for_timeout(400)
    page.mouse.move(*spots[-1], steps=3)
    page.mouse.dblclick(*spots[-1])


def grids_of(page: Page) -> dict[str, list[Place]]:
    found = page.evaluate(SHAPES)
    return {key: [(x, y) for x, y in ring] for key, ring in found.items()}


def across(ring: list[Place]) -> tuple[Place, Place]:
    """A line from south to north through the middle of a grid, some metres beyond it."""
    east = (min(x for x, _ in ring) + max(x for x, _ in ring)) / 2
    return (east, min(y for _, y in ring) - 2e-4), (east, max(y for _, y in ring) + 2e-4)


def two_with_a_border(grids: dict[str, list[Place]]) -> tuple[str, str, list[Place]]:
    """Two grids and the corners that both have."""
    keys = sorted(grids)
    both = [(a, b) for a in keys for b in keys if a < b]
    pairs = ((a, b, [p for p in grids[a][:-1] if p in grids[b]]) for a, b in both)
    return max(pairs, key=lambda pair: len(pair[2]))


def pushed(border: list[Place], ring: list[Place]) -> tuple[Place, Place, Place]:
    """From end to end of a border over a point a third of the way into a grid."""
    first = min(border, key=lambda p: (p[1], p[0]))
    last = max(border, key=lambda p: (p[1], p[0]))
    middle = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
    heart = (sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring))
    inside = tuple(m + (h - m) / 3 for m, h in zip(middle, heart, strict=True))
    return first, (inside[0], inside[1]), last


def operations(town: Town, plan: int) -> list[dict[str, Any]]:
    [(done,)] = town.ask("SELECT operations FROM grids_boundaryplan WHERE id = %s", plan)
    found: list[dict[str, Any]] = done
    return found


def test_a_plan_is_drawn_undone_redone_and_found_again(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = signed_in_as(Role.PLANNER, town, open_page)
    plan = page.evaluate(MAKE, "拆分与调整")
    drawn(page, town, plan)
    expect(page.locator("#panel-grids .draw-row")).not_to_have_count(0)
    before = grids_of(page)

    split_a_grid(page, before, picture_folder)
    assert [one["do"] for one in operations(town, plan)] == ["split"]
    reshape_a_border(page)
    after = grids_of(page)
    take_back_and_do_again(page, before, after)
    draw_what_is_refused(page, before, picture_folder)
    half_a_line_survives_a_reload(page, before)

    assert grids_of(page) == after
    assert [one["do"] for one in operations(town, plan)] == ["split", "reshape"]
    page.locator("#tab-steps").click()
    expect(page.locator(".draw-steps li")).to_have_count(2)


def split_a_grid(page: Page, grids: dict[str, list[Place]], picture_folder: Path) -> None:
    """By a line, with the parts shown before it is done."""
    page.keyboard.press("s")
    along(page, *across(grids[min(grids)]))
    expect(page.locator(".card-areas tr")).to_have_count(2)
    page.screenshot(path=picture_folder / "plan-split-1920x1080.png")
    page.locator("#card-name").fill("北网格")
    page.keyboard.press("Enter")
    expect(page.locator("#card")).to_be_hidden()
    steps_are(page, 1)
    expect(page.locator("#panel-grids .draw-row")).to_have_count(len(grids) + 1)


def reshape_a_border(page: Page) -> None:
    grids = grids_of(page)
    one, other, border = two_with_a_border(grids)
    page.keyboard.press("r")
    along(page, *pushed(border, grids[one]))
    expect(page.locator(".card-areas tr")).to_have_count(2)
    chosen = [page.locator(f"#card-{name}").input_value() for name in ("grid", "other")]
    assert sorted(chosen) == [one, other]
    page.keyboard.press("Enter")
    steps_are(page, 2)
    page.keyboard.press("Escape")


def take_back_and_do_again(
    page: Page, before: dict[str, list[Place]], after: dict[str, list[Place]]
) -> None:
    """By keys and by button, bit by bit the same."""
    page.keyboard.press("Control+z")
    steps_are(page, 1)
    page.keyboard.press("Control+z")
    steps_are(page, 0)
    assert grids_of(page) == before
    expect(page.locator("#undo")).to_be_disabled()
    page.keyboard.press("Control+y")
    steps_are(page, 1)
    page.locator("#redo").click()
    steps_are(page, 2)
    assert grids_of(page) == after


def draw_what_is_refused(page: Page, grids: dict[str, list[Place]], picture_folder: Path) -> None:
    """It says why, and goes to the place."""
    page.keyboard.press("s")
    south, north = across(grids[sorted(grids)[1]])
    along(page, south, (south[0], (south[1] + north[1]) / 2))
    expect(page.locator(".refusal")).to_have_attribute("data-flaw", "ends_inside")
    expect(page.locator("#card button.main")).to_be_disabled()
    page.screenshot(path=picture_folder / "plan-refused-1920x1080.png")
    page.locator(".refusal button").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator('[data-tool="select"]')).to_have_attribute("aria-pressed", "true")


def half_a_line_survives_a_reload(page: Page, grids: dict[str, list[Place]]) -> None:
    south, north = across(grids[sorted(grids)[1]])
    page.keyboard.press("f")
    page.keyboard.press("s")
    [[x, y]] = page.evaluate(SPOTS, [south])
    page.mouse.click(x, y)
    page.mouse.move(x + 30, y - 30, steps=3)
    page.reload()
    ready(page)
    expect(page.locator('[data-tool="split"]')).to_have_attribute("aria-pressed", "true")
    [[x, y]] = page.evaluate(SPOTS, [north])
    page.mouse.move(x, y, steps=3)
    page.mouse.dblclick(x, y)
    expect(page.locator(".card-areas tr")).to_have_count(2)

    # So does one that is drawn and not applied yet.
    page.reload()
    ready(page)
    expect(page.locator(".card-areas tr")).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")


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
