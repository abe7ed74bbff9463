"""The cameras that a page of the territory shows."""

from datetime import UTC, datetime

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from cameras.health import State
from cameras.models import Camera, CameraState, Owner, Team
from cameras.page_parts import cameras_below
from cameras.probe.reason import Reason
from gis_server.roles import Role
from grids import page_parts
from tests.conftest import MakeUser, SignIn
from tests.grids.territory import WEST, two_grids

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def camera(number: int, state: State | None = None) -> Camera:
    owner, _ = Owner.objects.get_or_create(name="a")
    team, _ = Team.objects.get_or_create(name="b")
    made = Camera.objects.create(
        code=f"C{number}",
        name=f"机位{number}<b>",
        point=Point(112.5, 37.5, srid=4326),
        scope_code="140107",
        host="10.0.0.1",
        owner=owner,
        team=team,
    )
    if state is not None:
        CameraState.objects.create(
            camera=made, state=state.value, reason=Reason.SILENT.value, since=NOW, due_at=NOW
        )
    return made


def test_the_worst_come_first_and_all_are_counted(make_user: MakeUser) -> None:
    two_grids()
    camera(1, State.ONLINE)
    camera(2)
    camera(3, State.OFFLINE)

    part = cameras_below(make_user(), WEST, 2)

    assert part is not None
    assert part.total == 3
    assert [row.badge for row in part.rows] == ["bad", "off"]
    assert cameras_below(make_user(scope=("140107002",)), WEST, 2) is None
    assert cameras_below(make_user(scope=(WEST,)), "140107001001002", 2) is None


def test_a_page_shows_them_to_those_who_may_see_cameras(sign_in: SignIn) -> None:
    two_grids()
    camera(1, State.OFFLINE)

    def text(client: Client) -> str:
        return client.get(f"/grids/{WEST}/", headers={"accept": "text/html"}).content.decode()

    assert "机位1&lt;b&gt;" in text(sign_in())
    assert "机位1" not in text(sign_in(Role.AUDITOR))


def test_a_part_that_nobody_offers_is_not_there(make_user: MakeUser) -> None:
    assert page_parts.parts(make_user(Role.AUDITOR), WEST, 5) == []
