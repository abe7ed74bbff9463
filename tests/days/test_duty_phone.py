"""On duty with a phone: positions with and without signal, and an errand that comes."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Geolocation, Page, expect

from tests.days.conftest import PHONE, OpenPage
from tests.days.test_event_phone import KEPT, assert_thumbs_reach, sign_in
from tests.days.town import OPERATOR, WORKER, Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")
AREA, SHIFT, POST, NUMBER = "140107", "手机测试班", "手机测试岗", "PHONE-TEST"
PLACE: Geolocation = {"longitude": 112.5701, "latitude": 37.8801, "accuracy": 8}
WAITING = """() => new Promise((told) => {
  const opened = indexedDB.open("gis-events");
  opened.onsuccess = () => {
    const asked = opened.result.transaction("fixes").objectStore("fixes").count();
    asked.onsuccess = () => { told(asked.result); opened.result.close(); };
  };
})"""


@pytest.fixture
def duty(town: Town) -> Iterator[int]:
    """A duty of the worker's that lasts all day, whatever the demo has put them on."""
    before = town.ask(
        "SELECT member.id FROM patrols_member AS member JOIN gis_server_user AS person"
        " ON person.id = member.user_id WHERE person.username = %s AND number <> %s",
        WORKER.username,
        NUMBER,
    )
    for (member,) in before:
        town.ask("UPDATE patrols_member SET user_id = NULL WHERE id = %s", member)
    town.ask(
        "INSERT INTO patrols_shift (area, name, begins, ends, is_active)"
        " VALUES (%s, %s, '00:00', '00:00', true) ON CONFLICT DO NOTHING",
        AREA,
        SHIFT,
    )
    town.ask(
        "INSERT INTO patrols_post (name, kind, scope_code, task, is_active)"
        " SELECT %s, 'area', scope[1], '看护校门', true FROM gis_server_user WHERE username = %s"
        " ON CONFLICT DO NOTHING",
        POST,
        WORKER.username,
    )
    town.ask(
        "INSERT INTO patrols_member (number, name, phone, force, means, scope_code, user_id,"
        " is_active) SELECT %s, '张巡防', '', 'security_guard', 'foot', scope[1], id, true"
        " FROM gis_server_user WHERE username = %s"
        " ON CONFLICT (number) DO UPDATE SET user_id = excluded.user_id",
        NUMBER,
        WORKER.username,
    )
    [(number,)] = town.ask(
        "INSERT INTO patrols_duty (post_id, shift_id, day, member_id, task, lowest, highest,"
        " made_at) SELECT post.id, shift.id, (now() AT TIME ZONE 'Asia/Shanghai')::date, member.id,"
        " '', 'usual', 'one', now() FROM patrols_post AS post, patrols_shift AS shift,"
        " patrols_member AS member WHERE post.name = %s AND shift.name = %s AND member.number = %s"
        " RETURNING id",
        POST,
        SHIFT,
        NUMBER,
    )
    yield int(number)
    town.ask("UPDATE patrols_duty SET withdrawn_at = now() WHERE id = %s", number)
    town.ask("UPDATE patrols_member SET user_id = NULL WHERE number = %s", NUMBER)
    for (member,) in before:
        town.ask(
            "UPDATE patrols_member SET user_id = person.id FROM gis_server_user AS person"
            " WHERE patrols_member.id = %s AND person.username = %s",
            member,
            WORKER.username,
        )


@pytest.fixture
def phone(open_page: OpenPage, town: Town, duty: int) -> Callable[[], Page]:
    def open_phone() -> Page:
        page = open_page("/m/", PHONE, known=False, geolocation=PLACE, permissions=["geolocation"])
        sign_in(page, town, WORKER.username, WORKER.password)
        page.wait_for_function(KEPT)
        page.locator("[data-tab=duty]").click()
        return page

    return open_phone


def send_errand(town: Town, duty: int, place: str, words: str) -> None:
    """As an operator's press does."""
    order = {"duty": duty, "by": OPERATOR.username, "place": place, "words": words}
    town.manage("shell", "-c", SEND.format(**order))


def fixes(town: Town, duty: int) -> int:
    [(number,)] = town.ask("SELECT count(*) FROM patrols_fix WHERE duty_id = %s", duty)
    return int(number)


def test_positions_wait_without_signal_and_an_errand_is_answered(
    town: Town, phone: Callable[[], Page], duty: int, picture_folder: object
) -> None:
    page = phone()
    expect(page.locator(f"[data-duty='{duty}']")).to_contain_text("看护校门")
    expect(page.locator("#tracking")).to_have_attribute("data-running", "false")
    assert page.evaluate(WAITING) == 0
    page.locator("#tracking-press").click()
    expect(page.locator("#tracking-count")).to_contain_text("已确认 1 个")
    until(lambda: fixes(town, duty) == 1, "the first position is stored")

    page.context.set_offline(True)
    # A position every 10 s at most: the next one lies on the phone until there is signal.
    page.context.set_geolocation(moved(0.0002))
    until(lambda: moved_until_kept(page), "the position is kept on the phone")
    page.context.set_offline(False)
    until(lambda: fixes(town, duty) == 2, "what has waited is stored")
    expect(page.locator("#tracking-count")).to_contain_text("待发 0 个")

    send_errand(town, duty, "东门", "去东门看看")
    card = page.locator("[data-errand]", has_text="去东门看看")
    expect(card).to_be_visible(timeout=60_000)
    assert_thumbs_reach(page)
    page.screenshot(path=f"{picture_folder}/duty-phone-390x844.png", full_page=True)
    card.locator("[data-verb=accept]").click()
    expect(card).to_have_attribute("data-state", "accepted")
    card.locator("[data-verb=done]").click()
    expect(card).to_have_attribute("data-state", "done")

    page.locator("#tracking-press").click()
    expect(page.locator("#tracking")).to_have_attribute("data-running", "false")


def test_a_new_phone_opens_what_its_address_names(
    town: Town, open_page: OpenPage, duty: int
) -> None:
    page = open_page("/sign-in/", PHONE, known=False)
    page.locator("#id_username").fill(WORKER.username)
    page.locator("#id_password").fill(WORKER.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "sign-in" not in address)

    page.goto(f"{town.url}/m/#duty")
    expect(page.locator(f"[data-duty='{duty}']")).to_contain_text("看护校门")
    page.locator("[data-tab=report]").click()
    expect(page.locator(".kind").first).to_be_visible()
    assert not page.url.endswith("#duty")


def test_the_phone_is_rung_and_does_not_wait_until_it_asks(
    town: Town, phone: Callable[[], Page], duty: int
) -> None:
    page = phone()
    page.add_init_script(NEVER_ASKS)
    with page.expect_request(lambda asked: "topics=own_errand" in asked.url):
        page.reload()
    expect(page.locator(f"[data-duty='{duty}']")).to_be_visible()
    until(lambda: rings(page), "the stream stands")

    send_errand(town, duty, "西门", "去西门看看")

    expect(page.locator("[data-errand]", has_text="去西门看看")).to_be_visible(timeout=90_000)


NEVER_ASKS = """
  const every = window.setInterval.bind(window);
  window.setInterval = (call, ms) => (ms === 20_000 ? 0 : every(call, ms));
  const Stream = window.EventSource;
  window.EventSource = class extends Stream {
    constructor(...words) {
      super(...words);
      this.addEventListener("beat", () => (window.hasRung = true));
    }
  };
"""
SEND = """
from uuid import uuid4
from django.contrib.gis.geos import Point
from django.utils import timezone
from gis_server.models import User
from patrols.errands.sent import Order, Target
from patrols.errands.services import send
place = Target(Point(112.571, 37.881, srid=4326), "{place}")
by = User.objects.get(username="{by}")
send(by=by, order=Order(uuid4(), {duty}, place, "{words}"), now=timezone.now())
"""


def rings(page: Page) -> bool:
    return bool(page.evaluate("window.hasRung === true"))


def moved_until_kept(page: Page) -> bool:
    """Moves a little, as a phone in a hand does, and looks whether a position is kept."""
    page.context.set_geolocation(moved(0.0002 + page.evaluate("Math.random()") / 1e5))
    return bool(page.evaluate(WAITING) == 1)


def moved(north_deg: float) -> Geolocation:
    return {
        "longitude": PLACE["longitude"],
        "latitude": PLACE["latitude"] + north_deg,
        "accuracy": 8,
    }
