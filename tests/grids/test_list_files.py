"""Lists of the territory as files: the rows of the page, of nobody else, at a fixed cost."""

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server.roles import Role
from grids.models import Assignment, Building, Division, Grid, GridWorker, Shop
from tests.conftest import SignIn
from tests.files_taken import body, table
from tests.grids.territory import EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db

STREET = "140107001000"
STRAYS, PEOPLE = "/territory/strays/?f=csv", f"/territory/{STREET}/?tab=people&f=csv"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def filled(db: None) -> Division:
    community = two_grids()
    Building.objects.create(name=FORMULA, address="某处", scope_code="140107001")
    Shop.objects.create(name="别家", scope_code="140107002", point=at(120.0))
    for number, role, code in (
        ("W2", "worker", EAST),
        ("W1", "worker", WEST),
        ("C1", "chief", WEST),
    ):
        worker = GridWorker.objects.create(number=number, name=f"王{number}", role=role)
        grid = Grid.objects.get(code=code)
        Assignment.objects.create(worker=worker, grid=grid, role=role)
    return community


def names(client: Client, query: str) -> list[str]:
    return [row[2] for row in table(client, f"{STRAYS}{query}")[1:]]


def test_strays_are_those_of_the_page_and_its_filters(sign_in: SignIn, filled: Division) -> None:
    planner = sign_in(Role.PLANNER)

    assert names(planner, "") == [f"'{FORMULA}", "别家"]
    assert names(planner, "&kind=shop") == ["别家"]
    assert names(planner, "&state=unplaced") == [f"'{FORMULA}"]
    assert names(planner, "&division=140107002") == ["别家"]
    # A file is never a page of the list.
    assert names(planner, "&offset=1&limit=1") == [f"'{FORMULA}", "别家"]
    assert names(sign_in(Role.PLANNER, ("140107001",)), "") == [f"'{FORMULA}"]


def test_strays_outside_all_grids_have_a_place(sign_in: SignIn, filled: Division) -> None:
    found = json.loads(body(sign_in(Role.PLANNER), "/territory/strays/?f=geojson"))["features"]

    places = {one["properties"]["name"]: one["geometry"] for one in found}
    shop = Shop.objects.get().point
    assert shop is not None
    assert places[FORMULA] is None
    assert places["别家"]["coordinates"] == pytest.approx([shop.x, shop.y], abs=1e-7)


def test_people_are_those_of_the_page_and_its_filters(sign_in: SignIn, filled: Division) -> None:
    planner = sign_in(Role.PLANNER)

    assert [row[4] for row in table(planner, PEOPLE)[1:]] == ["C1", "W1", "W2"]
    assert [row[4] for row in table(planner, f"{PEOPLE}&role=chief")[1:]] == ["C1"]


def test_people_are_a_file_for_none_who_may_not_see_them(sign_in: SignIn, filled: Division) -> None:
    assert sign_in(Role.MAINTAINER).get(PEOPLE).status_code in {403, 404}
    assert sign_in(Role.PLANNER, ("140107002",)).get(PEOPLE).status_code == 404


def test_what_lies_below_is_a_table(sign_in: SignIn, filled: Division) -> None:
    rows = table(sign_in(Role.PLANNER), f"/territory/{filled.code}/?f=csv")

    assert [row[1] for row in rows[1:]] == [WEST, EAST]


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        # All: session, user; the note.  Strays in two.
        pytest.param(STRAYS, 5, id="strays"),
        # The division, assignments in two.
        pytest.param(PEOPLE, 6, id="people"),
        # The division, children in five.
        pytest.param(f"/territory/{STREET}/?f=csv", 9, id="what lies below"),
    ],
)
@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
def test_a_file_costs_the_same_queries_however_much_there_is(
    sign_in: SignIn,
    filled: Division,
    django_assert_num_queries: DjangoAssertNumQueries,
    address: str,
    queries: int,
    many: bool,
) -> None:
    client = sign_in(Role.PLANNER)
    for number in range(10, 18) if many else ():
        Building.objects.create(name="x", address="y", scope_code="140107001")
        worker = GridWorker.objects.create(number=f"W{number}", name="李", role="assistant")
        first = GridWorker.objects.get(number="W1")
        Assignment.objects.create(
            worker=worker,
            grid=Grid.objects.get(code=EAST),
            role="assistant",
            stands_in_for=first,
        )

    with django_assert_num_queries(queries):
        body(client, address)


def test_the_staff_of_a_grid_is_a_file_of_those_who_may_see_people(
    sign_in: SignIn, filled: Division
) -> None:
    page = f"/grids/{WEST}/?f=csv"

    rows = table(sign_in(Role.PLANNER), page)[1:]

    assert sorted(row[1] for row in rows) == ["C1", "W1"]
    (chief,) = (row for row in rows if row[1] == "C1")
    assert (chief[0], chief[5]) == ("王C1", "")
    assert sign_in(Role.PLANNER, ("140107002",)).get(page).status_code == 404
    assert "王C1" not in sign_in(Role.MAINTAINER).get(page).content.decode()
