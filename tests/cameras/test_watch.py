"""The watching suspects itself first."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cameras import services
from cameras.health import DOWN_AFTER, IN_DOUBT, Health, State
from cameras.models import (
    Camera,
    CameraState,
    Notice,
    Outage,
    Owner,
    PollerBeat,
    Site,
    StateSpan,
    Upstream,
)
from cameras.probe.reason import Reason
from cameras.probe.result import verdict_of
from cameras.rates.queries import share_of
from cameras.rates.share import Seconds
from cameras.services import Beat, Told
from cameras.services.sites import site_rules
from cameras.services.watch import BEAT_LASTS, is_doubtful
from cameras.sight import (
    DOWN_AFTER_IN_DOUBT,
    LATE_S,
    NEVER,
    REMEMBERED,
    Sight,
    are_many,
    is_lost,
    loses_packets,
    most_counted,
)
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.cameras.test_outages import only
from tests.cameras.test_record import BAD, GOOD, tell
from tests.cameras.threads import together

SECOND = timedelta(seconds=1)


def beat(
    now: datetime,
    *,
    name: str = "a",
    site: str = "main",
    canaries: int = 3,
    blind: bool = False,
    lossy: bool = False,
) -> Told:
    said = Beat(
        name=name,
        site=site,
        started_at=now,
        in_flight=0,
        asked=0,
        lag_ms=0,
        canaries_up=0 if blind else canaries,
        canaries=canaries,
        suspects_itself=blind,
        loses_packets=lossy,
    )
    return services.beat(said, now=now)


def strangers(make_camera: MakeCamera, count: int) -> list[Camera]:
    """Online cameras that share nothing."""
    cameras = [
        make_camera(state=State.ONLINE, reason=Reason.OK, host=f"10.{number}.0.1")
        for number in range(count)
    ]
    for camera in cameras:
        owner = Owner.objects.create(name=f"owner {camera.id}")
        Camera.objects.filter(id=camera.id).update(owner=owner)
    return cameras


def fail(cameras: list[Camera], now: datetime) -> None:
    only(cameras, now)
    tell(cameras, BAD, now)


def test_a_blind_site_is_unknown_with_one_notice_and_no_outage(
    make_camera: MakeCamera, now: datetime
) -> None:
    for _ in range(5):
        make_camera(state=State.ONLINE, reason=Reason.OK)
    down = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    elsewhere = make_camera(
        state=State.ONLINE, reason=Reason.OK, site=Site.objects.create(name="east")
    )

    said = [services.go_blind("main", detail="0 of 3", now=now + n * SECOND) for n in range(3)]

    assert said == [True, False, False]
    here = CameraState.objects.exclude(camera=elsewhere)
    assert set(here.values_list("state", "reason", "detail")) == {
        ("unknown", "own_trouble", "0 of 3")
    }
    assert CameraState.objects.get(camera=elsewhere).state == "online"
    assert StateSpan.objects.filter(state="unknown").count() == 6
    assert [row.topic for row in ChangeRow.objects.all()] == ["notice"]
    assert [outage.members.get().camera_id for outage in Outage.objects.all()] == [down.id]

    services.see_again("main", now=now + 60 * SECOND)
    services.see_again("main", now=now + 61 * SECOND)

    assert Notice.objects.get().closed_at == now + 60 * SECOND
    assert ChangeRow.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_pollers_that_are_blind_together_say_it_once(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK)

    together(*(partial(services.go_blind, "main", detail="x", now=now) for _ in range(4)))

    assert Notice.objects.count() == ChangeRow.objects.count() == 1


def test_a_beat_says_whether_others_see(db: None, now: datetime) -> None:
    assert not beat(now).others
    beat(now, name="b", blind=True)
    beat(now, name="c", site=Site.objects.create(name="east").name)
    assert not beat(now).others

    beat(now, name="d")

    assert beat(now).others
    assert not beat(now + BEAT_LASTS + SECOND).others
    services.say_farewell("d")
    assert not beat(now).others
    assert PollerBeat.objects.get(name="a").version == "0.1.0"


def test_many_failures_with_nothing_in_common_are_doubted(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = strangers(make_camera, 20)
    fail(cameras[:8], now)

    assert beat(now).down_after == DOWN_AFTER_IN_DOUBT
    assert beat(now, canaries=0).down_after == NEVER
    assert beat(now, blind=True).down_after == NEVER
    (notice,) = Notice.objects.all()
    assert (notice.kind, notice.closed_at) == ("many_at_once", None)


@pytest.mark.parametrize("failing", [0, 6], ids=["none", "not more than the share"])
def test_few_failures_are_believed(make_camera: MakeCamera, now: datetime, failing: int) -> None:
    fail(strangers(make_camera, 20)[:failing], now)

    assert beat(now).down_after == DOWN_AFTER
    assert not Notice.objects.exists()


def test_a_shared_cause_inside_the_site_is_no_reason_to_doubt_oneself(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = strangers(make_camera, 20)
    switch = Upstream.objects.create(kind="switch", name="S1")
    Camera.objects.filter(id__in=[camera.id for camera in cameras[:8]]).update(upstream=switch)
    fail(cameras[:8], now)

    assert beat(now).down_after == DOWN_AFTER


def test_in_doubt_cameras_become_unknown_and_no_outage_is_opened(
    make_camera: MakeCamera, now: datetime
) -> None:
    cameras = strangers(make_camera, 20)
    CameraState.objects.filter(camera__in=cameras[:8]).update(streak_bad=2, due_at=now)
    CameraState.objects.filter(camera__in=cameras[8:]).update(due_at=now + timedelta(hours=1))
    doubt = beat(now, canaries=0).down_after
    claims = services.claim(poller="a", limit=99, lease=timedelta(minutes=1), now=now)
    findings = [services.Finding(claim, now, verdict_of([BAD])) for claim in claims]

    services.record(findings, poller="a", down_after=doubt)

    assert CameraState.objects.filter(state=State.UNKNOWN).count() == 8
    assert not Outage.objects.exists()
    assert beat(now + 90 * SECOND, canaries=0).down_after == NEVER, "unknown ones still count"

    for turn in range(1, 3):
        tell(cameras[:8], GOOD, now + turn * SECOND)
    assert beat(now + 2 * SECOND, canaries=0).down_after == DOWN_AFTER
    assert Notice.objects.get().closed_at is not None


def answers(up: int, *, of: int) -> list[bool]:
    return [True] * up + [False] * (of - up)


def test_canaries_are_believed_by_their_majority() -> None:
    sight = Sight()

    sight.note_round(answers(2, of=3), 0, now_s=10)
    assert sight.believes(9)
    sight.note_round(answers(1, of=3), 0, now_s=20)
    assert not sight.believes(19)
    assert sight.suspects_itself
    assert not sight.is_blind, "one round may be chance"
    sight.note_round(answers(1, of=2), 0, now_s=30)
    assert sight.is_blind
    sight.note_round(answers(3, of=3), 0, now_s=40)
    assert not sight.suspects_itself


def test_a_question_that_began_in_the_dark_is_not_believed_when_the_canaries_are_back() -> None:
    """It may have failed by the very cut that the canaries saw."""
    sight = Sight()
    sight.note_round(answers(0, of=3), 0, now_s=20)

    sight.note_round(answers(3, of=3), 0, now_s=25)

    assert not sight.believes(19.9)
    assert sight.believes(20.1)


def test_canaries_that_fail_while_cameras_answer_are_broken_canaries() -> None:
    sight = Sight(good=90, bad=10)
    for second in range(5):
        sight.note_round(answers(0, of=3), 0, now_s=second)

    assert (sight.suspects_itself, sight.is_blind) == (True, False)


def test_a_site_without_canaries_has_no_round_that_fails() -> None:
    sight = Sight()
    sight.note_round(answers(0, of=0), 0, now_s=10)

    assert sight.believes(9)
    assert not sight.suspects_itself


def test_a_clockwork_that_stood_still_believes_nothing_of_that_time() -> None:
    sight = Sight()
    sight.note_round(answers(3, of=3), LATE_S + 0.1, now_s=10)

    assert not sight.believes(9)
    assert not sight.suspects_itself


def rounds_of(*canaries: str) -> list[tuple[bool, ...]]:
    """The rounds of some canaries, each told as a line of dots and, for those it missed, dashes."""
    return [tuple(one == "." for one in round_) for round_ in zip(*canaries, strict=True)]


LINES = [
    pytest.param([".-......", ".....-..", ".......-"], True, id="now this one, now that one"),
    pytest.param([".--....-", "........", ".-......"], True, id="sometimes twice"),
    pytest.param([".-..-.-.", "........", "........"], False, id="one bad canary"),
    pytest.param([".-.-.-.."], False, id="a lone one"),
    pytest.param([".---.---", "---..---", "........"], False, id="some are away and come back"),
    pytest.param([".--..--.", ".--..--.", ".--..--."], False, id="a line that is cut for moments"),
    pytest.param([".-......", "....-...", "........"], False, id="twice may be chance"),
    pytest.param(["........", "........"], False, id="all is well"),
    pytest.param([], False, id="no canaries"),
]


@pytest.mark.parametrize(("canaries", "lossy"), LINES)
def test_packets_are_lost_where_canaries_miss_now_one_round_now_another(
    canaries: list[str], lossy: bool
) -> None:
    assert loses_packets(rounds_of(*canaries)) is lossy


def test_other_canaries_are_another_story() -> None:
    before = rounds_of(".-..-.-.", "..-..-..")

    assert loses_packets(before)
    assert not loses_packets([*before, (True, True, True)])


def test_on_a_lossy_line_no_number_of_failures_is_enough() -> None:
    sight = Sight()
    for second, round_ in enumerate(rounds_of(".-..-.-.", "..-..-..")):
        sight.note_round(round_, 0, now_s=second)

    assert sight.needed(DOWN_AFTER) == NEVER

    for second in range(REMEMBERED):
        sight.note_round((True, True), 0, now_s=second)
    assert sight.needed(DOWN_AFTER) == DOWN_AFTER


def test_a_lossy_line_is_told_once_while_any_poller_of_the_site_is_on_it(
    db: None, now: datetime
) -> None:
    beat(now, name="a", lossy=True)
    beat(now, name="b")

    notice = Notice.objects.get()
    assert (notice.kind, notice.closed_at) == (Notice.Kind.LOSSY_LINE, None)

    beat(now + 10 * SECOND, name="a")
    beat(now + 10 * SECOND, name="b")
    notice.refresh_from_db()
    assert notice.closed_at == now + 10 * SECOND


SHARES = [
    pytest.param(3, 7, False, id="not more than the share"),
    pytest.param(4, 6, True, id="more than it"),
    pytest.param(9, 0, False, id="fewer cameras than a third of them means anything"),
    pytest.param(10, 0, True, id="all of enough"),
    pytest.param(0, 0, False, id="none at all"),
]


@pytest.mark.parametrize(("lost", "fine", "many"), SHARES)
def test_when_the_lost_are_many(lost: int, fine: int, many: bool) -> None:
    assert are_many(lost, fine, 0.3) is many


@given(st.integers(0, 5_000), st.integers(0, 100_000), st.integers(1, 100))
def test_no_more_of_the_fine_need_counting(lost: int, fine: int, percent: int) -> None:
    share = percent / 100
    counted = min(fine, most_counted(lost, share))
    assert are_many(lost, counted, share) == are_many(lost, fine, share)


def test_while_nothing_is_lost_the_fleet_is_not_counted(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        make_camera(state=State.ONLINE, reason=Reason.OK)
    rules = site_rules("main")

    with django_assert_num_queries(1):
        assert not is_doubtful(rules, now)


def test_the_database_counts_as_lost_what_the_rule_calls_lost(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Ten of each kind beside ten that are well: only one lost kind makes it doubtful."""
    kinds = [
        (State.ONLINE, "", 1, now),
        (State.DEGRADED, "", 1, now),
        (State.UNKNOWN, IN_DOUBT, 3, now),
        (State.UNKNOWN, "", 3, now),
        (State.OFFLINE, "", 3, now - 89 * SECOND),
        (State.OFFLINE, "", 3, now - 91 * SECOND),
    ]
    cameras = strangers(make_camera, 20)
    rules = site_rules("main")

    for state, detail, streak, since in kinds:
        values = {"state": state, "detail": detail, "streak_bad": streak, "since": since}
        CameraState.objects.filter(camera__in=cameras[:10]).update(**values)
        health = Health(state, since, Reason.SILENT, detail, streak_bad=streak)
        assert is_doubtful(rules, now) is is_lost(health, now), values


def test_unknown_time_is_left_out_of_the_online_rate(
    make_camera: MakeCamera, now: datetime
) -> None:
    one, two = make_camera(), make_camera()
    story = [
        (one, "online", 0),
        (one, "offline", 60),
        (one, "unknown", 90),
        (one, "degraded", 100),
        (two, "online", 50),
    ]
    for camera, state, second in story:
        StateSpan.objects.create(
            camera=camera, state=state, reason="ok", since=now + second * SECOND
        )

    found = share_of([one.id, two.id], now + 10 * SECOND, now + 110 * SECOND)

    # one: 50 s online, 30 offline, 10 unknown, 10 unstable; two: 40 s unwatched, 60 online.
    assert (found.online_s, found.monitored_s, found.unknown_s) == (110, 150, 10)
    assert found.online_rate == pytest.approx(110 / 150)
    assert share_of([], now, now + SECOND) == Seconds()
    assert share_of([], now, now + SECOND).online_rate is None


def test_states_leave_their_trace(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    for minute, result in enumerate([GOOD, GOOD, BAD, BAD, BAD, BAD, GOOD, GOOD]):
        tell([camera], result, now + minute * timedelta(minutes=1))
    services.mark_stale(now + timedelta(hours=1))

    spans = [(span.state, span.since - now) for span in StateSpan.objects.all()]
    assert spans == [
        ("online", timedelta(0)),
        ("offline", timedelta(minutes=4)),
        ("online", timedelta(minutes=7)),
        ("unknown", timedelta(hours=1)),
    ]
    assert timezone.is_aware(StateSpan.objects.latest("id").since)
