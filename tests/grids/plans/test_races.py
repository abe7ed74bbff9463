"""Two publish at once, or one publishes while another edits: real threads."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from gis_server.errors import Conflict, DomainError
from grids.invariants import check
from grids.models import BoundaryPlan, Building, Grid, GridShape
from grids.plans import publishing, services
from tests.cameras.threads import together
from tests.grids.editing import change
from tests.grids.plans.planning import border_at, made, people, scheduled
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def tried(work: Callable[[], object]) -> object:
    try:
        return work()
    except DomainError as error:
        return type(error)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_jobs_publish_a_plan_once(_round: int) -> None:
    plan = scheduled(made(border_at(112.5)))
    now = timezone.now()

    outcomes = together(*[partial(publishing.publish, plan_id=plan.pk, now=now)] * 2)

    assert sorted(outcomes) == [False, True]
    assert GridShape.objects.count() == 4
    assert plan.steps.filter(action="published").count() == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_plans_for_one_grid_one_is_published(_round: int) -> None:
    """Even if both got their day: by a restored database, say, or an older version."""
    plans = [scheduled(made(border_at(112.5), "甲")), made(border_at(112.7), "乙")]
    BoundaryPlan.objects.filter(pk=plans[1].pk).update(
        state="scheduled", effective_on=plans[0].effective_on, document="x"
    )
    now = timezone.now()

    outcomes = together(
        *(partial(tried, partial(publishing.publish, plan_id=one.pk, now=now)) for one in plans)
    )

    assert sorted(outcomes, key=str) == [Conflict, True]
    assert BoundaryPlan.objects.filter(state="in_force").count() == 1
    assert GridShape.objects.filter(valid__endswith=None).count() == 2
    assert list(check()) == []


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_place_that_moves_meanwhile_is_in_the_grid_that_holds_it(_round: int) -> None:
    plan = scheduled(made(border_at(112.5)))
    row = Building.objects.create(name="楼", scope_code=COMMUNITY, point=at(113.5))

    together(
        partial(publishing.publish, plan_id=plan.pk, now=timezone.now()),
        lambda: change(row, people()[0], point=[112.7, 37.5]),
    )

    row.refresh_from_db()
    assert (row.grid.code if row.grid else "", row.scope_code) == (EAST, EAST)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_grid_that_is_renamed_meanwhile_keeps_its_name_or_stops_the_plan(_round: int) -> None:
    plan, grid = scheduled(made(border_at(112.5))), Grid.objects.get(code=WEST)

    outcomes = together(
        partial(tried, partial(publishing.publish, plan_id=plan.pk, now=timezone.now())),
        lambda: bool(change(grid, people()[0], name="新名")),
    )

    grid.refresh_from_db()
    assert grid.name == "新名"
    assert outcomes[1] is True
    assert outcomes[0] in (True, Conflict)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_plan_is_returned_or_published_but_not_both(_round: int) -> None:
    plan = scheduled(made(border_at(112.5)))
    give_back = partial(
        services.give_back, plan_id=plan.pk, revision=plan.revision, reason="x", by=people()[1],
        now=timezone.now(),
    )  # fmt: skip

    together(
        partial(tried, partial(publishing.publish, plan_id=plan.pk, now=timezone.now())),
        partial(tried, give_back),
    )

    plan.refresh_from_db()
    shapes = GridShape.objects.filter(valid__endswith=None, grid__code=WEST).get()
    assert (plan.state, shapes.shape.extent[2]) in (("draft", 113.0), ("in_force", 112.5))
    assert not connection.needs_rollback
