"""A whole week of the fleet by the clock of the story: the right orders, list and rates."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cameras import services
from cameras.handover.line import Filters
from cameras.handover.line import Kind as LineKind
from cameras.handover.lines import lines
from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    Outage,
    Owner,
    PictureTurn,
    RepairOrder,
    RepairOrderCamera,
    StateSpan,
    Team,
    TeamMember,
    Upstream,
)
from cameras.picture.faults import Fault as PictureFault
from cameras.picture.finding import Exam, Finding
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult, verdict_of
from cameras.rates.pieces import Asked
from cameras.rates.queries import By, table
from cameras.rates.services.work import WantedWork, enter_work, review_work
from cameras.repairs.services import acting, look
from cameras.services import Finding as Answer
from cameras.services import Kept, Taken
from cameras.services.outages import settle_outages
from fixtures.repair_week import (
    BLIND,
    CAMERAS,
    CONFIRM,
    DOWN_AFTER,
    FAULTS,
    MINUTE,
    UP_AFTER,
    WEEK,
    WORK,
    Fault,
    Kind,
    at,
)
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera

MONDAY = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
AREA = ["140107"]
LADDER = [StepResult(Reason.OK, step=step) for step in ("tcp_connect", "rtsp_options")]
GOOD = [*LADDER, StepResult(Reason.OK, "H264", step="rtsp_describe")]
GONE = [StepResult(Reason.CONNECT_TIMEOUT, step="tcp_connect")]
SETTLED = 2 * MINUTE
"""After this an outage is told and its delay runs."""
Step = tuple[timedelta, Callable[[datetime], None]]


class Fleet:
    """The cameras of the story, and what happens to them."""

    def __init__(self, make_camera: MakeCamera, people: dict[str, User]) -> None:
        switch = Upstream.objects.create(kind=Upstream.Kind.SWITCH, name="Switch 1")
        self.people = people
        self.cameras = [self._camera(make_camera, number, switch) for number in range(CAMERAS)]
        CameraState.objects.update(since=MONDAY, due_at=MONDAY + 2 * WEEK)
        TeamMember.objects.create(user=people["technician"], team=Team.objects.get())
        StateSpan.objects.bulk_create(
            StateSpan(camera=one, state="online", reason="ok", since=MONDAY) for one in self.cameras
        )

    def _camera(self, make_camera: MakeCamera, number: int, switch: Upstream) -> Camera:
        behind = FAULTS[0].cameras
        camera = make_camera(
            state=State.ONLINE,
            reason=Reason.OK,
            host=f"10.{number}.0.1",
            upstream=switch if number in behind else None,
            row={"streak_ok": 2},
        )
        # Owners group too: those outside the switch have one each.
        owner = "Switch owner" if number in behind else f"Owner {number}"
        camera.owner = Owner.objects.get_or_create(name=owner)[0]
        camera.save(update_fields=["owner"])
        return camera

    def of(self, numbers: Iterable[int]) -> list[int]:
        return [self.cameras[number].pk for number in numbers]

    def sweep(self, numbers: Iterable[int], results: list[StepResult], now: datetime) -> None:
        states = CameraState.objects.filter(camera__in=self.of(numbers))
        states.update(due_at=now, lease_until=None, leased_by="")
        claims = services.claim(poller="p", limit=CAMERAS, lease=MINUTE, now=now)
        services.record([Answer(one, now, verdict_of(results)) for one in claims], poller="p")
        CameraState.objects.update(due_at=MONDAY + 2 * WEEK)

    def picture(self, numbers: Iterable[int], exam: Exam, now: datetime) -> None:
        for camera in self.of(numbers):
            PictureTurn.objects.exclude(camera=camera).delete()
            PictureTurn.objects.update_or_create(
                camera_id=camera,
                defaults={"leased_by": "a", "lease_until": now + MINUTE},
            )
            job = services.prepare(camera, now)
            assert job is not None
            taken = picture_of(exam, now)
            kept = services.keep_round(job, taken, by="a", until=now + MINUTE)
            assert kept is Kept.KEPT

    def order(self, fault: Fault) -> RepairOrder:
        members = RepairOrderCamera.objects.filter(camera=self.cameras[fault.cameras[0]])
        return members.latest("id").order


def picture_of(exam: Exam, now: datetime) -> Taken:
    values: dict[str, Any] = {
        "file": "a.jpg", "thumb": "a-thumb.jpg", "sha256": "ab" * 32, "width": 640, "height": 360,
        "taken_at": now, "device_at": None, "source": "rtsp_main", "watched": True, "exam": exam,
        "verdict": verdict_of(GOOD),
    }  # fmt: skip
    return Taken(**values)


DARK = Exam({"luma": 5.0}, (Finding(PictureFault.DARK, 0.9, 0.5, "as seen"),))
WELL = Exam({"luma": 120.0}, ())


def told(fleet: Fleet) -> Iterator[Step]:
    """Everything that happens in the week, by its time."""
    for fault in FAULTS:
        yield from fault_told(fleet, fault)
    yield WORK[0] - at(0, 8), lambda now: announce(fleet, now)
    yield BLIND[0], blind
    yield BLIND[1], lambda now: see_again(fleet, now)
    yield from ((MINUTE * 30 * turn, look_at_all) for turn in range(int(WEEK / MINUTE / 30)))


def fault_told(fleet: Fleet, fault: Fault) -> Iterator[Step]:
    numbers = fault.cameras
    if fault.kind is Kind.PICTURE:
        yield from pictures(fleet, fault.cameras, DARK, fault.begins)
    else:
        yield from answers(fleet, fault.cameras, GONE, fault.begins, DOWN_AFTER)
    yield fault.begins + SETTLED, look_at_all
    if fault.ends is None:
        return
    if fault.mended:
        yield fault.ends - MINUTE * 40, lambda now: go_there(fleet, fault, now)
    if fault.kind is Kind.PICTURE:
        yield from pictures(fleet, fault.cameras, WELL, fault.ends)
    else:
        yield from answers(fleet, fault.cameras, GOOD, fault.ends, UP_AFTER)
    if fault.mended:
        yield fault.ends + MINUTE * 3, lambda now: mend(fleet, fault, now)
    for turn in range(5):
        yield fault.ends + MINUTE * (4 + turn), lambda now: answer_and_look(fleet, numbers, now)


def answers(
    fleet: Fleet, numbers: Iterable[int], results: list[StepResult], begins: timedelta, count: int
) -> Iterator[Step]:
    for turn in range(count):
        yield begins + CONFIRM * turn, lambda now: fleet.sweep(numbers, results, now)


def pictures(fleet: Fleet, numbers: Iterable[int], exam: Exam, begins: timedelta) -> Iterator[Step]:
    for turn in range(2):
        yield begins + MINUTE * turn, lambda now: fleet.picture(numbers, exam, now)


def look_at_all(now: datetime) -> None:
    settle_outages(now)
    look(now)


def answer_and_look(fleet: Fleet, numbers: Iterable[int], now: datetime) -> None:
    fleet.sweep(numbers, GOOD, now)
    look_at_all(now)


def go_there(fleet: Fleet, fault: Fault, now: datetime) -> None:
    look_at_all(now)
    by, order = fleet.people["technician"], fleet.order(fault)
    acting.accept(by=by, order_id=order.pk, now=now)
    acting.arrive(by=by, order_id=order.pk, now=now + MINUTE * 20)


def mend(fleet: Fleet, fault: Fault, now: datetime) -> None:
    order = fleet.order(fault)
    acting.repair(
        by=fleet.people["technician"],
        order_id=order.pk,
        note="A new cable",
        parts=[{"name": "Cable", "count": 1}],
        photos=[],
        now=now,
    )


def announce(fleet: Fleet, now: datetime) -> None:
    announced = [number for fault in FAULTS if fault.announced for number in fault.cameras]
    wanted = WantedWork(
        kind="planned",
        title="New fibre",
        note="",
        starts_at=MONDAY + WORK[0],
        ends_at=MONDAY + WORK[1],
        cameras=[fleet.cameras[number] for number in announced],
    )
    work = enter_work(by=fleet.people["technician"], wanted=wanted, now=now)
    review_work(
        by=fleet.people["leader"],
        work_id=work.pk,
        version=work.version,
        accept=True,
        note="",
        now=now + MINUTE,
    )


def blind(now: datetime) -> None:
    assert services.go_blind("main", detail="0 of 3 canaries answer", now=now)
    look_at_all(now)


def see_again(fleet: Fleet, now: datetime) -> None:
    services.see_again("main", now=now)
    for turn in range(UP_AFTER):
        fleet.sweep(range(CAMERAS), GOOD, now + CONFIRM * turn)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    roles = {"technician": Role.MAINTAINER, "leader": Role.DISTRICT_LEADER}
    return {
        name: User.objects.create_user(username=name, role=role.value, scope=AREA)
        for name, role in roles.items()
    }


@pytest.fixture
def week(make_camera: MakeCamera, people: dict[str, User]) -> Fleet:
    fleet = Fleet(make_camera, people)
    steps = sorted(told(fleet), key=lambda step: step[0])
    for offset, step in steps:
        step(MONDAY + offset)
    return fleet


def test_a_week_gives_the_orders_the_list_and_the_rates_of_its_story(week: Fleet) -> None:
    the_orders_are_those_of_the_story(week)
    the_list_shows_what_is_still_down(week)
    the_rates_add_up_to_the_week(week)


def the_orders_are_those_of_the_story(week: Fleet) -> None:
    wanted = {fault.order for fault in FAULTS if fault.order}
    found = {fault.order: week.order(fault) for fault in FAULTS if fault.order}
    assert RepairOrder.objects.count() == len(wanted)
    assert len({order.pk for order in found.values()}) == len(wanted)

    switch = found["switch"]
    assert (switch.suspect_kind, switch.suspect_name) == ("switch", "Switch 1")
    assert switch.cameras.count() == len(FAULTS[0].cameras)
    assert found["cable"].reopened == 1
    assert found["picture"].kind == RepairOrder.Kind.PICTURE
    how = {name: (order.state, order.verified_how) for name, order in found.items()}
    assert how == {
        "switch": ("closed", "machine"),
        "plug": ("closed", "by_itself"),
        "cable": ("closed", "machine"),
        "picture": ("closed", "machine"),
        "first": ("verified", "machine"),
        "second": ("open", ""),
    }
    assert Outage.objects.filter(closed_at=None).count() == 1


def the_list_shows_what_is_still_down(week: Fleet) -> None:
    found = lines(AREA, Filters(), MONDAY + WEEK)

    (line,) = found.lines
    assert line.kind is LineKind.OUTAGE
    assert line.first.id == week.cameras[37].pk
    assert line.first.order_number == week.order(FAULTS[-1]).number
    assert line.first.month == 1


def the_rates_add_up_to_the_week(week: Fleet) -> None:
    asked = Asked(start=MONDAY, end=MONDAY + WEEK, known_at=MONDAY + WEEK + MINUTE, prefixes=AREA)
    total = table(asked, By.DISTRICT).total.all

    lines_s = {fault.announced: 0.0 for fault in FAULTS}
    for fault in FAULTS:
        if fault.kind is Kind.LINE:
            lines_s[fault.announced] += fault.lasts_s
    # The last fault began after the poller was blind, and nobody was down while it was.
    unknown_s = (BLIND[1] - BLIND[0] + CONFIRM * (UP_AFTER - 1)).total_seconds() * CAMERAS
    assert total.down_s == pytest.approx(lines_s[False])
    assert total.excused_s == pytest.approx(lines_s[True])
    assert total.faulty_s == pytest.approx(
        sum(fault.lasts_s for fault in FAULTS if fault.kind is Kind.PICTURE)
    )
    whole_s = WEEK.total_seconds() * CAMERAS
    assert total.unknown_s == pytest.approx(unknown_s, abs=CONFIRM.total_seconds() * CAMERAS)
    parts = total.intact_s + total.faulty_s + total.down_s + total.excused_s + total.unknown_s
    assert parts == pytest.approx(whole_s)
