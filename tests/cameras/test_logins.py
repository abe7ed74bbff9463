"""Logins at a device: few refusals for all channels, and none of them silences another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from cameras import services
from cameras.models import Camera, CameraState, LoginBook, Probe
from cameras.probe.budget import HEAD_START, LOCKOUT
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, verdict_of
from cameras.probe.steps_login import withheld
from cameras.probe.target import Login, Target
from cameras.processes.poller import own_trouble
from cameras.services import Claim, Finding
from cameras.services.logins import (
    KEPT,
    TURN,
    Outcome,
    ask_of,
    note_outcomes,
    permit,
    permitted_target,
    place_of,
)
from tests.cameras.conftest import NOW, MakeCamera
from tests.cameras.threads import together

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
RECORDER = "10.0.0.9"
ACCEPTED, REFUSED, NOT_SENT = LoginOutcome.ACCEPTED, LoginOutcome.REFUSED, LoginOutcome.NOT_SENT

Says = Callable[[Claim], LoginOutcome]


def recorder(make_camera: MakeCamera, channels: int, **values: Any) -> list[Camera]:
    login = values.pop("login", ("viewer", "x"))
    return [
        make_camera(host=RECORDER, path=f"/{channel}", login=login, **values)
        for channel in range(channels)
    ]


def claimed(poller: str, at: datetime, limit: int = 100) -> list[Claim]:
    return services.claim(poller=poller, limit=limit, lease=LEASE, now=at)


def sends(claim: Claim) -> bool:
    return claim.target.login is not None and claim.target.login.may_try


def answer(claims: list[Claim], at: datetime, says: Says, poller: str = "a") -> int:
    """Write what the device says to those that send their login; how many were refused."""
    findings, refused = [], 0
    for claim in claims:
        login = claim.target.login
        assert login is not None
        outcome = says(claim) if login.may_try else NOT_SENT
        result = StepResult(Reason.OK, "H264", outcome, "rtsp_describe")
        if outcome is REFUSED:
            refused += 1
            result = StepResult(Reason.WRONG_LOGIN, "401", outcome, "rtsp_describe")
        elif not login.may_try:
            result = withheld(login)._replace(step="rtsp_describe")
        findings.append(Finding(claim, at, verdict_of([result])))
    services.record(findings, poller=poller)
    return refused


def refusals() -> int:
    """Of the one device there is."""
    return LoginBook.objects.get(login="").failed


def round_at(at: datetime, says: Says) -> tuple[int, list[Claim]]:
    CameraState.objects.update(due_at=at)
    claims = claimed("a", at)
    return answer(claims, at, says), claims


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("logins", [1, 16], ids=["one login", "one for each channel"])
def test_two_pollers_that_claim_a_recorder_at_once_send_two_wrong_passwords_a_day(
    make_camera: MakeCamera, now: datetime, logins: int
) -> None:
    for channel in range(16):
        login = ("viewer", f"wrong-{channel % logins}")
        make_camera(host=RECORDER, path=f"/{channel}", login=login)
    refused = 0
    for minutes in range(0, 24 * 60, 29):
        at = now + minutes * MINUTE
        CameraState.objects.update(due_at=at)
        shares = together(*(partial(claimed, name, at, 8) for name in ("a", "b")))
        claims = [claim for share in shares for claim in share]
        assert sum(map(sends, claims)) <= 1
        for name, share in zip(("a", "b"), shares, strict=True):
            refused += answer(share, at, lambda _: REFUSED, name)

    assert refused == 2


def ladder(claim: Claim, stream: LoginOutcome, onvif: LoginOutcome) -> tuple[Finding, int]:
    """What a device does whose streams and ONVIF answer a login so; how many it refused."""
    login = claim.target.login
    assert login is not None
    results, refused = [StepResult(Reason.OK, step=name) for name in ("tcp", "options")], 0
    if not login.may_try:
        results.append(withheld(login)._replace(step="rtsp_describe"))
    else:
        reason = Reason.WRONG_LOGIN if stream is REFUSED else Reason.OK
        results.append(StepResult(reason, "", stream, "rtsp_describe"))
        refused += stream is REFUSED
    if results[-1].reason is Reason.OK and len(claim.steps) > 3:
        outcome = onvif if login.may_try_onvif else NOT_SENT
        results.append(withheld(login)._replace(step="onvif_device"))
        if outcome is not NOT_SENT:
            reason = Reason.WRONG_LOGIN if outcome is REFUSED else Reason.OK
            results[-1] = StepResult(reason, "", outcome, "onvif_device")
        refused += outcome is REFUSED
    return Finding(claim, NOW, verdict_of(results)), refused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("stream", "changes_at", "heard"),
    [
        pytest.param(REFUSED, None, 2, id="both doors refuse"),
        pytest.param(ACCEPTED, None, 1, id="only ONVIF refuses"),
        pytest.param(ACCEPTED, 240, 2, id="ONVIF refuses, then the password is changed"),
    ],
)
def test_a_recorder_with_onvif_hears_two_wrong_passwords_a_day_from_two_pollers(
    make_camera: MakeCamera, now: datetime, stream: LoginOutcome, changes_at: int | None, heard: int
) -> None:
    """16 channels in their phases, both pollers at once, each door counted."""
    channels = recorder(make_camera, 16, onvif_port=80)
    refused = 0
    for minutes in range(0, 24 * 60, 15):
        at = now + minutes * MINUTE
        says = REFUSED if changes_at is not None and minutes >= changes_at else stream
        mine = channels[minutes // 15 % 16]
        CameraState.objects.update(due_at=at + MINUTE)
        CameraState.objects.filter(camera=mine).update(due_at=at, clock_asked_at=None)
        shares = together(*(partial(claimed, name, at) for name in ("a", "b")))
        for name, share in zip(("a", "b"), shares, strict=True):
            told = [ladder(claim, says, REFUSED) for claim in share]
            refused += sum(count for _, count in told)
            services.record([replace(one, at=at) for one, _ in told], poller=name)

    assert refused == heard


@pytest.mark.django_db(transaction=True)
def test_channels_that_come_due_together_send_one_login_to_onvif(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Proven at the streams, never yet tried at ONVIF."""
    recorder(make_camera, 16)
    for minute in (0, 1):
        round_at(now + minute * MINUTE, lambda _: ACCEPTED)
    Camera.objects.update(onvif_port=80)
    at = now + 2 * MINUTE
    CameraState.objects.update(due_at=at)

    shares = together(*(partial(claimed, name, at, 8) for name in ("a", "b")))

    logins = [claim.target.login for share in shares for claim in share]
    assert [login.may_try for login in logins if login] == [True] * 16
    assert sum(login.may_try_onvif for login in logins if login) == 1
    # The others say that they wait, and ask again.
    assert sum(login.waits for login in logins if login) == 15


def test_channels_wait_for_the_first_one_without_being_condemned_and_then_all_log_in(
    make_camera: MakeCamera, now: datetime
) -> None:
    recorder(make_camera, 16)

    _, first = round_at(now, lambda _: ACCEPTED)
    waiting = set(CameraState.objects.values_list("state", "reason", "streak_bad"))
    _, second = round_at(now + MINUTE, lambda _: ACCEPTED)

    assert sum(map(sends, first)) == 1
    assert waiting == {("online", "ok", 0), ("unknown", "own_trouble", 0)}
    assert all(map(sends, second))
    assert set(CameraState.objects.values_list("state", flat=True)) == {"online"}


def test_a_password_that_was_changed_on_the_recorder_is_refused_twice_and_kept_at_home(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Channels one after the other, as their phases are."""
    channels = recorder(make_camera, 16)
    for minute in (0, 1):
        round_at(now + minute * MINUTE, lambda _: ACCEPTED)
    CameraState.objects.update(due_at=now + timedelta(days=9))
    refused = 0
    for number in range(16 * 20):
        at = now + 2 * MINUTE + number * timedelta(seconds=240)
        CameraState.objects.filter(camera=channels[number % 16]).update(due_at=at)
        refused += answer(claimed("a", at, 1), at, lambda _: REFUSED)
        CameraState.objects.filter(camera=channels[number % 16]).update(
            due_at=now + timedelta(days=9)
        )

    assert refused == 2


@pytest.mark.parametrize("place", [0, 3])
def test_a_channel_that_the_user_may_not_see_silences_no_other(
    make_camera: MakeCamera, now: datetime, place: int
) -> None:
    channels = recorder(make_camera, 4)
    forbidden = channels[place]

    def says(claim: Claim) -> LoginOutcome:
        return REFUSED if claim.camera_id == forbidden.pk else ACCEPTED

    refused = 0
    for minute in range(0, 24 * 60, 12):
        refused += round_at(now + minute * MINUTE, says)[0]

    assert refused == 2
    states = dict(CameraState.objects.values_list("camera", "state"))
    assert states.pop(forbidden.pk) == "offline"
    assert set(states.values()) == {"online"}
    # When it is the very first that is asked, nobody knows better until the second try.
    others = Probe.objects.exclude(camera=forbidden).exclude(reason__in=("ok", "own_trouble"))
    assert all(probe.at < now + LOCKOUT + HEAD_START for probe in others)
    assert place == 0 or not others.exists()


def test_onvif_that_refuses_is_let_alone_for_a_week_by_all_channels(
    make_camera: MakeCamera, now: datetime
) -> None:
    recorder(make_camera, 3, onvif_port=80)
    (claim, *_) = claimed("a", now)
    steps = [
        StepResult(Reason.OK, "H264", ACCEPTED, "rtsp_describe"),
        StepResult(Reason.WRONG_LOGIN, "401", REFUSED, "onvif_device"),
    ]
    services.record([Finding(claim, now, verdict_of(steps))], poller="a")

    def logins(at: datetime) -> list[tuple[bool, bool]]:
        CameraState.objects.update(due_at=at, lease_until=None, leased_by="")
        found = [claim.target.login for claim in claimed("a", at)]
        return [(login.may_try, login.may_try_onvif) for login in found if login]

    assert logins(now + MINUTE) == [(True, False)] * 3
    assert logins(now + timedelta(days=6)) == [(True, False)] * 3
    # One of them tries again; the others do not try with it.
    assert sorted(logins(now + timedelta(days=7))) == [(True, False), (True, False), (True, True)]
    assert CameraState.objects.filter(failed_logins=0).count() == 3


def test_a_camera_that_says_nothing_of_its_login_keeps_the_others_waiting_for_a_minute(
    make_camera: MakeCamera, now: datetime
) -> None:
    recorder(make_camera, 2)
    assert [sends(claim) for claim in claimed("a", now, 1)] == [True]

    assert [sends(claim) for claim in claimed("b", now, 1)] == [False]
    CameraState.objects.update(lease_until=None, leased_by="", due_at=now + TURN)
    assert sum(sends(claim) for claim in claimed("b", now + TURN)) == 1


def test_a_refusal_counts_although_the_lease_has_gone_to_somebody_else(
    make_camera: MakeCamera, now: datetime
) -> None:
    recorder(make_camera, 1)
    late = claimed("slow", now)
    claimed("other", now + MINUTE)

    answer(late, now + MINUTE, lambda _: REFUSED, "slow")

    assert refusals() == 1
    CameraState.objects.update(lease_until=None, leased_by="")
    assert not any(map(sends, claimed("a", now + 2 * MINUTE)))


def test_a_refusal_counts_although_the_canaries_did_not_answer(
    make_camera: MakeCamera, now: datetime
) -> None:
    recorder(make_camera, 1)
    (claim,) = claimed("a", now)
    refused = verdict_of([StepResult(Reason.WRONG_LOGIN, "401", REFUSED, "rtsp_describe")])

    services.record([own_trouble(Finding(claim, now, refused))], poller="a")

    state = CameraState.objects.get()
    assert (state.state, state.reason, state.failed_logins) == ("unknown", "own_trouble", 1)
    assert refusals() == 1


def test_a_lease_that_is_renewed_while_the_login_is_tried_asks_nothing_else(
    make_camera: MakeCamera, now: datetime
) -> None:
    (camera,) = recorder(make_camera, 1)
    (first,), (again,) = claimed("a", now), claimed("a", now + LEASE + timedelta(seconds=1))
    Camera.objects.filter(pk=camera.pk).update(path="/other")
    (moved,) = claimed("a", now + 3 * MINUTE)

    assert (sends(first), sends(again)) == (True, False)
    assert first.asks_as(again)
    assert not first.asks_as(moved)


def test_the_same_outcome_written_twice_counts_once(make_camera: MakeCamera, now: datetime) -> None:
    recorder(make_camera, 1)
    claims = claimed("a", now)

    for _ in range(2):
        answer(claims, now, lambda _: REFUSED)

    assert refusals() == 1


def test_another_password_for_one_channel_empties_the_books_of_the_recorder(
    make_camera: MakeCamera, now: datetime
) -> None:
    channels = recorder(make_camera, 2)
    elsewhere = make_camera(login=("viewer", "x"))
    round_at(now, lambda _: REFUSED)
    assert set(LoginBook.objects.values_list("host", flat=True)) == {RECORDER, elsewhere.host}

    services.set_login(camera_id=channels[0].pk, username="viewer", password="y", now=now)

    assert set(LoginBook.objects.values_list("host", flat=True)) == {elsewhere.host}


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_right_login_beside_a_wrong_one_is_not_condemned_and_has_the_second_try(
    make_camera: MakeCamera, now: datetime, wrong: int
) -> None:
    cameras = [make_camera(host=RECORDER, login=("viewer", f"{number}")) for number in (0, 1)]
    bad, good = cameras[wrong], cameras[1 - wrong]
    refused = 0
    for minute in range(0, 24 * 60, 5):
        at = now + minute * MINUTE
        refused += round_at(at, lambda claim: REFUSED if claim.camera_id == bad.pk else ACCEPTED)[0]
        if minute > LOCKOUT / MINUTE:
            assert CameraState.objects.get(camera=good).state == "online"

    assert refused == 2
    assert set(Probe.objects.filter(camera=good).values_list("reason", flat=True)) <= {
        "ok", "own_trouble",
    }  # fmt: skip


def test_two_logins_may_be_tried_by_hand_one_after_the_other(
    make_camera: MakeCamera, now: datetime
) -> None:
    """Whoever waits at a form is not told to come back in half an hour; the third one is."""
    site = make_camera(host=RECORDER).site_id
    sent = []
    for second, password in enumerate(("a", "b", "c")):
        at = now + second * timedelta(seconds=9)
        ask = ask_of(site, Target(RECORDER, login=Login("viewer", password)))
        assert ask is not None
        ((login, leave),) = permit([ask], at)
        sent.append(login.may_try)
        note_outcomes([Outcome(leave, at, REFUSED if login.may_try else NOT_SENT)])

    assert sent == [True, True, False]
    assert refusals() == 2


def test_logins_that_go_on_being_accepted_cost_one_look_and_no_write(
    make_camera: MakeCamera, now: datetime, django_assert_num_queries: Any
) -> None:
    recorder(make_camera, 8)
    for minute in range(22):
        round_at(now + minute * MINUTE, lambda _: ACCEPTED)
    at = now + 22 * MINUTE
    CameraState.objects.update(due_at=at)

    # The claim, and the book.
    with django_assert_num_queries(2):
        claims = claimed("a", at)
    # Savepoint, write, release.
    with django_assert_num_queries(3):
        answer(claims, at, lambda _: ACCEPTED)


def test_a_picture_waits_for_its_turn_as_well(make_camera: MakeCamera, now: datetime) -> None:
    one, other = recorder(make_camera, 2)
    first, _ = permitted_target(one, one.state, now)
    second, _ = permitted_target(other, other.state, now)

    assert first.login is not None
    assert second.login is not None
    assert (first.login.may_try, second.login.may_try, second.login.waits) == (True, False, True)


def test_a_book_tells_neither_the_password_nor_where_it_is_used_again() -> None:
    login = Login("viewer", "right-horse")
    here, there = place_of(1, "10.0.0.1", login), place_of(1, "10.0.0.2", login)

    assert here.login != there.login
    assert "right-horse" not in here.login
    assert place_of(1, "NVR.local", login) == place_of(1, "nvr.LOCAL", login)


def test_books_that_nobody_writes_in_are_dropped(make_camera: MakeCamera, now: datetime) -> None:
    recorder(make_camera, 1)
    claimed("a", now)

    assert services.forget_books(now + KEPT) == 0
    assert services.forget_books(now + KEPT + MINUTE) == 1


def test_books_of_before_are_joined_to_one_count_for_each_device(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera(host=RECORDER)
    for login, failed, minutes in (("a", 1, 5), ("b", 2, 0)):
        LoginBook.objects.create(
            site_id=camera.site_id, host=RECORDER, login=login, failed=failed, refused=failed,
            failed_at=now - minutes * MINUTE, used_at=now,
        )  # fmt: skip
    migration = import_module("cameras.migrations.0210_refusals_per_device")

    with connection.cursor() as cursor:
        cursor.execute(migration.COUNT_BY_DEVICE)

    books = LoginBook.objects.order_by("login")
    assert list(books.values_list("login", "failed", "failed_at", "refused")) == [
        ("", 2, now, 0), ("a", 0, None, 1), ("b", 0, None, 2),
    ]  # fmt: skip
