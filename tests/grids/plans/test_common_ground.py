"""Rates of events before and after a border has moved, on common ground; counted by hand.

WEST lies from 112 to 113 E, EAST from 113 to 114; ten days ago their border moved to 112.5.  Of the
400 households of old WEST a quarter stayed there.
"""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from events.models import Category
from gis_server.errors import Invalid
from gis_server.roles import Role
from grids.models import Building
from grids.plans.looking_back import ground, past
from tests.conftest import MakeUser
from tests.events.town import make_event
from tests.grids.plans.planning import a_day_passes, border_at, people, published, today
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db
SINCE_DAYS = 10
HOMES = ((112.2, 100), (112.7, 300), (113.5, 100))


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()
    for east, households in HOMES:
        Building.objects.create(
            name="楼", scope_code=COMMUNITY, point=at(east), households=households
        )
    published(border_at(112.5))
    a_day_passes(SINCE_DAYS)


def reported(count: int, east: float, days_ago: int) -> None:
    noon = timezone.make_aware(datetime.combine(today() - timedelta(days=days_ago), time(12)))
    for _number in range(count):
        make_event(Category.objects.all()[0], at=noon, point=at(east))


def rates(days: int = 30) -> dict[str, ground.Rate]:
    last = today() - timedelta(days=SINCE_DAYS)
    found = ground.rates(people()[0], COMMUNITY, last - timedelta(days=1), last, days)
    assert (found.days_before, found.days_after) == (days, min(days, SINCE_DAYS + 1))
    return {one.code: one for one in found.rows}


def test_earlier_events_go_where_households_live_and_rates_are_for_equal_days() -> None:
    reported(8, 112.1, 20)
    reported(3, 113.9, 20)
    reported(1, 112.1, 5)
    reported(11, 112.9, 5)

    found = rates()

    # Of the 8 in old WEST a quarter, as of its households, wherever in it they were reported.
    west, east = found[WEST], found[EAST]
    assert (west.households, west.before, west.after) == (100, 2, 1)
    assert (east.households, east.before, east.after) == (400, 6 + 3, 11)
    # For 100 households and 30 days: 30 days before, and 11 since, today among them.
    assert (west.rate_before, east.rate_before) == pytest.approx((2, 9 / 4))
    assert (west.rate_after, east.rate_after) == pytest.approx((30 / 11, 11 / 4 * 30 / 11))
    assert west.grown == pytest.approx(30 / 11 - 2)


@pytest.mark.parametrize(
    ("days_ago", "before", "after"),
    [
        pytest.param(SINCE_DAYS + 8, 0, 0, id="a day too early"),
        pytest.param(SINCE_DAYS + 7, 4, 0, id="first of the days before"),
        pytest.param(SINCE_DAYS + 1, 4, 0, id="last of them"),
        pytest.param(SINCE_DAYS, 0, 4, id="the day itself"),
        pytest.param(SINCE_DAYS - 6, 0, 4, id="last of the days since"),
        pytest.param(SINCE_DAYS - 7, 0, 0, id="a day too late"),
    ],
)
def test_a_span_has_as_many_days_on_either_side(days_ago: int, before: int, after: int) -> None:
    reported(4, 113.9, days_ago)

    east = rates(days=7)[EAST]

    assert (east.before, east.after) == (before, after)


def test_where_nobody_lives_there_is_no_rate_and_events_go_by_area() -> None:
    Building.objects.all().delete()
    reported(4, 112.1, 20)
    reported(1, 112.1, 5)

    west = rates()[WEST]

    # Old WEST was halved.
    assert (west.before, west.after) == pytest.approx((2, 1))
    assert (west.rate_before, west.rate_after, west.grown) == (None, None, None)


def test_households_and_events_are_told_for_each_pair_of_grids() -> None:
    reported(2, 112.1, 5)
    reported(5, 112.9, 5)
    reported(1, 113.9, 5)
    day = today() - timedelta(days=SINCE_DAYS)

    shares = past.compared(people()[0], COMMUNITY, day - timedelta(days=1), today())

    assert {(one.old, one.new): one.counts for one in shares} == {
        (WEST, WEST): {"households": 100, "events": 2},
        (WEST, EAST): {"households": 300, "events": 5},
        (EAST, EAST): {"households": 100, "events": 1},
    }


def test_rates_are_told_of_ones_own_territory(make_user: MakeUser) -> None:
    stranger = make_user(Role.PLANNER, ("140107002",))

    with pytest.raises(Invalid):
        ground.rates(stranger, COMMUNITY, today(), today(), 30)
