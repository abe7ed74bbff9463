"""Lists of cameras as files: the rows of the page, of nobody else, and never a secret."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cameras import services
from cameras.health import State
from cameras.models import (
    Camera,
    PictureCleanup,
    PictureView,
    PollerBeat,
    Probe,
    RepairRule,
    RoutingRule,
    Site,
)
from cameras.probe.reason import Reason
from cameras.reasons_text import reason_name
from cameras.services import WantedCredential
from gis_server import audit
from gis_server.models import AuditRow
from gis_server.roles import Role
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.cameras.pictures import finding, taken
from tests.cameras.rating import lives
from tests.cameras.repairs import make_order
from tests.cameras.test_rate_patterns import unplugged_of_late
from tests.conftest import MakeUser, SignIn
from tests.files_taken import features, table

pytestmark = pytest.mark.django_db
FORMULA = "=HYPERLINK(1)"


def test_cameras_are_those_of_the_page_and_its_filters(
    operator: Client,
    sign_in: SignIn,
    make_camera: MakeCamera,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    down = make_camera(state=State.OFFLINE, reason=Reason.SILENT)
    Camera.objects.filter(pk=down.pk).update(name=FORMULA)
    fine = make_camera(state=State.ONLINE, reason=Reason.OK)
    make_camera(scope_code=OTHER_STREET)

    client = sign_in(scope=(STREET,))
    # Session, user; rows in two; the note.
    with django_assert_num_queries(5):
        rows = table(client, "/cameras/?f=csv&offset=1")[1:]
    assert [row[1] for row in rows] == [down.code, fine.code]
    assert rows[0][0] == f"'{FORMULA}"
    (one,) = features(operator, "/cameras/?f=geojson&state=online")
    assert one["properties"]["code"] == fine.code
    assert one["geometry"]["coordinates"] == pytest.approx([fine.point.x, fine.point.y], abs=1e-7)
    assert AuditRow.objects.filter(action="rows.exported", detail__list="cameras").count() == 2


def test_repair_orders_are_those_of_the_page_and_its_filters(
    operator: Client, sign_in: SignIn, make_camera: MakeCamera
) -> None:
    camera, now = make_camera(), timezone.now()
    open_one = make_order(camera, at=now)
    over = make_order(make_camera(), at=now, state="withdrawn", closed_at=now)

    (row,) = table(operator, "/repairs/orders/?f=csv")[1:]
    assert (row[0], row[3]) == (open_one.number, camera.name)
    assert row[-2:] == [f"{round(camera.point.x, 7)}", f"{round(camera.point.y, 7)}"]
    both = features(operator, "/repairs/orders/?f=geojson&state=all")
    assert {one["properties"]["number"] for one in both} == {open_one.number, over.number}
    stranger = sign_in(Role.OPERATOR, (OTHER_STREET,))
    assert table(stranger, "/repairs/orders/?f=csv")[1:] == []


def test_no_password_goes_along_with_a_shared_login(
    sign_in: SignIn, make_camera: MakeCamera, make_user: MakeUser
) -> None:
    wanted = WantedCredential(name=FORMULA, username="viewer", password="hush-hush")
    login = services.add_credential(by=make_user(Role.MAINTAINER), wanted=wanted, now=NOW)
    make_camera(credential=login)

    (row,) = table(sign_in(Role.ADMINISTRATOR), "/cameras/logins/?f=csv")[1:]

    assert row[:5] == [f"'{FORMULA}", "viewer", "是", "否", "1"]
    assert "hush" not in "".join(row)


def test_sites_and_their_pollers_are_two_files(operator: Client, make_camera: MakeCamera) -> None:
    site = Site.objects.create(name="east", canaries=["10.20.0.1:80"])
    make_camera(site=site, state=State.ONLINE, reason=Reason.OK)
    now = timezone.now()
    PollerBeat.objects.create(name="host-1", site="east", started_at=now, seen_at=now)

    sites = {row[0]: row for row in table(operator, "/cameras/sites/?f=csv")[1:]}
    assert sites["east"][1] == "1"
    # Canaries may be devices of anybody's area: only how many.
    assert "10.20.0.1" not in "".join(sites["east"])
    (poller,) = table(operator, "/cameras/sites/?list=pollers&f=csv")[1:]
    assert poller[:3] == ["east", "host-1", "探测进程"]
    assert operator.get("/cameras/sites/?list=canaries&f=csv").status_code == 422


def test_what_was_found_on_the_newest_pictures_without_looking_at_them(
    operator: Client, make_camera: MakeCamera, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    well, dark = make_camera(), make_camera()
    taken(well, NOW, findings=[])
    picture = taken(dark, NOW, findings=[finding("dark")])

    (row,) = table(operator, "/cameras/pictures/?found=1&f=csv")[1:]
    assert (row[1], row[3]) == (dark.code, str(picture.pk))
    assert row[7] == reason_name("picture_dark")
    found = features(operator, f"/cameras/pictures/?division={STREET}&f=geojson")
    assert [one["properties"]["code"] for one in found] == [well.code, dark.code]
    assert found[0]["geometry"]["coordinates"] == pytest.approx([well.point.x, well.point.y])
    assert not PictureView.objects.exists()


def test_rounds_and_what_was_deleted(operator: Client, make_camera: MakeCamera) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK)
    PictureCleanup.objects.create(
        day=NOW.date(), deleted=3, deleted_faults=1, kept_faults=0, freed_bytes=4096, ran_at=NOW
    )

    rounds = table(operator, "/cameras/pictures/rounds/?f=csv")[1:]
    assert [row[0] for row in rounds] == [str(name) for _, name in Camera.Priority.choices]
    (row,) = table(operator, "/cameras/pictures/rounds/?list=deleted&f=csv")[1:]
    assert row == [f"{NOW:%Y-%m-%d}", "3", "1", "0", "4096"]


def test_the_history_of_a_camera_goes_along_as_far_as_one_may_see_it(
    operator: Client, sign_in: SignIn, make_camera: MakeCamera
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.SILENT)
    at = [NOW + timedelta(minutes=minute) for minute in range(25)]
    Probe.objects.bulk_create(
        Probe(camera=camera, at=one, reason="no_route", took_ms=7) for one in at
    )
    detail = {"name": ["老", FORMULA], "login": True}
    audit.note(by=None, action="camera.changed", scope=STREET, subject=camera.code, detail=detail)
    page = f"/cameras/{camera.pk}/?f=csv"

    (outage,) = table(operator, page)[1:]
    assert outage[1:3] == ["", reason_name(Reason.SILENT.value)]
    assert len(table(operator, f"{page}&list=results")[1:]) == len(at)
    assert operator.get(f"{page}&list=edits").status_code == 422
    (edit,) = table(sign_in(Role.MAINTAINER), f"{page}&list=edits")[1:]
    assert f"老 → {FORMULA}" in edit[3]
    assert sign_in(Role.OPERATOR, (OTHER_STREET,)).get(page).status_code == 404


def test_routing_and_deadlines_of_repairs(sign_in: SignIn, make_camera: MakeCamera) -> None:
    camera = make_camera()
    RoutingRule.objects.create(area=STREET, team=camera.team, position=1)
    RoutingRule.objects.create(area=OTHER_STREET, team=camera.team, position=2)
    leader = sign_in(Role.DISTRICT_LEADER, (STREET,))

    (row,) = table(leader, "/repairs/routing/?f=csv")[1:]
    assert row == ["1", STREET, "", "", camera.team.name]
    times = table(leader, "/repairs/times/?f=csv")[1:]
    assert len(times) == RepairRule.objects.count() > 0


def test_patterns_are_six_files_and_cameras_have_a_place(
    operator: Client, sign_in: SignIn, make_camera: MakeCamera
) -> None:
    camera = make_camera()
    unplugged_of_late(camera)
    page = "/rates/patterns/?f={}&list={}"

    for name in ("cuts", "worst"):
        (one,) = features(operator, page.format("geojson", name))
        assert one["properties"]["code"] == camera.code
        assert one["geometry"]["coordinates"] == pytest.approx([camera.point.x, camera.point.y])
    assert table(operator, page.format("csv", "owners"))[1:] == [["Water works", "1", "3"]]
    for name in ("teams", "causes", "parts"):
        assert table(operator, page.format("csv", name))[1:] == []
        assert operator.get(page.format("geojson", name)).status_code == 422
    other = sign_in(Role.STREET_LEADER, (OTHER_STREET,))
    assert table(other, page.format("csv", "cuts"))[1:] == []


def test_the_intervals_behind_a_rate_lie_where_their_camera_is(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera()
    lives(camera, ("03-01 00:00", "online"), ("03-01 10:00", "offline"))

    found = features(operator, "/rates/intervals/?f=geojson&from=2026-03-01&to=2026-03-01")

    assert [one["properties"]["code"] for one in found] == [camera.code] * 2
    assert found[0]["geometry"]["coordinates"] == pytest.approx([camera.point.x, camera.point.y])
