"""A planner's whole job on the district: a plan is drawn (split, reshaped, undone, done again,
found again after a crash), checked, compared, approved by somebody else, becomes the territory by
the job, is looked back at, and is taken back.  Another founds a grid of a community that has just
come in by a file, with its people.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gis_server.roles import Role
from tests.days.conftest import OpenPage
from tests.days.drawing import (
    SPOTS,
    Place,
    across,
    along,
    grids_of,
    operations,
    previewed,
    pushed,
    ready,
    signed_in_as,
    steps_are,
    two_with_a_border,
)
from tests.days.importing import apply, check, send
from tests.days.tour import picture
from tests.days.town import Town, until
from tests.days.wall import GRIDS

pytestmark = pytest.mark.usefixtures("tell_logs")
TITLE = "北片网格拆分方案"
HOSTILE = '<img src=x onerror="stolen=1">\''
DRAWN = "(id) => document.querySelector(id)?.map?.loaded() === true"
FILLED = "([id, source]) => document.querySelector(id).map.querySourceFeatures(source).length"
TOGETHER = """(() => {
  const [one, other] = [...document.querySelectorAll(".compare-map")].map(({ map }) => map);
  const looks = (map) => `${map.getCenter()} ${map.getZoom()}`;
  return looks(one) === looks(other);
})()"""


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


def test_a_planners_whole_job(open_page: OpenPage, town: Town, picture_folder: Path) -> None:
    planner = signed_in_as(Role.PLANNER, town, open_page, "/plans/")
    leader = signed_in_as(Role.DISTRICT_LEADER, town, open_page, "/plans/")
    number = begun(planner, town)
    one, born = drawn_in_the_editor(planner, town, number, picture_folder)
    checked(planner, town, number, picture_folder)
    compared(planner, town, number, born, picture_folder)
    planner.goto(f"{town.url}/plans/{number}/")
    approved(planner, leader, picture_folder)
    published(planner, town, number)
    looked_back(planner, town, one, born, picture_folder)
    # Tomorrow: a grid changes once a day.
    town.manage("shell", "-c", "from tests.grids.plans.planning import *; a_day_passes()")
    back = taken_back(planner, town, number)
    approved(planner, leader, picture_folder)
    published(planner, town, back)

    assert back != number
    assert state(town, number) == "superseded"
    gone = town.ask("SELECT gone_on IS NOT NULL FROM grids_grid WHERE code = %s", born)
    assert gone == [(True,)]
    for page in (planner, leader):
        assert page.evaluate("typeof stolen") == "undefined"


def begun(planner: Page, town: Town) -> int:
    """A plan that is made by the form."""
    planner.get_by_role("link", name="新建方案").first.click()
    planner.locator("#id_title").fill(TITLE)
    planner.locator("#id_territory").select_option("140107")
    planner.locator(".form button.main").click()
    expect(planner.locator("h1")).to_have_text(TITLE)
    return number_of(planner, town)


def drawn_in_the_editor(page: Page, town: Town, plan: int, picture_folder: Path) -> tuple[str, str]:
    """The grid that was split, and the one that was born by it."""
    page.locator(f"a[href='/plans/{plan}/draw/']").first.click()
    ready(page)
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
    [born] = after.keys() - before.keys()
    return min(before), born


def split_a_grid(page: Page, grids: dict[str, list[Place]], picture_folder: Path) -> None:
    """By a line, with the parts shown before it is done."""
    born = page.evaluate("document.body.editor.state.next_code")
    page.keyboard.press("s")
    along(page, *across(grids[min(grids)]), shows=[min(grids), born])
    expect(page.locator(".card-areas tr")).to_have_count(2)
    expect(page.locator(".card-figures [data-figure]")).not_to_have_count(0)
    page.screenshot(path=picture_folder / "plan-split-1920x1080.png")
    picture(page, "plan-split")
    page.locator("#card-name").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("#card")).to_be_hidden()
    steps_are(page, 1)
    expect(page.locator("#panel-grids .draw-row")).to_have_count(len(grids) + 1)


def reshape_a_border(page: Page) -> None:
    grids = grids_of(page)
    one, other, border = two_with_a_border(grids)
    page.keyboard.press("r")
    line = pushed(border, grids[one])
    along(page, *line, shows=[one, other])
    expect(page.locator(".card-areas tr")).to_have_count(2)
    chosen = [page.locator(f"#card-{name}").input_value() for name in ("grid", "other")]
    assert sorted(chosen) == [one, other]
    page.keyboard.press("Enter")
    steps_are(page, 2)
    page.keyboard.press("Escape")
    hand_a_piece_over(page, line, one, other)
    move_a_corner(page, line[1], one, other)


def hand_a_piece_over(page: Page, line: tuple[Place, Place, Place], one: str, other: str) -> None:
    """Around a corner of the border; what would come of it is shown, and then it is given up."""
    page.keyboard.press("h")
    [[x, y]] = page.evaluate(SPOTS, [line[1]])
    for dx, dy in ((-30, -25), (30, -25), (30, 25)):
        page.mouse.move(x + dx, y + dy)
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(400)
    page.mouse.move(x - 30, y + 25, steps=3)
    previewed(page, one, other)
    page.keyboard.press("Escape")
    previewed(page)
    page.keyboard.press("Escape")


def move_a_corner(page: Page, corner: Place, one: str, other: str) -> None:
    """All grids that have it move along; it is taken back."""
    page.keyboard.press("e")
    [[x, y]] = page.evaluate(SPOTS, [corner])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 8, steps=4)
    previewed(page, one, other)
    page.mouse.up()
    steps_are(page, 3)
    previewed(page)
    page.keyboard.press("Control+z")
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
    page.mouse.move(x, y)
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


def checked(planner: Page, town: Town, number: int, picture_folder: Path) -> None:
    """The plan's page proves it, and shows it on a map."""
    planner.goto(f"{town.url}/plans/{number}/")
    expect(planner.locator("tr[data-grid]").first).to_be_visible()
    expect(planner.locator(".plan-fine .badge.good")).to_be_visible()
    drawn(planner)
    until(
        lambda: planner.evaluate(FILLED, ["#plan-map", "after"]) >= 2, "both new shapes are drawn"
    )
    planner.screenshot(path=picture_folder / "plan-draft-1920x1080.png", full_page=True)


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
    """The open plan gets today for its day, which is asked for twice, and it is in force."""
    today = town.ask("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")[0][0].isoformat()
    planner.locator("#schedule_day").fill(today)
    planner.locator("#schedule_document").fill("杏政发〔2026〕12号")
    press(planner, "schedule")
    expect(planner.locator("form[action$='/do/schedule/'] .message.error")).to_be_visible()
    expect(planner.locator("#schedule_document")).to_have_value("杏政发〔2026〕12号")
    press(planner, "schedule")
    expect(planner.locator(".message.success")).to_be_visible()
    # The job is handed over at once.
    until(lambda: state(town, number) == "in_force", "the plan is in force")


def compared(planner: Page, town: Town, number: int, born: str, picture_folder: Path) -> None:
    planner.goto(f"{town.url}/plans/compare/?b={number}")
    expect(planner.locator(".rows tbody tr")).not_to_have_count(0)
    expect(planner.locator(".rows")).to_contain_text(born)
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


def looked_back(planner: Page, town: Town, code: str, born: str, picture_folder: Path) -> None:
    planner.goto(f"{town.url}/grids/{born}/life/")
    expect(planner.locator(".part-rows").first).to_contain_text(code)
    drawn(planner, "#life-map")
    planner.screenshot(path=picture_folder / "grid-life-1920x1080.png")
    community = code[:12]
    planner.goto(f"{town.url}/plans/map/?below={community}")
    expect(planner.locator(".rows")).to_contain_text(born)
    drawn(planner, "#day-map")
    planner.screenshot(path=picture_folder / "plans-day-1920x1080.png")
    planner.goto(f"{town.url}/plans/map/?below={community}&day=2026-02-01")
    expect(planner.locator(".rows")).not_to_contain_text(born)
    planner.goto(f"{town.url}/plans/crosswalk/?below={community}")
    expect(planner.locator(".rows").first).to_contain_text(born)
    planner.screenshot(path=picture_folder / "plans-crosswalk-1920x1080.png")


def taken_back(planner: Page, town: Town, number: int) -> int:
    """The plan that takes the other back; the editor shows it as its first step, and draws on."""
    planner.goto(f"{town.url}/plans/{number}/")
    press(planner, "take-back")
    expect(planner.locator(".message.success")).to_be_visible()
    back = number_of(planner, town)
    planner.goto(f"{town.url}/plans/{back}/draw/")
    ready(planner)
    steps_are(planner, 1)
    expect(planner.locator("#undo")).to_be_disabled()
    expect(planner.locator('[data-tool="split"]')).to_be_enabled()
    planner.goto(f"{town.url}/plans/{back}/")
    return back


def test_a_new_community_gets_a_grid_and_its_people(
    open_page: OpenPage, town: Town, tmp_path: Path, picture_folder: Path
) -> None:
    planner = signed_in_as(Role.PLANNER, town, open_page, "/plans/")
    leader = signed_in_as(Role.DISTRICT_LEADER, town, open_page, "/plans/")
    [(street,)] = town.ask("SELECT max(code) FROM grids_division WHERE level = 'street'")
    community, name = f"{street[:9]}399", "新城家园社区"
    listed = tmp_path / "新社区.csv"
    listed.write_text(f"编码,名称\n{community},{name}\n", encoding="utf-8")
    send(planner, town, listed, "divisions", "140107")
    check(planner)
    apply(planner)

    planner.goto(f"{town.url}/plans/")
    number = begun(planner, town)
    worker = founded(planner, town, number, community, picture_folder)
    planner.goto(f"{town.url}/plans/{number}/")
    expect(planner.locator(".plan-fine .badge.good")).to_be_visible()
    approved(planner, leader, picture_folder)
    published(planner, town, number)

    planner.goto(f"{town.url}/grids/{community}001/")
    expect(planner.locator("h1")).to_contain_text("一号网格")
    expect(planner.locator("main")).to_contain_text(worker)
    planner.goto(f"{town.url}/territory/{community}/")
    expect(planner.locator("h1")).to_contain_text(name)
    planner.screenshot(path=picture_folder / "plan-new-community-1920x1080.png")

    town.manage("shell", "-c", "from tests.grids.plans.planning import *; a_day_passes()")
    back = taken_back(planner, town, number)
    approved(planner, leader, picture_folder)
    published(planner, town, back)
    # Others count the grids of the district, and look whether the ground is divided.
    town.manage("check_world")
    assert town.ask("SELECT count(*) FROM grids_grid WHERE gone_on IS NULL") == [(GRIDS,)]


def founded(page: Page, town: Town, plan: int, community: str, picture_folder: Path) -> str:
    """On the western half of a grid of the same street; who is to look after the new one."""
    page.goto(f"{town.url}/plans/{plan}/draw/")
    ready(page)
    page.locator("#community").select_option(f"{community[:9]}001")
    expect(page.locator(f'#panel-grids [data-key^="{community[:9]}001"]')).not_to_have_count(0)
    giver, ring = min(grids_of(page).items())
    south, north = across(ring)
    west = min(x for x, _ in ring) - 2e-4
    page.keyboard.press("a")
    along(page, (west, south[1]), south, north, (west, north[1]))
    page.locator("#card-community").select_option(community)
    page.locator("#card-grid").select_option(giver)
    page.locator("#card-name").fill("一号网格")
    expect(page.locator(".card-areas tr")).to_have_count(2)
    page.screenshot(path=picture_folder / "plan-found-1920x1080.png")
    page.keyboard.press("Enter")
    steps_are(page, 1)

    page.locator("#community").select_option(community)
    page.locator(f'#panel-grids [data-key="{community}001"]').click()
    page.keyboard.press("p")
    one = page.locator(".draw-people li").first
    worker = one.locator("span").first.inner_text()
    one.locator("input").check()
    page.screenshot(path=picture_folder / "plan-people-1920x1080.png")
    page.locator("#dialog button.main").click()
    expect(page.locator("#dialog")).to_be_hidden()
    steps_are(page, 2)
    assert [done["do"] for done in operations(town, plan)] == ["add", "assign"]
    return worker
