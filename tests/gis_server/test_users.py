"""Signing in, signing out, the language, and making the first user of a bare installation."""

from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client

from gis_server.models import User
from gis_server.roles import Permission, Role, covers, in_scope, may, scope_q
from tests.conftest import MakeUser

PASSWORD = "Kan-Bu-Jian-7"


@pytest.fixture
def worker(make_user: MakeUser) -> User:
    user = make_user(Role.GRID_WORKER)
    user.set_password(PASSWORD)
    user.save()
    return user


def test_signing_in_leads_to_the_wall(client: Client, worker: User) -> None:
    answer = client.post("/sign-in/", {"username": worker.username, "password": PASSWORD})

    assert answer.status_code == 302
    assert answer["Location"] == "/wall/"


def test_a_wrong_password_says_so_and_keeps_the_name(client: Client, worker: User) -> None:
    answer = client.post("/sign-in/", {"username": worker.username, "password": "wrong"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert worker.username in answer.content.decode()
    assert "wrong" not in answer.content.decode()


def test_a_name_with_html_is_inert(client: Client, db: None) -> None:
    answer = client.post("/sign-in/", {"username": '"><script>x</script>', "password": "x"})

    assert b"<script>x" not in answer.content


# The last two are no addresses at all, but would be taken for names of pages.
@pytest.mark.parametrize(
    "leads_to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "1", "wall"]
)
def test_signing_in_never_leads_to_another_site(
    client: Client, worker: User, leads_to: str
) -> None:
    credentials = {"username": worker.username, "password": PASSWORD}

    answer = client.post(f"/sign-in/?{urlencode({'next': leads_to})}", credentials)

    assert answer["Location"] == "/wall/"


def test_signing_out_takes_a_post(client: Client, worker: User) -> None:
    client.force_login(worker)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/live/ticket/").status_code == 401


def test_the_first_language_is_chinese_and_english_is_a_choice(client: Client, db: None) -> None:
    assert "登录" in client.get("/sign-in/").content.decode()

    client.post("/language/", {"language": "en", "next": "/sign-in/"})

    assert "Sign in" in client.get("/sign-in/").content.decode()


def test_a_user_is_made_from_the_command_line(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIS_PASSWORD", PASSWORD)
    out = StringIO()

    call_command("make_user", "boss", role="administrator", scope="140107, 140108", stdout=out)

    user = User.objects.get(username="boss")
    assert (user.role, user.scope) == ("administrator", ["140107", "140108"])
    assert user.check_password(PASSWORD)
    assert PASSWORD not in out.getvalue()


@pytest.mark.parametrize(
    ("password", "scope"),
    [
        (PASSWORD, " , "),
        (PASSWORD, "14x"),
        (PASSWORD, "1"),
        ("short", "140107"),
        ("12345678901", "140107"),
    ],
)
def test_a_user_that_breaks_a_rule_is_refused(
    db: None, monkeypatch: pytest.MonkeyPatch, password: str, scope: str
) -> None:
    monkeypatch.setenv("GIS_PASSWORD", password)

    with pytest.raises(CommandError):
        call_command("make_user", "boss", role="operator", scope=scope)

    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused_in_the_language_of_the_command(
    make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIS_PASSWORD", PASSWORD)

    with pytest.raises(CommandError, match="already exists"):
        call_command("make_user", make_user().username, role="operator", scope="140107")


def test_the_database_knows_the_roles(db: None) -> None:
    with pytest.raises(IntegrityError, match="user_has_a_known_role"):
        User.objects.create(username="x", role="emperor")


@pytest.mark.parametrize(
    ("scope", "code", "inside"),
    [
        (["140107"], "140107001001", True),
        (["140107001"], "140107001001003", True),
        (["140107001"], "140107002001", False),
        (["140107001"], "140107", False),
        (["140105", "140107002"], "140107002001", True),
        ([], "140107001001", False),
        ([""], "140107001001", False),
        (["140107"], "", False),
    ],
)
def test_a_scope_covers_what_begins_with_it(scope: list[str], code: str, inside: bool) -> None:
    assert covers(scope, code) is inside
    assert in_scope(User(scope=scope), code) is inside


def test_a_scope_cuts_a_query(make_user: MakeUser) -> None:
    for name in ("140107", "1401"):
        User.objects.create_user(name)
    both, none = make_user(scope=("1401",)), make_user(Role.PLANNER, scope=())

    assert User.objects.filter(scope_q(both, "username")).count() == 2
    assert User.objects.filter(scope_q(none, "username")).count() == 0


def test_an_unknown_role_may_do_nothing() -> None:
    assert not any(may("emperor", permission) for permission in Permission)
    assert all(may(Role.ADMINISTRATOR.value, permission) for permission in Permission)
