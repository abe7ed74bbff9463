"""The tree is read node by node, cut to the user's reach, in a fixed number of queries."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from grids.models import Assignment, Building, Division, Grid, GridWorker, Shop
from tests.conftest import SignIn
from tests.grids.territory import (
    COMMUNITY,
    EAST,
    TODAY,
    WEST,
    at,
    division,
    shaped,
    square,
    two_grids,
)

pytestmark = pytest.mark.django_db

DISTRICT, STREET = "140107000000", "140107001000"
HOSTILE = """<script>alert(1)</script>${x}`'"&"""


@pytest.fixture
def filled(db: None) -> Division:
    community = two_grids()
    worker = GridWorker.objects.create(number="W1", name="王", role="worker")
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=WEST), role="worker")
    Building.objects.create(scope_code="140107", point=at(112.5), households=30)
    Building.objects.create(scope_code=STREET, address="某处", households=9)
    Shop.objects.create(scope_code="140107", point=at(113.5))
    Shop.objects.create(scope_code="140107001001", point=at(120.0))
    return community


def node(client: Client, of: str = "") -> dict[str, Any]:
    return dict(client.get(f"/api/territory/tree/?of={of}").json())


def test_the_highest_node_in_reach_is_the_root(sign_in: SignIn, filled: Division) -> None:
    for scope, root in (("140107", DISTRICT), ("140107001", STREET), (WEST, WEST)):
        [item] = node(sign_in(scope=(scope,)))["items"]
        assert item["code"] == root


def test_overlapping_parts_of_a_reach_have_one_root(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(scope=("140107001", COMMUNITY, EAST))

    assert [item["code"] for item in node(client)["items"]] == [STREET]


def test_a_node_counts_all_that_lies_below_it(operator: Client, filled: Division) -> None:
    # One vacant grid of two; the place without a point counts for the street that it was given
    # to, the point outside all grids for the community, and neither for households.
    [root] = node(operator)["items"]
    [street] = node(operator, DISTRICT)["items"]
    [community] = node(operator, STREET)["items"]
    west, east = node(operator, COMMUNITY)["items"]

    of = {"communities": 1, "grids": 2, "vacancies": 1, "households": 30, "buildings": 2}
    of |= {"shops": 2, "service_points": 0, "strays": 2}
    assert root["counts"] == street["counts"] == of
    assert community["counts"] == of | {"communities": 0, "buildings": 1, "strays": 1}
    assert (west["counts"]["vacancies"], east["counts"]["vacancies"]) == (0, 1)
    assert (root["opens"], west["opens"], west["grid"]) == (True, False, True)


@pytest.mark.parametrize("grids", [2, 40])
@pytest.mark.parametrize("of", ["", DISTRICT, COMMUNITY])
def test_a_node_costs_the_same_queries_however_much_lies_below(
    operator: Client,
    filled: Division,
    django_assert_num_queries: DjangoAssertNumQueries,
    grids: int,
    of: str,
) -> None:
    for number in range(3, grids + 1):
        shaped(f"{COMMUNITY}{number:03d}", filled, square(112 + 2 * number))

    # Session, user, (the node,) two counts, two lists, what lies below.
    with django_assert_num_queries(7 if not of else 8):
        node(operator, of)


def test_many_children_come_in_pieces(operator: Client, filled: Division) -> None:
    for number in range(3, 13):
        shaped(f"{COMMUNITY}{number:03d}", filled, square(112 + 2 * number))

    codes = []
    for offset in (0, 5, 10, 15):
        url = f"/api/territory/tree/?of={COMMUNITY}&limit=5&offset={offset}"
        answer = operator.get(url).json()
        assert answer["total"] == 12
        codes += [item["code"] for item in answer["items"]]

    assert codes == [f"{COMMUNITY}{number:03d}" for number in range(1, 13)]


def test_parts_open_below_their_grid(operator: Client, filled: Division) -> None:
    part = shaped(f"{WEST}01", filled, square(112, size=0.5))
    Grid.objects.filter(pk=part.pk).update(parent=Grid.objects.get(code=WEST))

    west, _east = node(operator, COMMUNITY)["items"]
    assert west["opens"]
    assert [item["code"] for item in node(operator, WEST)["items"]] == [f"{WEST}01"]


@pytest.mark.parametrize(
    "of",
    ["140107002000", "140107009000", "%00", "9" * 4000, "<script>", "１２"],
)
def test_a_node_that_one_may_not_know_is_not_there(
    sign_in: SignIn, filled: Division, of: str
) -> None:
    division("140107002000", "street", Division.objects.get(code=DISTRICT), kind="town")

    answer = sign_in(scope=("140107001",)).get(f"/api/territory/tree/?of={of}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param("140107001001", [COMMUNITY, WEST, EAST], id="the beginning of a code"),
        pytest.param(WEST, [WEST], id="a code"),
        pytest.param("桃", [EAST], id="a part of a name"),
        pytest.param("<SCRIPT>", [WEST], id="markup in a name, either case"),
        pytest.param("%", [], id="no wildcard"),
        pytest.param("_", [], id="no wildcard of one"),
    ],
)
def test_names_and_codes_are_found(
    operator: Client, filled: Division, text: str, codes: list[str]
) -> None:
    Grid.objects.filter(code=WEST).update(name=HOSTILE)
    Grid.objects.filter(code=EAST).update(name="桃园一格")

    answer = operator.get("/api/territory/find/", {"q": text})

    assert [item["code"] for item in answer.json()["items"]] == codes


def test_what_is_found_is_cut_to_the_reach_and_says_where_it_lies(
    sign_in: SignIn, filled: Division, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(scope=(WEST,))
    client.get("/api/territory/find/?q=1")

    with django_assert_num_queries(5):  # session, user, divisions, grids, what lies below
        [found] = client.get("/api/territory/find/?q=1401").json()["items"]

    assert found["path"] == f"{STREET} · {COMMUNITY}"


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", f"?q={'x' * 41}", "?q=a%00b"])
def test_nothing_and_too_much_are_no_question(operator: Client, query: str) -> None:
    assert operator.get(f"/api/territory/find/{query}").status_code == 422


def test_divisions_come_below_one_of_them_and_in_pieces(operator: Client, filled: Division) -> None:
    below = operator.get(f"/api/divisions/?parent={STREET}").json()
    piece = operator.get("/api/divisions/?limit=1&offset=1").json()

    assert (below["total"], [row["code"] for row in below["items"]]) == (1, [COMMUNITY])
    assert (piece["total"], [row["code"] for row in piece["items"]]) == (3, [STREET])
    assert operator.get("/api/divisions/?limit=1001").status_code == 422
    assert operator.get("/api/divisions/?parent=x").status_code == 422


def test_grids_that_are_gone_are_neither_found_nor_hang_in_the_tree(
    operator: Client, filled: Division
) -> None:
    Grid.objects.filter(code__in=[WEST, EAST]).update(gone_on=TODAY, name="旧格")

    found = operator.get("/api/territory/find/", {"q": "旧格"}).json()
    by_code = operator.get("/api/territory/find/", {"q": WEST}).json()
    tree = node(operator, STREET)

    assert found["items"] == by_code["items"] == []
    assert [(row["code"], row["opens"]) for row in tree["items"]] == [(COMMUNITY, False)]


def test_a_grid_whose_parts_are_gone_does_not_open(operator: Client, filled: Division) -> None:
    west = Grid.objects.get(code=WEST)
    Grid.objects.create(
        code=f"{WEST}01", name="part", community=west.community, parent=west, gone_on=TODAY
    )

    tree = node(operator, COMMUNITY)

    assert {row["code"]: row["opens"] for row in tree["items"]} == {WEST: False, EAST: False}
