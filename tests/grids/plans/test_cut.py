"""Publication is cut in the middle, at every table it writes to: all stays as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import Error, connection, connections, transaction
from django.utils import timezone

from grids.models import BoundaryPlan, Building, GridShape
from grids.plans import publishing
from tests.grids.plans.planning import SCOPE, everything, made, scheduled, west_split
from tests.grids.territory import at, two_grids

pytestmark = pytest.mark.django_db(transaction=True)

FAILS = "RAISE EXCEPTION 'cut' USING ERRCODE = 'raise_exception'"
ENDS = "PERFORM pg_terminate_backend(pg_backend_pid())"
# Each is written to at another point of the way, in this order.
WRITES = [
    ("INSERT", "grids_grid"),
    ("UPDATE", "grids_planchange"),
    ("INSERT", "grids_griddesignation"),
    ("UPDATE", "grids_gridshape"),
    ("INSERT", "grids_gridshape"),
    ("INSERT", "grids_lineage"),
    ("UPDATE", "grids_building"),
    ("UPDATE", "grids_boundaryplan"),
    ("INSERT", "grids_planstep"),
    ("INSERT", "gis_server_audit"),
    ("INSERT", "gis_server_change"),
]


@contextmanager
def cut_at(event: str, table: str, what: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION cut_here() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {what}; RETURN NULL; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER cut_here AFTER {event} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION cut_here()"
        )
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION cut_here() CASCADE")


@pytest.fixture
def plan(db: None) -> BoundaryPlan:
    two_grids()
    Building.objects.create(name="楼", scope_code=SCOPE, point=at(112.5, 37.8))
    return scheduled(made(west_split()))


@pytest.mark.parametrize("what", [FAILS, ENDS], ids=["a failure", "the database is cut"])
@pytest.mark.parametrize(("event", "table"), WRITES, ids=[f"{e} {t}".lower() for e, t in WRITES])
def test_a_publication_that_is_cut_leaves_everything_as_it_was(
    plan: BoundaryPlan, event: str, table: str, what: str
) -> None:
    before = everything()

    with cut_at(event, table, what), pytest.raises(Error):
        publishing.publish(plan_id=plan.pk, now=timezone.now())

    assert everything() == before
    # Nor is anything in the way of the next attempt.
    assert publishing.publish_due(timezone.now()) == 1
    assert GridShape.objects.filter(valid__endswith=None).count() == 3


def test_what_is_not_committed_is_seen_by_nobody(plan: BoundaryPlan) -> None:
    """A reader beside the publication sees the map of before until it is the map of after."""
    beside = connections.create_connection("default")
    try:
        with transaction.atomic():
            publishing.publish(plan_id=plan.pk, now=timezone.now())
            assert _grids_seen(beside) == 2
        assert _grids_seen(beside) == 3
    finally:
        beside.close()


def _grids_seen(beside: object) -> int:
    with beside.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT count(*) FROM grids_gridshape WHERE valid @> grids_today()")
        return int(cursor.fetchone()[0])
