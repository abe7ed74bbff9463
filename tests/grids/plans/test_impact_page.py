"""The page that tells what a plan does, and its lists as files."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from gis_server.models import AuditRow
from gis_server.roles import Role
from grids.models import BoundaryPlan, Building
from tests.conftest import SignIn
from tests.grids.plans.planning import NORTH, border_at, codes_exchanged, made, west_split
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


def building(name: str, east: float, households: int = 10) -> None:
    Building.objects.create(name=name, point=at(east), households=households, scope_code=COMMUNITY)


def page(client: Client, plan: BoundaryPlan, query: str = "") -> str:
    response = client.get(f"/plans/{plan.pk}/impact/{query}")
    assert response.status_code == 200
    return response.content.decode()


def table(client: Client, plan: BoundaryPlan, query: str) -> list[dict[str, str]]:
    response: Any = client.get(f"/plans/{plan.pk}/impact/{query}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_page_tells_figures_places_and_how_even_it_is(planner: Client) -> None:
    building(HOSTILE, 112.8, 310)

    text = page(planner, made(border_at(112.5)))

    assert WEST in text
    assert "310" in text
    assert "&lt;img src=x" in text
    assert HOSTILE not in text
    assert "<svg" in text
    assert text.count('class="dot kind-building"') == 1


def test_a_plan_of_names_alone_has_an_empty_list(planner: Client) -> None:
    text = page(planner, made(codes_exchanged()))

    assert "empty-state" in text
    assert 'class="dot' not in text


def test_places_come_in_pieces(planner: Client) -> None:
    for number in range(55):
        building(f"楼{number:02}", 112.6 + number / 1000)
    plan = made(border_at(112.5))

    assert page(planner, plan).count("/buildings/") == 50
    assert page(planner, plan, "?offset=50").count("/buildings/") == 5


def test_the_grids_as_csv(planner: Client) -> None:
    building("甲", 112.3, 120)
    Building.objects.filter(name="甲").update(point=at(112.3, 37.9))

    rows = table(planner, made(west_split()), "?list=grids&f=csv")

    assert sorted(list(row.values())[2].strip("'") for row in rows) == [WEST, EAST, NORTH]
    [born] = [row for row in rows if NORTH in row.values()]
    assert "120" in born.values()
    assert AuditRow.objects.get(action="rows.exported").detail["list"] == "plan-grids"


def test_the_places_as_csv_and_geojson(planner: Client) -> None:
    building("=1+1", 112.8)
    plan = made(border_at(112.5))

    [row] = table(planner, plan, "?list=places&f=csv")
    assert {"'=1+1", WEST, EAST} <= set(row.values())
    response: Any = planner.get(f"/plans/{plan.pk}/impact/?list=places&f=geojson")
    [feature] = b"".join(response.streaming_content).decode().split('"features": [\n')[1:]
    assert '"to": "' + EAST in feature


@pytest.mark.parametrize("query", ["?list=other", "?f=pdf", "?list=grids&f=geojson", "?limit=0"])
def test_what_cannot_be_asked_is_refused(planner: Client, query: str) -> None:
    plan = made(border_at(112.5))

    assert planner.get(f"/plans/{plan.pk}/impact/{query}").status_code == 422


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        (Role.PLANNER, ("140108",), 404),
        (Role.OPERATOR, ("140107",), 403),
        (Role.COMMUNITY_LEADER, (COMMUNITY,), 403),
        (Role.DISTRICT_LEADER, ("140107",), 200),
    ],
)
def test_who_may_see_it(sign_in: SignIn, role: Role, scope: tuple[str, ...], status: int) -> None:
    plan = made(border_at(112.5))

    assert sign_in(role, scope).get(f"/plans/{plan.pk}/impact/").status_code == status
