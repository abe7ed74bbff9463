"""The territory keeps its own entries in the search, whoever writes a row and however."""

from datetime import date

import pytest
from django.contrib.gis.geos import LineString, MultiLineString
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from gis_server import invariants, search
from gis_server.jobs import refresh_search
from gis_server.models import SearchEntry, User
from grids.models import (
    Assignment,
    Building,
    Division,
    Grid,
    GridDesignation,
    GridShape,
    GridWorker,
    Shop,
    Street,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, at, square, two_grids

pytestmark = pytest.mark.django_db
PAST = DateRange(date(2026, 1, 1), date(2026, 2, 1))


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def user(*scope: str) -> User:
    return User(username="x", role="operator", scope=list(scope or ("140107",)))


def found(text: str, *scope: str) -> list[tuple[str, str]]:
    return [(one.kind, one.title) for one in search.find(user(*scope), text).items]


def building(name: str = "府前小区3号楼", east: float = 112.5) -> Building:
    return Building.objects.create(name=name, address="府前街12号", point=at(east))


def test_a_place_is_found_once_it_is_written_and_no_longer_once_it_is_gone() -> None:
    made = building()
    assert found("府前") == [("building", "府前小区3号楼")]

    Building.objects.filter(id=made.id).update(name="迎泽小区3号楼", code="B-1")
    assert found("府前小区") == []
    assert found("迎泽") == found("b-1") == [("building", "迎泽小区3号楼")]

    made.delete()
    assert found("迎泽") == []
    assert list(invariants.check()) == []


def test_what_is_rolled_back_was_never_found() -> None:
    with transaction.atomic():
        building()
        assert found("府前")
        transaction.set_rollback(True)

    assert found("府前") == []


def test_a_truncated_table_leaves_nothing_behind() -> None:
    building()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE grids_building")

    assert found("府前") == []


def test_a_place_that_moves_is_found_where_it_then_lies() -> None:
    made = building(east=112.5)
    assert found("府前", WEST)
    assert not found("府前", EAST)

    made.point = at(113.5)
    made.save()

    assert not found("府前", WEST)
    assert found("府前", EAST)


def test_a_renumbered_grid_takes_along_what_lies_in_it() -> None:
    building()
    worker = GridWorker.objects.create(number="W1", name="王伟", role="worker")
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=WEST), role="worker")
    Grid.objects.filter(code=WEST).update(code=f"{COMMUNITY}009")

    for text in ("府前", "王伟"):
        assert not found(text, WEST)
        assert found(text, f"{COMMUNITY}009")
    assert list(invariants.check()) == []


def test_a_grid_is_found_by_what_it_was_once_called() -> None:
    grid = Grid.objects.get(code=WEST)
    GridDesignation.objects.filter(grid=grid).delete()
    old = {"code": f"{COMMUNITY}077", "name": "老城第7网格"}
    GridDesignation.objects.create(grid=grid, valid=PAST, **old)
    GridDesignation.objects.create(
        grid=grid, valid=DateRange(date(2026, 2, 1), None), code=WEST, name=grid.name
    )

    [one] = search.find(user(), "老城").items
    assert (one.code, one.former) == (WEST, f"{COMMUNITY}077\n老城第7网格")
    assert found("lcd7") == found(f"{COMMUNITY}077") == [("grid", grid.name)]


def test_a_grid_is_shown_where_its_newest_shape_lies() -> None:
    GridShape.objects.filter(grid__code=WEST).update(shape=square(112, size=0.5))

    [one] = search.find(user(), WEST).items
    assert one.box == (112, 37, 112.5, 37.5)


def test_a_place_without_a_point_is_shown_where_its_territory_lies() -> None:
    Shop.objects.create(name="晋源药店", address="府前街1号", scope_code=EAST)

    [one] = search.find(user(), "晋源").items
    assert (one.box, one.area, one.within) == ((113, 37, 114, 38), EAST, EAST)


def test_a_street_is_found_from_every_community_it_touches() -> None:
    across = MultiLineString(LineString((112.5, 37.5), (113.5, 37.5), srid=4326), srid=4326)
    Street.objects.create(name="府前街", kind="main", line=across)

    assert found("府前", COMMUNITY) == [("street", "府前街")]
    assert found("府前", "140107002") == []
    GridShape.objects.all().delete()
    assert found("府前", COMMUNITY) == []
    assert list(invariants.check()) == []


def test_staff_are_found_by_those_who_have_one_of_their_grids() -> None:
    worker = GridWorker.objects.create(number="W1", name="王伟", role="chief")
    assert found("王伟") == []
    held = [
        Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=code), role="chief")
        for code in (WEST, EAST)
    ]
    for scope in (WEST, EAST, "140107"):
        assert found("王伟", scope) == found("w1", scope) == [("grid_worker", "王伟")]

    Assignment.objects.filter(id=held[0].id).update(valid=PAST)
    assert not found("王伟", WEST)
    assert found("王伟", EAST)


def test_a_bulk_import_is_found_after_the_job_and_told_of_before() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL gis.bulk = 'on'")
        made = Building.objects.create(name="府前小区", point=at(112.5), scope_code=WEST)
        cursor.execute("SET LOCAL gis.bulk = 'off'")

    assert found("府前") == []
    assert list(invariants.check()) == [
        f"the entry of building {made.id} in the search says something else than its row"
    ]
    assert refresh_search(["building"]) == 1
    assert found("府前") == [("building", "府前小区")]
    assert refresh_search() == 0


def test_refreshing_takes_more_rows_than_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "AT_ONCE", 2)
    for number in range(5):
        building(f"府前{number}号楼")
    SearchEntry.objects.all().delete()

    assert search.refresh("building") == 5
    assert search.differing("building") == []
    assert len(found("府前")) == 5


def test_an_operator_finds_a_community_over_http(operator: Client) -> None:
    Division.objects.filter(code=COMMUNITY).update(name="胜利社区")

    [item] = operator.get("/api/find/", {"q": "slsq"}).json()["items"]
    assert (item["title"], item["area"]) == ("胜利社区", COMMUNITY)
