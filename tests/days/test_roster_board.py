"""A leader fills a week of the roster: by dragging, by keys, and the past with a reason."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from patrols.board.filters import monday_of
from tests.days.conftest import DESK, PHONE, OpenPage
from tests.days.town import Town

pytestmark = pytest.mark.usefixtures("tell_logs")

LEADER = next(person for person in SIGN_INS if person.role is Role.STREET_LEADER)
OUT_OF_THE_DEMO = timedelta(weeks=3)


@pytest.fixture
def board(open_page: OpenPage, town: Town) -> Page:
    """The fixed post of the street in a week in which nobody is on duty yet."""
    page = opened(open_page, town, DESK)
    expect(page.locator("#people-list button").nth(3)).to_be_visible()
    return page


def opened(open_page: OpenPage, town: Town, size: dict[str, int]) -> Page:
    page = open_page("/sign-in/", size, known=False)
    page.locator("#id_username").fill(LEADER.username)
    page.locator("#id_password").fill(LEADER.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}/wall/")
    monday = monday_of(timezone.localdate() + OUT_OF_THE_DEMO)
    page.goto(f"{town.url}/patrols/roster/?kind=point&week={monday}")
    return page


def chips(slot: Locator) -> Locator:
    return slot.locator(".chip")


def person(page: Page, number: int) -> tuple[Locator, str]:
    button = page.locator("#people-list button").nth(number)
    return button, button.locator("bdi").inner_text()


def test_people_are_dragged_onto_the_roster_moved_withdrawn_and_brought_back(
    board: Page, picture_folder: Path
) -> None:
    monday, tuesday = (board.locator(".week tbody td").nth(day).locator(".slot") for day in (0, 1))
    button, name = person(board, 0)

    button.drag_to(monday.first)
    expect(chips(monday.first)).to_contain_text([name])
    chips(monday.first).drag_to(tuesday.nth(1))
    expect(chips(tuesday.nth(1))).to_contain_text([name])
    expect(chips(monday.first)).to_have_count(0)
    board.locator("#undo").click()
    expect(chips(monday.first)).to_contain_text([name])
    expect(chips(tuesday.nth(1))).to_have_count(0)
    board.screenshot(path=picture_folder / "roster.png")

    chips(monday.first).drag_to(board.locator("#bin"))
    expect(chips(board.locator(".slot"))).to_have_count(0)


def test_the_same_goes_by_keys_with_a_stand_in_and_a_reason_for_the_past(
    board: Page, town: Town
) -> None:
    monday, tuesday = (board.locator(".week tbody td").nth(day).locator(".slot") for day in (0, 1))
    button, name = person(board, 1)
    button.press("Enter")
    monday.first.locator(".put").press("ArrowRight")
    board.keyboard.press("Enter")
    expect(chips(tuesday.first)).to_contain_text([name])

    chips(tuesday.first).press("Enter")
    board.locator("#do-stand-in").press("Enter")
    other, instead = person(board, 2)
    other.press("Enter")
    expect(chips(tuesday.first)).to_contain_text([f"{instead} 替 {name}"])
    chips(tuesday.first).press("Delete")
    expect(chips(tuesday.first)).not_to_contain_text("替")
    expect(chips(tuesday.first)).to_contain_text([name])
    chips(tuesday.first).press("Delete")
    expect(chips(tuesday.first)).to_have_count(0)

    yesterday = timezone.localdate() - timedelta(days=1)
    board.goto(f"{town.url}/patrols/roster/?kind=point&week={yesterday}")
    cells = board.locator(".week tbody tr").first.locator("td")
    past = cells.nth(yesterday.weekday()).locator(".slot.over").first
    before = chips(past).count()
    person(board, 3)[0].click()
    past.locator(".put").click()
    board.locator("#reason").fill("漏录，值班日志可查")
    board.keyboard.press("Enter")
    expect(chips(past)).to_have_count(before + 1)


def test_on_a_phone_one_day_is_read_and_a_duty_put_and_withdrawn(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = opened(open_page, town, PHONE)
    cells = page.locator(".week tbody tr").first.locator("td")
    expect(cells.nth(0)).to_be_visible()
    expect(cells.nth(1)).to_be_hidden()
    page.locator("#week-days button").nth(1).click()
    expect(cells.nth(0)).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    slot = cells.nth(1).locator(".slot").first
    expect(page.locator(".people")).to_be_hidden()
    slot.locator(".put").click()
    button, name = person(page, 0)
    button.click()
    expect(chips(slot)).to_contain_text([name])
    expect(page.locator(".people")).to_be_hidden()
    page.screenshot(path=picture_folder / "roster-phone.png")
    chips(slot).click()
    page.locator("#do-withdraw").click()
    expect(chips(slot)).to_have_count(0)
    expect(cells.nth(1)).to_be_visible()
