"""Pages of lent areas: who sees what, what a form that fails keeps, and that texts stay texts."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server import grants
from gis_server.grant_flow import GrantState
from gis_server.models import AreaGrant, User
from gis_server.roles import Role
from grids import areas
from grids.grant_rows import time_left
from grids.models import Division
from tests.conftest import MakeUser
from tests.grids import territory

pytestmark = pytest.mark.django_db
HOME, WANTED = "140107002", "140107001"
AS_PAGE = {"Accept": "text/html"}
NASTY = '"><script>x</script>'


@pytest.fixture(autouse=True)
def land() -> None:
    territory.two_grids()
    Division.objects.filter(code=f"{WANTED}000").update(name="三桥街道")
    Division.objects.filter(code="140107000000").update(name="杏花岭区")


@pytest.fixture
def asker(make_user: MakeUser) -> User:
    return make_user(Role.OPERATOR, (HOME,))


@pytest.fixture
def leader(make_user: MakeUser) -> User:
    return make_user(Role.STREET_LEADER, (WANTED,))


def signed_in(user: User) -> Client:
    client = Client(headers=AS_PAGE)
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def asked(by: User, reason: str = "Flood", prefix: str = WANTED) -> AreaGrant:
    return grants.ask(by=by, prefix=prefix, reason=reason, hours=4, now=timezone.now())


def given(by: User, leader: User, reason: str = "Flood") -> AreaGrant:
    grant = asked(by, reason)
    now = timezone.now()
    return grants.decide(grant_id=grant.pk, by=leader, to=GrantState.GIVEN, now=now)


@pytest.mark.parametrize(
    ("sought", "prefixes"),
    [
        pytest.param("三桥", [WANTED], id="a part of the name"),
        pytest.param(WANTED, [WANTED, f"{WANTED}001"], id="a code and what lies below"),
        pytest.param(territory.EAST, [territory.EAST], id="a grid's whole code"),
        pytest.param(territory.EAST[:14], [], id="less than a grid's code"),
        pytest.param("%", [], id="a wildcard"),
        pytest.param("_", [], id="another wildcard"),
        pytest.param("a\0b", [], id="a NUL"),
        pytest.param("  ", [], id="blanks"),
        pytest.param("x" * 5000, [], id="a novel"),
    ],
)
def test_an_area_is_found_by_name_or_code(asker: User, sought: str, prefixes: list[str]) -> None:
    assert [area.prefix for area in areas.find(asker, sought).areas] == prefixes
    assert signed_in(asker).get("/area-grants/", {"q": sought}).status_code == 200


def test_what_is_found_beyond_ones_own_tells_names_and_codes_alone(asker: User) -> None:
    page = text(signed_in(asker).get("/area-grants/", {"q": territory.EAST}))

    assert "杏花岭区 / 三桥街道" in page
    assert "112." not in page


def test_too_many_areas_are_cut_and_said_to_be(asker: User) -> None:
    above = Division.objects.get(code=f"{WANTED}000")
    for number in range(2, 2 + areas.MOST_FOUND):
        territory.division(f"{WANTED}{number:03d}", "community", above, kind="community")

    found = areas.find(asker, WANTED)

    assert len(found.areas) == areas.MOST_FOUND
    assert not found.complete


def test_asking_leads_back_to_ones_requests(asker: User) -> None:
    client = signed_in(asker)
    form = {"q": "三桥", "prefix": WANTED, "reason": "Flood", "hours": "4"}

    answer = client.post("/area-grants/ask/", form, follow=True)

    assert answer.redirect_chain == [("/area-grants/", 302)]
    assert "杏花岭区 / 三桥街道" in text(answer)
    assert "等待审批" in text(answer)
    assert AreaGrant.objects.get().wanted_h == 4


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        pytest.param({"prefix": "140199"}, 422, id="an area that is not there"),
        pytest.param({"prefix": territory.EAST[:-1] + "9"}, 422, id="a grid that is not there"),
        pytest.param({"prefix": HOME}, 422, id="one's own, or none"),
        pytest.param({"prefix": NASTY}, 422, id="no code"),
        pytest.param({"hours": "73"}, 422, id="too long"),
        pytest.param({"hours": "٣"}, 422, id="a digit of another script"),
        pytest.param({"hours": "1e1"}, 422, id="no whole number"),
        pytest.param({"reason": ""}, 422, id="no reason"),
        pytest.param({"reason": "x" * 301}, 422, id="a novel"),
        pytest.param({"reason": "\0"}, 422, id="a NUL"),
    ],
)
def test_a_form_that_fails_keeps_what_was_typed(
    asker: User, wrong: dict[str, str], status: int
) -> None:
    form = {"q": "三桥", "prefix": WANTED, "reason": NASTY, "hours": "4"} | wrong

    answer = signed_in(asker).post("/area-grants/ask/", form)

    assert answer.status_code == status
    assert 'role="alert"' in text(answer)
    assert "三桥" in text(answer)
    assert NASTY not in text(answer)
    assert not AreaGrant.objects.exists()


def test_a_program_is_answered_as_one(asker: User) -> None:
    client = Client()
    client.force_login(asker)
    form = {"prefix": WANTED, "reason": "Flood", "hours": "4"}

    assert client.post("/area-grants/ask/", form).json()["state"] == "waiting"
    again = client.post("/area-grants/ask/", form)
    assert (again.status_code, again.json()["error"]["kind"]) == (409, "Conflict")


def test_a_leader_sees_what_waits_and_lends_it_for_less(asker: User, leader: User) -> None:
    grant, client = asked(asker, NASTY), signed_in(leader)

    page = text(client.get("/area-grants/to-decide/"))
    assert "待我审批 (1)" in page
    assert "&gt;&lt;script&gt;" in page
    assert NASTY not in page
    answer = client.post(
        f"/area-grants/{grant.pk}/decide/", {"to": "given", "hours": "1"}, follow=True
    )

    assert "待我审批 (0)" in text(answer)
    assert "正在调用 (1)" in text(answer)
    grant.refresh_from_db()
    assert grant.until is not None
    assert grant.decided_at is not None
    assert grant.until - grant.decided_at == timedelta(hours=1)
    # The area is open to the asker in their very next request.
    assert signed_in(asker).get(f"/api/grids/{territory.EAST}/").status_code == 200


@pytest.mark.parametrize(
    ("form", "state"),
    [
        pytest.param({"to": "refused", "note": "no"}, "refused", id="refused with a note"),
        pytest.param({"to": "refused", "note": " "}, "waiting", id="refused without"),
        pytest.param({"to": "given", "hours": "99"}, "waiting", id="longer than wanted"),
        pytest.param({"to": "given", "hours": ""}, "waiting", id="no time"),
        pytest.param({"to": "withdrawn"}, "waiting", id="not the leader's to say"),
        pytest.param({}, "waiting", id="nothing"),
    ],
)
def test_a_decision_is_told_or_refused_beside_the_list(
    asker: User, leader: User, form: dict[str, str], state: str
) -> None:
    grant = asked(asker)

    answer = signed_in(leader).post(f"/area-grants/{grant.pk}/decide/", form, follow=True)

    grant.refresh_from_db()
    assert grant.state == state
    assert ("message error" in text(answer)) is (state == "waiting")


def test_a_leader_ends_what_is_lent_at_once(asker: User, leader: User) -> None:
    grant = given(asker, leader)
    assert "三桥街道" in text(signed_in(leader).get("/area-grants/running/"))

    answer = signed_in(leader).post(
        f"/area-grants/{grant.pk}/end/", {"from": "running"}, follow=True
    )

    assert answer.redirect_chain == [("/area-grants/running/", 302)]
    assert "您的辖区目前没有被调用" in text(answer)
    assert signed_in(asker).get(f"/api/grids/{territory.EAST}/").status_code == 404


def test_an_asker_withdraws_and_gives_back(asker: User, leader: User) -> None:
    client, first = signed_in(asker), asked(asker)
    client.post(f"/area-grants/{first.pk}/withdraw/")
    second = given(asker, leader)
    client.post(f"/area-grants/{second.pk}/end/")

    states = set(AreaGrant.objects.values_list("state", flat=True))
    assert states == {"withdrawn", "ended"}
    page = text(client.get("/area-grants/"))
    assert "已撤回" in page
    assert "提前结束" in page


def test_requests_of_other_areas_are_not_there(asker: User, make_user: MakeUser) -> None:
    grant = asked(asker, "SECRET")
    other = signed_in(make_user(Role.STREET_LEADER, ("140107003",)))

    for page in ("", "to-decide/", "running/"):
        assert "SECRET" not in text(other.get(f"/area-grants/{page}"))
    for step in ("decide", "withdraw", "end"):
        answer = other.post(f"/area-grants/{grant.pk}/{step}/", {"to": "given", "hours": "1"})
        assert answer.status_code == 302
    assert AreaGrant.objects.get().state == "waiting"


def test_an_operator_decides_nothing(asker: User) -> None:
    client = signed_in(asker)

    assert "to-decide" not in text(client.get("/area-grants/"))
    assert client.get("/area-grants/to-decide/").status_code == 403
    assert client.post(f"/area-grants/{asked(asker).pk}/decide/").status_code == 403


def test_every_state_has_its_name(asker: User, leader: User) -> None:
    given(asker, leader)
    AreaGrant.objects.update(decided_at=timezone.now() - timedelta(hours=4), until=timezone.now())
    grants.ask(
        by=asker,
        prefix="140107009",
        reason="x",
        hours=1,
        now=timezone.now() - timedelta(hours=24),
    )

    page = text(signed_in(asker).get("/area-grants/"))

    assert "已到期" in page
    assert "逾期未审批" in page
    # What is no division (any more) stands there with its digits, below what it lies in.
    assert "杏花岭区 / 009" in page


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=1), "1 分钟"),
        (timedelta(minutes=59, seconds=1), "1 小时 0 分钟"),
        (timedelta(hours=71, minutes=59), "71 小时 59 分钟"),
    ],
)
def test_the_time_that_is_left_counts_the_started_minute(left: timedelta, words: str) -> None:
    assert time_left(left) == words


@pytest.mark.parametrize(
    ("page", "who"),
    [("", "asker"), ("to-decide/", "leader"), ("running/", "leader")],
)
def test_a_page_costs_a_fixed_number_of_queries_for_any_number_of_rows(
    asker: User,
    leader: User,
    make_user: MakeUser,
    django_assert_num_queries: DjangoAssertNumQueries,
    page: str,
    who: str,
) -> None:
    given(asker, leader)
    for number in range(25):
        asker_too = make_user(Role.MAINTAINER, (f"1401080{number:02d}",))
        asked(asker_too if number > 8 else asker, prefix=f"{WANTED}{number:03d}")
    client = signed_in({"asker": asker, "leader": leader}[who])

    # Session, user, counts, rows, names.
    with django_assert_num_queries(5):
        answer = client.get(f"/area-grants/{page}")

    assert answer.status_code == 200
    assert client.get(f"/area-grants/{page}?offset=20&limit=20").status_code == 200
    assert client.get(f"/area-grants/{page}?limit=0").status_code == 422
