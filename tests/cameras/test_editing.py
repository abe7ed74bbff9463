"""Entering one camera by hand and changing it: who may, what is asked anew, what the trail says."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from cameras import services
from cameras.models import Camera, CameraState, Credential
from cameras.services import LoginKind, LoginWanted, NewCamera
from cameras.services.editing import state_of_camera
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from gis_server.vault import unseal
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.threads import together
from tests.conftest import MakeUser

KEEP = LoginWanted()
OWN = LoginWanted(kind=LoginKind.OWN, username="viewer", password="hush-hush")


@pytest.fixture
def technician(make_user: MakeUser) -> User:
    return make_user(Role.MAINTAINER)


def edit(camera: Camera, by: User, now: datetime, **values: Any) -> Camera:
    login = values.pop("login", KEEP)
    version = values.pop("version", camera.version)
    return services.edit_camera(
        by=by, camera_id=camera.pk, version=version, values=values, login=login, now=now
    )


def new(**values: Any) -> NewCamera:
    given: dict[str, Any] = {
        "code": "C-1",
        "name": "East gate",
        "point": Point(112.57, 37.88, srid=4326),
        "owner": "Water works",
        "team": "Team 1",
        "host": "10.0.0.9",
        "scope_code": STREET,
    }
    return NewCamera(**given | values)


def test_a_camera_is_entered_with_its_login_and_asked_at_once(
    technician: User, now: datetime
) -> None:
    made = services.add_camera(by=technician, new=new(), login=OWN, now=now)

    assert unseal(bytes(made.sealed_password or b"")) == "hush-hush"
    assert CameraState.objects.get(camera=made).due_at == now
    row = AuditRow.objects.get()
    assert (row.action, row.subject, row.scope) == ("camera.added", "C-1", STREET)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        pytest.param({"scope_code": OTHER_STREET}, NotAllowed, id="elsewhere"),
        pytest.param({"scope_code": ""}, Invalid, id="nowhere"),
        pytest.param({"code": "taken"}, Conflict, id="code taken"),
        pytest.param({"gb_id": "14010700001320000001"}, Conflict, id="id taken"),
    ],
)
def test_what_cannot_be_entered_is_not(
    make_camera: MakeCamera,
    make_user: MakeUser,
    now: datetime,
    values: dict[str, str],
    error: type[Exception],
) -> None:
    make_camera(code="taken", gb_id="14010700001320000001")

    with pytest.raises(error):
        services.add_camera(
            by=make_user(Role.MAINTAINER, (STREET,)), new=new(**values), login=KEEP, now=now
        )

    assert Camera.objects.count() == 1


def test_what_differs_is_written_told_and_asked_anew(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera(row={"leased_by": "a", "lease_until": now})
    later = now + timedelta(minutes=5)

    edit(camera, technician, later, name=camera.name, host="10.0.0.77", direction_deg=90)

    camera.refresh_from_db()
    assert (camera.host, camera.direction_deg, camera.version) == ("10.0.0.77", 90, 1)
    state = CameraState.objects.get()
    assert (state.leased_by, state.due_at) == ("", later)
    assert AuditRow.objects.get().detail == {
        "host": ["127.0.0.2", "10.0.0.77"],
        "direction_deg": [None, 90],
    }


def test_what_the_poller_does_not_ask_by_leaves_it_alone(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera(row={"leased_by": "a", "lease_until": now})

    edit(camera, technician, now, owner="Park office", upstream=["switch", "S 9"], pole="P-3")

    camera.refresh_from_db()
    assert (camera.owner.name, str(camera.upstream), camera.pole) == ("Park office", "S 9", "P-3")
    assert CameraState.objects.get().leased_by == "a"


def test_nothing_that_differs_is_no_edit(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera()

    edit(camera, technician, now, **state_of_camera(services.camera_for(technician, camera.pk)))

    assert not AuditRow.objects.exists()


def test_a_login_is_stored_sealed_and_the_trail_says_only_its_kind(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera(row={"failed_logins": 2, "failed_login_at": now})

    edit(camera, technician, now, login=OWN)

    camera.refresh_from_db()
    assert unseal(bytes(camera.sealed_password or b"")) == "hush-hush"
    assert CameraState.objects.get().failed_logins == 0
    detail = AuditRow.objects.get().detail
    assert detail == {"login": "own"}
    assert "hush-hush" not in json.dumps(detail) + repr(OWN)


def test_a_group_takes_the_place_of_a_login_and_none_of_both(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera(login=("admin", "old"))
    group = Credential.objects.create(name="无", changed_at=now)

    grouped = edit(
        camera, technician, now, login=LoginWanted(kind=LoginKind.GROUP, credential_id=group.pk)
    )
    assert (grouped.credential, grouped.username, grouped.sealed_password) == (group, "", None)

    bare = edit(grouped, technician, now, login=LoginWanted(kind=LoginKind.NONE))
    assert (bare.credential, bare.username) == (None, "")


def test_a_password_does_not_follow_a_camera_to_another_address(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera(login=("admin", "old"))

    with pytest.raises(Invalid):
        edit(camera, technician, now, host="10.9.9.9")
    edit(camera, technician, now, path="/other", host=camera.host)
    moved = edit(camera, technician, now, version=1, host="10.9.9.9", login=OWN)

    assert moved.host == "10.9.9.9"


def test_of_two_who_edit_the_same_one_is_told(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera()
    edit(camera, technician, now, name="first")

    with pytest.raises(Conflict):
        edit(camera, technician, now, name="second")

    camera.refresh_from_db()
    assert camera.name == "first"


def test_nobody_edits_a_camera_of_another_street_or_moves_one_there(
    make_camera: MakeCamera, make_user: MakeUser, now: datetime
) -> None:
    camera = make_camera(scope_code=OTHER_STREET)

    with pytest.raises(NotFound):
        edit(camera, make_user(Role.MAINTAINER, (STREET,)), now, name="x")


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_write_one_edit(
    make_camera: MakeCamera, technician: User, now: datetime
) -> None:
    camera = make_camera()

    def attempt(name: str) -> bool:
        try:
            edit(camera, technician, now, name=name)
        except Conflict:
            return False
        return True

    assert sorted(together(lambda: attempt("a"), lambda: attempt("b"))) == [False, True]
    assert AuditRow.objects.count() == 1
