"""Alarms on the wall: taken with a note, heard of by every wall, gone to, grouped in a flood."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.days.conftest import OpenPage
from tests.days.town import Town, until
from tests.days.wall import DRAWN_S, HOSTILE, SEES

pytestmark = pytest.mark.usefixtures("tell_logs")

LON, LAT = 112.5702, 37.8703
# Urgent events that nobody has accepted; their first step tells browsers.
MAKE = """
from datetime import timedelta
from uuid import uuid4
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from events.models import Category, Event
from events.services.steps import note_step
from events.workflow import Action
from grids.models import Grid
now, entry = timezone.now(), Category.objects.filter(parent__isnull=False).earliest("code")
grid = Grid.objects.filter(code__startswith="140107").earliest("code")
for number in range({count}):
    with transaction.atomic():
        event = Event.objects.create(
            client_id=uuid4(), number=None, kind=entry.kind, category=entry, severity="urgent",
            source="worker", level="district", state="reported", text="urgent", address={address!r},
            point=Point({lon}, {lat}, srid=4326), scope_code=grid.code, grid_then_code=grid.code,
            reported_at=now, received_at=now, accept_due=now + timedelta(hours=1),
            handle_due=now + timedelta(hours=2), close_due=now + timedelta(hours=3),
            amber_at=now + timedelta(minutes=50))
        note_step(event, Action.REPORT, by=None, now=now)
"""
# All of before count as long ago, so that no test floods the next.
OVER = """
UPDATE events_event SET state = 'accepted', received_at = received_at - interval '3 hours'
WHERE severity = 'urgent' AND state = 'reported'"""


@pytest.fixture(autouse=True)
def none_urgent(town: Town) -> Iterator[None]:
    town.ask(OVER)
    yield
    town.ask(OVER)


def make_urgent(town: Town, count: int = 1, address: str = "府东街 12 号") -> None:
    town.manage("shell", "-c", MAKE.format(count=count, address=address, lon=LON, lat=LAT))


def top(page: Page) -> Locator:
    return page.locator(".alarm[data-rank=top]")


def test_an_alarm_is_taken_with_a_note_and_every_wall_hears(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    wall, other = open_page("/wall/"), open_page("/wall/")
    for page in (wall, other):
        expect(page.locator("body")).to_have_attribute("data-live", "live")
    make_urgent(town, address=HOSTILE)

    row = top(wall)
    expect(row).to_contain_text(HOSTILE)
    row.locator("button", has_text="认领").click()
    row.locator("input").fill(f"已派巡逻队 {HOSTILE}")
    wall.screenshot(path=picture_folder / "wall-alarms-1920x1080.png")
    wall.keyboard.press("Enter")

    for page in (wall, other):
        expect(top(page).locator(".alarm-taken")).to_contain_text(f"：已派巡逻队 {HOSTILE}")
        assert page.evaluate("() => window.stolen") is None
    expect(wall.get_by_role("list", name="告警", exact=True)).to_be_visible()
    expect(row.locator("button", has_text="退回")).to_be_visible()
    row.locator("button", has_text="退回").click()
    expect(top(other).locator("button", has_text="认领")).to_be_visible()


def test_a_flood_is_said_grouped_and_over_when_it_is_over(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    wall = open_page("/wall/")
    expect(wall.locator("body")).to_have_attribute("data-live", "live")
    make_urgent(town, count=11)

    expect(wall.locator(".alarm-flood")).to_contain_text("告警风暴")
    group = wall.locator(".alarm-group", has_text="紧急事件尚未受理")
    expect(group).to_have_count(1)
    expect(group).to_contain_text("11 条未认领")
    expect(group.locator(".alarm").first).to_be_hidden()
    group.locator("summary").click()
    expect(group.locator(".alarm")).to_have_count(11)
    wall.screenshot(path=picture_folder / "wall-flood-1920x1080.png")

    # What is unfolded stays so when the list is asked for anew.
    make_urgent(town)
    expect(group).to_contain_text("12 条未认领")
    expect(group.locator(".alarm").first).to_be_visible()
    town.ask(OVER)
    wall.reload()
    expect(wall.locator("#alarms .list-head")).to_be_visible()
    expect(top(wall)).to_have_count(0)
    expect(wall.locator(".alarm-flood")).to_be_hidden()


def test_the_map_goes_to_a_new_top_alarm_by_itself_where_that_is_wanted(
    open_page: OpenPage, town: Town
) -> None:
    def wanted(page: Page) -> None:
        page.add_init_script("localStorage.setItem('wall-alarm-jump', 'on')")

    jumping, resting = open_page("/wall/", prepare=wanted), open_page("/wall/")
    for page in (jumping, resting):
        expect(page.locator("body")).to_have_attribute("data-live", "live")
        expect(page.locator("#alarms .alarm-settings")).to_be_visible()
    make_urgent(town)

    expect(top(resting)).to_have_count(1)
    until(lambda: jumping.evaluate(SEES, [LON, LAT]) is True, "the map is there", DRAWN_S)
    expect(jumping.locator(".event-note")).to_be_visible()
    expect(resting.locator(".event-note")).to_have_count(0)
    # Somebody has touched the page: the next waits.
    jumping.keyboard.press("Escape")
    jumping.locator("#map .map-home").click()
    make_urgent(town)
    expect(top(jumping)).to_have_count(2)
    assert jumping.evaluate("() => document.getElementById('map').map.getZoom()") < 14
