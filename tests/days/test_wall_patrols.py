"""People on duty on the wall: they move as they are heard of, and a shift is played again."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.days.conftest import OpenPage
from tests.days.tour import picture
from tests.days.town import Town, until
from tests.days.wall import DRAWN_S, HOSTILE

pytestmark = pytest.mark.usefixtures("tell_logs")

LON, EAST, LAT = 112.56, 112.561, 37.87
# Of those on duty now the first, under a name that must stay a name; then where they are.
ON_DUTY = """
from django.utils import timezone
from patrols.models import Duty, How, Member
from patrols.queries import duty_windows
from patrols.intake.taking import take
from patrols.osmand import Position
now = timezone.now()
windows = duty_windows(Duty.objects.all(), now, now)
duty = Duty.objects.select_related("member").get(pk=min(one.duty.id for one in windows))
Member.objects.filter(pk=duty.member_id).update(name={name!r})
here = Position("", now.timestamp() - 1, {lon}, {lat}, 8.0)
told = take(duty.member, None, [here], How.PAGE, now)
assert told.kept == 1, told
"""
WHERE = """(place) => {
  const { features } = document.getElementById("map").map.getSource("people").serialize().data;
  const there = features.find(({ geometry }) => geometry.coordinates.join() === place.join());
  return there?.properties.label ?? "";
}"""
PRESS = """([lon, lat]) => new Promise((drawn) => {
  const map = document.getElementById("map").map;
  map.once("idle", () => drawn(map.project([lon, lat])));
  map.jumpTo({ center: [lon, lat], zoom: 16 }, { originalEvent: {} });
})"""
PLAYED = """() => document.getElementById("map").map.getSource("replay").serialize().data.features
  .map(({ geometry }) => geometry.coordinates.join()).join(";")"""
YESTERDAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date - 1"


def heard(town: Town, lon: float, lat: float) -> None:
    """A position comes in, through the code that takes all of them."""
    town.manage("shell", "-c", ON_DUTY.format(name=HOSTILE[:40], lon=lon, lat=lat))


def stands(page: Page, lon: float) -> bool:
    return HOSTILE[:20] in page.evaluate(WHERE, [lon, LAT])


def press(page: Page, lon: float, lat: float) -> None:
    spot: dict[str, Any] = page.evaluate(PRESS, [lon, lat])
    page.locator("#map canvas").click(position={"x": spot["x"], "y": spot["y"]})


def test_who_is_heard_of_moves_on_the_wall_and_tells_who_they_are(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = open_page("/wall/")
    expect(page.locator("body")).to_have_attribute("data-live", "live")

    for lon in (LON, EAST):
        heard(town, lon, LAT)
        until(partial(stands, page, lon), "the sign stands there", DRAWN_S)
    press(page, EAST, LAT)

    note = page.locator(".person-note")
    expect(note).to_contain_text(HOSTILE[:40])
    # A shift by its name, or the whole day, as it is at the hour of the test.
    expect(note).to_contain_text(re.compile("班|全天"))
    page.screenshot(path=picture_folder / "wall-patrols.png")
    # The name stayed a name.
    assert page.evaluate("window.stolen") is None
    note.locator("button", has_text="轨迹").click()
    expect(page.locator("#track")).to_contain_text(re.compile("停留|暂无轨迹"))


def test_a_shift_of_yesterday_is_played_again_by_keyboard(
    open_page: OpenPage, town: Town, picture_folder: Path
) -> None:
    page = open_page("/wall/")
    [(day,)] = town.ask(f"SELECT ({YESTERDAY})::text")
    page.locator("#show-replay").click()
    page.locator(".replay input[type=date]").fill(day)

    expect(page.locator(".replay-note")).to_contain_text(re.compile(r"[1-9]\d* 人"))
    slider, time = page.locator(".replay input[type=range]"), page.locator(".replay-time")
    expect(slider).to_be_enabled()
    slider.focus()
    began = int(slider.input_value())
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == began + 30 * 60
    expect(time).to_have_attribute("class", "replay-time")
    there = page.evaluate(PLAYED)
    assert there
    page.keyboard.press(" ")
    expect(page.locator(".replay-play")).to_have_attribute("aria-pressed", "true")
    until(lambda: page.evaluate(PLAYED) != there, "somebody has moved", DRAWN_S)
    page.screenshot(path=picture_folder / "wall-replay.png")
    picture(page, "replay")

    page.keyboard.press("Escape")

    expect(page.locator("#replay")).to_be_hidden()
    assert page.evaluate(PLAYED) == ""
