"""Who asks which camera."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import Fernet

from cameras import services
from cameras.models import Camera, CameraState, Credential
from cameras.services import Claim, claims
from cameras.services.logins import TURN, permitted_target
from gis_server.vault import seal
from tests.cameras.conftest import MakeCamera
from tests.cameras.threads import together

LEASE = timedelta(seconds=30)


def claimed(poller: str, now: datetime, limit: int = 100) -> list[int]:
    claims = services.claim(poller=poller, limit=limit, lease=LEASE, now=now)
    return [claim.camera_id for claim in claims]


def test_those_that_have_waited_longest_come_first(make_camera: MakeCamera, now: datetime) -> None:
    late = make_camera(row={"last_probe_at": now})
    CameraState.objects.filter(camera=late).update(due_at=now - timedelta(seconds=1))
    later = make_camera()
    CameraState.objects.filter(camera=later).update(due_at=now - timedelta(seconds=9))

    assert claimed("a", now, limit=1) == [later.id]
    assert claimed("a", now, limit=1) == [late.id]


def test_what_has_been_due_for_longer_can_be_passed_over(
    make_camera: MakeCamera, now: datetime
) -> None:
    old, new = make_camera(), make_camera()
    CameraState.objects.filter(camera=old).update(due_at=now - timedelta(seconds=9))
    since = now - timedelta(seconds=5)

    found = services.claim(poller="a", limit=9, lease=LEASE, now=now, since=since)

    assert [(claim.camera_id, claim.due_at) for claim in found] == [(new.id, now)]
    assert claimed("a", now) == [old.id]


def test_a_poller_looks_behind_what_it_has_found_and_soon_from_the_beginning_again(
    make_camera: MakeCamera, now: datetime
) -> None:
    reach, cameras = services.Reach(), [make_camera() for _ in range(3)]
    for camera, seconds in zip(cameras, (30, 20, 10), strict=True):
        due_at = now - timedelta(seconds=seconds)
        CameraState.objects.filter(camera=camera).update(due_at=due_at)

    assert reach.start(100.0) is None
    first = services.claim(poller="a", limit=2, lease=LEASE, now=now)
    reach.note(first, 2, now)
    assert reach.start(101.0) == now - timedelta(seconds=20)
    rest = services.claim(poller="a", limit=2, lease=LEASE, now=now, since=reach.since)
    reach.note(rest, 2, now)

    assert [claim.camera_id for claim in first + rest] == [camera.id for camera in cameras]
    # All there was: what is edited meanwhile is due a little before it is seen.
    assert reach.start(104.9) == now - claims.SLACK
    assert reach.start(105.0) is None


def test_what_is_not_due_or_switched_off_is_left_alone(
    make_camera: MakeCamera, now: datetime
) -> None:
    future = make_camera()
    CameraState.objects.filter(camera=future).update(due_at=now + timedelta(seconds=1))
    make_camera(enabled=False)

    assert claimed("a", now) == []


def test_a_lease_of_before_the_clock_was_set_back_keeps_nobody_away(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera()
    CameraState.objects.update(leased_by="dead", lease_until=now + timedelta(hours=8))

    assert claimed("a", now) == [camera.id]


def test_a_lease_keeps_others_away_until_it_ends(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()

    assert claimed("a", now) == [camera.id]
    assert claimed("b", now + LEASE) == []
    assert claimed("b", now + LEASE + timedelta(seconds=1)) == [camera.id]


def test_a_poller_that_stops_hands_its_cameras_back(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    claimed("a", now)

    assert services.hand_back(poller="a") == 1
    assert claimed("b", now) == [camera.id]


@pytest.mark.django_db(transaction=True)
def test_two_pollers_never_get_the_same_camera(make_camera: MakeCamera, now: datetime) -> None:
    for _ in range(60):
        make_camera()

    shares = together(*(partial(claimed, f"poller {n}", now, limit=25) for n in range(4)))

    given = [camera_id for share in shares for camera_id in share]
    assert len(given) == len(set(given))
    assert CameraState.objects.exclude(leased_by="").count() == len(given)


def test_the_login_comes_opened_and_a_spent_budget_keeps_it_at_home(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(login=("viewer", "right-horse"))
    make_camera(login=("viewer", "wrong"), row={"failed_logins": 2, "failed_login_at": now})

    first, second = services.claim(poller="a", limit=9, lease=LEASE, now=now)

    assert first.target.login is not None
    assert second.target.login is not None
    assert (first.target.login.password, first.target.login.may_try) == ("right-horse", True)
    assert second.target.login.may_try is False
    assert "right-horse" not in repr(first)


def test_tls_and_the_onvif_port_are_asked_as_they_are_stored(
    make_camera: MakeCamera, now: datetime
) -> None:
    stored = make_camera(tls=True, onvif_port=8000, login=("viewer", "x"))

    (claim,) = services.claim(poller="a", limit=9, lease=LEASE, now=now)

    assert (claim.target.tls, claim.target.onvif_port) == (True, 8000)
    # A picture sends no login to ONVIF.
    assert claim.target.login is not None
    for_picture = replace(claim.target.login, may_try_onvif=False)
    there = replace(claim.target, login=for_picture)
    assert there == permitted_target(stored, stored.state, now + TURN)[0]


def test_a_password_that_no_key_opens_is_our_trouble(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(login=("viewer", "x"))
    Camera.objects.filter(id=camera.id).update(sealed_password=b"sealed with a lost key")

    (claim,) = services.claim(poller="a", limit=9, lease=LEASE, now=now)

    assert claim.trouble
    assert claim.target.login is None


def test_claiming_costs_the_same_for_one_and_for_many(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: object
) -> None:
    for _ in range(30):
        make_camera()

    with django_assert_num_queries(1):  # type: ignore[operator]
        claimed("a", now)


def password_of(claim: Claim) -> str | None:
    return claim.target.login.password if claim.target.login else None


def test_what_is_remembered_of_a_login_goes_with_the_login_and_with_the_key(
    make_camera: MakeCamera, now: datetime, settings: Any
) -> None:
    camera = make_camera(login=("viewer", "old"))

    def claimed_anew() -> Claim:
        CameraState.objects.update(lease_until=None, leased_by="")
        (claim,) = services.claim(poller="a", limit=1, lease=LEASE, now=now)
        return claim

    first, again = claimed_anew(), claimed_anew()
    services.set_login(camera_id=camera.pk, username="viewer", password="new", now=now)
    changed = claimed_anew()
    settings.VAULT_KEY = Fernet.generate_key().decode()
    closed = claimed_anew()

    assert [password_of(one) for one in (first, again, changed)] == ["old", "old", "new"]
    assert closed.trouble
    assert closed.target.login is None


def test_a_group_of_logins_that_changes_changes_what_its_cameras_are_asked_with(
    make_camera: MakeCamera, now: datetime
) -> None:
    group = Credential.objects.create(
        name="g", username="viewer", sealed_password=seal("old"), changed_at=now
    )
    make_camera(credential=group)
    (first,) = services.claim(poller="a", limit=1, lease=LEASE, now=now)
    Credential.objects.update(sealed_password=seal("new"))
    CameraState.objects.update(lease_until=None, leased_by="")
    (second,) = services.claim(poller="a", limit=1, lease=LEASE, now=now)

    assert [password_of(one) for one in (first, second)] == ["old", "new"]
    assert not first.asks_as(second)


def test_a_process_remembers_so_many_logins_and_no_more() -> None:
    assert claims.door.cache_info().maxsize == claims.MOST_DOORS
