"""The streets that the wall goes through: those of its reader, and of each what is the reader's."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server.roles import Role
from maps import views
from tests.conftest import SignIn
from tests.maps.territory import COLUMNS, FIRST, SECOND, SIDE, WEST

pytestmark = pytest.mark.usefixtures("laid_out")
M_A_DEGREE = 111_319.4908


def items(client: Client) -> list[dict[str, object]]:
    answer = client.get("/api/maps/streets/")
    assert answer.status_code == 200
    return list(answer.json()["items"])


def width_m(box: object) -> float:
    west, _south, east, _north = box  # type: ignore[misc]
    return (east - west) * M_A_DEGREE  # type: ignore[has-type, no-any-return]


def test_a_district_has_all_its_streets_by_code(operator: Client) -> None:
    found = items(operator)

    assert [one["code"] for one in found] == [f"{FIRST}000", f"{SECOND}000"]
    assert found[0]["name"] == f"street {FIRST}000"
    west, south, _east, north = found[0]["box"]  # type: ignore[misc]
    assert west == pytest.approx(WEST / M_A_DEGREE, abs=1e-6)  # type: ignore[has-type]
    assert width_m(found[0]["box"]) == pytest.approx(COLUMNS * SIDE, rel=1e-6)
    assert south < north  # type: ignore[has-type]


def test_a_street_has_itself_alone(sign_in: SignIn) -> None:
    assert [one["code"] for one in items(sign_in(scope=(SECOND,)))] == [f"{SECOND}000"]


def test_of_a_street_that_is_somebodys_in_part_the_part_is_told(sign_in: SignIn) -> None:
    [street] = items(sign_in(Role.GRID_WORKER, scope=(f"{FIRST}001002",)))

    assert street["code"] == f"{FIRST}000"
    assert width_m(street["box"]) == pytest.approx(SIDE, rel=1e-6)


def test_whoever_has_nothing_is_told_nothing(sign_in: SignIn) -> None:
    assert items(sign_in(scope=("140108",))) == []


def test_a_stranger_is_refused(stranger: Client) -> None:
    assert stranger.get("/api/maps/streets/").status_code == 401


def test_the_list_is_bounded_and_costs_a_fixed_number_of_queries(
    operator: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(views, "MOST_STREETS", 1)
    items(operator)

    # Session, user, streets.
    with django_assert_num_queries(3):
        assert len(items(operator)) == 1
