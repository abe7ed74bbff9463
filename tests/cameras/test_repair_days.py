"""A day of faults gives exactly as many orders as there are independent faults in its script.

The full day of 3,000 transitions is lived through by the benchmark; here it is a small one.
"""

import pytest

from cameras.models import RepairOrder
from fixtures.fault_days import BEHIND, COSTS, Story, write
from fixtures.repair_days import live_through, put_cameras
from tests.cameras.conftest import NOW


def test_the_same_seed_writes_the_same_day() -> None:
    assert write(7, 300) == write(7, 300)
    assert write(7, 300) != write(8, 300)


def test_a_day_of_3000_transitions_is_one_within_the_rounding_of_its_stories() -> None:
    day = write(1, 3000)

    assert abs(len(day.turns) - 3000) <= max(COSTS.values())
    # 52 or 53 switches, 630 alone, 150 relapses; what comes back at once is no fault.
    assert day.faults == round(3000 * 0.28 / (2 * BEHIND)) + 630 + 150
    assert len(Story) == len(COSTS)


@pytest.mark.django_db
def test_a_day_gives_as_many_orders_as_faults() -> None:
    day = write(1, 200)

    lived = live_through(day, put_cameras(day, NOW), NOW)

    assert lived.orders == day.faults
    assert lived.reopened == round(200 * 0.2 / 4)
    assert lived.left == 0
    shared = RepairOrder.objects.filter(suspect_kind="switch")
    assert shared.count() == len(day.switches)
    assert {order.cameras.count() for order in shared} == {BEHIND}
