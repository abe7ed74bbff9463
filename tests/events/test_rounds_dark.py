"""Dark cameras by whose view nobody has come; times are written into the blocks of the plane."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse

from cameras.health import State
from cameras.models import Camera, Outage, OutageMember
from events.rounds.dark import dark_and_unseen
from gis_server.geo import to_metric
from gis_server.models import User
from gis_server.roles import Role
from patrols.cells import CELL_M
from patrols.models import SeenBlock
from patrols.plane import SIDE
from tests.events.test_rounds import make_camera
from tests.events.town import NOW, OTHER_STREET, STREET, Town, make_person

HOUR = timedelta(hours=1)


@pytest.fixture
def operator(town: Town) -> User:
    return make_person("op", Role.OPERATOR, STREET)


def fallen(**values: object) -> Camera:
    camera = make_camera(State.OFFLINE, **values)  # type: ignore[arg-type]
    outage = Outage.objects.create(opened_at=NOW, reason="connect_timeout", told_at=NOW)
    OutageMember.objects.create(
        outage=outage, camera=camera, joined_at=NOW - HOUR, reason="connect_timeout"
    )
    return camera


def light(camera: Camera, east_m: float, seen_at: datetime) -> None:
    """Somebody came by so far east of a camera."""
    here = to_metric(shapely.Point(camera.point.x, camera.point.y))
    column, row = int((here.x + east_m) // CELL_M), int(here.y // CELL_M)
    key: dict[str, Any] = {"x": column // SIDE, "y": row // SIDE}
    block = SeenBlock.objects.filter(**key).first()
    at = np.frombuffer(bytes(block.at), "<u4").copy() if block else np.zeros(SIDE * SIDE, "<u4")
    at.reshape(SIDE, SIDE)[row % SIDE, column % SIDE] = int(seen_at.timestamp())
    SeenBlock.objects.update_or_create(**key, defaults={"at": at.astype("<u4").tobytes()})


def names(user: User, hours: int = 8) -> list[str]:
    return [row.camera.name for row in dark_and_unseen(user, hours, NOW)]


def test_a_dark_camera_nobody_came_by_is_listed_until_somebody_does(operator: User) -> None:
    camera = fallen(name="gate")
    make_camera(name="fine")
    assert names(operator) == ["gate"]
    light(camera, 20, NOW - 9 * HOUR)
    assert dark_and_unseen(operator, 8, NOW)[0].seen_at == NOW - 9 * HOUR
    light(camera, 20, NOW - 7 * HOUR)
    assert names(operator) == []
    assert names(operator, hours=6) == ["gate"]


def test_only_what_lies_in_its_view_counts(operator: User) -> None:
    camera = fallen(name="looks west", direction_deg=270, view_angle_deg=60)
    light(camera, 30, NOW)
    assert names(operator) == ["looks west"]
    light(camera, -30, NOW)
    assert names(operator) == []


def test_without_a_direction_it_is_all_around_within_50_m(operator: User) -> None:
    camera = fallen(name="x")
    light(camera, 65, NOW)
    assert names(operator) == ["x"]


def test_the_longest_unseen_comes_first_and_never_before_all(operator: User) -> None:
    names_of: dict[str, Camera] = {}
    for name, hours in (("ten", 10), ("never", None), ("twenty", 20)):
        names_of[name] = fallen(name=name, point=place(len(names_of)))
        if hours:
            light(names_of[name], 0, NOW - hours * HOUR)
    assert names(operator) == ["never", "twenty", "ten"]


def place(number: int) -> object:
    return Point(112.56 + number / 100, 37.9, srid=4326)


def test_those_of_others_and_those_switched_off_are_left_out(operator: User) -> None:
    fallen(scope=OTHER_STREET)
    fallen(enabled=False)
    assert names(operator) == []


def test_the_page_and_the_wall_are_told_where_to_send_somebody(
    operator: User, client: Client
) -> None:
    fallen(name="<b>gate</b>", address_text="Lane & 1")
    client.force_login(operator)
    page = client.get(reverse("dark-and-unseen"), headers={"accept": "text/html"}).content.decode()
    assert "&lt;b&gt;gate" in page
    told = client.get(reverse("api-dark-and-unseen"), {"hours": 8}).json()
    (item,) = told["items"]
    assert (told["total"], item["seen_at"], item["unseen_h"]) == (1, None, None)
    sending = client.get(item["send"], headers={"accept": "text/html"})
    assert sending.status_code == 200
    assert "Lane &amp; 1" in sending.content.decode()
    assert client.get(reverse("api-dark-and-unseen"), {"hours": 0}).status_code == 422


def test_it_costs_the_same_for_one_and_for_many(
    operator: User, django_assert_max_num_queries: object
) -> None:
    for _ in range(20):
        fallen()
    # The fourth asks what territory is lent to the user.
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        assert len(dark_and_unseen(operator, 8, NOW)) == 20
