"""What is written of verdicts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from cameras import services
from cameras.fleet_models import MAIN_SITE
from cameras.health import UP_AFTER, State, after, next_slot
from cameras.invariants import check
from cameras.models import Camera, CameraState, Outage, OutageMember, Probe
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, verdict_of
from cameras.services import Finding
from cameras.services.seldom import counted
from cameras.services.states import READ, health_of, rows_of
from cameras.services.verdicts import write_steady
from gis_server.models import ChangeRow
from tests.cameras.conftest import MakeCamera
from tests.cameras.threads import together

MINUTE = timedelta(minutes=1)
GOOD = StepResult(Reason.OK, "H264", step="rtsp_describe", took_ms=3.2)
BAD = StepResult(Reason.CONNECT_TIMEOUT, "no answer", step="tcp_connect", took_ms=5000)


def tell(cameras: Sequence[Camera], result: StepResult, at: datetime, poller: str = "a") -> int:
    """Claim all cameras and write the same verdict on each."""
    CameraState.objects.filter(camera__in=cameras).update(due_at=at)
    claims = services.claim(poller=poller, limit=1000, lease=MINUTE, now=at)
    verdict = verdict_of([result])
    findings = [Finding(claim, at, verdict) for claim in claims]
    return services.record(findings, poller=poller)


def test_a_camera_goes_down_and_comes_back(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)
    for minute, result in enumerate([BAD, BAD, BAD, GOOD, GOOD]):
        tell([camera], result, now + minute * MINUTE)

    outage = Outage.objects.get()
    assert (outage.opened_at, outage.closed_at) == (now + 2 * MINUTE, now + 4 * MINUTE)
    assert outage.reason == Reason.CONNECT_TIMEOUT
    assert [row.data["state"] for row in ChangeRow.objects.all()] == ["offline", "online"]
    assert list(check()) == []


def test_a_camera_comes_back_after_the_clock_was_set_back(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)
    for minute, result in enumerate([BAD, BAD, BAD, GOOD, GOOD]):
        CameraState.objects.update(lease_until=None, leased_by="")
        tell([camera], result, now + (minute if result is BAD else minute - 60) * MINUTE)

    outage = Outage.objects.get()
    assert CameraState.objects.get().state == State.ONLINE
    assert outage.closed_at == outage.opened_at == now + 2 * MINUTE


def test_a_change_tells_what_the_wall_needs(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera()
    tell([camera], GOOD, now)

    (row,) = ChangeRow.objects.all()
    assert (row.topic, row.subject, row.scope) == ("camera", str(camera.id), camera.scope_code)
    assert row.data == {
        "code": camera.code,
        "name": camera.name,
        "state": "online",
        "unstable": False,
        "reason": "ok",
        "reason_text": row.data["reason_text"],
        "since": now.isoformat(),
        "lon": camera.point.x,
        "lat": camera.point.y,
    }


def test_an_unchanged_state_tells_nobody_and_is_asked_again(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)
    tell([camera], GOOD, now + MINUTE)

    state = CameraState.objects.get()
    assert ChangeRow.objects.count() == 0
    assert (state.since, state.last_probe_at) == (now, now + MINUTE)
    assert state.due_at == next_slot(camera.id, 60, now + MINUTE)
    assert (state.leased_by, state.lease_until) == ("", None)


def test_the_ladder_is_kept_as_evidence(make_camera: MakeCamera, now: datetime) -> None:
    tell([make_camera()], BAD, now)

    probe = Probe.objects.get()
    assert (probe.reason, probe.detail, probe.took_ms) == ("connect_timeout", "no answer", 5000)
    assert probe.steps == [
        {
            "step": "tcp_connect",
            "reason": "connect_timeout",
            "detail": "no answer",
            "took_ms": 5000,
        }
    ]


def test_our_own_trouble_moves_nothing_but_the_next_question(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(
        state=State.ONLINE, reason=Reason.OK, row={"last_probe_at": now, "streak_ok": 4}
    )
    for minute in range(1, 6):
        tell([camera], StepResult(Reason.OWN_TROUBLE, "EMFILE"), now + minute * MINUTE)

    state = CameraState.objects.get()
    assert (state.state, state.streak_ok, state.last_probe_at) == ("online", 4, now)
    assert state.due_at > now + 5 * MINUTE


def test_a_verdict_whose_lease_has_gone_to_another_is_not_written(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera()
    (claim,) = services.claim(poller="slow", limit=9, lease=MINUTE, now=now)
    services.claim(poller="other", limit=9, lease=MINUTE, now=now + 2 * MINUTE)

    written = services.record([Finding(claim, now, verdict_of([GOOD]))], poller="slow")

    assert written == 0
    assert CameraState.objects.get().state == State.UNKNOWN
    assert Probe.objects.count() == 0


def test_a_camera_that_was_deleted_while_it_was_asked_is_passed_over(
    make_camera: MakeCamera, now: datetime
) -> None:
    gone, _stays = make_camera(), make_camera()
    claims = services.claim(poller="a", limit=9, lease=MINUTE, now=now)
    gone.delete()

    findings = [Finding(claim, now, verdict_of([GOOD])) for claim in claims]

    assert services.record(findings, poller="a") == 1


def test_an_answer_to_the_old_login_does_not_count_against_the_new_one(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Also when the very poller that asked with the old one has claimed the camera again."""
    camera = make_camera(login=("viewer", "old"))
    (old,) = services.claim(poller="a", limit=9, lease=MINUTE, now=now)
    services.set_login(camera_id=camera.id, username="viewer", password="new", now=now)
    (new,) = services.claim(poller="a", limit=9, lease=2 * MINUTE, now=now)
    refused = verdict_of([StepResult(Reason.WRONG_LOGIN, "401", LoginOutcome.REFUSED)])

    assert services.record([Finding(old, now, refused)], poller="a") == 0
    assert CameraState.objects.get().failed_logins == 0
    assert services.record([Finding(new, now, verdict_of([GOOD]))], poller="a") == 1


def test_nothing_found_is_nothing_written(db: None) -> None:
    assert services.record([], poller="a") == 0


def test_an_outage_goes_on_through_an_unknown_time(make_camera: MakeCamera, now: datetime) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, row={"last_probe_at": now})
    services.mark_stale(now + 10 * MINUTE)
    for minute in (11, 12, 13):
        tell([camera], BAD, now + minute * MINUTE)

    outage = Outage.objects.get()
    assert (outage.opened_at, outage.closed_at) == (now, None)
    assert CameraState.objects.get().state == State.OFFLINE


def test_refused_logins_are_counted_and_a_good_one_clears_them(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(login=("viewer", "x"))
    refused = StepResult(Reason.WRONG_LOGIN, "401", LoginOutcome.REFUSED)
    tell([camera], refused, now)
    after_one = CameraState.objects.get()
    tell([camera], StepResult(Reason.OK, "", LoginOutcome.ACCEPTED), now + MINUTE)

    assert (after_one.failed_logins, after_one.failed_login_at) == (1, now)
    assert CameraState.objects.get().failed_logins == 0


def test_a_wrong_password_is_sent_at_most_twice_a_day(
    make_camera: MakeCamera, now: datetime
) -> None:
    make_camera(login=("viewer", "wrong"))
    sent = 0
    for minute in range(0, 24 * 60, 7):
        at = now + minute * MINUTE
        CameraState.objects.update(due_at=at)
        (claim,) = services.claim(poller="a", limit=1, lease=MINUTE, now=at)
        assert claim.target.login is not None
        sent += claim.target.login.may_try
        login = LoginOutcome.REFUSED if claim.target.login.may_try else LoginOutcome.NOT_SENT
        verdict = verdict_of([StepResult(Reason.WRONG_LOGIN, "", login)])
        services.record([Finding(claim, at, verdict)], poller="a")

    assert sent == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_verdicts_written_twice_at_once_count_once(
    make_camera: MakeCamera, now: datetime
) -> None:
    for _ in range(20):
        make_camera(state=State.ONLINE, reason=Reason.OK)
    CameraState.objects.update(streak_bad=2)
    claims = services.claim(poller="a", limit=99, lease=MINUTE, now=now)
    findings = [Finding(claim, now, verdict_of([BAD])) for claim in claims]

    written = together(
        partial(services.record, findings, poller="a"),
        partial(services.record, findings[::-1], poller="a"),
    )

    assert sorted(written) == [0, 20]
    assert ChangeRow.objects.filter(topic="camera").count() == 20
    # They share a network and an owner: one outage.
    assert (Outage.objects.count(), OutageMember.objects.count()) == (1, 20)


@pytest.mark.django_db(transaction=True)
def test_a_verdict_and_the_stale_mark_at_once_leave_one_of_the_two(
    make_camera: MakeCamera, now: datetime
) -> None:
    for _ in range(20):
        make_camera(state=State.ONLINE, reason=Reason.OK)
    claims = services.claim(poller="a", limit=99, lease=MINUTE, now=now)
    findings = [Finding(claim, now, verdict_of([GOOD])) for claim in claims]

    together(
        partial(services.record, findings, poller="a"),
        partial(services.mark_stale, now),
    )

    states = CameraState.objects.values_list("state", "last_probe_at")
    assert {state for state, _ in states} <= {"online", "unknown"}
    assert all(last == now for _, last in states)


def test_writing_costs_the_same_for_one_and_for_many(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    for _ in range(40):
        make_camera()
    claims = services.claim(poller="a", limit=99, lease=MINUTE, now=now)
    findings = [Finding(claim, now, verdict_of([GOOD])) for claim in claims]

    # Savepoint, those that are steady (none), release; savepoint, lock, states, probes, spans,
    # outages (lock, parts), cameras, feed lock, changes, notify, release.
    with django_assert_num_queries(15):
        services.record(findings, poller="a")


def test_a_camera_that_stays_well_costs_one_short_write(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    cameras = [make_camera() for _ in range(5)]
    for minute in range(21):
        tell(cameras, GOOD, now + minute * MINUTE)
    kept = Probe.objects.count()
    CameraState.objects.update(due_at=now)
    at = now + 21 * MINUTE
    claims = services.claim(poller="a", limit=9, lease=MINUTE, now=at)
    before = list(CameraState.objects.order_by("camera_id").values("state", "since", "history"))

    # Savepoint, write, release.
    with django_assert_num_queries(3):
        services.record([Finding(claim, at, verdict_of([GOOD])) for claim in claims], poller="a")

    assert Probe.objects.count() == kept
    states = CameraState.objects.order_by("camera_id")
    assert list(states.values("state", "since", "history")) == before
    assert {(s.last_probe_at, s.leased_by, s.due_at > at) for s in states} == {(at, "", True)}


def test_of_good_answers_one_in_a_while_is_kept_and_of_failures_each(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera()
    for minute, mark in enumerate("+" * 21 + "----" + "+" * 5):
        tell([camera], GOOD if mark == "+" else BAD, now + minute * MINUTE)

    kept = [(row.at - now) // MINUTE for row in Probe.objects.order_by("id")]
    # One in ten minutes, each failure, the first good answer after them.
    assert kept == [0, 10, 20, 21, 22, 23, 24, 25]


DARK = {
    "reason": Reason.PICTURE_DARK,
    "detail": "dark",
    "picture_fault": Reason.PICTURE_DARK,
    "picture_detail": "dark",
}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({}, id="well"),
        pytest.param({"streak_ok": 21}, id="well for long, counted as it used to be"),
        pytest.param({"streak_ok": 1}, id="only just well"),
        pytest.param({"streak_ok": 0, "streak_bad": 1, "history": 1}, id="just failed"),
        pytest.param({"history": 1 << 20}, id="failed long ago"),
        pytest.param({"unstable": True}, id="unstable"),
        pytest.param({"state": State.OFFLINE}, id="offline"),
        pytest.param({"state": State.UNKNOWN}, id="unknown"),
        pytest.param({"detail": "H265"}, id="another detail"),
        pytest.param({"state": State.DEGRADED, "reason": Reason.BUSY}, id="degraded by a fault"),
        pytest.param({"state": State.DEGRADED, "reason": Reason.CLOCK_OFF}, id="clock told right"),
        pytest.param(DARK | {"state": State.DEGRADED}, id="a dark picture"),
        pytest.param(
            DARK | {"state": State.DEGRADED, "clock_fault": "+60 s"}, id="a dark picture, clock off"
        ),
        pytest.param(DARK | {"reason": Reason.OK, "detail": "H264"}, id="a dark picture is news"),
        pytest.param(DARK | {"picture_detail": "darker"}, id="a darker picture is news"),
        pytest.param({"failed_logins": 1}, id="refused once"),
        pytest.param({"leased_by": "b"}, id="held by another"),
        pytest.param({"lease_until": datetime(2027, 1, 1, tzinfo=UTC)}, id="claimed anew"),
    ],
)
def test_what_is_steady_is_decided_in_the_database_as_the_rules_say(
    make_camera: MakeCamera, now: datetime, row: dict[str, Any]
) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK)
    (claim,) = services.claim(poller="a", limit=9, lease=MINUTE, now=now)
    well = {"detail": "H264", "streak_ok": UP_AFTER, "kept_at": now, "history": 0}
    CameraState.objects.update(**(well | row))
    (stored,) = rows_of(f"SELECT {READ} {FROM}", [])
    held = not row.keys() & {"leased_by", "lease_until"}
    finding = Finding(claim, now + MINUTE, verdict_of([GOOD]))
    reason, detail = counted(stored, claim.target, finding.verdict)
    says = (reason, detail) == (stored.reason, stored.detail)
    steady = held and says and not stored.failed_logins and health_of(stored).is_steady

    assert bool(write_steady([finding], "a")) is steady
    if steady:
        expected = after(health_of(stored), reason, detail, now)
        assert health_of(rows_of(f"SELECT {READ} {FROM}", [])[0]).since == expected.since


FROM = "FROM cameras_camerastate AS s JOIN cameras_camera AS c ON c.id = s.camera_id"


@pytest.mark.django_db(transaction=True)
def test_a_steady_write_and_a_blind_site_at_once_leave_no_lease_and_no_false_state(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Neither waits for the other for ever, whichever comes first."""
    for _ in range(30):
        make_camera(
            state=State.ONLINE, reason=Reason.OK, row={"detail": "H264", "streak_ok": UP_AFTER}
        )
    claims = services.claim(poller="a", limit=99, lease=MINUTE, now=now)
    findings = [Finding(claim, now, verdict_of([GOOD])) for claim in claims]

    together(
        partial(services.record, findings[::-1], poller="a"),
        partial(services.go_blind, MAIN_SITE, detail="0 of 2 canaries answer", now=now),
        partial(services.record, findings, poller="a"),
    )

    states = CameraState.objects.values_list("state", "reason", "leased_by", "last_probe_at")
    assert set(states) <= {
        ("online", "ok", "", now),
        ("unknown", "own_trouble", "", now),
    }
