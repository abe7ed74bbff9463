"""Editing on the pages: forms, what they refuse, undo, and the work on strays."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import Role
from grids import services
from grids.models import Assignment, Building, Division, Edit, Grid, GridWorker, Shop
from tests.conftest import SignIn
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db

HTML = {"accept": "text/html"}


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    two_grids()
    return sign_in(Role.PLANNER)


@pytest.fixture
def grid(planner: Client) -> Grid:
    return Grid.objects.get(code=WEST)


@pytest.fixture
def stray(planner: Client) -> Building:
    return Building.objects.create(name="待定", address="某处", scope_code="140107001")


def send(client: Client, path: str, row: Any = None, **fields: Any) -> HttpResponse:
    """Post a form as a browser does; `row` is what its page showed."""
    seen = {} if row is None else {"seen": json.dumps(services.state_of(row))}
    return client.post(path, seen | fields, headers=HTML)  # type: ignore[return-value]


def test_a_name_is_saved_and_the_page_after_it_offers_to_undo(planner: Client, grid: Grid) -> None:
    answer = send(planner, f"/territory/edit/grid/{grid.pk}/", grid, name="甲", kind="special")

    edit = Edit.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/grids/{WEST}/?saved={edit.pk}"
    page = planner.get(answer["Location"], headers=HTML).content.decode()
    assert f'action="/territory/undo/{edit.pk}/"' in page

    back = send(planner, f"/territory/undo/{edit.pk}/", next=f"/grids/{WEST}/")
    assert back["Location"] == f"/grids/{WEST}/"
    grid.refresh_from_db()
    assert (grid.name, grid.kind) == (WEST, "basic")


def test_a_conflict_keeps_what_was_typed_and_says_who_was_first(
    planner: Client, grid: Grid, sign_in: SignIn
) -> None:
    path = f"/territory/edit/grid/{grid.pk}/"
    send(sign_in(Role.ADMINISTRATOR), path, grid, kind="basic", name="甲")

    answer = send(planner, path, grid, kind="basic", name="乙")

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "administrator-140107" in text
    assert 'value="乙"' in text
    # Whoever sends it again has seen what is there now.
    assert "&quot;name&quot;: &quot;\\u7532&quot;" in text


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "x" * 81}, id="a name too long"),
        pytest.param({"kind": "royal"}, id="no such kind"),
        pytest.param({"seen": "{"}, id="a torn page"),
        pytest.param({"seen": "[1]"}, id="a page that is no form"),
        pytest.param({"seen": json.dumps({"name": "x" * 5000})}, id="a page too long"),
        pytest.param({"name": "a\0b"}, id="a null byte"),
    ],
)
def test_wrong_input_is_told_beside_the_form(
    planner: Client, grid: Grid, fields: dict[str, str]
) -> None:
    values = {"name": "甲", "kind": "basic"} | fields
    answer = send(planner, f"/territory/edit/grid/{grid.pk}/", grid, **values)

    assert answer.status_code == 422
    text = answer.content.decode()
    assert "errorlist" in text or "message error" in text
    assert not Edit.objects.exists()


def test_a_program_gets_the_error_as_json(planner: Client, grid: Grid) -> None:
    answer = planner.post(f"/territory/edit/grid/{grid.pk}/", {"name": ""})

    assert (answer.status_code, answer.json()["error"]["kind"]) == (422, "Invalid")


def test_a_community_gets_another_code_on_its_page(planner: Client, grid: Grid) -> None:
    community = Division.objects.get(code=COMMUNITY)
    seen = json.dumps({"code": COMMUNITY})
    path = f"/territory/code/division/{community.pk}/"

    taken = send(planner, path, seen=seen, code="140107001000")
    done = send(planner, path, seen=seen, code="140107001008")

    assert taken.status_code == 422
    assert done["Location"].startswith("/territory/140107001008/?saved=")
    back = send(planner, f"/territory/undo/{Edit.objects.get().pk}/", next=done["Location"])
    assert back["Location"] == f"/territory/{COMMUNITY}/"


@pytest.mark.parametrize(
    ("position", "frame", "lon", "lat"),
    [
        pytest.param("112.5, 37.5", "wgs84", 112.5, 37.5, id="WGS84"),
        pytest.param("112.5，37.5", "cgcs2000", 112.5, 37.5, id="a Chinese comma"),
        # The same place in the frames of map services; from frames.from_wgs84, 2026-11-25.
        pytest.param("112.50626 37.50060", "gcj02", 112.5, 37.5, id="GCJ-02"),
    ],
)
def test_coordinates_come_in_their_frame(
    planner: Client, stray: Building, position: str, frame: str, lon: float, lat: float
) -> None:
    send(planner, f"/territory/point/building/{stray.pk}/", stray, position=position, frame=frame)

    stray.refresh_from_db()
    assert stray.point is not None
    # To about 20 m: the third row is rounded to 1 m, and found on a formula of limited exactness.
    assert (round(stray.point.x, 3), round(stray.point.y, 3)) == (lon, lat)
    assert stray.scope_code == WEST


@pytest.mark.parametrize(
    ("position", "frame"),
    [
        pytest.param("37.5, 112.5", "wgs84", id="exchanged"),
        pytest.param("112.5", "wgs84", id="one number"),
        pytest.param("nan, nan", "wgs84", id="no numbers"),
        pytest.param("1e999, 37", "wgs84", id="infinite"),
        pytest.param("512, 37", "wgs84", id="no degrees"),
        pytest.param("120.1, 30.2", "wgs84", id="another city"),
        pytest.param("112.5, 37.5", "mars", id="no such frame"),
        pytest.param("<script>", "wgs84", id="markup"),
        pytest.param("", "wgs84", id="nothing"),
    ],
)
def test_what_is_no_position_here_is_refused(
    planner: Client, stray: Building, position: str, frame: str
) -> None:
    path = f"/territory/point/building/{stray.pk}/"
    answer = send(planner, path, stray, position=position, frame=frame)

    assert answer.status_code == 422
    stray.refresh_from_db()
    assert stray.point is None


def test_strays_are_worked_off_one_by_one(planner: Client, stray: Building) -> None:
    second = Building.objects.create(name="二", address="某处", scope_code="140107001")
    shop = Shop.objects.create(name="店", scope_code="140107001", point=at(120.0))
    point = {"frame": "wgs84", "position": "112.5, 37.5"}
    start = planner.get("/territory/strays/", headers=HTML).content.decode()
    assert f'href="/territory/strays/building/{stray.pk}/"' in start

    first = send(planner, f"/territory/point/building/{stray.pk}/?from=strays", stray, **point)
    assert first["Location"].startswith(f"/territory/strays/building/{second.pk}/?saved=")
    gone = send(planner, f"/territory/delete/building/{second.pk}/?from=strays", second)
    assert gone["Location"].startswith(f"/territory/strays/shop/{shop.pk}/?saved=")
    last = send(planner, f"/territory/point/shop/{shop.pk}/?from=strays", shop, **point)
    assert last["Location"].startswith("/territory/strays/?saved=")

    undone = Edit.objects.get(after={})
    send(planner, f"/territory/undo/{undone.pk}/", next="/territory/strays/")
    assert Building.objects.filter(pk=second.pk).exists()


def test_a_place_that_is_placed_already_leads_to_the_next(planner: Client, stray: Building) -> None:
    placed = Building.objects.create(name="在", scope_code="140107", point=at(112.5))

    answer = planner.get(f"/territory/strays/building/{placed.pk}/", headers=HTML)

    assert answer["Location"] == f"/territory/strays/building/{stray.pk}/"


def test_a_place_put_outside_all_grids_stays_in_the_list(planner: Client, stray: Building) -> None:
    path = f"/territory/point/building/{stray.pk}/?from=strays"
    answer = send(planner, path, stray, position="114.1, 37.5", frame="wgs84")

    page = planner.get(answer["Location"], headers=HTML).content.decode()
    assert "message warning" in page
    assert "待定" in page


def test_strays_are_cut_to_the_reach_and_filtered(
    planner: Client, stray: Building, sign_in: SignIn
) -> None:
    Shop.objects.create(name="别家", scope_code="140107002", point=at(120.0))

    def shown(client: Client, query: str = "") -> list[bool]:
        text = client.get(f"/territory/strays/{query}", headers=HTML).content.decode()
        return ["待定" in text, "别家" in text]

    assert shown(planner) == [True, True]
    assert shown(planner, "?kind=shop") == [False, True]
    assert shown(planner, "?state=unplaced") == [True, False]
    assert shown(planner, "?state=outside") == [False, True]
    assert shown(planner, "?division=140107001") == [True, False]
    assert shown(sign_in(Role.PLANNER, ("140107001",))) == [True, False]


def test_people_are_assigned_ended_and_taken_back_on_the_page(planner: Client, grid: Grid) -> None:
    worker = GridWorker.objects.create(number="W1", name="王", role="worker")
    other = GridWorker.objects.create(number="W2", name="李", role="worker")
    today = timezone.localdate()
    values = {"number": "W1", "code": WEST, "role": "worker", "first": today.isoformat()}
    values |= {"last": "", "stands_in_for": "W2"}

    send(planner, f"/territory/assign/grid/{grid.pk}/", **values)

    held = Assignment.objects.get()
    assert (held.worker, held.stands_in_for, held.valid.upper) == (worker, other, None)
    last = (today + timedelta(days=5)).isoformat()
    send(planner, f"/territory/end/{held.pk}/", held, last=last, next=f"/grids/{WEST}/")
    held.refresh_from_db()
    assert held.valid.upper == today + timedelta(days=6)
    send(planner, f"/territory/withdraw/{held.pk}/", held, next="/workers/W1/")
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"number": "W9"}, id="nobody"),
        pytest.param({"code": "140107001001999"}, id="no such grid"),
        pytest.param({"code": COMMUNITY}, id="no grid"),
        pytest.param({"first": "31.12."}, id="no day"),
        pytest.param({"last": "2025-01-01"}, id="the end before the beginning"),
        pytest.param({"role": "king"}, id="no role"),
        pytest.param({"stands_in_for": "W1"}, id="standing in for themselves"),
    ],
)
def test_an_assignment_that_cannot_be_is_refused(
    planner: Client, grid: Grid, fields: dict[str, str]
) -> None:
    GridWorker.objects.create(number="W1", name="王", role="worker")
    values = {"number": "W1", "code": WEST, "role": "worker", "first": "2026-01-01"} | fields

    answer = send(planner, f"/territory/assign/grid/{grid.pk}/", **values)

    assert answer.status_code == 422
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.GRID_WORKER, Role.AUDITOR])
def test_only_those_who_may_edit_do(sign_in: SignIn, grid: Grid, role: Role) -> None:
    client = sign_in(role)

    assert send(client, f"/territory/edit/grid/{grid.pk}/", grid, name="x").status_code == 403
    assert send(client, "/territory/undo/1/").status_code == 403


def test_nothing_of_another_street_is_edited_or_undone(
    planner: Client, grid: Grid, stray: Building, sign_in: SignIn
) -> None:
    send(planner, f"/territory/edit/grid/{grid.pk}/", grid, name="甲", kind="basic")
    other = sign_in(Role.PLANNER, ("140107002",))
    worker = GridWorker.objects.create(number="W1", name="王", role="worker")
    held = Assignment.objects.create(worker=worker, grid=grid, role="worker")

    paths = [
        f"/territory/edit/grid/{grid.pk}/",
        f"/territory/code/grid/{grid.pk}/",
        f"/territory/edit/worker/{worker.pk}/",
        f"/territory/point/building/{stray.pk}/",
        f"/territory/delete/building/{stray.pk}/",
        f"/territory/assign/grid/{grid.pk}/",
        f"/territory/undo/{Edit.objects.get().pk}/",
    ]
    for path in paths:
        assert send(other, path, grid, name="x", kind="basic").status_code == 404, path
    for path in (f"/territory/end/{held.pk}/", f"/territory/withdraw/{held.pk}/"):
        assert send(other, path, held, last="2026-12-01").status_code == 404, path
    assert Edit.objects.count() == 1


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_an_undo_leads_nowhere_else(planner: Client, grid: Grid, where: str) -> None:
    send(planner, f"/territory/edit/grid/{grid.pk}/", grid, name="甲", kind="basic")

    answer = send(planner, f"/territory/undo/{Edit.objects.get().pk}/", next=where)

    assert answer["Location"] == "/territory/"


def test_an_undo_that_comes_too_late_is_told_where_it_was_pressed(
    planner: Client, grid: Grid
) -> None:
    send(planner, f"/territory/edit/grid/{grid.pk}/", grid, name="甲", kind="basic")
    first = Edit.objects.get()
    grid.refresh_from_db()
    send(planner, f"/territory/edit/grid/{grid.pk}/", grid, name="乙", kind="basic")

    answer = send(planner, f"/territory/undo/{first.pk}/", next=f"/grids/{WEST}/")

    page = planner.get(answer["Location"], headers=HTML).content.decode()
    assert "message error" in page
    assert "乙" in page


def test_the_bar_offers_only_ones_own_edit(planner: Client, grid: Grid, sign_in: SignIn) -> None:
    send(planner, f"/territory/edit/grid/{grid.pk}/", grid, name="甲", kind="basic")
    edit = Edit.objects.get()
    other = sign_in(Role.PLANNER, ("1401",))

    page = other.get(f"/grids/{EAST}/?saved={edit.pk}", headers=HTML).content.decode()

    assert "/territory/undo/" not in page
    assert User.objects.count() == 2
