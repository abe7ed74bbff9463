"""One fault, one outage, one message, one recovery."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from cameras import services
from cameras.grouping import SETTLED, Kind, Thing
from cameras.health import State
from cameras.invariants import check
from cameras.models import Camera, CameraState, Outage, OutageMember, Owner, Site, Upstream
from cameras.probe.reason import Reason
from cameras.probe.result import verdict_of
from cameras.services import Finding
from cameras.services.outages import Fall, open_and_close, sizes_of
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.cameras.test_record import BAD, GOOD, tell
from tests.cameras.threads import together

SECOND = timedelta(seconds=1)


def behind_a_switch(make_camera: MakeCamera, count: int, name: str = "S1") -> list[Camera]:
    """Cameras that share a switch, and neither owner, host nor network."""
    switch = Upstream.objects.get_or_create(kind="switch", name=name)[0]
    cameras = [
        make_camera(
            state=State.ONLINE, reason=Reason.OK, upstream=switch, host=f"10.{number}.0.{len(name)}"
        )
        for number in range(count)
    ]
    return with_owners(cameras)


def in_one_network(make_camera: MakeCamera, count: int, site: Site) -> list[Camera]:
    """Cameras of a site that share 192.168.1.0/24, and neither owner nor host."""
    return with_owners(
        [
            make_camera(state=State.ONLINE, reason=Reason.OK, host=f"192.168.1.{number}", site=site)
            for number in range(count)
        ]
    )


def with_owners(cameras: list[Camera]) -> list[Camera]:
    """The cameras, each of an owner of its own."""
    for camera in cameras:
        owner = Owner.objects.create(name=f"owner {camera.code}")
        Camera.objects.filter(id=camera.id).update(owner=owner)
    return cameras


def only(cameras: Sequence[Camera], at: datetime) -> None:
    """Nobody else is due."""
    others = CameraState.objects.exclude(camera__in=cameras)
    others.update(due_at=at + timedelta(days=1))


def fall(cameras: Sequence[Camera], at: datetime) -> None:
    for turn in range(3):
        only(cameras, at)
        tell(cameras, BAD, at + turn * SECOND)


def rise(cameras: Sequence[Camera], at: datetime) -> None:
    for turn in range(2):
        only(cameras, at)
        tell(cameras, GOOD, at + turn * SECOND)


def messages() -> list[ChangeRow]:
    return list(ChangeRow.objects.filter(topic="outage").order_by("id"))


def test_28_cameras_behind_one_switch_are_one_outage_one_message_one_recovery(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = behind_a_switch(make_camera, 28)
    # Each in its own phase of the minute, so they fall one by one.
    for number, camera in enumerate(cameras):
        fall([camera], now + 2 * number * SECOND)
        services.settle_outages(now + 2 * number * SECOND)
    services.settle_outages(now + SETTLED + 2 * SECOND)
    services.settle_outages(now + SETTLED + 60 * SECOND)

    outage = Outage.objects.get()
    assert (outage.suspect_kind, outage.suspect_name) == ("switch", "S1")
    assert outage.opened_at == now + 2 * SECOND
    assert outage.members.filter(left_at=None).count() == 28
    (opened,) = messages()
    assert (opened.subject, opened.data["cameras"], opened.data["closed_at"]) == (
        str(outage.id),
        28,
        None,
    )

    later = now + timedelta(minutes=10)
    for number, camera in enumerate(cameras):
        rise([camera], later + number * SECOND)
        services.settle_outages(later + number * SECOND)

    closed = Outage.objects.get()
    assert closed.closed_at == later + 28 * SECOND
    assert [row.data["closed_at"] for row in messages()] == [None, closed.closed_at.isoformat()]
    assert list(check()) == []


def test_two_cameras_that_fall_are_two_outages(make_camera: MakeCamera, now: datetime) -> None:
    cameras = behind_a_switch(make_camera, 5)
    fall(cameras[:2], now)
    services.settle_outages(now + 2 * SETTLED)

    assert [outage.suspect_kind for outage in Outage.objects.all()] == ["", ""]
    assert len(messages()) == 2


def test_what_came_back_before_it_was_told_is_told_never(
    make_camera: MakeCamera, now: datetime
) -> None:
    (camera,) = behind_a_switch(make_camera, 1)
    fall([camera], now)
    rise([camera], now + 30 * SECOND)
    services.settle_outages(now + 2 * SETTLED)

    assert messages() == []
    assert Outage.objects.get().closed_at is not None


def test_a_late_member_joins_without_another_message(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = behind_a_switch(make_camera, 5)
    fall(cameras[:4], now)
    services.settle_outages(now + 2 * SETTLED)
    fall(cameras[4:], now + 3 * SETTLED)
    services.settle_outages(now + 9 * SETTLED)

    assert Outage.objects.get().members.count() == 5
    assert len(messages()) == 1


def test_a_member_with_a_fault_of_its_own_keeps_it_when_the_group_is_back(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = behind_a_switch(make_camera, 5)
    fall(cameras, now)
    services.settle_outages(now + 2 * SETTLED)
    rise(cameras[1:], now + 3 * SETTLED)
    services.settle_outages(now + 3 * SETTLED + 2 * SECOND)
    assert Outage.objects.get().closed_at is None, "the last one may just be slower"

    services.settle_outages(now + 5 * SETTLED)

    own, group = Outage.objects.order_by("closed_at", "-id")[::-1]
    own, group = (own, group) if group.closed_at else (group, own)
    assert group.closed_at == now + 3 * SETTLED + SECOND
    assert (own.suspect_kind, own.closed_at, own.opened_at) == ("", None, now + 2 * SECOND)
    assert OutageMember.objects.get(left_at=None).camera_id == cameras[0].id
    assert [bool(row.data["closed_at"]) for row in messages()] == [False, True]
    assert list(check()) == []


def test_who_was_told_of_already_is_not_taken_into_a_group(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = behind_a_switch(make_camera, 6)
    fall(cameras[:1], now)
    services.settle_outages(now + 2 * SETTLED)
    fall(cameras[1:], now + 3 * SETTLED)

    sizes = sorted(outage.members.count() for outage in Outage.objects.all())
    assert sizes == [1, 5]


def test_an_outage_whose_camera_was_deleted_is_closed(
    make_camera: MakeCamera, now: datetime
) -> None:
    (camera,) = behind_a_switch(make_camera, 1)
    fall([camera], now)
    camera.delete()

    services.settle_outages(now + SECOND)

    assert Outage.objects.get().closed_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_pollers_make_one_outage_of_one_switch(make_camera: MakeCamera, now: datetime) -> None:
    cameras = behind_a_switch(make_camera, 12)
    CameraState.objects.update(streak_bad=2)
    claims = services.claim(poller="a", limit=6, lease=timedelta(minutes=1), now=now)
    others = services.claim(poller="b", limit=6, lease=timedelta(minutes=1), now=now)

    together(
        *(
            partial(
                services.record,
                [Finding(claim, now, verdict_of([BAD])) for claim in mine],
                poller=poller,
            )
            for poller, mine in (("a", claims), ("b", others))
        )
    )

    outage = Outage.objects.get()
    assert (outage.suspect_name, outage.members.count()) == ("S1", len(cameras))


def test_a_camera_that_is_down_already_gets_no_second_outage(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)

    open_and_close([Fall(camera.id, now, "no_route")], {})

    assert OutageMember.objects.count() == 1


@pytest.mark.django_db
def test_a_longer_interval_waits_longer_for_late_members(
    make_camera: MakeCamera, now: datetime, settings: Any
) -> None:
    """At 120 s the cameras of a switch fall up to 150 s apart: still one outage and one message."""
    settings.PROBE_INTERVAL_S = 120
    cameras = behind_a_switch(make_camera, 8)
    for number, camera in enumerate(cameras):
        at = now + number * 20 * SECOND
        open_and_close([Fall(camera.id, at, "no_route")], {})
        services.settle_outages(at)

    services.settle_outages(now + 150 * SECOND)

    assert [row.data["cameras"] for row in messages()] == [8]


@pytest.mark.django_db
def test_two_sites_with_the_same_addresses_are_two_faults(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Each site's network is its own, whatever its numbers."""
    sites = [Site.objects.create(name=name) for name in ("north", "south")]
    north, south = (in_one_network(make_camera, 4, site) for site in sites)
    open_and_close([Fall(one.id, now, "no_route") for one in (*north, *south[:2])], {})
    open_and_close([Fall(one.id, now, "no_route") for one in south[2:]], {})

    groups = Outage.objects.filter(suspect_kind="subnet").order_by("suspect_site")
    assert [(one.suspect_site, one.members.count()) for one in groups] == [
        (sites[0], 4), (sites[1], 4),
    ]  # fmt: skip


@pytest.mark.django_db
def test_few_of_many_at_the_next_site_do_not_join_its_namesake(
    make_camera: MakeCamera, now: datetime
) -> None:
    sites = [Site.objects.create(name=name) for name in ("north", "south")]
    north, south = (
        in_one_network(make_camera, number, site)
        for number, site in zip((3, 20), sites, strict=True)
    )
    open_and_close([Fall(one.id, now, "no_route") for one in north], {})
    open_and_close([Fall(south[0].id, now, "no_route")], {})

    assert {part.outage.suspect_kind for part in OutageMember.objects.filter(camera__in=north)} == {
        "subnet"
    }
    assert OutageMember.objects.get(camera=south[0]).outage.suspect_kind == ""


@pytest.mark.django_db
def test_the_cameras_of_a_subnet_are_counted_by_address(make_camera: MakeCamera) -> None:
    for host in (
        "10.1.2.3",
        "10.1.2.30",
        "10.1.20.3",
        "10.1.2.example",
        "2001:db8::1",
        "2001:db9::1",
    ):
        make_camera(host=host)
    make_camera(host="10.1.2.4", enabled=False)
    here = Site.objects.get()
    there = Site.objects.create(name="there")
    make_camera(host="10.1.2.5", site=there)
    names = ["10.1.2.0/24", "10.1.20.0/24", "10.9.9.0/24", "2001:db8::/64"]
    things = {Thing(Kind.SUBNET, name, here.pk) for name in names}
    next_door = Thing(Kind.SUBNET, names[0], there.pk)

    sizes = sizes_of(things | {next_door})

    assert sizes.pop(next_door) == 1
    by_name = {thing.name: size for thing, size in sizes.items()}

    # A name may begin like an address; nobody gives cameras such names.
    assert by_name == dict(zip(names, [3, 1, 0, 1], strict=True))


@pytest.mark.django_db
def test_open_outages_of_before_learn_at_which_site_their_address_is(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera()
    Upstream.objects.create(kind="recorder", name="N1")
    for kind, name in (("subnet", "10.0.0.0/24"), ("recorder", "10.0.0.1"), ("recorder", "N1")):
        outage = Outage.objects.create(
            opened_at=now, reason="no_route", suspect_kind=kind, suspect_name=name
        )
        OutageMember.objects.create(
            outage=outage, camera=camera, joined_at=now, reason="no_route", left_at=now
        )
    migration = import_module("cameras.migrations.0211_sites_of_suspects")

    with connection.cursor() as cursor:
        cursor.execute(migration.FILL_OUTAGES)
        cursor.execute(migration.FILL_ORDERS)

    found = Outage.objects.order_by("id").values_list("suspect_site", flat=True)
    assert list(found) == [camera.site_id, camera.site_id, None]
