"""Administrators and users: only inside their own reach, never over one another's edits."""

import logging
import re
from functools import partial
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server.accounts import users
from gis_server.accounts.users import Wanted, shortest
from gis_server.errors import Conflict, DomainError, NotAllowed
from gis_server.models import AuditRow, User, UserSession
from gis_server.roles import MAY, Permission, Role
from tests.cameras.threads import together
from tests.gis_server.people import PAGE, PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db
FORM = {"display_name": "王芳", "role": "operator", "scope": "140107001", "is_active": "on"}
NOBODYS = 999_999


@pytest.fixture
def boss() -> User:
    return person("boss", Role.ADMINISTRATOR, display_name="区管理员")


@pytest.fixture
def client(boss: User) -> Client:
    return signed_in(boss)


def page_of(client: Client, path: str = "/users/") -> str:
    return client.get(path, **PAGE).content.decode()


def listed(client: Client, query: str = "") -> list[str]:
    return re.findall(r'href="/users/\d+/">([^<]+)</a>', page_of(client, f"/users/{query}"))


def edit(client: Client, user: User, **form: Any) -> Any:
    data = FORM | {"version": user.version} | form
    return client.post(f"/users/{user.pk}/", data, **PAGE)


def test_the_list_shows_whose_whole_scope_lies_inside(client: Client) -> None:
    person("same", Role.OPERATOR, "140107")
    person("street", Role.OPERATOR, "140107001", "140107002")
    person("half-outside", Role.OPERATOR, "140107001", "140108")
    person("city", Role.OPERATOR, "1401")
    User.objects.create_user("nowhere")

    assert listed(client) == ["boss", "nowhere", "same", "street"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=王", ["worker"]),
        ("?q=WORK", ["worker"]),
        ("?role=administrator", ["boss"]),
        ("?state=inactive", ["left"]),
        ("?state=active&q=o", ["boss", "worker"]),
        ("?state=locked", ["worker"]),
        ("?limit=1&offset=1", ["left"]),
        ("?q=%25", []),
        ("?offset=100", []),
    ],
)
def test_the_list_is_searched_filtered_and_paged(
    client: Client, query: str, names: list[str]
) -> None:
    person("worker", Role.GRID_WORKER, display_name="王芳")
    person("left", is_active=False)
    for _ in range(5):
        Client().post("/sign-in/", {"username": "worker", "password": "wrong"})

    assert listed(client, query) == names


@pytest.mark.parametrize(
    "query", ["?role=emperor", "?state=x", "?q=" + "x" * 61, "?q=%00", "?limit=0", "?offset=-1"]
)
def test_a_filter_that_is_none_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/users/{query}").status_code == 422


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_takes_five_queries_however_long(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for i in range(count):
        person(f"p{i}")

    # Session, user, the piece, the count.
    with django_assert_num_queries(5):
        page_of(client)


def test_a_list_without_a_match_says_what_to_do(client: Client) -> None:
    page = page_of(client, "/users/?q=nobody")

    assert "No user fits this search." in page
    assert "Show all users" in page


def test_a_new_user_gets_a_password_that_is_shown_once_and_must_be_changed(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    answer = client.post("/users/new/", FORM | {"username": "wangfang"}, **PAGE)

    [password] = re.findall(r'<code class="secret">([^<]+)</code>', answer.content.decode())
    user = User.objects.get(username="wangfang")
    assert user.check_password(password)
    assert user.must_change_password
    assert (user.role, user.scope) == ("operator", ["140107001"])
    assert answer["Cache-Control"] == "private, no-store"
    assert password not in page_of(client, f"/users/{user.pk}/")
    assert password not in caplog.text
    assert password not in str(list(AuditRow.objects.values()))
    row = AuditRow.objects.get(action="user.made")
    assert (row.who, row.subject, row.scope) == ("boss", str(user.pk), "140107001")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"username": "BOSS"}, "taken"),
        ({"username": "a b"}, "valid username"),
        ({"username": ""}, "required"),
        ({"username": "x" * 151}, "at most 150"),
        ({"display_name": "x" * 61}, "at most 60"),
        ({"display_name": "x\0"}, "Null char"),
        ({"role": "emperor"}, "not one of the available"),
        ({"scope": "140108"}, "140108 lies outside your own scope."),
        ({"scope": "14"}, "14 lies outside"),
        ({"scope": "14010x"}, "first 2 to 19 digits"),
        ({"scope": " , "}, "Name 1 to 20"),
        ({"scope": ",".join(f"1401070{i:02}" for i in range(21))}, "Name 1 to 20"),
    ],
)
def test_a_new_user_that_breaks_a_rule_is_refused(
    client: Client, form: dict[str, str], sentence: str
) -> None:
    answer = client.post("/users/new/", FORM | {"username": "new"} | form, **PAGE)

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert User.objects.count() == 1


def test_a_user_is_edited_and_the_trail_says_from_what_to_what(client: Client) -> None:
    user = person("worker", Role.GRID_WORKER, "140107001", display_name="王芳")

    answer = edit(client, user, role="operator", scope="140107002，140107001001 140107001")

    assert answer["Location"] == f"/users/{user.pk}/"
    user.refresh_from_db()
    assert (user.role, user.scope, user.version) == ("operator", ["140107001", "140107002"], 1)
    assert AuditRow.objects.get(action="user.changed").detail == {
        "role": ["grid_worker", "operator"],
        "scope": [["140107001"], ["140107001", "140107002"]],
    }


def test_an_edit_of_what_somebody_else_has_changed_meanwhile_is_refused(client: Client) -> None:
    user = person("worker")
    edit(client, user, display_name="一")

    answer = edit(client, user, display_name="二")

    assert answer.status_code == 409
    user.refresh_from_db()
    assert user.display_name == "一"


def test_switching_off_ends_the_sessions(client: Client) -> None:
    user = person("worker", Role.OPERATOR, "140107001")
    theirs = signed_in(user)

    edit(client, user, is_active="")

    assert theirs.post("/live/ticket/").status_code == 401
    assert not UserSession.objects.filter(user=user).exists()


ACTIONS = ("", "reset-password/", "unlock/", "end-sessions/")


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_is_managed_from_outside(action: str) -> None:
    street = signed_in(person("street", Role.ADMINISTRATOR, "140107001"))
    for other in (person("a", Role.OPERATOR, "140107002"), person("b", Role.OPERATOR, "140107")):
        answer = street.post(f"/users/{other.pk}/{action}", FORM | {"version": 0})
        assert answer.status_code == 404
        other.refresh_from_db()
        assert other.version == 0
    assert street.post(f"/users/{NOBODYS}/{action}").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_administrators_manage_users(role: Role) -> None:
    user = person("other", role)
    client = signed_in(user)

    assert client.get("/users/").status_code == 403
    assert client.get("/users/new/").status_code == 403
    for action in ACTIONS:
        assert client.post(f"/users/{user.pk}/{action}").status_code == 403
    assert "/users/" not in client.get("/account/", **PAGE).content.decode()


def test_what_was_granted_for_a_time_is_not_given_away(boss: User) -> None:
    boss.scope = ["140107001"]

    with pytest.raises(NotAllowed):
        users.make(by=boss, username="x", wanted=Wanted("x", "operator", ["140107"]))


def test_a_role_with_more_permissions_than_ones_own_is_not_given(
    boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = MAY[Role.OPERATOR] | {Permission.MANAGE_USERS}
    monkeypatch.setitem(MAY, Role.MAINTAINER, less)
    boss.role = Role.MAINTAINER.value

    with pytest.raises(NotAllowed):
        users.make(by=boss, username="x", wanted=Wanted("x", "administrator", ["140107"]))


@pytest.mark.parametrize(
    "change", [{"role": "operator"}, {"scope": "140107001"}, {"is_active": ""}], ids=str
)
def test_nobody_locks_themselves_out(client: Client, boss: User, change: dict[str, str]) -> None:
    mine = {"display_name": "新名", "role": "administrator", "scope": "140107"}

    edit(client, boss, **(mine | change))

    boss.refresh_from_db()
    assert (boss.role, boss.scope, boss.is_active) == ("administrator", ["140107"], True)
    assert boss.display_name == "新名"


@pytest.mark.parametrize("action", ["reset-password/", "end-sessions/"])
def test_ones_own_password_and_sessions_are_a_matter_of_the_account(
    client: Client, boss: User, action: str
) -> None:
    assert client.post(f"/users/{boss.pk}/{action}").status_code == 403
    assert client.post("/live/ticket/").status_code == 200


def test_the_service_too_refuses_a_change_of_oneself(boss: User) -> None:
    person("second", Role.ADMINISTRATOR)

    with pytest.raises(NotAllowed):
        users.edit(by=boss, user_id=boss.pk, version=0, wanted=Wanted("x", "operator", ["140107"]))


def test_a_password_is_reset_shown_once_and_ends_locks_and_sessions(client: Client) -> None:
    user = person("worker", Role.OPERATOR, "140107001")
    theirs = signed_in(user)
    for _ in range(5):
        Client().post("/sign-in/", {"username": "worker", "password": "wrong"})

    answer = client.post(f"/users/{user.pk}/reset-password/", **PAGE)

    [password] = re.findall(r'<code class="secret">([^<]+)</code>', answer.content.decode())
    user.refresh_from_db()
    assert user.check_password(password)
    assert user.must_change_password
    assert theirs.post("/live/ticket/").status_code == 401
    assert not AccessAttempt.objects.exists()
    assert AuditRow.objects.get(action="password.reset").who == "boss"


def test_somebody_locked_out_is_unlocked(client: Client) -> None:
    user = person("worker")
    for _ in range(5):
        Client().post("/sign-in/", {"username": "worker", "password": "wrong"})
    assert "Locked out" in page_of(client, f"/users/{user.pk}/")

    client.post(f"/users/{user.pk}/unlock/")

    right = {"username": "worker", "password": PASSWORD}
    assert Client().post("/sign-in/", right).status_code == 302
    assert AuditRow.objects.filter(action="user.unlocked").count() == 1


def test_sessions_of_somebody_are_ended(client: Client) -> None:
    user = person("worker")
    theirs = signed_in(user)

    client.post(f"/users/{user.pk}/end-sessions/")

    assert theirs.post("/live/ticket/").status_code == 401


def test_forms_take_a_token_of_the_page(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)

    for action in ("new/", f"{boss.pk}/", *(f"{boss.pk}/{action}" for action in ACTIONS[1:])):
        assert client.post(f"/users/{action}").status_code == 403


def test_a_name_with_html_is_inert(client: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    user = person("worker", display_name=hostile)

    assert hostile not in page_of(client)
    assert hostile not in page_of(client, f"/users/{user.pk}/")


@pytest.mark.parametrize(
    ("prefixes", "kept"),
    [
        ([], []),
        (["140107", "140107001"], ["140107"]),
        (["140107002", "140107001", "140107001"], ["140107001", "140107002"]),
    ],
)
def test_a_scope_is_kept_short(prefixes: list[str], kept: list[str]) -> None:
    assert shortest(prefixes) == kept


def tried(work: partial[User]) -> str:
    try:
        work()
    except DomainError as error:
        return type(error).__name__
    return "done"


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_switch_each_other_off_at_once_one_is_left() -> None:
    one, two = (person(name, Role.ADMINISTRATOR) for name in ("one", "two"))
    off = Wanted("x", "administrator", ["140107"], is_active=False)
    works = [
        partial(users.edit, by=a, user_id=b.pk, version=0, wanted=off)
        for a, b in ((one, two), (two, one))
    ]

    told = together(*[partial(tried, work) for work in works])

    assert sorted(told) == ["NotAllowed", "done"]
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_administrator_of_all_stays(boss: User) -> None:
    city = person("city", Role.OPERATOR, "14")
    city.role = Role.ADMINISTRATOR.value

    with pytest.raises(DomainError):
        users.edit(by=city, user_id=boss.pk, version=0, wanted=Wanted("x", "operator", ["140107"]))

    boss.refresh_from_db()
    assert boss.role == Role.ADMINISTRATOR


@pytest.mark.django_db(transaction=True)
def test_of_eight_edits_at_once_one_is_done_and_noted() -> None:
    boss, user = person("boss", Role.ADMINISTRATOR), person("worker")
    works = [
        partial(
            users.edit,
            by=boss,
            user_id=user.pk,
            version=0,
            wanted=Wanted(f"name {i}", "operator", ["140107"]),
        )
        for i in range(8)
    ]

    told = together(*[partial(tried, work) for work in works])

    assert sorted(told) == [Conflict.__name__] * 7 + ["done"]
    assert AuditRow.objects.filter(action="user.changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_name_at_once_one_gets_it() -> None:
    boss = person("boss", Role.ADMINISTRATOR)
    wanted = Wanted("x", "operator", ["140107"])

    def make() -> str:
        try:
            return users.make(by=boss, username="new", wanted=wanted)[0].username
        except DomainError as error:
            return type(error).__name__

    assert sorted(together(make, make)) == ["Invalid", "new"]
