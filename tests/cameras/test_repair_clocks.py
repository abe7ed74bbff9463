"""What time alone does: waits end on their day, what is late is told once, a day closes an order.

Days are those of Shanghai: midnight there is 16:00 UTC.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from cameras.models import RepairOrder
from cameras.repairs.services import look
from gis_server.models import ChangeRow
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.repairs import actions, fall, make_order

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def put_to_wait(order: RepairOrder, since: datetime, review_on: date) -> None:
    RepairOrder.objects.filter(pk=order.pk).update(
        state="waiting", waits_for="owner", waiting_since=since, review_on=review_on
    )


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC), "waiting", id="the day before"),
        pytest.param(datetime(2026, 3, 31, 16, 0, 0, tzinfo=UTC), "accepted", id="local midnight"),
    ],
)
def test_what_waits_comes_back_on_its_day(
    make_camera: MakeCamera, at: datetime, state: str
) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    order = make_order(camera)
    put_to_wait(order, NOW, date(2026, 4, 1))

    look(at)

    order.refresh_from_db()
    assert order.state == state


def test_waiting_stops_the_clocks(make_camera: MakeCamera) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    order = make_order(camera)
    due = order.fix_due
    put_to_wait(order, NOW + HOUR, date(2026, 3, 3))
    midnight = datetime(2026, 3, 2, 16, tzinfo=UTC)

    look(midnight - HOUR)
    order.refresh_from_db()
    assert order.escalated == []

    look(midnight)
    order.refresh_from_db()
    assert order.fix_due == due + (midnight - NOW - HOUR)
    assert (order.waits_for, order.waiting_since, order.review_on) == ("", None, None)


@pytest.mark.parametrize(
    ("state", "hours", "told"),
    [
        # `make_order`: due in 30 minutes, 2 and 12 hours.
        pytest.param("open", 1, ["respond"], id="not accepted"),
        pytest.param("open", 3, ["respond", "arrive"], id="nobody there either"),
        pytest.param("accepted", 1, [], id="accepted in time"),
        pytest.param("accepted", 13, ["arrive", "fix"], id="accepted and forgotten"),
        pytest.param("on_site", 13, ["fix"], id="not fixed"),
        pytest.param("refused", 1, ["respond"], id="refused"),
    ],
)
def test_what_is_late_is_told_once(
    make_camera: MakeCamera, state: str, hours: int, told: list[str]
) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    order = make_order(camera, state=state)

    for minutes in (0, 1, 2):
        look(NOW + hours * HOUR + minutes * MINUTE)

    order.refresh_from_db()
    steps = [step.detail["stage"] for step in order.steps.filter(action="escalate")]
    assert (order.escalated, steps) == (told, told)
    assert ChangeRow.objects.filter(topic="order").count() == bool(told)


def test_each_stage_is_told_when_its_time_comes(make_camera: MakeCamera) -> None:
    camera = make_camera()
    fall(camera, at=NOW)
    order = make_order(camera)

    for hours in (1, 3, 13):
        look(NOW + hours * HOUR)

    stages = [step.detail["stage"] for step in order.steps.filter(action="escalate")]
    assert stages == ["respond", "arrive", "fix"]


@pytest.mark.parametrize(("hours", "state"), [(23, "verified"), (24, "closed")])
def test_a_day_without_a_relapse_closes_an_order(
    make_camera: MakeCamera, hours: int, state: str
) -> None:
    order = make_order(make_camera(), state="verified", verified_at=NOW, verified_how="machine")

    look(NOW + hours * HOUR)

    order.refresh_from_db()
    assert order.state == state
    assert actions(order) == (["close"] if state == "closed" else [])
