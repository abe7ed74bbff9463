"""A database of before outages could be of several cameras keeps what it knows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

from cameras.health import State
from cameras.invariants import check
from cameras.models import Camera, CameraState, Outage, OutageMember, Probe, StateSpan
from tests.cameras.test_record import GOOD, tell

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = ("cameras", "0009_site_of_cameras")
HOUR = timedelta(hours=1)
# What all columns of a state were then.
STATE = (
    "camera_id", "state", "since", "reason", "detail", "last_probe_at", "due_at", "lease_until",
    "leased_by", "streak_ok", "streak_bad", "failed_logins", "failed_login_at", "history",
    "unstable",
)  # fmt: skip


def migrate(target: tuple[str, str] | None) -> StateApps:
    """Bring the apps to a migration, or to their newest ones; the models as they are there."""
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate([target] if target else leaves)
    return MigrationExecutor(connection).loader.project_state([target] if target else leaves).apps


@pytest.fixture
def old() -> Iterator[StateApps]:
    """The models of before, over tables of before; the newest are there again afterwards."""
    try:
        yield migrate(BEFORE)
    finally:
        migrate(None)


def entered(old: StateApps, code: str, now: datetime, **state: Any) -> Any:
    owner, _ = old.get_model("cameras", "Owner").objects.get_or_create(name="Water works")
    team, _ = old.get_model("cameras", "Team").objects.get_or_create(name="Team 1")
    camera = old.get_model("cameras", "Camera").objects.create(
        code=code, name=f"Gate {code}", point=Point(112.56, 37.88, srid=4326), host="10.0.0.9",
        scope_code="140107001000", username="viewer", sealed_password=b"sealed", owner=owner,
        team=team,
    )  # fmt: skip
    values = {"since": now, "due_at": now, "reason": "silent"} | state
    old.get_model("cameras", "CameraState").objects.create(camera=camera, **values)
    return camera


def test_outages_probes_and_states_live_through_the_upgrade(old: StateApps, now: datetime) -> None:
    well = entered(old, "A", now, state="online", reason="ok", last_probe_at=now, streak_ok=9)
    down = entered(old, "B", now, state="offline", detail="no answer", streak_bad=7, history=127)
    unsure = entered(old, "C", now, state="unknown", reason="not_asked", failed_logins=1)
    outages, probes = old.get_model("cameras", "Outage"), old.get_model("cameras", "Probe")
    over = outages.objects.create(
        camera=well, opened_at=now - 9 * HOUR, closed_at=now - HOUR, reason="refused"
    )
    open_ones = [
        outages.objects.create(camera=one, opened_at=now - 2 * HOUR, reason="silent")
        for one in (down, unsure)
    ]
    probes.objects.create(camera=down, at=now, reason="silent", took_ms=5000, steps=[{"step": "x"}])
    before = list(old.get_model("cameras", "CameraState").objects.order_by("pk").values(*STATE))

    migrate(None)

    assert list(CameraState.objects.order_by("pk").values(*STATE)) == before
    parts = OutageMember.objects.order_by("outage_id").values_list(
        "outage_id", "camera_id", "joined_at", "left_at", "reason"
    )
    assert list(parts) == [
        (over.pk, well.pk, now - 9 * HOUR, now - HOUR, "refused"),
        (open_ones[0].pk, down.pk, now - 2 * HOUR, None, "silent"),
        (open_ones[1].pk, unsure.pk, now - 2 * HOUR, None, "silent"),
    ]
    # They were in the list already: nobody is told of them anew.
    assert {one.told_at == one.opened_at for one in Outage.objects.all()} == {True}
    assert [(one.camera_id, one.steps) for one in Probe.objects.all()] == [
        (down.pk, [{"step": "x"}])
    ]
    assert set(StateSpan.objects.values_list("camera_id", "state", "since")) == {
        (well.pk, "online", now), (down.pk, "offline", now), (unsure.pk, "unknown", now)
    }  # fmt: skip
    assert Camera.objects.get(code="B").sealed_password is not None
    assert list(check()) == []

    # And work goes on: two good answers end the old outage.
    Camera.objects.update(username="", sealed_password=None)
    for minute in (1, 2):
        tell([Camera.objects.get(code="B")], GOOD, now + timedelta(minutes=minute))
    assert CameraState.objects.get(camera__code="B").state == State.ONLINE
    assert Outage.objects.get(pk=open_ones[0].pk).closed_at == now + timedelta(minutes=2)
