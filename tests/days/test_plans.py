"""A planner's job on the district: a plan is made, sent to review, approved by somebody else, given
its day, becomes the territory by the job, is looked back at, and is taken back.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, OpenPage
from tests.days.town import Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")
PEOPLE = {person.role: person for person in SIGN_INS}
TITLE = "北片网格拆分方案"
HOSTILE = '<img src=x onerror="stolen=1">\''
# A grid that stands alone enough: the one with the lowest code, and a line across its middle.
GRID = """
    SELECT grid.code, ST_XMin(shape) - 0.001, ST_XMax(shape) + 0.001,
           ST_Y(ST_PointOnSurface(shape))
    FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    WHERE upper(drawn.valid) IS NULL AND ST_NumInteriorRings(shape) = 0
      AND ST_NumGeometries(ST_Intersection(shape, ST_MakeLine(
        ST_SetSRID(ST_MakePoint(ST_XMin(shape) - 0.001, ST_Y(ST_PointOnSurface(shape))), 4326),
        ST_SetSRID(ST_MakePoint(ST_XMax(shape) + 0.001, ST_Y(ST_PointOnSurface(shape))), 4326)
      ))) = 1
    ORDER BY grid.code LIMIT 1"""
SAVE = """async ([address, told]) => {
  const csrf = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  const answer = await fetch(address, { method: "POST", headers, body: told });
  return [answer.status, await answer.text()];
}"""
DRAWN = "(id) => document.querySelector(id)?.map?.loaded() === true"
FILLED = "([id, source]) => document.querySelector(id).map.querySourceFeatures(source).length"
TOGETHER = """(() => {
  const [one, other] = [...document.querySelectorAll(".compare-map")].map(({ map }) => map);
  const looks = (map) => `${map.getCenter()} ${map.getZoom()}`;
  return looks(one) === looks(other);
})()"""
SignedIn = Callable[[Role, str], Page]


@pytest.fixture
def somebody(open_page: OpenPage, town: Town) -> SignedIn:
    """Opens pages of somebody with a role."""

    def open_at(role: Role, path: str) -> Page:
        person = PEOPLE[role]
        page = open_page(f"/sign-in/?next={path}", DESK, known=False)
        page.locator("#id_username").fill(person.username)
        page.locator("#id_password").fill(person.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{town.url}{path}")
        return page

    return open_at


@pytest.fixture
def grid(town: Town) -> dict[str, Any]:
    """A grid, a line that divides it, and the code of what is born by it."""
    [(code, west, east, north)] = town.ask(GRID)
    [(last,)] = town.ask("SELECT max(code) FROM grids_grid WHERE starts_with(code, %s)", code[:12])
    born = f"{int(last) + 1:015d}"
    line = [[west, north], [east, north]]
    split = {"do": "split", "grid": code, "line": line, "keeps": "left", "code": born}
    return {"code": code, "born": born, "split": split | {"name": HOSTILE}}


def drawn(page: Page, box: str = "#plan-map") -> None:
    until(lambda: bool(page.evaluate(DRAWN, box)), "the map is drawn", 90.0)


def press(page: Page, verb: str) -> None:
    """Send the form of a step, unfolding it where it is folded."""
    form = page.locator(f"form[action$='/do/{verb}/']")
    if not form.is_visible():
        page.locator("details.plan-step", has=form).locator("summary").click()
    form.locator("button").click()


def state(town: Town, number: int) -> str:
    return str(town.ask("SELECT state FROM grids_boundaryplan WHERE id = %s", number)[0][0])


def number_of(page: Page, town: Town) -> int:
    return int(page.url.removeprefix(f"{town.url}/plans/").split("/")[0])


def test_a_plan_goes_its_way_is_looked_back_at_and_taken_back(
    somebody: SignedIn, town: Town, grid: dict[str, Any], picture_folder: Path
) -> None:
    planner, leader = somebody(Role.PLANNER, "/plans/"), somebody(Role.DISTRICT_LEADER, "/plans/")
    number = begun(planner, town, grid)
    planner.screenshot(path=picture_folder / "plan-draft-1920x1080.png", full_page=True)

    approved(planner, leader, picture_folder)
    published(planner, town, number)
    compared(planner, town, number, picture_folder)
    looked_back(planner, town, grid, picture_folder)
    # Tomorrow: a grid changes once a day.
    town.manage("shell", "-c", "from tests.grids.plans.planning import *; a_day_passes()")
    planner.goto(f"{town.url}/plans/{number}/")
    press(planner, "take-back")
    expect(planner.locator(".message.success")).to_be_visible()
    back = number_of(planner, town)
    approved(planner, leader, picture_folder)
    published(planner, town, back)

    assert back != number
    assert state(town, number) == "superseded"
    gone = town.ask("SELECT gone_on IS NOT NULL FROM grids_grid WHERE code = %s", grid["born"])
    assert gone == [(True,)]
    for page in (planner, leader):
        assert page.evaluate("typeof stolen") == "undefined"


def begun(planner: Page, town: Town, grid: dict[str, Any]) -> int:
    """A plan that is made by the form, and drawn as the editor sends it."""
    planner.get_by_role("link", name="新建方案").first.click()
    planner.locator("#id_title").fill(TITLE)
    planner.locator("#id_territory").select_option(grid["code"][:6])
    planner.locator(".form button.main").click()
    expect(planner.locator("h1")).to_have_text(TITLE)
    number = number_of(planner, town)
    told = {"title": TITLE, "territory": grid["code"][:6], "operations": [grid["split"]]}
    sent = json.dumps(told | {"revision": 1})
    status, answer = planner.evaluate(SAVE, [f"/api/grid-plans/{number}/", sent])
    assert status == 200, answer
    planner.reload()
    expect(planner.locator("tr[data-grid]").first).to_be_visible()
    expect(planner.locator(".plan-fine .badge.good")).to_be_visible()
    drawn(planner)
    until(
        lambda: planner.evaluate(FILLED, ["#plan-map", "after"]) >= 2, "both new shapes are drawn"
    )
    return number


def approved(planner: Page, leader: Page, picture_folder: Path) -> None:
    """The open plan is sent to review, and somebody else finds it and approves it."""
    press(planner, "submit")
    expect(planner.locator(".message.success")).to_be_visible()
    expect(planner.locator("form[action$='/do/approve/']")).to_have_count(0)
    leader.goto(leader.url.split("/plans/")[0] + "/plans/")
    expect(leader.locator(".plan-due")).to_contain_text(TITLE)
    leader.screenshot(path=picture_folder / "plans-due-1920x1080.png")
    leader.locator(".plan-due a", has_text=TITLE).first.click()
    leader.locator("#approve_note").fill("同意调整")
    press(leader, "approve")
    expect(leader.locator(".plan-steps")).to_contain_text("同意调整")
    # The planner's open page hears of it.
    expect(planner.locator("#changed")).to_be_visible()
    planner.reload()


def published(planner: Page, town: Town, number: int) -> None:
    """The open plan gets today for its day, which is asked for twice, and the job comes."""
    today = town.ask("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")[0][0].isoformat()
    planner.locator("#schedule_day").fill(today)
    planner.locator("#schedule_document").fill("杏政发〔2026〕12号")
    press(planner, "schedule")
    expect(planner.locator("form[action$='/do/schedule/'] .message.error")).to_be_visible()
    expect(planner.locator("#schedule_document")).to_have_value("杏政发〔2026〕12号")
    press(planner, "schedule")
    expect(planner.locator(".message.success")).to_be_visible()
    # The job comes every minute by itself.
    until(lambda: state(town, number) == "in_force", "the plan is in force")


def compared(planner: Page, town: Town, number: int, picture_folder: Path) -> None:
    planner.goto(f"{town.url}/plans/compare/?b={number}")
    expect(planner.locator(".rows tbody tr")).to_have_count(2)
    drawn(planner, ".compare-map")
    until(
        lambda: planner.evaluate(FILLED, [".compare-map", "changed"]) >= 1, "differences are drawn"
    )
    planner.screenshot(path=picture_folder / "plans-compare-1920x1080.png")
    planner.locator("input[value=swipe]").check()
    expect(planner.locator(".compare-edge")).to_be_visible()
    planner.locator(".compare-edge").fill("30")
    planner.locator("[data-box]").first.click()
    until(lambda: bool(planner.evaluate(TOGETHER)), "both maps look at one place")
    planner.screenshot(path=picture_folder / "plans-swipe-1920x1080.png")


def looked_back(planner: Page, town: Town, grid: dict[str, Any], picture_folder: Path) -> None:
    planner.goto(f"{town.url}/grids/{grid['born']}/life/")
    expect(planner.locator(".part-rows").first).to_contain_text(grid["code"])
    drawn(planner, "#life-map")
    planner.screenshot(path=picture_folder / "grid-life-1920x1080.png")
    community = grid["code"][:12]
    planner.goto(f"{town.url}/plans/map/?below={community}")
    expect(planner.locator(".rows")).to_contain_text(grid["born"])
    drawn(planner, "#day-map")
    planner.screenshot(path=picture_folder / "plans-day-1920x1080.png")
    planner.goto(f"{town.url}/plans/map/?below={community}&day=2026-02-01")
    expect(planner.locator(".rows")).not_to_contain_text(grid["born"])
    planner.goto(f"{town.url}/plans/crosswalk/?below={community}")
    expect(planner.locator(".rows").first).to_contain_text(grid["born"])
    planner.screenshot(path=picture_folder / "plans-crosswalk-1920x1080.png")
