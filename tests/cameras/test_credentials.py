"""Groups of logins: what their cameras are asked with, who changes them, and that nothing shows."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from cameras import services
from cameras.models import Camera, CameraState, Credential
from cameras.services import WantedCredential
from cameras.services.logins import permitted_target
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from gis_server.vault import seal, unseal
from tests.cameras.conftest import OTHER_STREET, MakeCamera
from tests.conftest import MakeUser

HIDDEN = "hush-hush"


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def group(boss: User, now: datetime) -> Credential:
    wanted = WantedCredential(name="海康统一", username="viewer", password=HIDDEN)
    return services.add_credential(by=boss, wanted=wanted, now=now)


def test_a_camera_logs_in_with_its_group_and_without_one_as_it_did(
    make_camera: MakeCamera, group: Credential, now: datetime
) -> None:
    member = make_camera(credential=group, row={"failed_logins": 2, "failed_login_at": now})
    own = make_camera(login=("admin", "other"))

    login = permitted_target(member, member.state, now)[0].login
    assert login is not None
    assert (login.username, login.password, login.may_try) == ("viewer", HIDDEN, False)
    login = permitted_target(own, own.state, now)[0].login
    assert login is not None
    assert (login.username, login.password, login.may_try) == ("admin", "other", True)


def test_a_group_may_be_no_login_at_all(make_camera: MakeCamera, boss: User, now: datetime) -> None:
    none = services.add_credential(by=boss, wanted=WantedCredential(name="无"), now=now)
    camera = make_camera(credential=none)

    assert permitted_target(camera, camera.state, now)[0].login is None


def test_another_password_is_tried_at_once_by_all_its_cameras_and_no_others(
    make_camera: MakeCamera, boss: User, group: Credential, now: datetime
) -> None:
    spent = {"failed_logins": 2, "failed_login_at": now, "leased_by": "a", "lease_until": now}
    member, other = make_camera(credential=group, row=spent), make_camera(row=spent)
    later = now + timedelta(minutes=1)

    services.change_credential(
        by=boss,
        credential_id=group.pk,
        wanted=WantedCredential(name=group.name, username="viewer", password="new"),
        now=later,
    )

    state = CameraState.objects.get(camera=member)
    assert (state.failed_logins, state.leased_by, state.due_at) == (0, "", later)
    assert CameraState.objects.get(camera=other).failed_logins == 2
    camera = Camera.objects.select_related("credential", "state").get(pk=member.pk)
    login = permitted_target(camera, camera.state, now)[0].login
    assert login is not None
    assert login.password == "new"


def test_a_new_name_alone_asks_nobody_and_keeps_the_password(
    make_camera: MakeCamera, boss: User, group: Credential, now: datetime
) -> None:
    make_camera(credential=group, row={"failed_logins": 2, "failed_login_at": now})

    services.change_credential(
        by=boss,
        credential_id=group.pk,
        wanted=WantedCredential(name="大华统一", username="viewer"),
        now=now + timedelta(minutes=1),
    )

    row = Credential.objects.get()
    assert (row.name, row.changed_at) == ("大华统一", now)
    assert unseal(bytes(row.sealed_password or b"")) == HIDDEN
    assert CameraState.objects.get().failed_logins == 2


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(WantedCredential(name="a", username="x"), id="no password"),
        pytest.param(WantedCredential(name="a", username="x", password="a\nb"), id="line break"),
    ],
)
def test_half_a_login_is_refused(
    boss: User, group: Credential, now: datetime, wanted: WantedCredential
) -> None:
    with pytest.raises(Invalid):
        services.add_credential(by=boss, wanted=wanted, now=now)
    with pytest.raises(Invalid):
        services.change_credential(by=boss, credential_id=group.pk, wanted=wanted, now=now)

    assert Credential.objects.get().username == "viewer"


def test_a_name_is_taken_once(boss: User, group: Credential, now: datetime) -> None:
    with pytest.raises(Conflict):
        services.add_credential(by=boss, wanted=WantedCredential(name=group.name), now=now)


def test_a_group_in_use_stays_and_one_that_is_not_goes(
    make_camera: MakeCamera, boss: User, group: Credential
) -> None:
    camera = make_camera(credential=group)
    with pytest.raises(Conflict, match="1"):
        services.remove_credential(by=boss, credential_id=group.pk)

    Camera.objects.filter(pk=camera.pk).update(credential=None)
    services.remove_credential(by=boss, credential_id=group.pk)

    assert not Credential.objects.exists()


def test_a_group_that_reaches_further_than_somebody_is_not_theirs_to_change(
    make_camera: MakeCamera, make_user: MakeUser, group: Credential, now: datetime
) -> None:
    make_camera(credential=group, scope_code=OTHER_STREET)
    street_boss = make_user(Role.ADMINISTRATOR, ("140107001",))

    with pytest.raises(NotAllowed):
        services.change_credential(
            by=street_boss,
            credential_id=group.pk,
            wanted=WantedCredential(name="mine", username="x", password="y"),
            now=now,
        )
    with pytest.raises(NotAllowed):
        services.remove_credential(by=street_boss, credential_id=group.pk)


def test_a_camera_has_one_login_at_most(make_camera: MakeCamera, group: Credential) -> None:
    with pytest.raises(IntegrityError, match="one_login"), transaction.atomic():
        make_camera(credential=group, login=("a", "b"))


def test_the_trail_names_the_group_and_nothing_of_the_login(
    boss: User, group: Credential, now: datetime
) -> None:
    services.change_credential(
        by=boss,
        credential_id=group.pk,
        wanted=WantedCredential(name=group.name, username="root", password="even-more-" + HIDDEN),
        now=now,
    )

    rows = list(AuditRow.objects.order_by("id").values("action", "subject", "detail"))
    assert [row["action"] for row in rows] == ["credential.added", "credential.changed"]
    text = json.dumps(rows) + repr(WantedCredential(name="a", username="b", password=HIDDEN))
    assert HIDDEN not in text
    assert "root" not in text


def rotate() -> str:
    out = StringIO()
    call_command("rotate_vault_key", stdout=out)
    return out.getvalue()


def test_every_secret_is_sealed_anew_with_the_first_key(
    make_camera: MakeCamera, group: Credential, settings: LazySettings
) -> None:
    camera = make_camera(login=("admin", "other"))
    old, new = settings.VAULT_KEY, Fernet.generate_key().decode()
    settings.VAULT_KEY = f"{new},{old}"

    assert "2 secrets" in rotate()

    settings.VAULT_KEY = new
    camera.refresh_from_db()
    group.refresh_from_db()
    assert unseal(bytes(camera.sealed_password or b"")) == "other"
    assert unseal(bytes(group.sealed_password or b"")) == HIDDEN


def test_a_secret_that_no_key_opens_is_told_and_left(
    make_camera: MakeCamera, settings: LazySettings
) -> None:
    old = settings.VAULT_KEY
    settings.VAULT_KEY = Fernet.generate_key().decode()
    lost = seal("lost")
    settings.VAULT_KEY = old
    camera = make_camera(login=("admin", "other"))
    Camera.objects.filter(pk=camera.pk).update(sealed_password=lost)

    with pytest.raises(CommandError, match="1 secrets"):
        rotate()

    camera.refresh_from_db()
    assert bytes(camera.sealed_password or b"") == lost
