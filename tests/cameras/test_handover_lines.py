"""The lines of the offline list: what is folded together, what is left out, how often it asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cameras.handover.line import Filters, Kind
from cameras.handover.lines import asked, lines, month_start
from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    Outage,
    OutageMember,
    Owner,
    Snapshot,
    Team,
    Upstream,
)
from cameras.probe.reason import Reason
from gis_server.edge import Page
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.cameras.repairs import make_order

DISTRICT = ["140107"]


def group(*cameras: Camera, at: datetime = NOW) -> Outage:
    """One outage of them all, in place of their own."""
    Outage.objects.filter(members__camera__in=cameras).delete()
    outage = Outage.objects.create(
        opened_at=at, reason="no_route", suspect_kind="switch", suspect_name="SW-7", told_at=at
    )
    for one in cameras:
        OutageMember.objects.create(outage=outage, camera=one, joined_at=at, reason="no_route")
    return outage


def found(filters: Filters | None = None, **more: Any) -> list[Any]:
    return list(lines(DISTRICT, filters or Filters(), NOW + timedelta(hours=5), **more).lines)


def test_one_line_for_each_outage_each_degraded_camera_and_each_unknown_reason(
    make_camera: MakeCamera,
) -> None:
    fallen = [make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE) for _ in range(3)]
    outage = group(*fallen)
    alone = make_camera(state=State.OFFLINE, reason=Reason.REFUSED)
    clock = make_camera(state=State.DEGRADED, reason=Reason.CLOCK_OFF)
    unknown = [make_camera() for _ in range(2)]
    unwatched = make_camera(enabled=False)
    make_camera(state=State.ONLINE, reason=Reason.OK)

    rows = found()

    assert [(row.kind, {one.id for one in row.cameras}) for row in rows] == [
        (Kind.OUTAGE, {one.pk for one in fallen}),
        (Kind.OUTAGE, {alone.pk}),
        (Kind.CAMERA, {clock.pk}),
        (Kind.UNKNOWN, {one.pk for one in unknown}),
        (Kind.UNKNOWN, {unwatched.pk}),
    ]
    assert (rows[0].outage_id, rows[0].suspect_kind, rows[0].suspect_name) == (
        outage.pk,
        "switch",
        "SW-7",
    )
    assert [row.is_watched for row in rows] == [True, True, True, True, False]


def test_a_camera_nobody_ever_asked_is_unknown(make_camera: MakeCamera) -> None:
    CameraState.objects.filter(camera=make_camera()).delete()

    (row,) = found()

    assert (row.kind, row.state, row.since, row.first.reason) == (
        Kind.UNKNOWN,
        State.UNKNOWN,
        None,
        "not_asked",
    )
    assert row.lasting(NOW) is None


def test_an_outage_stays_one_line_while_some_of_it_are_unknown_or_unstable(
    make_camera: MakeCamera,
) -> None:
    down = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    shaky = make_camera(state=State.DEGRADED, reason=Reason.NO_ROUTE, row={"unstable": True})
    lost = make_camera(state=State.UNKNOWN)
    group(down, shaky, lost)

    (row,) = found()

    assert (row.total, row.state, row.unstable) == (3, State.OFFLINE, True)


def test_cameras_out_of_reach_are_neither_shown_nor_counted(make_camera: MakeCamera) -> None:
    near = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    far = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, scope_code=OTHER_STREET)
    group(near, far)

    shown = lines([STREET[:9]], Filters(), NOW)

    assert [[one.id for one in row.cameras] for row in shown.lines] == [[near.pk]]
    assert (shown.total, shown.cameras, shown.lines[0].total) == (1, 1, 1)
    assert lines([], Filters(), NOW).total == 0


def test_what_a_line_says_of_a_camera(make_camera: MakeCamera) -> None:
    camera = make_camera(
        state=State.OFFLINE,
        reason=Reason.NO_ROUTE,
        upstream=Upstream.objects.create(kind="recorder", name="NVR-1"),
        priority="key_area",
    )
    order = make_order(camera)
    good = picture(camera, NOW - timedelta(hours=2))
    picture(camera, NOW - timedelta(hours=1), is_fault=True)

    (row,) = found()

    one = row.first
    assert (one.code, one.name, one.owner, one.team, one.phone) == (
        camera.code,
        camera.name,
        "Water works",
        "Team 1",
        "351-1",
    )
    assert (one.upstream_kind, one.upstream, one.address) == (
        "recorder",
        "NVR-1",
        camera.address_text,
    )
    assert (one.lon, one.lat) == pytest.approx((camera.point.x, camera.point.y))
    assert (one.picture_id, one.picture_at) == (good.pk, NOW - timedelta(hours=2))
    assert (one.order_number, row.due) == (order.number, order.fix_due)
    assert row.lasting(NOW + timedelta(hours=5)) == timedelta(hours=5)


def picture(camera: Camera, at: datetime, **more: Any) -> Snapshot:
    name = f"{camera.pk}-{at.timestamp()}.jpg"
    return Snapshot.objects.create(
        camera=camera, requested_at=at, taken_at=at, file=name, sha256="0" * 64, **more
    )


@pytest.mark.parametrize(
    ("now", "start"),
    [
        # Shanghai is eight hours ahead of UTC all year.
        pytest.param("2026-03-31 15:59", "2026-02-28 16:00", id="the last minute of March"),
        pytest.param("2026-03-31 16:00", "2026-03-31 16:00", id="the first minute of April"),
        pytest.param("2026-12-31 16:00", "2026-12-31 16:00", id="the first minute of a year"),
    ],
)
def test_a_month_begins_at_local_midnight(now: str, start: str) -> None:
    assert month_start(moment(now)) == moment(start)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_outages_are_counted_in_the_local_month(make_camera: MakeCamera) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    # NOW is 1 March, 20:00 in Shanghai; the open outage began then.
    for hours in (-21, -19, -1):  # 28 February 23:00, 1 March 01:00, 1 March 19:00
        at = NOW + timedelta(hours=hours)
        past = Outage.objects.create(opened_at=at, closed_at=at, reason="no_route")
        OutageMember.objects.create(
            outage=past, camera=camera, joined_at=at, left_at=at, reason="no_route"
        )

    (row,) = found()

    assert row.month == 3


@pytest.fixture
def mixed(make_camera: MakeCamera) -> dict[str, Camera]:
    """Four cameras that differ in everything that is filtered by."""
    team = Team.objects.create(name="Team 2")
    owner = Owner.objects.create(name="Traffic police")
    made = {
        "down": make_camera(code="DOWN", state=State.OFFLINE, reason=Reason.NO_ROUTE),
        "clock": make_camera(
            code="CLOCK", state=State.DEGRADED, reason=Reason.CLOCK_OFF, priority="key_area"
        ),
        "far": make_camera(
            code="FAR", state=State.OFFLINE, reason=Reason.REFUSED, scope_code=OTHER_STREET
        ),
        "new": make_camera(code="NEW"),
    }
    Camera.objects.filter(pk=made["far"].pk).update(owner=owner, team=team)
    # Fallen four and a half hours before the list is read, the others five.
    OutageMember.objects.filter(camera=made["far"]).update(joined_at=NOW + timedelta(minutes=30))
    return made


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        pytest.param({}, ["down", "far", "clock", "new"], id="all, the worst first"),
        pytest.param({"state": "degraded"}, ["clock"], id="a state"),
        pytest.param({"reason": "no_route"}, ["down"], id="a reason"),
        pytest.param({"priority": "key_area"}, ["clock"], id="a class"),
        pytest.param({"division": OTHER_STREET}, ["far"], id="a division"),
        pytest.param({"longer_min": 299}, ["down", "clock", "new"], id="for nearly five hours"),
        pytest.param({"longer_min": 301}, [], id="for longer than that"),
        pytest.param({"text": "far"}, ["far"], id="a code"),
        pytest.param({"text": "gate lane"}, ["down", "far", "clock", "new"], id="two words"),
        pytest.param({"text": "=nothing%_"}, [], id="signs"),
        pytest.param({"sort": "newest"}, ["far", "clock", "down", "new"], id="the newest first"),
        pytest.param({"sort": "team"}, ["down", "clock", "new", "far"], id="by team"),
        pytest.param({"state": "offline", "sort": "longest"}, ["down", "far"], id="both"),
    ],
)
def test_filters_and_orders(
    mixed: dict[str, Camera], filters: dict[str, Any], names: list[str]
) -> None:
    by_id = {camera.pk: name for name, camera in mixed.items()}

    rows = found(Filters(**filters))

    assert [by_id[row.first.id] for row in rows] == names


def test_owner_and_team_are_filtered_by_their_rows(mixed: dict[str, Camera]) -> None:
    owner, team = Owner.objects.get(name="Traffic police"), Team.objects.get(name="Team 2")

    assert [row.first.id for row in found(Filters(owner=owner.pk))] == [mixed["far"].pk]
    assert [row.first.id for row in found(Filters(team=team.pk))] == [mixed["far"].pk]


def test_an_order_that_is_due_first_can_stand_first(mixed: dict[str, Camera]) -> None:
    make_order(mixed["clock"])

    assert found(Filters(sort="due"))[0].first.id == mixed["clock"].pk


def test_a_page_has_its_lines_and_knows_of_all(mixed: dict[str, Camera]) -> None:
    page = lines(DISTRICT, Filters(), NOW, page=Page(limit=2, offset=1))

    assert [row.first.code for row in page.lines] == ["FAR", "CLOCK"]
    assert (page.total, page.cameras) == (4, 4)


def test_a_line_may_be_read_in_part_and_still_counts_all(make_camera: MakeCamera) -> None:
    group(*[make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE) for _ in range(5)])

    (row,) = found(most_cameras=2)

    assert (len(row.cameras), row.total) == (2, 5)


@pytest.mark.parametrize("many", [1, 12])
def test_the_number_of_queries_does_not_grow(
    make_camera: MakeCamera, django_assert_num_queries: Any, many: int
) -> None:
    for _ in range(many):
        camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
        make_camera(state=State.DEGRADED, reason=Reason.CLOCK_OFF)
        picture(camera, NOW)
        make_order(camera)
    group(*Camera.objects.filter(state__state="offline")[:1])

    with django_assert_num_queries(6):
        found()


def test_an_empty_list_knows_since_when_everybody_was_asked(make_camera: MakeCamera) -> None:
    early, late = NOW - timedelta(minutes=2), NOW
    make_camera(state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": early})
    make_camera(state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": late})
    make_camera(enabled=False)

    told = asked(DISTRICT)

    assert (told.cameras, told.never, told.oldest, told.newest) == (2, 0, early, late)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({"team": "1"}, id="another type"),
        pytest.param({"colour": "red"}, id="unknown"),
        pytest.param({"longer_min": True}, id="a truth in place of a number"),
        pytest.param({}, id="nothing"),
    ],
)
def test_stored_filters_that_mean_nothing_are_left_out(stored: dict[str, Any]) -> None:
    assert Filters.of(stored) == Filters()


def test_filters_come_back_as_they_were_stored() -> None:
    filters = Filters(text="西门", division=STREET, team=3, longer_min=60, sort="due")

    assert Filters.of(filters.stored()) == filters
    assert Filters().stored() == {}
