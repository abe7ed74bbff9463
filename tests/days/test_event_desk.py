"""Two events from the first word to the last, each handled at its own level by different people.

The street's: entered by hand after a call, done in a community, verified by somebody else.  The
district's: urgent, heard at once on a desk that is open, accepted and sent to a department by keys.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gis_server.roles import Role
from tests.days.conftest import DESK, OpenPage
from tests.days.tour import picture
from tests.days.town import Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")

PASSWORD = "everybody-has-a-part"
MAKE = """
from events.models import Department, DepartmentMember
from gis_server.models import User
from grids.models import Division
inside = Division.objects.filter(level="community", code__startswith="{street}")
community = inside.order_by("code")[0].code
office, _ = Department.objects.get_or_create(name="区应急管理局", area="{district}")
for name, shown, role, scope in {people}:
    user = User.objects.create_user(name, password="{password}", display_name=shown, role=role,
                                    scope=[scope or community])
    if role == "handler":
        DepartmentMember.objects.create(user=user, department=office)
"""
"""Run in the town's own database, which no test shares."""
IS_DRAWN = """([lon, lat]) => {
  const { map } = document.getElementById("map");
  if (!map?.loaded()) return false;
  return map.queryRenderedFeatures(map.project([lon, lat]), { layers: ["events"] }).length > 0;
}"""
ON_SCREEN = """([lon, lat]) => {
  const { map } = document.getElementById("map");
  const { x, y } = map.project([lon, lat]);
  const box = map.getCanvas().getBoundingClientRect();
  return [x + box.x, y + box.y];
}"""
STREET, DISTRICT = "140107001", "140107"
PEOPLE = [
    ("jie", "街道赵主任", Role.STREET_LEADER.value, STREET),
    ("jie2", "街道钱科长", Role.STREET_LEADER.value, STREET),
    ("shequ", "社区孙书记", Role.COMMUNITY_LEADER.value, ""),
    ("qu", "区级李主任", Role.DISTRICT_LEADER.value, DISTRICT),
    ("zhiban", "区级值班周", Role.OPERATOR.value, DISTRICT),
    ("yingji", "应急局吴工", Role.HANDLER.value, DISTRICT),
]


@pytest.fixture(scope="module")
def people(town: Town) -> None:
    words = {"street": STREET, "district": DISTRICT, "people": PEOPLE, "password": PASSWORD}
    town.manage("shell", "-c", MAKE.format(**words))


@pytest.fixture
def sign_in_as(open_page: OpenPage, town: Town, people: None) -> OpenPage:
    def open_at(name: str, path: str) -> Page:
        page = open_page(f"/sign-in/?next={path}", DESK, known=False)
        page.locator("#id_username").fill(name)
        page.locator("#id_password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{town.url}{path}")
        return page

    return open_at


def spot(town: Town) -> tuple[float, float, int]:
    """A place in the first community of the street, and that community's id."""
    [(lon, lat, division)] = town.ask(
        "SELECT ST_X(p), ST_Y(p), id FROM (SELECT id, ST_PointOnSurface(shape) AS p"
        " FROM grids_division WHERE level = 'community' AND code LIKE %s"
        " ORDER BY code LIMIT 1) AS first",
        f"{STREET}%",
    )
    return lon, lat, division


def enter(page: Page, town: Town, entry: str, severity: str, text: str) -> int:
    """Fill in the form of a new event; its id."""
    lon, lat, _division = spot(town)
    page.locator("#source").select_option("hotline")
    page.locator("#category").select_option(entry)
    expect(page.locator("#severity")).to_have_value(severity)  # as the catalogue proposes
    page.locator("#text").fill(text)
    page.locator("#position").fill(f"{lon:.6f}, {lat:.6f}")
    page.get_by_role("button", name="登记事件").click()
    page.wait_for_url(re.compile(r"/events/\d+/$"))
    return int(page.url.rstrip("/").rpartition("/")[2])


def take(page: Page, town: Town, event: int, action: str, note: str = "", unit: str = "") -> None:
    """Open an event's page and take a step there by its form."""
    page.goto(f"{town.url}/events/{event}/")
    box = page.locator(f".act[data-action={action}]")
    if box.get_attribute("open") is None:
        box.locator("summary").click()
    if unit:
        box.get_by_label(unit, exact=True).check()
    if note:
        box.locator("textarea").fill(note)
    box.locator("form button.main").click()
    expect(page.locator(".message.success")).to_be_visible()


def state_of(town: Town, event: int) -> str:
    [(state,)] = town.ask("SELECT state FROM events_event WHERE id = %s", event)
    return str(state)


def who_did(town: Town, event: int) -> dict[str, str]:
    rows = town.ask("SELECT action, who FROM events_eventstep WHERE event_id = %s", event)
    return dict(rows)


def test_a_streets_event_from_a_call_to_its_end(
    town: Town, sign_in_as: OpenPage, picture_folder: Path
) -> None:
    street = sign_in_as("jie", "/events/new/")
    event = enter(street, town, "G0102", "major", "来电：井盖破损，有车辆绕行")
    [(community,)] = town.ask("SELECT name FROM grids_division WHERE id = %s", spot(town)[2])
    expect(street.locator(".state-line")).to_contain_text("大事")
    street.screenshot(path=picture_folder / "event-reported-1920x1080.png", full_page=True)

    take(street, town, event, "accept")
    take(street, town, event, "file", "属本街道职责")
    take(street, town, event, "dispatch", unit=community)
    assert state_of(town, event) == "dispatched"

    below = sign_in_as("shequ", "/events/?tab=mine")
    expect(below.locator(f"#rows tr[data-id='{event}']")).to_contain_text(community)
    take(below, town, event, "take")
    # While the community works, the street's page is not asked again: it says that it is old.
    street.goto(f"{town.url}/events/{event}/")
    take(below, town, event, "finish", "井盖已更换并加固")
    expect(street.locator("#event-changed")).to_be_visible()
    below.goto(f"{town.url}/events/{event}/")
    expect(below.locator(".act[data-action=verify]")).to_have_count(0)  # who handles never checks

    checker = sign_in_as("jie2", f"/events/{event}/")
    take(checker, town, event, "verify", "现场核实无误")
    take(checker, town, event, "close")

    assert state_of(town, event) == "closed"
    done = who_did(town, event)
    assert (done["dispatch"], done["finish"]) == ("街道赵主任", "社区孙书记")
    assert (done["verify"], done["close"]) == ("街道钱科长", "街道钱科长")
    expect(checker.locator(".steps li")).to_have_count(8)
    checker.screenshot(path=picture_folder / "event-closed-1920x1080.png", full_page=True)
    picture(checker, "event-closed")


def test_an_urgent_event_is_heard_at_the_districts_desk_and_sent_on_by_keys(
    town: Town, sign_in_as: OpenPage, picture_folder: Path
) -> None:
    desk = sign_in_as("zhiban", "/events/")
    # Only what comes once it listens is said to be new.
    with desk.expect_response(re.compile(r"/live\?")):
        desk.reload()
    expect(desk.locator("#live-said")).to_have_text("")
    street = sign_in_as("jie", "/events/new/")
    event = enter(street, town, "Y0201", "urgent", "来电：路面积水，水深及膝")

    # It comes by itself, and says that it is new.
    row = desk.locator(f"#rows tr[data-id='{event}']")
    expect(row).to_be_visible()
    expect(row).to_contain_text("急事")
    expect(desk.locator("#live-said")).to_contain_text("新的急事")
    desk.wait_for_function("document.getElementById('event-map').dataset.shown > 0")
    desk.screenshot(path=picture_folder / "event-desk-1920x1080.png")
    picture(desk, "event-desk")

    # By keys alone: search, the row, accept, file, dispatch.
    desk.keyboard.press("/")
    desk.keyboard.type("水深及膝")
    # The list had one row before as well: what tells is that the page found listens.
    with desk.expect_response(re.compile(r"/live\?")):
        desk.keyboard.press("Enter")
    expect(desk.locator("#rows tbody tr")).to_have_count(1)
    desk.keyboard.press("j")
    desk.keyboard.press("a")
    until(lambda: state_of(town, event) == "accepted", "it is accepted by a key")
    expect(desk.locator(".row-said.good")).to_be_visible()
    expect(row).to_have_attribute("data-state", "accepted")
    desk.keyboard.press("f")
    until(lambda: state_of(town, event) == "filed", "it is filed by a key")
    expect(row).to_have_attribute("data-state", "filed")
    desk.keyboard.press("x")
    desk.locator("#bulk-unit").select_option(label="区应急管理局")
    desk.locator("#bulk-unit").blur()
    desk.keyboard.press("d")
    until(lambda: state_of(town, event) == "dispatched", "it is sent by a key")
    expect(row.locator(".with")).to_contain_text("区应急管理局")
    desk.screenshot(path=picture_folder / "event-desk-sent-1920x1080.png")

    office = sign_in_as("yingji", f"/events/{event}/")
    take(office, town, event, "take")
    take(office, town, event, "finish", "已抽排，积水消退")
    leader = sign_in_as("qu", f"/events/{event}/")
    take(leader, town, event, "verify")
    take(leader, town, event, "close", "处置及时")

    assert state_of(town, event) == "closed"
    done = who_did(town, event)
    assert done["accept"] == done["file"] == done["dispatch"] == "区级值班周"
    assert (done["finish"], done["close"]) == ("应急局吴工", "区级李主任")
    # Street and community were told, and the street may say that it has seen it.
    assert town.ask("SELECT count(*) FROM events_eventcopy WHERE event_id = %s", event) == [(2,)]


def test_open_events_stand_on_the_wall(
    town: Town, sign_in_as: OpenPage, picture_folder: Path
) -> None:
    street = sign_in_as("jie", "/events/new/")
    event = enter(street, town, "Y0105", "urgent", "来电：电梯困人")
    lon, lat, _division = spot(town)

    wall = sign_in_as("zhiban", "/wall/")
    wall.wait_for_function(IS_DRAWN, arg=[lon, lat], timeout=120_000)
    at = wall.evaluate(ON_SCREEN, [lon, lat])
    wall.mouse.click(*at)

    note = wall.locator(".event-note")
    expect(note).to_contain_text("电梯困人")
    expect(note.locator(f"a[href='/events/{event}/']")).to_have_count(2)
    wall.screenshot(path=picture_folder / "wall-events-1920x1080.png")
