"""A maintainer's morning with pictures: one is taken, a window is masked for good, and the view is
held against what it was.
"""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, OpenPage
from tests.days.town import Town, until

MAINTAINER = next(person for person in SIGN_INS if person.role is Role.MAINTAINER)
CORNERS = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
BLACK = 16  # of 255: a JPEG leaves a little


@pytest.fixture
def desk(open_page: OpenPage, town: Town) -> Page:
    """The pages of somebody who may take pictures and draw masks."""
    page = open_page("/sign-in/?next=/cameras/", DESK, known=False)
    page.locator("#id_username").fill(MAINTAINER.username)
    page.locator("#id_password").fill(MAINTAINER.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}/cameras/")
    return page


@pytest.fixture
def camera(town: Town) -> int:
    [(number,)] = town.ask("SELECT id FROM cameras_camera WHERE host = '127.78.0.1'")
    until(lambda: town.state_of(number) == "online", "the camera with video answers")
    return int(number)


def take_picture(page: Page, town: Town, camera: int) -> int:
    """Press the button on the camera's page; the picture's id."""
    page.goto(f"{town.url}/cameras/{camera}/")
    page.locator("#shot-take").click()
    expect(page.locator("#shot-said")).to_have_text("刚刚")
    source = page.locator("#shot img").get_attribute("src") or ""
    found = re.search(r"/api/snapshots/(\d+)\.jpg", source)
    assert found, source
    return int(found[1])


def middle_of(page: Page, town: Town, picture: int) -> float:
    """How bright the middle of the stored picture is, 0 to 255."""
    answer = page.request.get(f"{town.url}/api/snapshots/{picture}.jpg")
    assert answer.ok
    grey = cv2.imdecode(np.frombuffer(answer.body(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    height, width = grey.shape
    return float(
        grey[int(height * 0.3) : int(height * 0.7), int(width * 0.3) : int(width * 0.7)].max()
    )


def test_a_mask_is_drawn_burned_in_and_seen_beside_the_view_before(
    desk: Page, town: Town, camera: int, picture_folder: Path
) -> None:
    before = take_picture(desk, town, camera)
    assert middle_of(desk, town, before) > BLACK

    desk.goto(f"{town.url}/cameras/{camera}/masks/")
    drawing = desk.locator(".masks-stage svg")
    box = drawing.bounding_box()
    assert box is not None
    for x, y in CORNERS:
        drawing.click(position={"x": x * box["width"], "y": y * box["height"]})
    drawing.press("Enter")
    expect(desk.locator(".mask-list li")).to_have_count(1)
    desk.screenshot(path=picture_folder / "masks-1920x1080.png")
    desk.get_by_role("button", name="保存").click()
    expect(desk.locator(".message")).to_contain_text("已保存")

    after = take_picture(desk, town, camera)
    assert middle_of(desk, town, after) <= BLACK

    desk.goto(f"{town.url}/cameras/{camera}/pictures/?picture={after}&against={before}")
    slider = desk.get_by_role("slider")
    then = desk.locator(".compare-box .then")
    cut = "image => getComputedStyle(image).clipPath"
    half = then.evaluate(cut)
    slider.focus()
    slider.press("Home")
    assert then.evaluate(cut) != half
    slider.press("End")
    desk.screenshot(path=picture_folder / "compare-1920x1080.png")
    assert then.evaluate(cut) in {
        "inset(0px)",
        "inset(0px 0% 0px 0px)",
        "inset(0px calc(0%) 0px 0px)",
    }

    town.ask("DELETE FROM cameras_privacymask WHERE camera_id = %s", camera)
