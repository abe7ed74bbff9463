"""Entering cameras and their logins."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction

from cameras import services
from cameras.health import State
from cameras.invariants import check
from cameras.models import Camera, CameraState, Outage, OutageMember
from cameras.probe.reason import Reason
from cameras.services import NewCamera
from cameras.services.registry import NewUpstream
from gis_server.errors import Invalid, NotFound
from gis_server.vault import unseal
from tests.cameras.conftest import STREET, MakeCamera


def new(**values: Any) -> NewCamera:
    given: dict[str, Any] = {
        "code": "14010700001320000001",
        "name": "East gate",
        "point": Point(112.57, 37.88, srid=4326),
        "owner": "Water works",
        "team": "Team 1",
        "host": "10.0.0.9",
        "scope_code": STREET,
        "username": "viewer",
        "password": "hush-hush",
        "upstream": NewUpstream(kind="switch", name="S1"),
    }
    return NewCamera(**given | values)


def test_a_camera_is_entered_with_its_login_sealed_and_is_due(db: None, now: datetime) -> None:
    assert services.register_all([new()], now=now) == 1

    camera = Camera.objects.select_related("state", "upstream").get()
    assert camera.sealed_password is not None
    assert b"hush-hush" not in bytes(camera.sealed_password)
    assert unseal(bytes(camera.sealed_password)) == "hush-hush"
    assert (camera.state.state, camera.state.due_at) == ("unknown", now)
    assert camera.upstream is not None
    assert list(check()) == []


def test_what_is_known_already_stays_as_it_is(db: None, now: datetime) -> None:
    services.register_all([new()], now=now)

    assert services.register_all([new(name="Other"), new(code="2"), new(code="2")], now=now) == 1
    assert set(Camera.objects.values_list("name", flat=True)) == {"East gate"}


def test_a_camera_without_login_has_none(db: None, now: datetime) -> None:
    services.register_all([new(username="", password="")], now=now)

    assert Camera.objects.get().sealed_password is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"scope_code": ""}, id="nowhere"),
        pytest.param({"username": "a\r\nb"}, id="line break in the name"),
        pytest.param({"password": "a\nb"}, id="line break in the password"),
    ],
)
def test_what_cannot_be_used_is_refused(db: None, now: datetime, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        services.register_all([new(**values)], now=now)

    assert Camera.objects.count() == 0


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"port": 0}, "camera_port_is_a_port"),
        ({"port": 70000}, "camera_port_is_a_port"),
        ({"interval_s": 1}, "camera_interval_is_5_to_3600_s"),
        ({"scope_code": "14x"}, "camera_territory_is_a_code"),
        ({"priority": "high"}, "camera_priority_is_known"),
    ],
)
def test_the_database_keeps_the_rules(
    db: None, now: datetime, values: dict[str, Any], rule: str
) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        services.register_all([new(**values)], now=now)


def test_another_login_is_tried_at_once_and_a_running_question_is_dropped(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(
        login=("viewer", "old"),
        row={
            "failed_logins": 2,
            "failed_login_at": now,
            "leased_by": "a",
            "lease_until": now,
        },
    )

    services.set_login(camera_id=camera.id, username="admin", password="new", now=now)

    state = CameraState.objects.select_related("camera").get()
    assert (state.failed_logins, state.failed_login_at, state.leased_by) == (0, None, "")
    assert unseal(bytes(state.camera.sealed_password or b"")) == "new"


def test_a_login_of_no_camera(db: None, now: datetime) -> None:
    with pytest.raises(NotFound):
        services.set_login(camera_id=1, username="a", password="b", now=now)


def test_a_password_is_in_no_repr() -> None:
    assert "hush-hush" not in repr(new())


def test_the_world_is_checked(make_camera: MakeCamera, now: datetime) -> None:
    stateless = make_camera(code="stateless")
    CameraState.objects.filter(camera=stateless).delete()
    make_camera(code="down", state=State.OFFLINE, reason=Reason.NO_ROUTE)
    Outage.objects.all().delete()
    up = make_camera(code="up", state=State.ONLINE, reason=Reason.OK)
    outage = Outage.objects.create(opened_at=now, closed_at=now, reason="no_route")
    OutageMember.objects.create(outage=outage, camera=up, joined_at=now, reason="no_route")

    assert list(check()) == [
        "camera stateless has no state, so nobody will ever ask it",
        "camera down is offline and has no open outage",
        "camera up is online and has an open outage",
        f"outage {outage.id} is closed and has a camera that is still down",
    ]
