"""The page of the offline list, its files over HTTP, and the views that people keep."""

import json
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from cameras.handover.files.formats import FORMATS as FORMATS_BY_NAME
from cameras.handover.line import Filters
from cameras.handover.services.saved_views import save_view
from cameras.health import State
from cameras.models import Camera, CameraState, SavedView
from cameras.probe.reason import Reason
from gis_server.errors import Conflict
from gis_server.kept_views import MOST_VIEWS
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.test_handover_lines import group, picture
from tests.cameras.threads import together
from tests.conftest import MakeUser, SignIn

PAGE = {"accept": "text/html"}
FORMATS = ("xlsx", "csv", "pdf", "geojson", "kml")


@pytest.fixture
def fleet(make_camera: MakeCamera) -> list[Camera]:
    """Three behind one switch, one in the other street, one with a wrong clock, one online."""
    down = [make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE) for _ in range(3)]
    group(*down)
    alone = make_camera(
        state=State.OFFLINE, reason=Reason.REFUSED, scope_code=OTHER_STREET, code="ALONE"
    )
    clock = make_camera(state=State.DEGRADED, reason=Reason.CLOCK_OFF, code="CLOCK")
    make_camera(state=State.ONLINE, reason=Reason.OK)
    return [*down, alone, clock]


def page(client: Client, query: str = "") -> Any:
    return client.get(f"/repairs/{query}", headers=PAGE)


def test_each_outage_is_one_row_with_its_cameras_inside(
    operator: Client, fleet: list[Camera]
) -> None:
    answer = page(operator)

    html = answer.content.decode()
    assert (answer.context["total"], answer.context["cameras"]) == (3, 5)
    assert "交换机 SW-7" in html
    assert html.count("<details data-key=") == 1
    for camera in fleet:
        assert html.count(f'href="/cameras/{camera.pk}/"') == 1


def test_a_row_leads_there_in_each_map(operator: Client, fleet: list[Camera]) -> None:
    html = page(operator, "?q=ALONE").content.decode()

    assert "https://uri.amap.com/navigation?to=" in html
    assert "https://api.map.baidu.com/marker?location=" in html
    assert 'href="geo:37.88' in html


def test_names_are_texts_on_the_page(operator: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    Camera.objects.filter(pk=camera.pk).update(
        name='<script>alert("x")</script>', address_text="</script><b>"
    )

    html = page(operator).content.decode()

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "</script><b>" not in html


def test_an_empty_list_says_since_when_everybody_was_asked(
    operator: Client, make_camera: MakeCamera
) -> None:
    asked = timezone.now() - timedelta(seconds=40)
    make_camera(state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": asked})

    html = page(operator).content.decode()

    assert "当前没有离线、异常或状态未知的摄像机。" in html
    assert "在监测的 1 路摄像机最近一次探测均不早于" in html


def test_a_list_nobody_can_vouch_for_says_so(operator: Client, make_camera: MakeCamera) -> None:
    old = timezone.now() - timedelta(hours=1)
    make_camera(state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": old})
    CameraState.objects.filter(camera=make_camera()).delete()

    answer = page(operator)

    assert answer.context["age"].doubtful
    assert "另有 1 路从未探测" in answer.content.decode()


def test_without_watched_cameras_nothing_is_promised(operator: Client) -> None:
    html = page(operator).content.decode()

    assert "当前没有离线" not in html
    assert "因此无法判断" in html


def test_filters_stand_in_the_links_to_the_files(operator: Client, fleet: list[Camera]) -> None:
    html = page(operator, f"?division={OTHER_STREET}&sort=newest").content.decode()

    assert f'href="/repairs/list.xlsx?division={OTHER_STREET}&amp;sort=newest"' in html
    assert "ALONE" in html
    assert "CLOCK" not in html


@pytest.mark.parametrize(
    "query",
    ["?state=online", "?sort=up", "?division=x", "?longer=-1", "?owner=x", f"?q={'x' * 61}"],
)
def test_what_is_no_filter_is_refused(operator: Client, query: str) -> None:
    assert page(operator, query).status_code == 422


def test_the_number_of_queries_is_fixed(
    operator: Client, fleet: list[Camera], make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    picture(fleet[0], timezone.now())
    for more in (0, 7):
        for _ in range(more):
            make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
        # Session and user, views, six of the lines, one of their age, four choices, divisions.
        with django_assert_num_queries(15):
            page(operator)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_what_the_page_has_and_is_noted(
    operator: Client, fleet: list[Camera], name: str
) -> None:
    answer = operator.get(f"/repairs/list.{name}?state=offline")

    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f'.{name}"')
    assert answer["Cache-Control"] == "private, no-store"
    row = AuditRow.objects.get(action="list.exported")
    assert (row.scope, row.detail) == (
        "140107",
        {"format": name, "rows": 2, "state": "offline"},
    )


def test_a_list_too_long_for_paper_says_what_to_do(
    operator: Client, fleet: list[Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(FORMATS_BY_NAME["pdf"], most_lines=2)
    monkeypatch.setitem(FORMATS_BY_NAME, "pdf", short)

    assert operator.get("/repairs/list.pdf").status_code == 422
    assert operator.get("/repairs/list.pdf?state=degraded").status_code == 200


def test_files_end_where_the_reach_ends(sign_in: SignIn, fleet: list[Camera]) -> None:
    client = sign_in(scope=(STREET[:9],))

    features = json.loads(client.get("/repairs/list.geojson").content)["features"]
    kml = client.get("/repairs/list.kml").content.decode()
    content = client.get("/repairs/list.xlsx").content

    assert len(features) == 2
    assert "ALONE" not in kml
    assert "CLOCK" in kml
    assert "ALONE" not in client.get("/repairs/list.csv").content.decode()
    rows = openpyxl.load_workbook(BytesIO(content)).worksheets[-1].max_row
    assert rows == 1 + 4


def test_whoever_may_see_no_camera_gets_no_list(sign_in: SignIn) -> None:
    worker = sign_in(Role.GRID_WORKER)

    assert page(worker).status_code == 403
    assert worker.get("/repairs/list.csv").status_code == 403


def test_a_planner_is_offered_no_picture(sign_in: SignIn, fleet: list[Camera]) -> None:
    picture(fleet[4], timezone.now())

    assert "最近正常画面" in page(sign_in()).content.decode()
    assert f"/cameras/{fleet[4].pk}/pictures/" not in page(sign_in(Role.PLANNER)).content.decode()


# ---- Saved views ---------------------------------------------------------------------------------


def test_a_view_is_kept_and_shown_first_when_wanted(operator: Client, fleet: list[Camera]) -> None:
    operator.post("/repairs/views/save/?state=offline&sort=newest", {"name": "断线"})
    view = SavedView.objects.get()
    assert Filters.of(view.filters) == Filters(state="offline", sort="newest")

    operator.post(f"/repairs/views/{view.pk}/", {"do": "default"})

    answer = page(operator)
    assert answer.status_code == 302
    assert answer["Location"] == f"/repairs/?state=offline&sort=newest&view={view.pk}"
    # A question is answered as it was asked, default or not.
    assert page(operator, "?all=1").context["total"] == 3
    operator.post(f"/repairs/views/{view.pk}/", {"do": "plain"})
    assert page(operator).status_code == 200
    operator.post(f"/repairs/views/{view.pk}/", {"do": "remove"})
    assert not SavedView.objects.exists()


def test_a_view_of_the_same_name_takes_its_place(operator: Client) -> None:
    operator.post("/repairs/views/save/?state=offline", {"name": "甲"})
    operator.post("/repairs/views/save/?state=unknown", {"name": "甲"})

    assert [one.filters for one in SavedView.objects.all()] == [{"state": "unknown"}]


def test_a_view_is_nobody_elses(operator: Client, sign_in: SignIn) -> None:
    operator.post("/repairs/views/save/", {"name": "甲"})
    view, other = SavedView.objects.get(), sign_in(Role.MAINTAINER)

    for wish in ("default", "remove"):
        assert other.post(f"/repairs/views/{view.pk}/", {"do": wish}).status_code == 404
    assert "甲" not in page(other).content.decode()


def test_a_view_needs_a_name(operator: Client) -> None:
    operator.post("/repairs/views/save/", {"name": "  "})

    assert not SavedView.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_windows_cannot_pass_the_limit_together(make_user: MakeUser) -> None:
    user = make_user()
    for number in range(MOST_VIEWS - 1):
        save_view(user=user, name=str(number), filters=Filters())

    def keep(name: str) -> bool:
        try:
            save_view(user=User.objects.get(pk=user.pk), name=name, filters=Filters())
        except Conflict:
            return False
        return True

    assert sorted(together(lambda: keep("a"), lambda: keep("b"))) == [False, True]
    assert SavedView.objects.count() == MOST_VIEWS
