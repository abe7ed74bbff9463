"""Sending somebody on duty somewhere: who may, whom, and what becomes of it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from gis_server import live
from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from gis_server.models import ChangeRow, User
from gis_server.roles import Role
from patrols.control import ControlLevel
from patrols.errands import phone, queries, services
from patrols.errands.sent import Order, Target, order_of
from patrols.errands.workflow import MOVES, OPEN_STATES, Action, State
from patrols.models import ControlSwitch, Errand
from tests.cameras.threads import together
from tests.patrols.duty_town import (
    MINUTE,
    NOW,
    OTHER_STREET,
    STREET,
    DutyTown,
    at,
    make_duty,
    make_duty_town,
    make_member,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> DutyTown:
    return make_duty_town()


@pytest.fixture
def operator() -> User:
    return make_user("operator", Role.OPERATOR, STREET)


@pytest.fixture
def guard() -> User:
    return make_user("guard", Role.PATROLLER, STREET)


def order(duty_id: int, client_id: UUID | None = None, message: str = "Look there") -> Order:
    return Order(client_id or uuid4(), duty_id, Target(at(100, 0), "Gate"), message)


def sent_to(town: DutyTown, operator: User, guard: User) -> Errand:
    duty = make_duty(make_member("张三", guard), town.post, town.shift)
    return services.send(by=operator, order=order(duty.pk), now=NOW)[0]


def test_somebody_on_duty_is_sent_and_reads_it(town: DutyTown, operator: User, guard: User) -> None:
    row = sent_to(town, operator, guard)

    assert (row.state, row.scope_code, row.sender_name) == ("sent", STREET, "Operator")
    change = ChangeRow.objects.get(topic="errand")
    assert (change.subject, change.scope, change.data["state"]) == (str(row.pk), STREET, "sent")
    (shown,) = phone.shown(row.member, NOW)["errands"]
    assert (shown["message"], shown["place"]) == ("Look there", "Gate")
    assert [one["verb"] for one in shown["actions"]] == ["accept", "done", "decline"]
    assert shown["links"]["system"].startswith("geo:37.88")


def test_the_phone_of_whoever_is_sent_is_called_and_no_other(
    town: DutyTown, operator: User, guard: User
) -> None:
    def calls() -> list[tuple[str, str, object]]:
        rows = ChangeRow.objects.filter(topic="own_errand").order_by("id")
        return [(row.subject, row.scope, row.data) for row in rows]

    row = sent_to(town, operator, guard)
    assert calls() == [(str(guard.pk), live.NOWHERE, {})]
    # What the phone does itself it knows of.
    services.answer(by=guard, errand_id=row.pk, verb="accept", note="", now=NOW)
    assert len(calls()) == 1
    services.withdraw(by=operator, errand_id=row.pk, now=NOW)
    assert len(calls()) == 2

    alone = make_duty(make_member("李四"), town.post, town.shift)
    services.send(by=operator, order=order(alone.pk), now=NOW)
    assert len(calls()) == 2


def test_the_way_of_an_errand(town: DutyTown, operator: User, guard: User) -> None:
    row = sent_to(town, operator, guard)
    for verb, state in (("see", "seen"), ("accept", "accepted"), ("done", "done")):
        row = services.answer(by=guard, errand_id=row.pk, verb=verb, note="", now=NOW + MINUTE)
        assert row.state == state
    assert row.seen_at == row.answered_at == row.done_at == NOW + MINUTE
    with pytest.raises(Conflict, match="当前为"):
        services.withdraw(by=operator, errand_id=row.pk, now=NOW)


def test_seeing_it_again_changes_nothing(town: DutyTown, operator: User, guard: User) -> None:
    row = sent_to(town, operator, guard)
    for verb in ("accept", "see"):
        row = services.answer(by=guard, errand_id=row.pk, verb=verb, note="", now=NOW)
    assert row.state == "accepted"


def test_whoever_declines_says_why(town: DutyTown, operator: User, guard: User) -> None:
    row = sent_to(town, operator, guard)
    with pytest.raises(Invalid):
        services.answer(by=guard, errand_id=row.pk, verb="decline", note=" ", now=NOW)
    row = services.answer(by=guard, errand_id=row.pk, verb="decline", note="Fire here", now=NOW)
    assert (row.state, row.answer) == ("declined", "Fire here")


def test_old_errands_are_forgotten(town: DutyTown, operator: User, guard: User) -> None:
    sent_to(town, operator, guard)

    assert services.drop_before(NOW) == 0
    assert services.drop_before(NOW + MINUTE) == 1
    assert not Errand.objects.exists()


def test_nobody_answers_for_another(town: DutyTown, operator: User, guard: User) -> None:
    row = sent_to(town, operator, guard)
    other = make_user("other", Role.PATROLLER, STREET)
    with pytest.raises(NotAllowed):
        services.answer(by=other, errand_id=row.pk, verb="accept", note="", now=NOW)
    make_member("李四", other)
    with pytest.raises(NotFound):
        services.answer(by=other, errand_id=row.pk, verb="accept", note="", now=NOW)
    with pytest.raises(NotFound):
        services.answer(by=guard, errand_id=row.pk, verb="withdraw", note="", now=NOW)


def test_the_post_decides_who_may_send_not_the_person(town: DutyTown, operator: User) -> None:
    # The member is of the operator's street, the duty is not.
    duty = make_duty(make_member("张三"), town.other_post, town.shift)
    with pytest.raises(NotFound):
        services.send(by=operator, order=order(duty.pk), now=NOW)
    elsewhere = make_user("elsewhere", Role.OPERATOR, OTHER_STREET)
    row, _ = services.send(by=elsewhere, order=order(duty.pk), now=NOW)
    assert list(queries.errands_seen(operator)) == []
    with pytest.raises(NotFound):
        services.withdraw(by=operator, errand_id=row.pk, now=NOW)


def test_nobody_is_sent_before_or_after_their_duty(town: DutyTown, operator: User) -> None:
    duty = make_duty(make_member("张三"), town.post, town.shift)
    # 8:00 to 16:00 is 0:00 to 8:00 UTC.
    for hour in (-4, 5):
        with pytest.raises(Conflict, match="不在岗"):
            services.send(by=operator, order=order(duty.pk), now=NOW + timedelta(hours=hour))


def test_nobody_is_sent_whose_duty_the_level_ended(town: DutyTown, operator: User) -> None:
    duty = make_duty(make_member("张三"), town.post, town.shift)
    duty.highest = ControlLevel.USUAL.value
    duty.save()
    ControlSwitch.objects.create(
        area=STREET, level="two", begins=NOW - MINUTE, reason="x", user_id=operator.pk, who="x"
    )
    with pytest.raises(Conflict, match="不在岗"):
        services.send(by=operator, order=order(duty.pk), now=NOW)


def test_a_second_press_sends_nobody_twice(town: DutyTown, operator: User) -> None:
    duty = make_duty(make_member("张三"), town.post, town.shift)
    one = order(duty.pk)
    first, is_new = services.send(by=operator, order=one, now=NOW)
    again, again_new = services.send(by=operator, order=one, now=NOW + timedelta(days=1))
    assert (first.pk, is_new, again_new) == (again.pk, True, False)
    with pytest.raises(Conflict, match="其他派遣人"):
        services.send(by=make_user("second", Role.OPERATOR, STREET), order=one, now=NOW)


def test_nobody_gets_more_errands_than_can_be_read(town: DutyTown, operator: User) -> None:
    duty = make_duty(make_member("张三"), town.post, town.shift)
    for _ in range(services.MOST_OPEN):
        services.send(by=operator, order=order(duty.pk), now=NOW)
    with pytest.raises(Conflict, match="10 项未完成"):
        services.send(by=operator, order=order(duty.pk), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_being_done_and_being_withdrawn_together_one_counts() -> None:
    town = make_duty_town()
    operator = make_user("o", Role.OPERATOR, STREET)
    for name in ("ga", "gb", "gc"):
        guard = make_user(name, Role.PATROLLER, STREET)
        row = sent_to(town, operator, guard)
        said = together(
            tried(
                partial(services.answer, by=guard, errand_id=row.pk, verb="done", note="", now=NOW)
            ),
            tried(partial(services.withdraw, by=operator, errand_id=row.pk, now=NOW)),
        )
        row.refresh_from_db()
        assert sorted(said) == ["", "Conflict"]
        assert (row.done_at is None) != (row.withdrawn_at is None)


@pytest.mark.django_db(transaction=True)
def test_two_pages_that_show_it_together_are_both_content() -> None:
    town = make_duty_town()
    guard = make_user("g", Role.PATROLLER, STREET)
    row = sent_to(town, make_user("o", Role.OPERATOR, STREET), guard)
    see = partial(services.answer, by=guard, errand_id=row.pk, verb="see", note="", now=NOW)
    assert together(*[tried(see)] * 4) == [""] * 4


@pytest.mark.django_db(transaction=True)
def test_two_senders_together_do_not_pass_the_limit() -> None:
    town = make_duty_town()
    people = [make_user(name, Role.OPERATOR, STREET) for name in "ab"]
    duty = make_duty(make_member("张三"), town.post, town.shift)
    for _ in range(services.MOST_OPEN - 1):
        services.send(by=people[0], order=order(duty.pk), now=NOW)
    said = together(
        *(tried(partial(services.send, by=one, order=order(duty.pk), now=NOW)) for one in people)
    )
    assert sorted(said) == ["", "Conflict"]
    assert Errand.objects.count() == services.MOST_OPEN


def tried(step: Callable[[], object]) -> Callable[[], str]:
    """The step; it answers "", or the name of the error that it ended with."""

    def run() -> str:
        try:
            step()
        except DomainError as error:
            return type(error).__name__
        return ""

    return run


GOOD = {"client_id": str(uuid4()), "duty": 1, "lon": 112.5, "lat": 37.8, "message": "m"}


@pytest.mark.parametrize(
    "told",
    [
        {},
        GOOD | {"client_id": "x"},
        GOOD | {"duty": True},
        GOOD | {"duty": 2**40},
        GOOD | {"lon": 1e400},
        GOOD | {"lat": 99},
        GOOD | {"message": "\0"},
        GOOD | {"message": "m" * 201},
        GOOD | {"message": ""},
        GOOD | {"about_kind": "x"},
        GOOD | {"about": ["x"]},
    ],
)
def test_what_is_no_order_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        order_of(told)


def test_every_state_that_is_open_can_end_and_others_are_left_by_nothing() -> None:
    for state in State:
        leaves = [action for action, move in MOVES.items() if state in move.before]
        assert bool(leaves) == (state in OPEN_STATES)
    assert {Action.DONE, Action.WITHDRAW} <= set(MOVES)
