"""Lending an area: who may ask, who decides, what it opens, and that it ends by itself."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server import grants
from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, TooMany
from gis_server.grant_flow import LONGEST_H, LONGEST_REASON, MOST_WAITING, WAITS_H, GrantState
from gis_server.models import AreaGrant, AuditRow, ChangeRow, User
from gis_server.roles import Permission, Role, may
from tests.conftest import MakeUser

HOME, WANTED = "140107002", "140107001"
GIVEN, REFUSED = GrantState.GIVEN, GrantState.REFUSED


@pytest.fixture
def now() -> datetime:
    """The real present: what is lent is told by the database's clock."""
    return timezone.now()


@pytest.fixture
def asker(make_user: MakeUser) -> User:
    return make_user(Role.OPERATOR, (HOME,))


@pytest.fixture
def leader(make_user: MakeUser) -> User:
    return make_user(Role.STREET_LEADER, (WANTED,))


Ask = Callable[..., AreaGrant]


@pytest.fixture
def ask(asker: User, now: datetime) -> Ask:
    def request(**values: Any) -> AreaGrant:
        usual: dict[str, Any] = {
            "by": asker,
            "prefix": WANTED,
            "reason": "Flood",
            "hours": 4,
            "now": now,
        }
        return grants.ask(**(usual | values))

    return request


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_grant_opens_an_area_until_it_ends_and_no_longer(
    ask: Ask, asker: User, leader: User, now: datetime
) -> None:
    assert fresh(asker).reach == [HOME]

    ask_id = ask().pk
    assert fresh(asker).reach == [HOME]

    grant = grants.decide(grant_id=ask_id, by=leader, to=GIVEN, now=now)
    assert fresh(asker).reach == [HOME, WANTED]
    assert fresh(asker).lent.first_ends_at == grant.until == now + timedelta(hours=4)

    # Nobody does anything: only time goes by.
    AreaGrant.objects.filter(pk=ask_id).update(decided_at=now - timedelta(hours=4), until=now)
    assert fresh(asker).reach == [HOME]
    assert fresh(asker).lent.first_ends_at is None


def test_a_grant_opens_no_permission(ask: Ask, asker: User, leader: User, now: datetime) -> None:
    grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)

    assert not may(fresh(asker).role, Permission.GRANT_AREA)
    assert fresh(asker).role == Role.OPERATOR.value


def test_what_is_lent_comes_with_the_users_own_row(
    ask: Ask,
    asker: User,
    leader: User,
    now: datetime,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)
    client.force_login(asker)
    request = RequestFactory().get("/")
    request.session = client.session

    # Session, user: as many as without any grant.
    with django_assert_num_queries(2):
        user = get_user(request)
        assert isinstance(user, User)
        assert user.reach == [HOME, WANTED]


def test_a_user_read_by_other_means_knows_what_is_lent_too(
    ask: Ask, asker: User, leader: User, now: datetime
) -> None:
    grant = grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)

    assert AreaGrant.objects.select_related("asker").get(pk=grant.pk).asker.reach == [HOME, WANTED]
    assert User(scope=[HOME]).reach == [HOME]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        pytest.param({"prefix": HOME}, Invalid, id="one's own"),
        pytest.param({"prefix": f"{HOME}001"}, Invalid, id="below one's own"),
        pytest.param({"prefix": ""}, Invalid, id="nothing"),
        pytest.param({"prefix": "1"}, Invalid, id="one digit"),
        pytest.param({"prefix": "1" * 20}, Invalid, id="more digits than any code"),
        pytest.param({"prefix": "一四零一零七"}, Invalid, id="no digits"),
        pytest.param({"prefix": "140107%"}, Invalid, id="a wildcard"),
        pytest.param({"prefix": "١٤٠١٠٧"}, Invalid, id="digits of another script"),
        pytest.param({"prefix": "140107001\n"}, Invalid, id="a line end"),
        pytest.param({"reason": " \n\t"}, Invalid, id="no reason"),
        pytest.param({"reason": "x" * (LONGEST_REASON + 1)}, Invalid, id="a novel"),
        pytest.param({"reason": "a\0b"}, Invalid, id="a NUL"),
        pytest.param({"hours": 0}, Invalid, id="no time"),
        pytest.param({"hours": LONGEST_H + 1}, Invalid, id="more than three days"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(
    ask: Ask, values: dict[str, Any], error: type[DomainError]
) -> None:
    with pytest.raises(error):
        ask(**values)

    assert not AreaGrant.objects.exists()
    assert not AuditRow.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if not may(role, Permission.ASK_FOR_AREA)])
def test_a_role_that_may_not_ask_does_not(ask: Ask, make_user: MakeUser, role: Role) -> None:
    with pytest.raises(NotAllowed):
        ask(by=make_user(role, (HOME,)))


def test_the_same_is_asked_once_and_again_when_it_lapsed(ask: Ask, now: datetime) -> None:
    ask(now=now - timedelta(hours=WAITS_H) + timedelta(minutes=1))
    with pytest.raises(Conflict):
        ask()

    again = ask(now=now + timedelta(minutes=2))

    states = dict(AreaGrant.objects.values_list("pk", "state"))
    assert states.pop(again.pk) == GrantState.WAITING.value
    assert list(states.values()) == [GrantState.WITHDRAWN.value]


def test_nobody_floods_the_leaders(ask: Ask) -> None:
    for number in range(MOST_WAITING):
        ask(prefix=f"140105{number:03d}")

    with pytest.raises(TooMany):
        ask()


@pytest.mark.parametrize(
    ("role", "scope", "decides"),
    [
        pytest.param(Role.STREET_LEADER, (WANTED,), True, id="the street's leader"),
        pytest.param(Role.DISTRICT_LEADER, ("140107",), True, id="the district's leader"),
        pytest.param(Role.ADMINISTRATOR, ("14",), True, id="an administrator"),
        pytest.param(Role.STREET_LEADER, ("140107003",), False, id="another street's leader"),
        pytest.param(Role.STREET_LEADER, (f"{WANTED}001",), False, id="a part's leader"),
        pytest.param(Role.OPERATOR, ("140107",), False, id="an operator"),
        pytest.param(Role.AUDITOR, ("140107",), False, id="an auditor"),
        pytest.param(Role.STREET_LEADER, (), False, id="a leader of nothing"),
    ],
)
def test_who_decides_holds_the_area_as_their_own(
    ask: Ask,
    make_user: MakeUser,
    now: datetime,
    role: Role,
    scope: tuple[str, ...],
    decides: bool,
) -> None:
    grant, other = ask(), make_user(role, scope)

    if decides:
        grants.decide(grant_id=grant.pk, by=other, to=GIVEN, now=now)
    else:
        with pytest.raises(NotFound):
            grants.decide(grant_id=grant.pk, by=other, to=GIVEN, now=now)

    grant.refresh_from_db()
    assert (grant.state == GIVEN.value) is decides


def test_what_is_lent_is_not_lent_on(
    ask: Ask, leader: User, make_user: MakeUser, now: datetime
) -> None:
    neighbour = make_user(Role.STREET_LEADER, (HOME,))
    lent = ask(by=neighbour)
    grants.decide(grant_id=lent.pk, by=leader, to=GIVEN, now=now)
    assert WANTED in fresh(neighbour).reach
    third = ask(by=make_user(Role.OPERATOR, ("140107005",)))

    with pytest.raises(NotFound):
        grants.decide(grant_id=third.pk, by=fresh(neighbour), to=GIVEN, now=now)


def test_nobody_decides_about_their_own_request(
    ask: Ask, make_user: MakeUser, now: datetime
) -> None:
    leader = make_user(Role.STREET_LEADER, (HOME,))
    grant = ask(by=leader)
    # Somebody makes them leader of it all while the request waits.
    User.objects.filter(pk=leader.pk).update(scope=["140107"])

    with pytest.raises(NotAllowed):
        grants.decide(grant_id=grant.pk, by=fresh(leader), to=GIVEN, now=now)


def test_a_shorter_time_is_given_but_no_longer_one(ask: Ask, leader: User, now: datetime) -> None:
    grant = ask(hours=4)

    with pytest.raises(Invalid):
        grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, hours=5, now=now)
    given = grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, hours=1, now=now)

    assert given.until == now + timedelta(hours=1)


def test_a_refusal_says_why(ask: Ask, asker: User, leader: User, now: datetime) -> None:
    grant = ask()

    with pytest.raises(Invalid):
        grants.decide(grant_id=grant.pk, by=leader, to=REFUSED, now=now)
    refused = grants.decide(grant_id=grant.pk, by=leader, to=REFUSED, note="no flood", now=now)

    assert (refused.state, refused.note) == (REFUSED.value, "no flood")
    assert fresh(asker).reach == [HOME]


def test_a_request_of_yesterday_is_no_longer_answered(
    ask: Ask, leader: User, now: datetime
) -> None:
    grant = ask(now=now - timedelta(hours=WAITS_H))

    with pytest.raises(Conflict):
        grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, now=now)


def test_only_the_asker_withdraws(ask: Ask, asker: User, leader: User, now: datetime) -> None:
    grant = ask()

    with pytest.raises(NotFound):
        grants.withdraw(grant_id=grant.pk, by=leader, now=now)
    grants.withdraw(grant_id=grant.pk, by=asker, now=now)

    with pytest.raises(Conflict):
        grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, now=now)
    with pytest.raises(Conflict):
        grants.withdraw(grant_id=grant.pk, by=asker, now=now)


@pytest.mark.parametrize("who", ["asker", "leader"])
def test_a_grant_is_ended_by_who_has_it_or_who_lends_it(
    ask: Ask, asker: User, leader: User, now: datetime, who: str
) -> None:
    grant = grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)
    by = {"asker": asker, "leader": leader}[who]

    grants.end(grant_id=grant.pk, by=by, now=now + timedelta(minutes=5))

    assert fresh(asker).reach == [HOME]
    with pytest.raises(Conflict):
        grants.end(grant_id=grant.pk, by=by, now=now + timedelta(minutes=6))


def test_others_end_no_grant(ask: Ask, leader: User, make_user: MakeUser, now: datetime) -> None:
    grant = grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)
    other = make_user(Role.DISTRICT_LEADER, ("140105",))

    with pytest.raises(NotFound):
        grants.end(grant_id=grant.pk, by=other, now=now)


def test_what_has_run_out_cannot_be_ended(ask: Ask, leader: User, now: datetime) -> None:
    grant = grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)

    with pytest.raises(Conflict):
        grants.end(grant_id=grant.pk, by=leader, now=now + timedelta(hours=4))


def test_every_step_is_noted_and_told(ask: Ask, asker: User, leader: User, now: datetime) -> None:
    grant = ask()
    grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, note="go", now=now)
    grants.end(grant_id=grant.pk, by=leader, now=now)

    noted = AuditRow.objects.order_by("id").values_list("action", "who", "subject", "scope")
    assert list(noted) == [
        ("area.asked", asker.username, str(grant.pk), WANTED),
        ("area.given", leader.username, str(grant.pk), WANTED),
        ("area.ended", leader.username, str(grant.pk), WANTED),
    ]
    told = list(ChangeRow.objects.values_list("topic", "subject", "scope"))
    request, reach = ("area_request", str(grant.pk), WANTED), ("reach", str(asker.pk), HOME)
    assert told == [request, request, reach, request, reach]


def test_what_fails_half_way_was_never_noted(
    ask: Ask, leader: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = ask()
    noted = AuditRow.objects.count()
    monkeypatch.setattr("gis_server.live.TOPICS", {})

    with pytest.raises(ValueError, match="TOPICS"), transaction.atomic():
        grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, now=now)

    grant.refresh_from_db()
    assert grant.state == GrantState.WAITING.value
    assert AuditRow.objects.count() == noted


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"state": "lost", "until": None}, "grant_state_is_known"),
        ({"prefix": "x"}, "grant_area_is_a_code_prefix"),
        ({"reason": ""}, "grant_has_a_reason"),
        ({"wanted_h": 73}, "grant_is_wanted_for_1_to_72_hours"),
        ({"decided_by": "asker"}, "grant_is_decided_by_someone_else_than_the_asker"),
        ({"decided_by": None}, "grant_is_decided_when_its_state_says_so"),
        ({"until": None}, "grant_has_an_end_when_it_was_given"),
        ({"until": timedelta(0)}, "grant_ends_after_it_begins"),
        ({"until": timedelta(hours=72, seconds=1)}, "grant_lasts_72_hours_at_most"),
        ({"state": "ended"}, "grant_ended_early_says_by_whom_and_when"),
        ({"state": "refused", "until": None, "note": ""}, "grant_is_refused_with_a_note"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_database_keeps_the_rules(
    ask: Ask, asker: User, leader: User, now: datetime, values: dict[str, Any], rule: str
) -> None:
    grant = grants.decide(grant_id=ask().pk, by=leader, to=GIVEN, now=now)
    if values.get("decided_by") == "asker":
        values = values | {"decided_by": asker}
    if isinstance(values.get("until"), timedelta):
        values = values | {"until": now + values["until"]}

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        AreaGrant.objects.filter(pk=grant.pk).update(**values)


def both_at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of acts that start at the same moment, each in a thread and connection of its
    own: "done" or the name of the error."""
    start, results = threading.Barrier(len(acts)), list[str]()

    def run(act: Callable[[], object]) -> None:
        try:
            start.wait(60)
            act()
            results.append("done")
        except DomainError as error:
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(results)


@pytest.mark.django_db(transaction=True)
def test_two_leaders_who_answer_together_do_not_both_decide(
    ask: Ask, leader: User, make_user: MakeUser, now: datetime
) -> None:
    grant, other = ask(), make_user(Role.DISTRICT_LEADER)

    results = both_at_once(
        lambda: grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, now=now),
        lambda: grants.decide(grant_id=grant.pk, by=other, to=REFUSED, note="no", now=now),
    )

    assert results == ["Conflict", "done"]
    assert AuditRow.objects.exclude(action="area.asked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_request_is_answered_or_withdrawn_not_both(
    ask: Ask, asker: User, leader: User, now: datetime
) -> None:
    grant = ask()

    results = both_at_once(
        lambda: grants.decide(grant_id=grant.pk, by=leader, to=GIVEN, now=now),
        lambda: grants.withdraw(grant_id=grant.pk, by=asker, now=now),
    )

    assert results == ["Conflict", "done"]


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_is_one_request(ask: Ask) -> None:
    assert both_at_once(ask, ask) == ["Conflict", "done"]
    assert AreaGrant.objects.count() == 1
