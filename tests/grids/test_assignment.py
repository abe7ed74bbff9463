"""The database keeps the grid of every point, whoever writes points, shapes or codes."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from grids.jobs import follow_the_day
from grids.models import Building, Division, Grid, GridShape
from grids.queries import grid_at
from tests.grids.territory import COMMUNITY, EAST, WEST, at, shaped, square, two_grids

pytestmark = pytest.mark.django_db
OUTSIDE = 115.0


def building(east: float | None, north: float = 37.5, scope_code: str = "140107001") -> Building:
    point = None if east is None else at(east, north)
    made = Building.objects.create(point=point, address="x", scope_code=scope_code)
    made.refresh_from_db()
    return made


def home(row: Building) -> tuple[str | None, str]:
    row.refresh_from_db()
    return (row.grid.code if row.grid else None, row.scope_code)


def sql(text: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("east", "north", "code"),
    [
        pytest.param(112.5, 37.5, WEST, id="inside the west"),
        pytest.param(113.0, 37.5, WEST, id="on the shared border: the lowest code"),
        pytest.param(114.0, 38.0, EAST, id="on an outer corner"),
        pytest.param(OUTSIDE, 37.5, None, id="outside of all"),
        pytest.param(None, 0.0, None, id="not placed yet"),
    ],
)
def test_a_new_point_gets_its_grid(east: float | None, north: float, code: str | None) -> None:
    two_grids()

    made = building(east, north)

    assert home(made) == (code, code or "140107001")
    if east is not None:
        found = grid_at(at(east, north), timezone.localdate())
        assert (found.code if found else None) == code


def test_a_point_that_moves_takes_its_grid_along_and_keeps_its_territory_outside() -> None:
    two_grids()
    made = building(112.5)

    Building.objects.update(point=at(113.5))
    assert home(made) == (EAST, EAST)

    Building.objects.update(point=at(OUTSIDE))
    assert home(made) == (None, EAST)


def test_points_follow_shapes_that_come_move_and_go() -> None:
    community = two_grids()
    far, west = building(OUTSIDE), building(112.5)

    shaped(f"{COMMUNITY}003", community, square(114.5))
    assert home(far)[0] == f"{COMMUNITY}003"

    GridShape.objects.filter(grid__code=WEST).update(shape=square(112, size=0.25))
    assert home(west) == (None, WEST)

    GridShape.objects.filter(grid__code=f"{COMMUNITY}003").delete()
    assert home(far) == (None, f"{COMMUNITY}003")


def test_a_shape_of_another_day_moves_nobody_before_its_day() -> None:
    community = two_grids()
    today = timezone.localdate()
    tomorrow = today + timedelta(days=1)
    west = building(112.5)
    GridShape.objects.filter(grid__code=WEST).update(valid=DateRange(date(2026, 1, 1), tomorrow))
    shaped(f"{COMMUNITY}009", community, square(112), DateRange(tomorrow, None))
    assert home(west)[0] == WEST

    # Tomorrow has come: what is read of today is a function of the database.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION grids_today() RETURNS date LANGUAGE sql STABLE"
            " AS 'SELECT ''" + tomorrow.isoformat() + "''::date'"
        )
    assert follow_the_day(tomorrow) == 1

    assert home(west) == (f"{COMMUNITY}009", f"{COMMUNITY}009")
    assert follow_the_day(tomorrow) == 0


def test_places_follow_codes() -> None:
    two_grids()
    west, stray = building(112.5), building(OUTSIDE, scope_code="140107001001")

    Grid.objects.filter(code=WEST).update(code=f"{COMMUNITY}077")
    Division.objects.filter(code=COMMUNITY).update(code="140107001055")

    assert home(west) == (f"{COMMUNITY}077", f"{COMMUNITY}077")
    assert home(stray) == (None, "140107001055")


def test_a_bulk_load_does_it_itself() -> None:
    two_grids()
    with transaction.atomic():
        sql("SELECT set_config('gis.bulk', 'on', true)")
        made = building(112.5)

    assert home(made) == (None, "140107001")


def test_the_database_and_the_pages_mean_the_same_day() -> None:
    assert settings.TIME_ZONE == "Asia/Shanghai"
    assert sql("SELECT grids_today()") == timezone.localdate()


def test_a_lookup_uses_the_index() -> None:
    two_grids()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT grid_id FROM grids_gridshape AS drawn"
            " WHERE ST_Covers(drawn.shape, ST_SetSRID(ST_Point(112.5, 37.5), 4326))"
        )
        plan = " ".join(row[0] for row in cursor.fetchall())

    assert "grids_gridshape_shape" in plan
