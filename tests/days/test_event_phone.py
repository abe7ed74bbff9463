"""A worker's phone: reports with and without signal, once each, whatever befalls the phone."""

import uuid
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Geolocation, Locator, Page, Route, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import PHONE, OpenPage
from tests.days.tour import picture
from tests.days.town import OPERATOR, WORKER, Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")

ADMIN = next(person for person in SIGN_INS if person.role is Role.ADMINISTRATOR)
THUMB_PX = 44
FIRST_LOAD_BYTES = 300_000
SIZES = """(box) => [...box.querySelectorAll("button, a.button, label.big")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])"""
TRANSFERRED = """() => [...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")].reduce((sum, one) => sum + one.transferSize, 0)"""
KEPT = """() => navigator.serviceWorker.ready.then(({ active }) => active.state === "activated"
  && !!navigator.serviceWorker.controller)"""
KEPT_TEXT = """() => new Promise((told) => {
  const opened = indexedDB.open("gis-events");
  opened.onsuccess = () => {
    const asked = opened.result.transaction("reports").objectStore("reports").getAll();
    asked.onsuccess = () => { told(asked.result[0]?.text ?? ""); opened.result.close(); };
  };
})"""
QUEUED = """() => new Promise((told) => {
  const opened = indexedDB.open("gis-events");
  opened.onsuccess = () => {
    const asked = opened.result.transaction("reports").objectStore("reports").getAll();
    asked.onsuccess = () => {
      told(asked.result.map(({ client_id, state }) => [client_id, state]));
      opened.result.close();
    };
  };
})"""

OpenPhone = Callable[..., Page]


@pytest.fixture
def here(town: Town) -> dict[str, float]:
    """A place in the worker's own street: in the first grid of the first street."""
    [(lon, lat)] = town.ask(
        "SELECT ST_X(at), ST_Y(at) FROM (SELECT ST_PointOnSurface(drawn.shape) AS at"
        " FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id,"
        " gis_server_user AS person WHERE person.username = %s"
        " AND starts_with(grid.code, person.scope[1]) ORDER BY grid.code LIMIT 1) AS one",
        WORKER.username,
    )
    return {"longitude": lon, "latitude": lat, "accuracy": 12}


@pytest.fixture
def phone(open_page: OpenPage, town: Town, here: dict[str, float]) -> OpenPhone:
    """A phone on which somebody has signed in, whose page can open without signal."""

    def open_phone(username: str = WORKER.username, password: str = WORKER.password) -> Page:
        page = open_page("/m/", PHONE, known=False, geolocation=here, permissions=["geolocation"])
        sign_in(page, town, username, password)
        page.wait_for_function(KEPT)
        return page

    return open_phone


@pytest.fixture
def words() -> str:
    """What the report of a test says, so that it is found among all others."""
    return f"小区北门井盖缺失，请尽快处理（{uuid.uuid4().hex[:8]}）"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that is larger than is kept."""
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), np.full((1200, 2400, 3), 90, np.uint8))
    return path


def sign_in(page: Page, town: Town, username: str, password: str) -> None:
    page.locator("#sign-in").click()
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}/m/")
    expect(page.locator("body")).to_have_attribute("data-session", "in")


def write(page: Page, words: str) -> None:
    """Kind, entry, words: everything but the photo and the last press."""
    page.locator(".kind[data-kind=service]").click()
    page.locator(".entry").first.click()
    expect(page.locator("#place-said")).to_contain_text("精度约 12 米")
    page.locator("#report-text").fill(words)


def card(page: Page, words: str) -> Locator:
    return page.locator(".card", has_text=words)


def filed(town: Town, words: str) -> list[tuple[str, int]]:
    """Number and count of photos of each event with these words."""
    return [
        (str(number), int(photos))
        for number, photos in town.ask(
            "SELECT number, (SELECT count(*) FROM events_eventphoto WHERE event_id = event.id)"
            " FROM events_event AS event WHERE text = %s",
            words,
        )
    ]


def go_offline(page: Page, *, off: bool) -> None:
    page.context.set_offline(off)


def assert_thumbs_reach(page: Page) -> None:
    sizes = page.locator("body").evaluate(SIZES)
    assert sizes
    assert [one for one in sizes if one[1] < THUMB_PX] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_report_takes_three_taps_and_a_photo(
    town: Town, phone: OpenPhone, words: str, photo: Path, picture_folder: Path
) -> None:
    page = phone()
    assert page.evaluate(TRANSFERRED) < FIRST_LOAD_BYTES
    assert_thumbs_reach(page)
    page.screenshot(path=picture_folder / "event-phone-kinds-390x844.png")
    picture(page, "report-phone")

    page.locator(".kind[data-kind=service]").click()
    assert_thumbs_reach(page)
    page.locator(".entry").first.click()
    expect(page.locator("#place-said")).to_contain_text("精度约 12 米")
    page.locator("#photo-camera").set_input_files(photo)
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator("#report-text").fill(words)
    expect(page.locator("#outside")).to_have_count(0)
    assert_thumbs_reach(page)
    page.screenshot(path=picture_folder / "event-phone-form-390x844.png", full_page=True)
    page.locator("#send").click()

    expect(card(page, words)).to_contain_text("服务器已确认，编号 SJ")
    [(number, photos)] = filed(town, words)
    expect(card(page, words)).to_contain_text(number)
    assert photos == 1
    [(side,)] = town.ask(
        "SELECT greatest(width, height) FROM events_eventphoto"
        " WHERE event_id = (SELECT id FROM events_event WHERE text = %s)",
        words,
    )
    assert side == 1600
    page.screenshot(path=picture_folder / "event-phone-mine-390x844.png")
    picture(page, "report-confirmed")


def test_without_signal_the_page_opens_and_what_is_written_is_sent_later(
    town: Town, phone: OpenPhone, words: str, photo: Path, picture_folder: Path
) -> None:
    page = phone()
    go_offline(page, off=True)
    page.goto(f"{town.url}/m/")
    expect(page.locator("#line")).to_have_text("无信号")

    write(page, words)
    page.locator("#photo-camera").set_input_files(photo)
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator("#send").click()

    expect(card(page, words)).to_contain_text("保存在本机，将自动发送")
    page.screenshot(path=picture_folder / "event-phone-offline-390x844.png")
    assert filed(town, words) == []
    # The phone is switched off and on, still without signal.
    page.goto(f"{town.url}/m/#mine")
    page.reload()
    expect(card(page, words)).to_contain_text("保存在本机，将自动发送")

    go_offline(page, off=False)

    expect(card(page, words)).to_contain_text("服务器已确认，编号 SJ")
    assert [photos for _number, photos in filed(town, words)] == [1]


def test_a_page_that_dies_while_it_sends_sends_again_and_there_is_one_event(
    town: Town, phone: OpenPhone, words: str
) -> None:
    """The server has taken the report, and its answer never comes: the page is closed first."""
    page = phone()
    write(page, words)

    def swallow(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()  # it arrives; the phone hears nothing of it
        else:
            route.fallback()

    page.route("**/api/events/reports/", swallow)
    page.locator("#send").click()
    # Asking the page lets the route's handler run.
    until(lambda: page.evaluate("() => 1") and len(filed(town, words)) == 1, "the server has it")
    context: BrowserContext = page.context
    page.close()

    again = context.new_page()
    again.goto(f"{town.url}/m/#mine")

    expect(card(again, words)).to_contain_text("服务器已确认，编号 SJ")
    assert len(filed(town, words)) == 1


def test_two_pages_that_empty_one_queue_make_one_event_each(
    town: Town, phone: OpenPhone, words: str
) -> None:
    page = phone()
    go_offline(page, off=True)
    for number in range(3):
        page.locator("[data-tab=report]").click()
        write(page, f"{words} {number}")
        page.locator("#send").click()
        expect(card(page, f"{words} {number}")).to_contain_text("保存在本机")
    other = page.context.new_page()
    other.goto(f"{town.url}/m/#mine")
    expect(card(other, words)).to_have_count(3)

    go_offline(page, off=False)

    for one in (page, other):
        expect(card(one, words).filter(has_text="服务器已确认")).to_have_count(3)
    assert [len(filed(town, f"{words} {number}")) for number in range(3)] == [1, 1, 1]


def test_a_session_that_was_ended_loses_nothing(
    town: Town, phone: OpenPhone, words: str, picture_folder: Path
) -> None:
    """An administrator ends the worker's sessions while a report is being written."""
    page = phone()
    write(page, words)
    # What the button on the user's page does, tests/gis_server holds; here the rows go.
    town.ask("DELETE FROM gis_server_session WHERE session_key = %s", session_of(page))
    page.locator("#send").click()

    expect(card(page, words)).to_contain_text("保存在本机：登录后发送")
    expect(page.locator("#banner-out")).to_contain_text("本机有 1 条上报待发送")
    page.screenshot(path=picture_folder / "event-phone-signed-out-390x844.png")
    assert filed(town, words) == []

    sign_in(page, town, WORKER.username, WORKER.password)
    page.locator("[data-tab=mine]").click()
    expect(card(page, words)).to_contain_text("服务器已确认")
    assert len(filed(town, words)) == 1


def session_of(page: Page) -> str:
    cookies = page.context.cookies()
    return str(next(one["value"] for one in cookies if one["name"] == "sessionid"))


def test_two_users_on_one_phone_have_queues_of_their_own(
    town: Town, phone: OpenPhone, words: str
) -> None:
    page = phone()
    go_offline(page, off=True)
    write(page, words)
    page.locator("#send").click()
    expect(card(page, words)).to_contain_text("保存在本机")
    page.context.clear_cookies()
    go_offline(page, off=False)
    expect(page.locator("body")).to_have_attribute("data-session", "out")

    sign_in(page, town, OPERATOR.username, OPERATOR.password)

    expect(page.locator("#banner-others")).to_contain_text(f"{WORKER.display_name}的 1 条上报")
    page.locator("[data-tab=mine]").click()
    expect(page.locator("[data-tab=mine]")).to_have_attribute("aria-current", "true")
    expect(card(page, words)).to_have_count(0)
    assert filed(town, words) == []
    page.context.clear_cookies()
    page.goto(f"{town.url}/m/")
    sign_in(page, town, WORKER.username, WORKER.password)
    page.locator("[data-tab=mine]").click()
    expect(card(page, words)).to_contain_text("服务器已确认")
    [(reporter,)] = town.ask("SELECT reporter_name FROM events_event WHERE text = %s", words)
    assert reporter == WORKER.display_name


@pytest.fixture
def elsewhere(town: Town) -> Geolocation:
    """A place in the last street of the district, which is not the worker's."""
    [(lon, lat)] = town.ask(
        "SELECT ST_X(at), ST_Y(at) FROM (SELECT ST_PointOnSurface(drawn.shape) AS at"
        " FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id"
        " WHERE starts_with(grid.code, '140107') ORDER BY grid.code DESC LIMIT 1) AS one"
    )
    return {"longitude": lon, "latitude": lat, "accuracy": 12}


def say_why_outside(page: Page) -> None:
    """Send a report from elsewhere: the phone asks why first."""
    page.locator("#send").click()
    expect(page.locator("#report-problem")).to_contain_text("为什么在辖区外上报")
    page.locator("#outside-reason").fill("路过时看到")
    page.locator("#send").click()


def reason_of(town: Town, words: str) -> object:
    [(reason,)] = town.ask("SELECT outside_reason FROM events_event WHERE text = %s", words)
    return reason


def test_outside_the_own_area_the_phone_asks_at_once_and_without_signal(
    town: Town,
    phone: OpenPhone,
    elsewhere: Geolocation,
    words: str,
    picture_folder: Path,
) -> None:
    page = phone()
    page.context.set_geolocation(elsewhere)
    go_offline(page, off=True)
    page.goto(f"{town.url}/m/")
    write(page, words)

    expect(page.locator("#outside")).to_contain_text("似乎不在您的辖区内")
    assert_thumbs_reach(page)
    page.screenshot(path=picture_folder / "event-phone-outside-390x844.png", full_page=True)
    say_why_outside(page)
    go_offline(page, off=False)

    expect(card(page, words)).to_contain_text("服务器已确认")
    assert reason_of(town, words) == "路过时看到"


def test_a_question_of_the_server_is_answered_on_the_phone(
    town: Town, phone: OpenPhone, elsewhere: Geolocation, words: str
) -> None:
    """Reported in the next street, by a phone that does not know its area: the server asks why."""

    def without_area(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"area": None})

    page = phone()
    page.route("**/api/events/form/*", without_area)
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-session", "in")
    page.context.set_geolocation(elsewhere)
    write(page, words)
    page.locator("#send").click()

    expect(card(page, words)).to_contain_text("服务器有疑问")
    card(page, words).get_by_role("button", name="修改后发送").click()
    say_why_outside(page)

    expect(card(page, words)).to_contain_text("服务器已确认")
    assert reason_of(town, words) == "路过时看到"


def test_the_first_answer_leaves_an_entry_that_is_being_chosen(phone: OpenPhone) -> None:
    """The page opens with what the phone knows; a slow server must not throw the thumb back."""
    page = phone()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/api/events/form/*", hold)
    page.reload()
    page.locator(".kind[data-kind=service]").click()
    entry = page.locator(".entry").first.element_handle()

    expect(page.locator("body")).not_to_have_attribute("data-session", "in")
    for route in waiting:
        route.continue_()
    expect(page.locator("body")).to_have_attribute("data-session", "in")
    page.wait_for_load_state("networkidle")

    assert entry.is_visible()


def test_a_report_is_taken_back_with_a_reason(
    town: Town, phone: OpenPhone, words: str, picture_folder: Path
) -> None:
    page = phone()
    write(page, words)
    page.locator("#send").click()
    card(page, words).locator("[data-withdraw]").click()
    page.locator("#withdraw-send").click()
    expect(page.locator("#withdraw-problem")).to_contain_text("请说明为什么撤回")
    go_offline(page, off=True)
    page.locator("#withdraw-note").fill("已自行解决")
    page.locator("#withdraw-send").click()
    expect(page.locator("#withdraw-problem")).to_contain_text("未提交，也不会自动提交")
    assert_thumbs_reach(page)
    page.screenshot(path=picture_folder / "event-phone-withdraw-390x844.png")
    # The page is closed meanwhile; what was written is there.
    page.goto(f"{town.url}/m/#mine")
    page.reload()
    go_offline(page, off=False)
    card(page, words).locator("[data-withdraw]").click()
    expect(page.locator("#withdraw-note")).to_have_value("已自行解决")
    page.locator("#withdraw-send").click()

    expect(card(page, words)).to_contain_text("已撤回")
    expect(card(page, words).locator("[data-withdraw]")).to_have_count(0)
    told = town.ask(
        "SELECT step.action, step.note FROM events_eventstep AS step JOIN events_event AS event"
        " ON event.id = step.event_id WHERE event.text = %s ORDER BY step.id",
        words,
    )
    assert told == [("report", ""), ("withdraw", "已自行解决")]


def test_a_flood_is_told_and_waits_on_the_phone(town: Town, phone: OpenPhone, words: str) -> None:
    page = phone()
    sent: list[str] = []

    def too_many(route: Route) -> None:
        if route.request.method == "POST" and not sent:
            sent.append(route.request.url)
            body = {"error": {"kind": "TooMany", "message": "请在 2 秒后再发"}}
            route.fulfill(status=429, headers={"Retry-After": "2"}, json=body)
        else:
            route.fallback()

    page.route("**/api/events/reports/", too_many)
    write(page, words)
    page.locator("#send").click()

    expect(page.locator(".problem")).to_contain_text("请在 2 秒后再发")
    expect(card(page, words)).to_contain_text("服务器已确认")
    assert len(filed(town, words)) == 1


def test_a_draft_is_kept_and_can_be_thrown_away(
    town: Town, phone: OpenPhone, words: str, photo: Path
) -> None:
    page = phone()
    write(page, words)
    page.locator("#photo-camera").set_input_files(photo)
    expect(page.locator(".photos img")).to_have_count(1)
    until(lambda: [state for _id, state in page.evaluate(QUEUED)] == ["draft"], "it is kept")
    until(lambda: page.evaluate(KEPT_TEXT) == words, "so are its words")
    page.reload()

    page.get_by_role("button", name="继续填写").click()
    expect(page.locator("#report-text")).to_have_value(words)
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator("button.back").click()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删除").click()
    expect(page.locator(".card.draft")).to_have_count(0)
    assert page.evaluate(QUEUED) == []
    assert filed(town, words) == []


def test_a_place_is_moved_on_the_map(
    town: Town, phone: OpenPhone, here: dict[str, float], words: str, picture_folder: Path
) -> None:
    page = phone()
    write(page, words)
    assert not page.evaluate(
        "performance.getEntriesByType('resource').some(({ name }) => name.includes('maplibre'))"
    )

    page.locator("#adjust").click()
    page.locator("#take-place").wait_for()
    page.wait_for_function("() => document.querySelector('.map').map.loaded()")
    page.screenshot(path=picture_folder / "event-phone-map-390x844.png", full_page=True)
    # 0.0005 degrees to the north: 56 m.
    page.evaluate(
        "(at) => document.querySelector('.map').map.jumpTo({ center: at })",
        [here["longitude"], here["latitude"] + 0.0005],
    )
    page.locator("#take-place").click()
    expect(page.locator("#place-said")).to_contain_text("按地图指明")
    page.locator("#send").click()

    expect(card(page, words)).to_contain_text("服务器已确认")
    [(lat, accuracy)] = town.ask(
        "SELECT ST_Y(point), accuracy_m FROM events_event WHERE text = %s", words
    )
    assert lat == pytest.approx(here["latitude"] + 0.0005, abs=1e-5)
    assert accuracy is None


def test_on_plain_http_the_page_says_what_does_not_work(town: Town, open_page: OpenPage) -> None:
    """127.0.0.1 counts as secure; a LAN address would not, and no other name leads here."""
    page = open_page(
        "/m/",
        PHONE,
        prepare=lambda page: page.add_init_script(
            "Object.defineProperty(window, 'isSecureContext', { value: false })"
        ),
    )

    expect(page.locator("#banner-secure")).to_contain_text("不是 https")
    page.locator(".kind[data-kind=service]").click()
    page.locator(".entry").first.click()
    expect(page.locator("#place-said")).to_contain_text("在地图上指明地点")
    page.locator("#send").click()
    expect(page.locator("#report-problem")).to_contain_text("缺少地点")


def dispatch(town: Town, words: str) -> None:
    """As a leader's dispatch leaves it; tests/events holds that path."""
    town.ask("UPDATE events_event SET state = 'dispatched' WHERE text = %s", words)
    town.ask(
        "INSERT INTO events_eventtask (event_id, division_id, unit_name, unit_code, state, sent_at,"
        " due) SELECT event.id, unit.id, unit.name, left(unit.code, 12), 'waiting', now(),"
        " now() + interval '2 hours' FROM events_event AS event JOIN grids_division AS unit"
        " ON unit.code = left(event.scope_code, 12) WHERE event.text = %s",
        words,
    )


def test_a_task_is_taken_and_finished_on_the_phone(
    town: Town, phone: OpenPhone, words: str, photo: Path, picture_folder: Path
) -> None:
    page = phone()
    write(page, words)
    page.locator("#send").click()
    expect(card(page, words)).to_contain_text("服务器已确认")
    dispatch(town, words)

    page.locator("[data-tab=tasks]").click()
    expect(card(page, words)).to_contain_text("剩余")
    assert_thumbs_reach(page)
    page.screenshot(path=picture_folder / "event-phone-tasks-390x844.png")
    card(page, words).locator("[data-verb=take]").click()
    card(page, words).locator("[data-verb=finish]").click()
    page.locator("#photo-camera").set_input_files(photo)
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator("#task-send").click()
    expect(page.locator("#task-problem")).to_be_visible()
    page.locator("#task-note").fill("已填平")
    page.locator("#task-send").click()

    expect(page.locator("#task-send")).to_have_count(0)
    expect(card(page, words)).to_have_count(0)
    [(state,)] = town.ask("SELECT state FROM events_event WHERE text = %s", words)
    assert state == "done"


def test_without_signal_tasks_are_those_of_the_last_time_and_no_step_is_queued(
    town: Town, phone: OpenPhone, words: str, photo: Path, picture_folder: Path
) -> None:
    page = phone()
    write(page, words)
    page.locator("#send").click()
    expect(card(page, words)).to_contain_text("服务器已确认")
    dispatch(town, words)
    page.locator("[data-tab=tasks]").click()
    expect(page.locator("#as-of")).to_contain_text("截至")
    go_offline(page, off=True)
    page.goto(f"{town.url}/m/#tasks")
    page.reload()

    expect(page.locator("#as-of")).to_contain_text("无信号")
    expect(card(page, words)).to_contain_text("剩余")
    card(page, words).locator("[data-verb=take]").click()
    expect(card(page, words)).to_contain_text("未提交，也不会自动提交")
    assert_thumbs_reach(page)
    page.screenshot(path=picture_folder / "event-phone-tasks-offline-390x844.png")
    town.ask(
        "UPDATE events_eventtask SET state = 'taken' WHERE event_id ="
        " (SELECT id FROM events_event WHERE text = %s)",
        words,
    )
    town.ask("UPDATE events_event SET state = 'handling' WHERE text = %s", words)
    go_offline(page, off=False)
    card(page, words).locator("[data-verb=finish]").click()
    go_offline(page, off=True)
    page.locator("#task-note").fill("已填平")
    page.locator("#photo-camera").set_input_files(photo)
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator("#task-send").click()
    expect(page.locator("#task-problem")).to_contain_text("未提交，也不会自动提交")
    # The phone is switched off and on: note and photo are there, and nothing went by itself.
    page.goto(f"{town.url}/m/#tasks")
    page.reload()
    go_offline(page, off=False)
    expect(page.locator("#as-of")).not_to_contain_text("无信号")
    expect(card(page, words).locator("[data-verb=finish]")).to_contain_text("草稿")
    card(page, words).locator("[data-verb=finish]").click()
    expect(page.locator("#task-note")).to_have_value("已填平")
    expect(page.locator(".photos img")).to_have_count(1)
    page.locator("#task-send").click()

    expect(page.locator("#task-send")).to_have_count(0)
    expect(card(page, words)).to_have_count(0)
    [(state,)] = town.ask("SELECT state FROM events_event WHERE text = %s", words)
    assert state == "done"
