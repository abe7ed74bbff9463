"""The database itself refuses what breaks a rule, and names the rule."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, MultiLineString, MultiPolygon, Polygon
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F

from grids.models import (
    Assignment,
    Building,
    Division,
    Grid,
    GridDesignation,
    GridShape,
    GridWorker,
    ServicePoint,
    Shop,
    Street,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, at, division, projected, square, two_grids

pytestmark = pytest.mark.django_db
BOW_TIE = Polygon(((0, 0), (1, 1), (1, 0), (0, 1), (0, 0)), srid=4326)
SPRING = DateRange(date(2026, 3, 1), date(2026, 6, 1))
LONG_AGO = DateRange(date(2020, 1, 1), date(2021, 1, 1))
EMPTY = Polygon(srid=4326)
LINE = MultiLineString(LineString((0, 0), (1, 1)), srid=4326)


def west() -> Grid:
    return Grid.objects.get(code=WEST)


def community() -> Division:
    return Division.objects.get(code=COMMUNITY)


def shape(area: Polygon, valid: DateRange = LONG_AGO) -> GridShape:
    flat = Polygon.from_bbox((0, 0, 1, 1))
    return GridShape.objects.create(grid=west(), valid=valid, shape=area, shape_3857=flat)


def bare_division(code: str = "140108000000", **fields: object) -> Division:
    return division(code, **({"level": "district", "parent": None} | fields))  # type: ignore[arg-type]


def posted(**fields: object) -> Assignment:
    worker, _ = GridWorker.objects.get_or_create(number="W1", defaults={"role": "worker"})
    return Assignment.objects.create(
        **({"worker": worker, "grid": west(), "role": "worker"} | fields)
    )


def posted_twice() -> None:
    posted()
    posted(valid=DateRange(date(2026, 5, 1), None))


def half_shaped() -> Division:
    return bare_division(shape=MultiPolygon(square(112), srid=4326))


def placed(model: Any, **fields: object) -> Any:
    return model.objects.create(**({"point": at(112.5), "scope_code": WEST} | fields))


def lane(code: str) -> Street:
    return Street.objects.create(code=code, name="a", kind="lane", line=LINE)


def stand_in_for_oneself() -> None:
    one = posted()
    Assignment.objects.filter(id=one.id).update(stands_in_for=F("worker"))


def designated(**fields: Any) -> GridDesignation:
    return GridDesignation.objects.create(grid=west(), name="a", **fields)


def code_of_another() -> None:
    GridDesignation.objects.filter(grid=west()).update(valid=LONG_AGO)
    designated(code=EAST, valid=SPRING)


def its_own_parent() -> None:
    Division.objects.filter(code=COMMUNITY).update(parent=community())


def deleted_under(model: Any) -> Callable[[], None]:
    """Deletes a grid in which a place lies, past the triggers that would lead it elsewhere."""

    def write() -> None:
        placed(model)
        assert model.objects.get().grid_id == west().pk
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL gis.bulk = 'on'")
            for table in ("gridshape", "griddesignation"):
                cursor.execute(f"DELETE FROM grids_{table} WHERE grid_id = %s", [west().pk])
            cursor.execute("DELETE FROM grids_grid WHERE code = %s", [WEST])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return write


BAD_ROWS: list[tuple[str, Callable[[], object]]] = [
    ("division_code_is_12_digits", lambda: bare_division("14010800000")),
    ("division_code_is_12_digits", lambda: bare_division("14010800000a")),
    ("division_code_is_12_digits", lambda: bare_division("１４０１０８００００００")),
    ("division_level_is_known", lambda: bare_division(level="village")),
    ("division_kind_is_known", lambda: bare_division(kind="")),
    ("streets_and_communities_have_a_parent", lambda: bare_division(level="street")),
    ("division_is_not_its_own_parent", its_own_parent),
    ("division_has_both_shapes_or_none", half_shaped),
    (
        "grid_code_is_15_to_19_digits",
        lambda: Grid.objects.create(code="1" * 16, community=community()),
    ),
    ("grid_kind_is_known", lambda: Grid.objects.filter(code=WEST).update(kind="odd")),
    ("one_shape_per_grid_and_day", lambda: shape(square(112), DateRange(date(2026, 3, 1), None))),
    ("grid_shape_is_valid_for_some_day", lambda: shape(square(112), DateRange(empty=True))),
    ("grid_shape_is_valid_and_not_empty", lambda: shape(BOW_TIE)),
    ("grid_shape_is_valid_and_not_empty", lambda: shape(EMPTY)),
    ("one_assignment_per_worker_grid_role_and_day", posted_twice),
    ("assignment_role_is_known", lambda: posted(role="boss")),
    ("assignment_is_valid_for_some_day", lambda: posted(valid=DateRange(empty=True))),
    ("grid_worker_role_is_known", lambda: GridWorker.objects.create(number="W2", role="boss")),
    ("street_kind_is_known", lambda: Street.objects.create(name="a", kind="", line=LINE)),
    (
        "street_line_is_not_empty",
        lambda: Street.objects.create(name="a", kind="lane", line=MultiLineString(srid=4326)),
    ),
    ("shop_kind_is_known", lambda: placed(Shop, kind="")),
    ("service_point_kind_is_known", lambda: placed(ServicePoint, kind="")),
    ("building_has_1_to_200_floors", lambda: placed(Building, floors=0)),
    ("building_has_1_to_100_units", lambda: placed(Building, units=101)),
    ("building_has_a_point_or_an_address", lambda: placed(Building, point=None)),
    ("building_territory_is_a_code", lambda: placed(Building, point=at(0), scope_code="x")),
    ("one_shop_per_code", lambda: [placed(Shop, code="S1"), placed(Shop, code="S1")]),
    *(("grid_with_places_stays", deleted_under(model)) for model in (Building, Shop, ServicePoint)),
    ("one_street_per_code", lambda: [lane("L1"), lane("L1")]),
    ("nobody_stands_in_for_themselves", stand_in_for_oneself),
    ("grid_is_not_part_of_itself", lambda: Grid.objects.update(parent=F("id"))),
    ("one_grid_per_code_and_day", code_of_another),
    ("one_designation_per_grid_and_day", lambda: designated(code="9" * 15, valid=SPRING)),
    ("grid_designation_code_is_15_to_19_digits", lambda: designated(code="1", valid=LONG_AGO)),
]


@pytest.mark.parametrize(("rule", "write"), BAD_ROWS)
def test_the_database_refuses(rule: str, write: Callable[[], object]) -> None:
    two_grids()

    with pytest.raises(IntegrityError, match=f'"{rule}"'), transaction.atomic():
        write()


def test_an_invalid_division_shape_is_refused() -> None:
    bad = MultiPolygon(BOW_TIE, srid=4326)

    with pytest.raises(IntegrityError, match="division_shape_is_valid"), transaction.atomic():
        bare_division(shape=bad, shape_3857=projected(MultiPolygon(square(112), srid=4326)))


def test_places_without_a_code_are_as_many_as_there_are() -> None:
    two_grids()

    placed(Shop)
    placed(Shop)

    assert Shop.objects.filter(code=None).count() == 2


def test_shapes_of_one_grid_may_follow_each_other() -> None:
    two_grids()

    shape(square(112), DateRange(date(2025, 1, 1), date(2026, 1, 1)))

    assert west().shapes.count() == 2


def test_one_worker_may_hold_many_grids() -> None:
    two_grids()

    posted()
    posted(grid=Grid.objects.exclude(code=WEST).get())

    assert Assignment.objects.count() == 2
