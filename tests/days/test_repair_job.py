"""A technician's whole job on a phone: from an order that opens by itself to its proof."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from cameras.grouping import SETTLED
from fixtures.camera_farm import plan
from fixtures.camera_farm.showings import GOOD, showings
from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, PHONE, OpenPage
from tests.days.tour import picture
from tests.days.town import LIGHT, Town, until

pytestmark = pytest.mark.usefixtures("tell_logs")

FITTER = next(person for person in SIGN_INS if person.role is Role.MAINTAINER)
THUMB_PX = 44
DEVICES, UPSTREAMS = plan.devices(LIGHT, 0), plan.upstreams(LIGHT)
SHOWN = showings(DEVICES, UPSTREAMS)
# One that nothing else cuts.
HOST = next(one.host for one in DEVICES if one.index > 250 and SHOWN[one.index] in GOOD)
SETTLED_S = 300.0
SIZES = """(box) => [...box.querySelectorAll("button, a.button, summary, .job-head")]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])"""


@pytest.fixture
def fault(town: Town) -> Iterator[int]:
    """A camera that is cut, and whose order does not wait for the delay of its class; its id."""
    [(camera, team)] = town.ask(
        "SELECT id, team_id FROM cameras_camera WHERE host = %s ORDER BY id LIMIT 1", HOST
    )
    town.ask("UPDATE cameras_repairrule SET delay_outage_min = 0")
    # Probes alone prove it; tests/cameras/test_repair_proving.py holds what pictures add.
    town.ask(
        "INSERT INTO cameras_teammember (user_id, team_id)"
        " SELECT id, %s FROM gis_server_user WHERE username = %s ON CONFLICT DO NOTHING",
        team,
        FITTER.username,
    )
    town.ask_often(HOST)
    town.farm.cut(HOST)
    yield camera
    town.farm.restore(HOST)


@pytest.fixture
def fitter(open_page: OpenPage, town: Town) -> OpenPage:
    """Opens pages of the technician, whose phone knows where it is."""

    def open_at(path: str, viewport: dict[str, int] = PHONE, **options: object) -> Page:
        page = open_page(f"/sign-in/?next={path}", viewport, known=False, **options)
        page.locator("#id_username").fill(FITTER.username)
        page.locator("#id_password").fill(FITTER.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{town.url}{path}")
        return page

    return open_at


def order_of(town: Town, camera: int) -> tuple[int, str] | None:
    rows = town.ask(
        "SELECT o.id, o.state FROM cameras_repairorder AS o"
        " JOIN cameras_repairordercamera AS p ON p.order_id = o.id"
        " WHERE p.camera_id = %s ORDER BY o.id DESC LIMIT 1",
        camera,
    )
    return rows[0] if rows else None


def let_settle(town: Town, camera: int) -> None:
    """Once the camera is found to be down: as if the time had gone by in which its outage may still
    become part of another.
    """
    until(lambda: town.state_of(camera) == "offline", "the camera is found to be down", SETTLED_S)
    town.ask(
        "UPDATE cameras_outage SET opened_at = opened_at - %s WHERE told_at IS NULL AND id IN"
        " (SELECT outage_id FROM cameras_outagemember WHERE camera_id = %s AND left_at IS NULL)",
        SETTLED,
        camera,
    )


def is_in(town: Town, camera: int, state: str) -> bool:
    found = order_of(town, camera)
    return found is not None and found[1] == state


def assert_thumbs_reach(box: Locator) -> None:
    sizes = box.evaluate(SIZES)
    assert sizes
    assert [one for one in sizes if one[1] < THUMB_PX] == []


def test_a_technicians_whole_job_on_a_phone(
    town: Town, fault: int, fitter: OpenPage, picture_folder: Path, tmp_path: Path
) -> None:
    let_settle(town, fault)
    until(lambda: is_in(town, fault, "open"), "an order opens by itself", SETTLED_S)
    [(lon, lat)] = town.ask(
        "SELECT ST_X(point), ST_Y(point) FROM cameras_camera WHERE id = %s", fault
    )
    here = {"longitude": lon, "latitude": lat + 0.001}  # 111 m north of it
    order, _state = order_of(town, fault) or (0, "")
    page = fitter("/repairs/mine/", geolocation=here, permissions=["geolocation"])

    # Near things first, under the thumb, with links that lead out at the right spot.
    page.locator("#near").click()
    job = page.locator(".job").first
    expect(job.locator(".job-distance")).to_have_text("110 m")
    expect(job.locator(".job-head")).to_have_attribute("href", f"/repairs/orders/{order}/")
    assert_thumbs_reach(page.locator("main"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(job.locator("a[href^='https://uri.amap.com/navigation?to=']")).to_have_count(1)
    expect(job.locator("a[href^='https://api.map.baidu.com/marker?location=']")).to_have_count(1)
    expect(job.locator(f"a[href^='geo:{lat:.6f},{lon:.6f}']")).to_have_count(1)
    page.screenshot(path=picture_folder / "repairs-mine-390x844.png")

    job.get_by_role("button", name="接单").click()
    until(lambda: is_in(town, fault, "accepted"), "it is accepted")
    page.locator(f".job:has(a[href='/repairs/orders/{order}/'])").get_by_role(
        "button", name="我已到场"
    ).click()
    page.wait_for_url(f"{town.url}/repairs/orders/{order}/")
    until(lambda: is_in(town, fault, "on_site"), "somebody is there")

    # What was done, with parts and a photo that is larger than is kept.
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((1200, 2400, 3), 90, np.uint8))
    page.locator("#photos input[type=file]").set_input_files(photo)
    expect(page.locator(".photo-list img")).to_have_count(1)
    page.locator("[name=part_name]").first.fill("水晶头 RJ45")
    page.locator("[name=part_count]").first.fill("2")
    page.locator("#note-repair").fill("网线水晶头氧化，已更换")
    assert_thumbs_reach(page.locator("#acts"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=picture_folder / "repairs-order-390x844.png", full_page=True)
    picture(page, "repair-phone")
    page.locator("#acts details[open]").get_by_role("button", name="已修复").click()
    until(lambda: is_in(town, fault, "repaired"), "it is called repaired")

    # The machine proves it, and the page that is open says that something has changed.
    town.farm.restore(HOST)
    until(lambda: is_in(town, fault, "verified"), "the machine proves it", SETTLED_S)
    expect(page.locator("#order-changed")).to_be_visible()
    page.reload()
    expect(page.locator(".steps li").last).to_contain_text("系统核验通过")
    expect(page.locator(".steps")).to_contain_text("水晶头 RJ45 × 2")
    expect(page.locator(".steps img")).to_have_count(1)
    page.screenshot(path=picture_folder / "repairs-verified-390x844.png", full_page=True)


def test_the_desk_hears_of_orders_by_itself(
    town: Town, fault: int, open_page: OpenPage, picture_folder: Path
) -> None:
    desk = open_page("/repairs/orders/?q=", DESK)
    let_settle(town, fault)
    until(lambda: is_in(town, fault, "open"), "the order goes on, or a new one opens", SETTLED_S)
    order, _state = order_of(town, fault) or (0, "")

    row = desk.locator(f"a[href='/repairs/orders/{order}/']")
    expect(row).to_be_visible()
    expect(desk.locator(f"tr:has(a[href='/repairs/orders/{order}/'])")).to_contain_text("待接单")
    desk.screenshot(path=picture_folder / "repairs-desk-1920x1080.png")
    row.click()
    expect(desk.locator(".steps li").last).to_contain_text(re.compile("派单|工单重新打开"))
    desk.screenshot(path=picture_folder / "repairs-order-1920x1080.png", full_page=True)


def test_the_offline_list_on_a_phone_is_live_and_near_things_come_first(
    town: Town, fault: int, fitter: OpenPage, picture_folder: Path
) -> None:
    [(lon, lat)] = town.ask(
        "SELECT ST_X(point), ST_Y(point) FROM cameras_camera WHERE id = %s", fault
    )
    here = {"longitude": lon, "latitude": lat - 0.002}  # 222 m south of it
    page = fitter("/repairs/?all=1", geolocation=here, permissions=["geolocation"])
    row = page.locator("#offline-rows tr", has=page.locator(f"a[href='/cameras/{fault}/']"))

    # It was cut a moment ago: the line comes while somebody looks.
    expect(row).to_have_count(1, timeout=SETTLED_S * 1000)
    page.locator("#near").click()
    expect(page.locator("#near-said")).to_contain_text("按距离排序")
    nearest = page.locator("#offline-rows tr").first
    expect(nearest.locator(f"a[href='/cameras/{fault}/']").first).to_be_visible()
    expect(nearest.locator(".distance")).to_have_text(re.compile("2[0-4]0 m|2[0-4]0 米"))
    page.locator("#map-box summary").click()
    expect(page.locator("#offline-map canvas")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=picture_folder / "offline-list-390x844.png")

    # And goes when the camera is back.
    town.farm.restore(HOST)
    expect(row).to_have_count(0, timeout=SETTLED_S * 1000)
