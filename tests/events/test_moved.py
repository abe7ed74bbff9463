"""Open events on ground that a boundary plan gives to another grid."""

from typing import Any

import pytest
from django.contrib.gis.geos import Point

from events.invariants import check
from events.models import Category, Event, EventStep
from gis_server.models import ChangeRow
from grids.models import Grid
from tests.events.town import NOW, actions, make_event
from tests.grids.plans.planning import border_at, east_merged, published
from tests.grids.territory import EAST, WEST, two_grids

pytestmark = pytest.mark.django_db


def event_at(east: float, **values: Any) -> Event:
    grid = Grid.objects.get(code=WEST)
    return make_event(
        Category.objects.get(code="G0101"), point=Point(east, 37.5, srid=4326), grid_then=grid,
        grid_then_code=WEST, grid_then_name=grid.name, **values,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def test_an_open_event_keeps_its_grid_of_the_day_and_the_new_one_is_proposed() -> None:
    event = event_at(112.7)
    seen = ChangeRow.objects.filter(topic="event").count()

    plan = published(border_at(112.5))

    event.refresh_from_db()
    assert (event.scope_code, event.grid_then_code) == (EAST, WEST)
    step = EventStep.objects.get(pk=event.last_step_id)
    assert (step.action, step.user_id, step.before, step.after) == (
        "note",
        None,
        "reported",
        "reported",
    )
    assert step.detail == {"plan": plan.pk, "grid_before": WEST, "grid_proposed": EAST}
    assert all(code in step.note for code in (WEST, EAST, plan.document))
    told = ChangeRow.objects.filter(topic="event").order_by("id")[seen:]
    assert {row.scope for row in told} == {WEST, EAST}
    assert {row.data["number"] for row in told} == {event.number}
    assert list(check()) == []


def test_what_is_over_or_stays_is_not_told_of() -> None:
    over = event_at(112.7, state="closed", closed_at=NOW, closed_level="community")
    stays = event_at(112.2)

    published(border_at(112.5))

    over.refresh_from_db()
    assert over.scope_code == EAST
    assert actions(over) == actions(stays) == ["report"]


def test_an_event_of_a_retired_grid_goes_with_the_ground() -> None:
    event = event_at(113.5)

    published(east_merged())

    event.refresh_from_db()
    assert (event.scope_code, actions(event)) == (WEST, ["report", "note"])
