"""Passwords: rules, changing one's own, and nothing else before a given one is changed."""

import logging
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client

from gis_server.accounts.passwords import kinds_in, made_password
from gis_server.models import AuditRow, User, UserSession

pytestmark = pytest.mark.django_db
PASSWORD, NEW = "Kan-Bu-Jian-7", "Xin-De-Mi-Ma-8"
PAGE: dict[str, Any] = {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "en"}
HERE = "10.1.1.1"


@pytest.fixture
def boss() -> User:
    return User.objects.create_user("boss", password=PASSWORD, scope=["140107"])


@pytest.fixture
def client(boss: User) -> Client:
    client = Client(REMOTE_ADDR=HERE)
    client.post("/sign-in/", {"username": "boss", "password": PASSWORD})
    return client


def change(client: Client, current: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    form = {"current": current, "new": new, "again": again}
    return client.post("/account/password/", form, **PAGE)


@pytest.mark.parametrize(
    ("password", "holds"),
    [
        (PASSWORD, True),
        ("abcdefgh-1", True),
        ("abc-De1", False),
        ("abcdefghijk", False),
        ("abcdefghij1", False),
        ("Password123", False),
        ("Big-Boss-1", False),
        ("汉字密码-abcd-1", True),
    ],
)
def test_rules_of_a_password(password: str, holds: bool) -> None:
    try:
        validate_password(password, User(username="big.boss.1"))
        held = True
    except ValidationError:
        held = False

    assert held is holds


def test_a_made_password_keeps_the_rules_and_is_never_the_same() -> None:
    made = {made_password() for _ in range(50)}

    assert len(made) == 50
    assert {kinds_in(password) for password in made} == {4}
    for password in made:
        validate_password(password)


def test_a_password_is_changed_and_other_sessions_end(boss: User, client: Client) -> None:
    other = Client()
    other.force_login(boss)
    before = client.cookies["sessionid"].value

    answer = change(client)

    assert answer.status_code == 302
    boss.refresh_from_db()
    assert boss.check_password(NEW)
    assert client.cookies["sessionid"].value != before
    assert client.post("/live/ticket/").status_code == 200
    assert other.post("/live/ticket/").status_code == 401
    assert UserSession.objects.filter(user=boss).count() == 1
    assert AuditRow.objects.get(action="password.changed").detail == {}


@pytest.mark.parametrize(
    ("current", "new", "again", "sentence"),
    [
        pytest.param("wrong", NEW, NEW, "This is not your present password.", id="wrong"),
        pytest.param(PASSWORD, NEW, NEW + "x", "are not the same", id="not the same"),
        pytest.param(PASSWORD, PASSWORD, PASSWORD, "is the present one", id="as before"),
        pytest.param(PASSWORD, "short-1A", "short-1A", "too short", id="short"),
        pytest.param(PASSWORD, "abcdefghijkl", "abcdefghijkl", "at least 3 kinds", id="kinds"),
        pytest.param(PASSWORD, "", "", "required", id="empty"),
        pytest.param(PASSWORD, "x\0-Aa1234567", "x\0-Aa1234567", "Null char", id="NUL"),
        pytest.param(PASSWORD, "Aa-1" * 2000, "Aa-1" * 2000, "at most 4096", id="huge"),
    ],
)
def test_what_breaks_a_rule_says_so_and_changes_nothing(
    boss: User, client: Client, current: str, new: str, again: str, sentence: str
) -> None:
    answer = change(client, current, new, again)

    assert answer.status_code == 200
    page = answer.content.decode()
    assert sentence in page
    assert not any(len(word) > 3 and word in page for word in (current, new, again))
    boss.refresh_from_db()
    assert boss.check_password(PASSWORD)


def test_guessing_the_present_password_is_locked_like_signing_in(client: Client) -> None:
    answers = [change(client, "wrong").status_code for _ in range(5)]

    assert answers == [200, 200, 200, 200, 429]
    assert int(change(client)["Retry-After"]) > 800
    assert AuditRow.objects.filter(action="user.locked_out").count() == 1


def test_a_guess_is_not_counted_while_the_new_password_breaks_a_rule(client: Client) -> None:
    answers = [change(client, "wrong", "x", "x").status_code for _ in range(8)]

    assert answers == [200] * 8


@pytest.fixture
def newcomer(boss: User, client: Client) -> Client:
    User.objects.update(must_change_password=True)
    return client


def test_until_a_given_password_is_changed_pages_lead_to_the_change(newcomer: Client) -> None:
    answer = newcomer.get("/wall/?camera=1", **PAGE)

    assert answer.status_code == 302
    assert answer["Location"] == "/account/password/?next=%2Fwall%2F%3Fcamera%3D1"
    page = newcomer.get(answer["Location"], **PAGE).content.decode()
    assert "Somebody else gave you your password" in page


@pytest.mark.parametrize("path", ["/api/divisions/", "/live/ticket/", "/account/"])
def test_until_a_given_password_is_changed_programs_are_told(newcomer: Client, path: str) -> None:
    answer = newcomer.post(path, HTTP_ACCEPT_LANGUAGE="en")

    assert answer.status_code == 403
    assert "First change the password" in answer.json()["error"]["message"]


def test_changing_it_opens_everything_and_leads_back(newcomer: Client) -> None:
    form = {"current": PASSWORD, "new": NEW, "again": NEW, "next": "/wall/?camera=1"}

    answer = newcomer.post("/account/password/", form)

    assert answer["Location"] == "/wall/?camera=1"
    assert newcomer.post("/live/ticket/").status_code == 200


def test_changing_it_leads_to_no_other_site(newcomer: Client) -> None:
    form = {"current": PASSWORD, "new": NEW, "again": NEW, "next": "https://evil.example/"}

    assert newcomer.post("/account/password/", form)["Location"] == "/account/"


def test_signing_out_and_the_language_work_before_the_change(newcomer: Client) -> None:
    assert newcomer.post("/language/", {"language": "en"}).status_code in {204, 302}
    assert newcomer.post("/sign-out/").status_code == 302


@pytest.mark.parametrize(("keep", "must"), [(False, True), (True, False)])
def test_a_user_made_at_the_command_line_must_change_the_password_unless_kept(
    monkeypatch: pytest.MonkeyPatch, keep: bool, must: bool
) -> None:
    monkeypatch.setenv("GIS_PASSWORD", PASSWORD)

    call_command(
        "make_user", "x", role="operator", scope="14", keep_password=keep, stdout=StringIO()
    )

    user = User.objects.get(username="x")
    assert user.must_change_password is must
    assert AuditRow.objects.get(action="user.made").subject == str(user.pk)


def test_no_password_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    change(client, "hunter2-wrong", NEW, NEW)
    change(client)

    assert "hunter2" not in caplog.text
    assert PASSWORD not in caplog.text
    assert NEW not in caplog.text


def test_a_lock_notes_the_user_once_and_nothing_that_was_typed(boss: User) -> None:
    for name in ("boss", "hunter2-typed-into-the-wrong-field"):
        for _ in range(7):
            Client().post("/sign-in/", {"username": name, "password": "wrong"})

    rows = AuditRow.objects.filter(action="user.locked_out")
    assert sorted(row.subject for row in rows) == ["", str(boss.pk)]
    assert "hunter2" not in str(list(rows.values()))
