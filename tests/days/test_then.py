"""The desk looks back: the past is told as such, plays, and nothing of the present gets into it."""

import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.days.conftest import OpenPage
from tests.days.town import Town, until
from tests.days.wall import DRAWN_S

pytestmark = pytest.mark.usefixtures("tell_logs")
LENGTH = re.compile("米|公里")
BIG = {"width": 1920, "height": 1080}
MOST_CHANGES = 50
STATES = """(box) => Object.fromEntries(document.querySelector(box).map.getSource("cameras")
  .serialize().data.features.map(({ properties }) => [properties.id, properties.state]))"""
# A camera that was there two days ago, fell an hour after midnight of yesterday and came back.
STORY = """
INSERT INTO cameras_camerarecord (camera_id, since, owner_id, owner_name, team_id, team_name,
    upstream_id, scope_code, priority, enabled)
SELECT camera_id, {day} - interval '1 day', owner_id, owner_name, team_id, team_name, upstream_id,
    scope_code, priority, enabled
FROM cameras_camerarecord WHERE camera_id = {camera} ORDER BY id LIMIT 1;
INSERT INTO cameras_statespan (camera_id, state, reason, since) VALUES
    ({camera}, 'online', 'ok', {day} - interval '1 hour'),
    ({camera}, 'offline', 'connect_timeout', {day} + interval '1 hour'),
    ({camera}, 'online', 'ok', {day} + interval '3 hours')"""
YESTERDAY = (
    "((now() AT TIME ZONE 'Asia/Shanghai')::date - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'"
)


@pytest.fixture(scope="module")
def camera(town: Town) -> int:
    [(pk,)] = town.ask("SELECT min(id) FROM cameras_camera")
    sql = STORY.format(day=YESTERDAY, camera=pk)
    town.manage("shell", "-c", f"from django.db import connection\n"
                f"connection.cursor().execute({sql!r})")  # fmt: skip
    return int(pk)


@pytest.fixture
def yesterday(town: Town, camera: int) -> str:
    [(day,)] = town.ask("SELECT ((now() AT TIME ZONE 'Asia/Shanghai')::date - 1)::text")
    return str(day)


def shown(page: Page, camera: int, state: str, box: str = ".past-map") -> bool:
    states: dict[str, str] = page.evaluate(STATES, box)
    return states.get(str(camera)) == state


def look_back(page: Page, day: str) -> None:
    page.locator("button", has_text="回看历史").click()
    expect(page.locator(".past-ribbon")).to_contain_text("非实时")
    page.locator("#time input[type=date]").fill(day)
    expect(page.locator(".past-ribbon")).to_contain_text(day.replace("-", "/"))


def step_to(page: Page, moment: str) -> None:
    """Change by change by the key; each is told at once."""
    ribbon, told = page.locator(".past-ribbon"), ""
    for _ in range(MOST_CHANGES):
        if moment in told:
            return
        page.keyboard.press(".")
        told = ribbon.inner_text()
    raise AssertionError(f"no change at {moment}, but {told}")


def test_a_day_is_stepped_through_and_played_by_keyboard(
    open_page: OpenPage, town: Town, camera: int, yesterday: str, picture_folder: Path
) -> None:
    page = open_page("/map/", BIG)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    look_back(page, yesterday)
    slider = page.locator("#time input[type=range]")
    expect(slider).to_be_enabled()

    slider.focus()
    page.keyboard.press("Home")
    until(partial(shown, page, camera, "online"), "it was online at midnight", DRAWN_S)
    # Whatever else of the demo changed in its first hour comes before its fall.
    step_to(page, "01:00:00")
    until(partial(shown, page, camera, "offline"), "the next change is its fall", DRAWN_S)
    page.screenshot(path=picture_folder / "desk-past.png")
    page.keyboard.press("PageUp")
    expect(page.locator(".past-ribbon")).to_contain_text("02:00:00")
    assert shown(page, camera, "offline")

    # Filters and layers hold for then as they do for now.
    online = page.locator('input[name="camera_state"][value="online"]')
    online.check()
    assert set(page.evaluate(STATES, ".past-map").values()) <= {"online"}
    expect(page.locator(".then-note").first).to_contain_text("已筛选")
    online.uncheck()
    assert shown(page, camera, "offline")
    layer = page.locator('input[value="cameras"]')
    layer.uncheck()
    drawn = "document.querySelector('.past-map').map.getLayoutProperty('cameras', 'visibility')"
    assert page.evaluate(drawn) == "none"
    layer.check()
    assert page.evaluate(drawn) == "visible"
    page.locator("#time select").first.select_option("600")
    slider.focus()
    page.keyboard.press(" ")
    until(partial(shown, page, camera, "online"), "it came back while it played", DRAWN_S)
    page.keyboard.press(" ")
    expect(page.locator(".then-play")).to_have_attribute("aria-pressed", "false")

    # What is told now gets into the live map alone.
    at = slider.input_value()
    before = page.evaluate(STATES, ".past-map")
    page.evaluate("document.getElementById('map').map.getSource('cameras')"
                  ".setData({ type: 'FeatureCollection', features: [] })")  # fmt: skip
    assert page.evaluate(STATES, ".past-map") == before
    assert slider.input_value() == at

    page.keyboard.press("Escape")
    expect(page.locator(".past-map")).to_have_count(0)
    expect(page.locator("body")).not_to_have_attribute("data-past", "")
    expect(page.locator("#results")).not_to_have_attribute("inert", "")


def test_the_past_is_as_large_as_the_page_and_says_lengths_in_its_language(
    open_page: OpenPage, camera: int, yesterday: str
) -> None:
    # From so far away type is larger, as it is on a screen of 4K.
    page = open_page("/map/?distance=3&height=100", BIG)
    look_back(page, yesterday)
    until(partial(shown, page, camera, "online"), "the map of yesterday", DRAWN_S)
    size = float(page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)"))
    assert size > 20
    for field in page.locator("#time select").all():
        assert float(field.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")) == size

    # At zoom 16 a sign of an event is 1.1 as large as it is drawn, grown as all type is.
    drawn = "document.querySelector('.past-map').map.getLayoutProperty('past-events', 'icon-size')"
    assert page.evaluate(drawn)[-1] == pytest.approx(1.1 * size / 16)
    expect(page.locator(".past-map .maplibregl-ctrl-scale")).to_contain_text(LENGTH)


def test_a_day_before_anything_was_known_is_refused_in_words_and_shows_nothing(
    open_page: OpenPage, camera: int, yesterday: str
) -> None:
    page = open_page("/map/", BIG)
    look_back(page, yesterday)
    page.locator("#time input[type=date]").evaluate(
        "(field) => { field.min = ''; field.value = '2001-01-01';"
        " field.dispatchEvent(new Event('change')); }"
    )

    expect(page.locator(".then-note")).to_contain_text("之前没有记录")
    expect(page.locator(".past-map")).to_have_count(0)


def test_two_moments_are_compared_side_by_side_and_by_a_moved_border(
    open_page: OpenPage, camera: int, yesterday: str, picture_folder: Path
) -> None:
    page = open_page("/map/?camera_state=online&camera_state=offline", BIG)
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    page.locator("button", has_text="两个时刻对比").click()
    expect(page.locator(".compare-filtered")).to_contain_text("离线")
    before, after = page.locator(".compare input[type=datetime-local]").all()
    before.fill(f"{yesterday}T00:30")
    after.fill(f"{yesterday}T02:00")

    expect(page.locator(".compare .past-ribbon").last).to_contain_text("02:00:00")
    left, right = (
        ".compare-side:nth-child(1) .compare-map",
        ".compare-side:nth-child(2) .compare-map",
    )
    until(partial(shown, page, camera, "online", left), "the one before", DRAWN_S)
    until(partial(shown, page, camera, "offline", right), "the one after", DRAWN_S)
    expect(page.locator(".compare-table tr", has_text="转为离线")).to_contain_text("1")
    expect(page.locator(".compare-table tr", has_text="未知")).to_contain_text("未知000")
    page.screenshot(path=picture_folder / "desk-compare.png")
    for scale in page.locator(".compare-side .maplibregl-ctrl-scale").all():
        expect(scale).to_contain_text(LENGTH)
    # They move together.
    page.evaluate(f"document.querySelector({left!r}).map.jumpTo({{ zoom: 14 }})")
    assert page.evaluate(f"document.querySelector({right!r}).map.getZoom()") == pytest.approx(14)

    page.locator("input[value=swipe]").check()
    edge = page.locator(".compare-edge")
    edge.focus()
    page.keyboard.press("ArrowLeft")
    assert edge.input_value() == "49"
    page.screenshot(path=picture_folder / "desk-swipe.png")
    page.keyboard.press("Escape")
    expect(page.locator(".compare")).to_have_count(0)
    expect(page.locator("body")).not_to_have_attribute("data-past", "")
