"""API tokens: less than their owner may do, for programs only, shown once, counted when wrong."""

import logging
import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.errors import DomainError
from gis_server.models import ApiToken, AuditRow, User, UserSession
from gis_server.roles import MAY, PERMISSION_NAMES, LentRole, Permission, Role, common, may
from tests.cameras.threads import together
from tests.gis_server.people import HERE, PAGE, PASSWORD, person, signed_in
from tests.grids.territory import two_grids

pytestmark = pytest.mark.django_db
MAP_ONLY = Wanted("报表系统", ["see_map"], [], 30)
SNAPSHOT = "/api/cameras/999999/snapshot/"


@pytest.fixture
def boss() -> User:
    return person("boss")


def token(user: User, now: datetime | None = None, **changes: Any) -> str:
    wanted = Wanted(**(MAP_ONLY.__dict__ | changes))
    return tokens.make(user=user, wanted=wanted, now=now or timezone.now())[1]


def program(text: str, address: str = HERE, **extra: Any) -> Client:
    return Client(
        REMOTE_ADDR=address,
        HTTP_AUTHORIZATION=f"Bearer {text}",
        HTTP_ACCEPT_LANGUAGE="en",
        **extra,
    )


def test_a_token_opens_what_its_permissions_say(boss: User) -> None:
    two_grids()
    client = program(token(boss))

    assert len(client.get("/api/divisions/").json()["items"]) == 3
    assert client.get("/tiles/version/").status_code == 200
    assert client.get("/api/cameras/summary/").status_code == 403
    assert not client.cookies
    assert not UserSession.objects.exists()


def test_a_token_is_worth_no_more_than_its_owners_role_is_now(boss: User) -> None:
    client = program(token(boss, permissions=["see_map", "see_cameras"]))
    assert client.get("/api/cameras/summary/").status_code == 200

    User.objects.update(role=Role.GRID_WORKER)

    assert client.get("/api/cameras/summary/").status_code == 403
    assert client.get("/api/divisions/").status_code == 200


def test_a_token_reaches_no_further_than_its_part_and_its_owner(boss: User) -> None:
    two_grids()
    client = program(token(boss, prefixes=["140107001001"]))

    assert len(client.get("/api/divisions/").json()["items"]) == 1
    User.objects.update(scope=["140107002"])
    assert client.get("/api/divisions/").json()["items"] == []


@pytest.mark.parametrize(
    ("scope", "other", "both"),
    [
        (["140107"], None, ["140107"]),
        (["140107"], [], []),
        ([], ["140107"], []),
        (["140107"], ["140107001"], ["140107001"]),
        (["140107001"], ["140107"], ["140107001"]),
        (["140107001", "140108"], ["140107", "140108002"], ["140107001", "140108002"]),
        (["140107"], ["140108"], []),
        ([""], [""], []),
    ],
)
def test_what_two_scopes_have_in_common(
    scope: list[str], other: list[str] | None, both: list[str]
) -> None:
    assert common(scope, other) == both


def test_a_lent_role_is_the_role_with_less() -> None:
    lent = LentRole.of("operator", ["see_map", "manage_users"])

    assert lent == "operator"
    assert [p for p in Permission if may(lent, p)] == [Permission.SEE_MAP]


def test_a_post_by_token_needs_nothing_of_a_page_and_one_by_session_does(boss: User) -> None:
    text = token(boss, permissions=["take_pictures"])
    by_session = Client(enforce_csrf_checks=True)
    by_session.force_login(boss)

    assert program(text, enforce_csrf_checks=True).post(SNAPSHOT).status_code == 404
    assert by_session.post(SNAPSHOT).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/wall/", "/account/", "/account/password/", "/account/tokens/", "/users/", "/live/ticket/"],
)
def test_no_page_and_nothing_of_accounts_takes_a_token(path: str) -> None:
    admin = person("admin", Role.ADMINISTRATOR)
    client = program(token(admin, permissions=["see_map", "administer"]))

    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 403
    assert "takes no API token" in client.get(path).json()["error"]["message"]


def test_a_session_that_comes_with_a_token_does_not_count(boss: User) -> None:
    client = signed_in(boss)

    wrong = client.get("/api/divisions/", HTTP_AUTHORIZATION="Bearer gis_wrong")
    narrow = client.get("/api/cameras/summary/", HTTP_AUTHORIZATION=f"Bearer {token(boss)}")

    assert (wrong.status_code, narrow.status_code) == (401, 403)


@pytest.mark.parametrize("text", ["", "gis_", "x", "gis_" + "x" * 5000, "é", "\udcff", "a b"])
def test_a_wrong_token_is_told_so(boss: User, text: str) -> None:
    answer = program(text).get("/api/divisions/")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert "is wrong" in answer.json()["error"]["message"]


@pytest.mark.parametrize("spoil", ["revoked", "run out", "owner switched off"])
def test_a_token_that_holds_no_more(boss: User, spoil: str) -> None:
    text = token(boss, now=timezone.now() - timedelta(days=1))
    if spoil == "revoked":
        ApiToken.objects.update(revoked_at=timezone.now())
    if spoil == "run out":
        ApiToken.objects.update(expires_at=timezone.now())
    if spoil == "owner switched off":
        User.objects.update(is_active=False)

    assert program(text).get("/api/divisions/").status_code == 401


def test_wrong_tokens_are_counted_for_the_address_and_a_right_one_still_passes(
    boss: User, settings: Settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 5
    text = token(boss)

    answers = [program("gis_wrong").get("/api/divisions/") for _ in range(6)]

    assert [a.status_code for a in answers] == [401] * 4 + [429] * 2
    assert int(answers[-1]["Retry-After"]) > 800
    assert AccessAttempt.objects.get().failures_since_start == 5
    assert program(text).get("/api/divisions/").status_code == 200
    assert program("gis_wrong", "10.1.1.2").get("/api/divisions/").status_code == 401
    assert signed_in(boss)


def test_before_a_given_password_is_changed_a_token_is_worth_nothing(boss: User) -> None:
    text = token(boss)
    User.objects.update(must_change_password=True)

    assert program(text).get("/api/divisions/").status_code == 403


def test_a_role_that_needs_two_steps_needs_them_for_its_tokens_too(
    boss: User, settings: Settings
) -> None:
    settings.SECOND_FACTOR_ROLES = ["operator"]

    assert program(token(boss)).get("/api/divisions/").status_code == 403


def test_use_is_noted_every_five_minutes_only(
    boss: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = program(token(boss))
    client.get("/api/cameras/summary/")
    used = ApiToken.objects.get().last_used_at

    # The token with its owner; the permission is refused without a question.
    with django_assert_num_queries(1):
        client.get("/api/cameras/summary/")

    assert ApiToken.objects.get().last_used_at == used


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "报表系统",
        "permissions": ["see_map", "see_cameras"],
        "prefixes": "140107001",
        "days": "90",
        "current": PASSWORD,
    } | changes


def test_a_token_is_made_on_a_page_and_shown_once(
    boss: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = signed_in(boss)

    answer = client.post("/account/tokens/", form(), **PAGE)

    [text] = re.findall(r'<code class="secret">(gis_[\w-]{43})</code>', answer.content.decode())
    assert answer["Cache-Control"] == "private, no-store"
    assert program(text).get("/api/cameras/summary/").status_code == 200
    row = ApiToken.objects.get()
    assert (row.prefixes, row.permissions) == (["140107001"], ["see_map", "see_cameras"])
    assert row.expires_at - row.made_at == timedelta(days=90)
    again = client.get("/account/tokens/", **PAGE).content.decode()
    assert "报表系统" in again
    assert text not in again
    assert text not in caplog.text
    assert text not in str(list(AuditRow.objects.values()))
    assert AuditRow.objects.get(action="token.made").detail["name"] == "报表系统"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM gis_server_api_token t")
        assert text not in cursor.fetchone()[0]


def test_the_list_of_tokens_goes_along_without_any_of_them(boss: User) -> None:
    text = token(boss)
    token(person("other"), name="别人的")
    row = ApiToken.objects.get(user=boss)

    answer: Any = signed_in(boss).get("/account/tokens/?f=csv")

    body = b"".join(answer.streaming_content).decode()
    assert "报表系统" in body
    assert "别人的" not in body
    assert [one for one in (text, text[-6:], row.digest) if one in body] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 61}, "at most 60"),
        ({"name": "taken"}, "You have a token of this name"),
        ({"permissions": []}, "required"),
        ({"permissions": ["manage_users"]}, "not one of the available"),
        ({"permissions": ["see_audit"]}, "not one of the available"),
        ({"prefixes": "140108"}, "lies outside"),
        ({"prefixes": "14"}, "lies outside"),
        ({"prefixes": "x"}, "first 2 to 19 digits"),
        ({"prefixes": ",".join(f"1401070{i:02}" for i in range(21))}, "at most 20"),
        ({"days": "366"}, "not one of the available"),
        ({"days": "x"}, "not one of the available"),
        ({"current": "wrong"}, "not your present password"),
    ],
)
def test_a_token_that_breaks_a_rule_is_not_made(
    boss: User, changes: dict[str, Any], sentence: str
) -> None:
    token(boss, name="taken")

    answer = signed_in(boss).post("/account/tokens/", form(**changes), **PAGE)

    assert sentence in answer.content.decode()
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("days", [0, 366, -1])
def test_the_service_and_the_database_know_the_longest_time(boss: User, days: int) -> None:
    with pytest.raises(DomainError):
        token(boss, days=days)
    token(boss)
    long = timezone.now() + timedelta(days=366)

    with pytest.raises(IntegrityError, match="a_year_at_most"), transaction.atomic():
        ApiToken.objects.update(expires_at=long)


def test_no_token_manages_users_whatever_the_role(boss: User) -> None:
    boss.role = Role.ADMINISTRATOR.value

    assert set(tokens.lendable(boss)) == set(Permission) - {Permission.MANAGE_USERS}
    with pytest.raises(DomainError):
        token(boss, permissions=["manage_users"])


def test_a_token_is_revoked_by_its_owner_only(boss: User) -> None:
    text = token(boss)
    row = ApiToken.objects.get()

    assert signed_in(person("other")).post(f"/account/tokens/{row.pk}/revoke/").status_code == 404
    assert program(text).get("/api/divisions/").status_code == 200
    signed_in(boss).post(f"/account/tokens/{row.pk}/revoke/")

    assert program(text).get("/api/divisions/").status_code == 401
    assert AuditRow.objects.get(action="token.revoked").subject == str(row.pk)


def test_an_administrator_revokes_all_tokens_of_a_user(boss: User) -> None:
    texts = [token(boss, name=name) for name in ("a", "b")]
    admin = signed_in(person("admin", Role.ADMINISTRATOR))

    admin.post(f"/users/{boss.pk}/revoke-tokens/")

    assert [program(text).get("/api/divisions/").status_code for text in texts] == [401, 401]
    assert AuditRow.objects.get(action="token.revoked").detail == {"user": boss.pk, "tokens": 2}


def test_a_name_with_html_is_inert(boss: User) -> None:
    token(boss, name="<img src=x>")

    assert "<img src=x>" not in signed_in(boss).get("/account/tokens/", **PAGE).content.decode()


def test_every_permission_has_a_name() -> None:
    assert set(PERMISSION_NAMES) == set(Permission)
    assert set().union(*MAY.values()) <= set(PERMISSION_NAMES)


def told(work: partial[Any]) -> str:
    try:
        work()
    except DomainError as error:
        return type(error).__name__
    return "done"


@pytest.mark.django_db(transaction=True)
def test_of_eight_made_at_once_no_more_than_allowed_come_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = person("boss")
    monkeypatch.setattr(tokens, "MAX_TOKENS", 3)

    works = [partial(token, user, name=str(i)) for i in range(8)]
    answers = together(*[partial(told, work) for work in works])

    assert sorted(answers) == ["Conflict"] * 5 + ["done"] * 3
    assert ApiToken.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_who_revoke_one_token_at_once_one_does() -> None:
    user = person("boss")
    token(user)
    work = partial(
        tokens.revoke, user=user, token_id=ApiToken.objects.get().pk, by=user, now=timezone.now()
    )

    assert sorted(together(*[partial(told, work)] * 2)) == ["NotFound", "done"]
    assert AuditRow.objects.filter(action="token.revoked").count() == 1
