"""The territory over HTTP: cut to the user's scope, counted, and in a fixed number of queries."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from grids.models import Assignment, Building, Grid, GridWorker, Shop
from tests.conftest import SignIn
from tests.grids.territory import COMMUNITY, EAST, WEST, at, division, shaped, square, two_grids

pytestmark = pytest.mark.django_db


def staff(code: str, number: str, role: str = "worker") -> None:
    worker = GridWorker.objects.create(number=number, name="test", role=role)
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=code), role=role)


def test_the_tree_counts_what_lies_below(operator: Client) -> None:
    two_grids()
    staff(WEST, "W1")
    staff(EAST, "A1", role="assistant")

    answer = operator.get("/api/divisions/").json()

    assert answer["total"] == 3
    assert [(row["code"], row["parent"]) for row in answer["items"]] == [
        ("140107000000", None),
        ("140107001000", "140107000000"),
        (COMMUNITY, "140107001000"),
    ]
    assert [(r["communities"], r["grids"], r["vacancies"]) for r in answer["items"]] == [
        (1, 2, 1),
        (1, 2, 1),
        (0, 2, 1),
    ]


def test_a_user_sees_only_the_divisions_in_scope(sign_in: SignIn) -> None:
    two_grids()

    answer = sign_in(scope=("140107002",)).get("/api/divisions/").json()

    assert answer == {"total": 0, "items": []}


def test_the_tree_costs_the_same_queries_however_large(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    community = two_grids()
    operator.get("/api/divisions/")

    for number in range(3, 9):
        shaped(f"{COMMUNITY}{number:03d}", community, square(112 + 2 * number))
        division(f"14010700100{number}", "community", community.parent, kind="community")

    with django_assert_num_queries(5):  # session, user, divisions, grids, vacancies
        assert operator.get("/api/divisions/").json()["items"][0]["grids"] == 8


def test_a_grid_has_its_card(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    two_grids()
    for households in (30, 12):
        Building.objects.create(
            scope_code="140107", point=at(112.5), households=households, floors=6
        )
    Shop.objects.create(scope_code="140107", point=at(112.5), kind="food")
    staff(WEST, "W1")
    staff(WEST, "A1", role="assistant")
    operator.get("/api/divisions/")

    with django_assert_num_queries(5):  # session, user, the grid, its buildings, its staff
        card = operator.get(f"/api/grids/{WEST}/").json()

    assert card == {
        "code": WEST,
        "name": WEST,
        "kind": "basic",
        "community": COMMUNITY,
        "street": "140107001000",
        "workers": 1,
        "assistants": 1,
        "vacant": False,
        "buildings": 2,
        "households": 42,
        "shops": 1,
        "service_points": 0,
    }


def test_a_grid_without_people_is_vacant(operator: Client) -> None:
    two_grids()

    card = operator.get(f"/api/grids/{EAST}/").json()

    assert (card["workers"], card["vacant"], card["households"]) == (0, True, 0)


@pytest.mark.parametrize(
    ("code", "scope"),
    [
        pytest.param(WEST, "140107002", id="a grid of another street"),
        pytest.param(f"{COMMUNITY}999", "140107", id="no such grid"),
        pytest.param(COMMUNITY, "140107", id="the code of a community"),
        pytest.param("%00", "140107", id="a null byte"),
        pytest.param("9" * 4000, "140107", id="4,000 digits"),
        pytest.param("<script>", "140107", id="markup"),
    ],
)
def test_a_grid_that_one_may_not_know_is_not_there(sign_in: SignIn, code: str, scope: str) -> None:
    two_grids()

    answer = sign_in(scope=(scope,)).get(f"/api/grids/{code}/")

    assert (answer.status_code, answer.json()["error"]["kind"]) == (404, "NotFound")


def test_a_grid_is_only_read(operator: Client) -> None:
    answer = operator.post(f"/api/grids/{WEST}/", {"name": "x"}, "application/json")

    assert (answer.status_code, answer["Allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/api/divisions/", f"/api/grids/{WEST}/"])
def test_a_stranger_is_asked_to_sign_in(stranger: Client, path: str) -> None:
    assert stranger.get(path).status_code == 401
