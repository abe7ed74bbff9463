"""What a plan does: figures before and after, what changes hands, and who may ask."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, MultiLineString
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, Owner, Team
from gis_server.roles import Permission, Role
from grids.models import (
    Assignment,
    BoundaryPlan,
    Building,
    Grid,
    GridWorker,
    ServicePoint,
    Shop,
    Street,
)
from grids.plans.effects.counting import SOURCES
from grids.plans.effects.impact import report_of
from grids.redrawing import Posted, Redrawing
from tests.conftest import SignIn
from tests.grids.plans.planning import (
    NORTH,
    border_at,
    codes_exchanged,
    east_merged,
    made,
    published,
    west_split,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def building(name: str, east: float, households: int, north: float = 37.5) -> Building:
    return Building.objects.create(
        name=name, point=at(east, north), households=households, scope_code=COMMUNITY
    )


def ask(client: Client, plan: BoundaryPlan, address: str = "") -> dict[str, Any]:
    response = client.get(f"/api/grid-plans/{plan.pk}/impact/{address}")
    assert response.status_code == 200, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


def by_code(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["code_after"] or row["code_before"]: row for row in answer["grids"]}


def test_figures_follow_the_border(sign_in: SignIn) -> None:
    building("甲", 112.2, 310)
    building("乙", 112.8, 250)
    Shop.objects.create(name="店", point=at(112.9), scope_code=COMMUNITY)
    ServicePoint.objects.create(name="室", point=at(113.5), scope_code=COMMUNITY)

    answer = ask(sign_in(Role.PLANNER), made(border_at(112.5)))

    west, east = by_code(answer)[WEST], by_code(answer)[EAST]
    assert (west["before"]["households"], west["after"]["households"]) == (560, 310)
    assert (east["before"]["households"], east["after"]["households"]) == (0, 250)
    assert (west["verdict_before"], west["verdict"], east["verdict"]) == (
        "above", "within", "below",
    )  # fmt: skip
    assert (west["after"]["shops"], east["after"]["shops"]) == (0, 1)
    assert (east["before"]["service_points"], east["after"]["service_points"]) == (1, 1)
    assert west["after"]["area_m2"] == pytest.approx(west["before"]["area_m2"] / 2, rel=1e-9)
    assert answer["moved"] == {"total": 2, "shown": 2, "kinds": {"building": 1, "shop": 1}}


def test_what_is_divided_adds_up(sign_in: SignIn) -> None:
    building("甲", 112.2, 100)
    building("乙", 112.2, 40, north=37.9)

    answer = ask(sign_in(Role.PLANNER), made(west_split()))

    rows = by_code(answer)
    assert rows[NORTH]["before"] is None
    # The neighbour only gets the corner where the new border ends.
    assert {code: rows[code]["how"] for code in rows} == {
        WEST: "reshaped", NORTH: "born", EAST: "noded",
    }  # fmt: skip
    assert (rows[NORTH]["how"], rows[NORTH]["after"]["households"]) == ("born", 40)
    for name in ("households", "area_m2", "load", "buildings"):
        before, after = (answer["total"][side][name] for side in ("before", "after"))
        assert after == pytest.approx(before, rel=1e-9), name


def test_a_grid_that_is_renumbered_keeps_what_lies_in_it(sign_in: SignIn) -> None:
    building("甲", 112.2, 100)

    answer = ask(sign_in(Role.PLANNER), made(codes_exchanged()))

    assert answer["moved"]["total"] == 0
    assert by_code(answer)[EAST]["after"]["households"] == 100
    assert by_code(answer)[EAST]["code_before"] == WEST


def test_streets_are_measured_inside_and_half_along_a_border(sign_in: SignIn) -> None:
    across = LineString((112.9, 37.5), (113.1, 37.5))
    along = LineString((113, 37.2), (113, 37.3))
    Street.objects.create(name="路", kind="lane", line=MultiLineString(across, along))

    answer = ask(sign_in(Role.PLANNER), made(border_at(112.5)))

    # On the WGS84 ellipsoid 0.1° are 8.8389 km to the east at 37.5° and 11.0991 km to the north
    # from 37.2° (pyproj.Geod, within a ten-thousandth).
    west, east = by_code(answer)[WEST], by_code(answer)[EAST]
    assert west["before"]["street_km"] == pytest.approx(8.8389 + 11.0991 / 2, rel=1e-3)
    assert east["before"]["street_km"] == pytest.approx(8.8389 + 11.0991 / 2, rel=1e-3)
    assert west["after"]["street_km"] == 0
    assert east["after"]["street_km"] == pytest.approx(2 * 8.8389 + 11.0991, rel=1e-3)


def test_people_go_with_their_grid_and_vacancies_show(sign_in: SignIn) -> None:
    worker = GridWorker.objects.create(number="W1", name="张", role="worker")
    GridWorker.objects.create(number="W2", name="李", role="worker")
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=EAST), role="worker")
    posted = Redrawing(
        reshaped=east_merged().reshaped,
        retired=east_merged().retired,
        posted=(Posted(WEST, "W2", "worker"), Posted(WEST, "W1", "chief")),
    )

    rows = by_code(ask(sign_in(Role.PLANNER), made(posted)))

    assert (rows[WEST]["before"]["workers"], rows[WEST]["before"]["vacancies"]) == (0, 1)
    assert (rows[WEST]["after"]["workers"], rows[WEST]["after"]["vacancies"]) == (1, 0)
    assert rows[EAST]["before"]["workers"] == 1
    assert rows[EAST]["after"] is None


def test_cameras_and_what_patrols_need_come_from_their_apps(sign_in: SignIn) -> None:
    Camera.objects.create(
        code="C1", name="机", point=at(112.8), scope_code=COMMUNITY, host="10.0.0.1",
        owner=Owner.objects.create(name="a"), team=Team.objects.create(name="b"),
    )  # fmt: skip

    answer = ask(sign_in(Role.PLANNER), made(west_split()))

    named = {one["name"] for one in answer["figures"]}
    assert {"cameras", "open_events", "patrol_visits", "load"} <= named
    assert answer["total"]["before"]["cameras"] == 1
    # One visit a day for each grid where no rule says otherwise (patrols.visits.USUAL).
    assert answer["total"]["before"]["patrol_visits"] == 2
    assert answer["total"]["after"]["patrol_visits"] == 3


def test_a_community_is_told_as_a_whole(sign_in: SignIn, settings: Any) -> None:
    settings.PLAN_LOAD_WEIGHTS = {"households": 1.0, "shops": 10.0}
    building("甲", 112.2, 400)
    Shop.objects.create(name="店", point=at(112.9), scope_code=COMMUNITY)

    [community] = ask(sign_in(Role.PLANNER), made(border_at(112.5)))["communities"]

    assert community["code"] == COMMUNITY
    assert (community["before"]["grids"], community["before"]["within"]) == (2, 1)
    assert community["before"]["load"] == {
        "least": 0, "most": 410, "mean": 205, "uneven_pct": 100,
    }  # fmt: skip
    assert (community["after"]["load"]["least"], community["after"]["load"]["most"]) == (10, 400)


def test_a_plan_in_force_is_compared_with_the_day_before(sign_in: SignIn) -> None:
    building("甲", 112.8, 100)
    plan = published(border_at(112.5))

    rows = by_code(ask(sign_in(Role.PLANNER), plan))

    assert (rows[WEST]["before"]["households"], rows[WEST]["after"]["households"]) == (100, 0)


def test_places_that_change_hands_come_in_pieces(sign_in: SignIn) -> None:
    for number in range(5):
        building(f"楼{number}", 112.6 + number / 100, 10)
    plan, client = made(border_at(112.5)), sign_in(Role.PLANNER)

    first = ask(client, plan, "points/?limit=2")
    rest = ask(client, plan, "points/?limit=10&offset=2")

    assert (first["total"], len(first["features"]), len(rest["features"])) == (5, 2, 3)
    found = first["features"][0]
    assert found["geometry"] == {"type": "Point", "coordinates": [112.6, 37.5]}
    properties = found["properties"]
    assert (properties["name"], properties["from"], properties["to"]) == ("楼0", WEST, EAST)
    names = {one["properties"]["name"] for one in first["features"] + rest["features"]}
    assert len(names) == 5


def test_what_a_role_does_not_see_is_counted_and_not_named(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = replace(SOURCES["building"], permission=Permission.ADMINISTER)
    monkeypatch.setitem(SOURCES, "building", hidden)
    building("甲", 112.8, 100)
    plan, client = made(border_at(112.5)), sign_in(Role.PLANNER)

    assert ask(client, plan)["moved"] == {"total": 1, "shown": 0, "kinds": {"building": 1}}
    assert ask(client, plan, "points/") == {
        "type": "FeatureCollection", "total": 0, "features": [],
    }  # fmt: skip


def test_another_territory_and_other_roles_learn_nothing(sign_in: SignIn) -> None:
    plan = made(border_at(112.5))

    for role, scope, status in (
        (Role.PLANNER, ("140108",), 404),
        (Role.OPERATOR, ("140107",), 403),
        (Role.DISTRICT_LEADER, ("140107",), 200),
    ):
        client = sign_in(role, scope)
        for address in ("", "points/"):
            response = client.get(f"/api/grid-plans/{plan.pk}/impact/{address}")
            assert response.status_code == status, (role, address)
            assert status == 200 or "调整" not in response.content.decode()


def test_a_report_costs_the_same_however_many_grids(django_assert_num_queries: Any) -> None:
    for plan in (made(border_at(112.5)), made(west_split())):
        with django_assert_num_queries(11):
            report_of(plan, timezone.now())


def test_a_plan_of_names_alone_has_nothing_that_moves(sign_in: SignIn) -> None:
    building("甲", 112.8, 100)
    answer = ask(sign_in(Role.PLANNER), made(codes_exchanged()))

    assert answer["total"]["before"] == answer["total"]["after"]


def test_a_plan_of_people_alone_counts_nothing(sign_in: SignIn) -> None:
    GridWorker.objects.create(number="W1", name="张", role="worker")
    client = sign_in(Role.PLANNER)
    plan = made(Redrawing(posted=(Posted(WEST, "W1", "worker"),)))

    answer = ask(client, plan)

    assert (answer["grids"], answer["communities"], answer["moved"]["total"]) == ([], [], 0)
    assert "empty-state" in client.get(f"/plans/{plan.pk}/impact/").content.decode()
    assert "empty-state" in client.get(f"/plans/{plan.pk}/files/").content.decode()
    for form in ("gpkg", "pdf", "html"):
        assert client.get(f"/plans/{plan.pk}/files/plan.{form}").status_code == 404


def test_too_much_to_count_is_said(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grids.plans.effects.counting.MOST_POINTS", 1)
    building("甲", 112.2, 1)
    building("乙", 112.3, 1)
    plan = made(border_at(112.5))

    response = sign_in(Role.PLANNER).get(f"/api/grid-plans/{plan.pk}/impact/")

    assert response.status_code == 422
    assert "两个方案" in response.json()["error"]["message"]
