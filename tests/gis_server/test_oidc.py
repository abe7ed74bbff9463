"""The district's own sign-in: a whole flow over real HTTP, and everything that must not get in."""

import logging
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from gis_server.accounts import users
from gis_server.accounts.users import Wanted
from gis_server.errors import Conflict
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.gis_server import oidc_urls
from tests.gis_server.identity_provider import SECRET, Provider, running
from tests.gis_server.people import PAGE, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls(oidc_urls.__name__)]
SORRY = "did not let you in here"


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with running() as provider:
        for name, value in provider.settings().items():
            setattr(settings, name, value)
        settings.AUTHENTICATION_BACKENDS = [
            *django_settings.AUTHENTICATION_BACKENDS,
            "gis_server.accounts.oidc.OidcBackend",
        ]
        yield provider


def go(url: str) -> str:
    """Follow one redirect at the provider; where it leads."""
    parts = urlsplit(url)
    http = HTTPConnection(parts.netloc, timeout=60)
    http.request("GET", f"{parts.path}?{parts.query}")
    location = http.getresponse().getheader("Location")
    http.close()
    assert location
    return location


def callback(client: Client, next_address: str = "") -> str:
    """Begin at our page and sign in over there; the address that the browser comes back to."""
    query = {"next": next_address} if next_address else {}
    away = client.get("/oidc/authenticate/", query)["Location"]
    back = urlsplit(go(away))
    assert back.path == "/oidc/callback/"
    return f"{back.path}?{back.query}"


def through(client: Client, next_address: str = "") -> Any:
    return client.get(callback(client, next_address), **PAGE)


def page_after(client: Client, answer: Any) -> str:
    assert answer["Location"] == "/sign-in/"
    return client.get("/sign-in/", **PAGE).content.decode()


@pytest.fixture
def known() -> User:
    return person("boss", outside_id="person-1")


def test_somebody_known_gets_in_where_they_wanted_to_go(
    client: Client, provider: Provider, known: User
) -> None:
    client.get("/sign-in/")

    answer = through(client, "/wall/?camera=1")

    assert answer["Location"] == "/wall/?camera=1"
    assert client.post("/live/ticket/").json()["user"] == known.pk
    row = AuditRow.objects.get()
    assert (row.action, row.who, row.detail["how"]) == ("user.signed_in", "boss", "oidc")


def test_it_leads_to_no_other_site(client: Client, provider: Provider, known: User) -> None:
    assert through(client, "https://evil.example/")["Location"] == "/wall/"


def test_signing_in_changes_the_session_key(
    client: Client, provider: Provider, known: User
) -> None:
    address = callback(client)
    before = client.cookies["sessionid"].value

    client.get(address)

    assert client.cookies["sessionid"].value != before


def test_an_answer_is_good_once_and_only_in_the_browser_that_asked(
    client: Client, provider: Provider, known: User
) -> None:
    address = callback(client)

    assert Client().get(address)["Location"] == "/sign-in/"
    assert client.get(address)["Location"] == "/wall/"
    client.post("/sign-out/")
    assert client.get(address)["Location"] == "/sign-in/"
    assert provider.token_requests == 1


def test_a_state_that_nobody_gave_out_is_refused(
    client: Client, provider: Provider, known: User
) -> None:
    callback(client)

    answer = client.get("/oidc/callback/?code=x&state=x")

    assert answer.status_code == 400
    assert provider.token_requests == 0


@pytest.mark.parametrize(
    "spoil",
    [
        "issuer",
        "audience",
        "two audiences",
        "old",
        "no end",
        "nonce",
        "signature",
        "algorithm",
        "another person",
        "away",
        "no JSON",
    ],
)
def test_a_wrong_answer_lets_nobody_in(
    client: Client,
    provider: Provider,
    known: User,
    caplog: pytest.LogCaptureFixture,
    spoil: str,
) -> None:
    caplog.set_level(logging.DEBUG, "gis_server")
    provider.spoil = spoil

    answer = through(client)

    assert SORRY in page_after(client, answer)
    assert client.post("/live/ticket/").status_code == 401
    assert "failed" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_provider_that_is_gone_lets_nobody_in(
    client: Client, provider: Provider, known: User, settings: Settings
) -> None:
    address = callback(client)
    settings.OIDC_OP_TOKEN_ENDPOINT = "http://127.0.0.1:9/token"

    assert SORRY in page_after(client, client.get(address, **PAGE))


def test_somebody_unknown_is_refused(client: Client, provider: Provider) -> None:
    assert SORRY in page_after(client, through(client))
    assert not User.objects.exists()


def test_somebody_switched_off_is_told_the_same(
    client: Client, provider: Provider, known: User
) -> None:
    User.objects.update(is_active=False)

    assert SORRY in page_after(client, through(client))


def test_somebody_unknown_may_be_made_switched_off_and_without_a_scope(
    client: Client, provider: Provider, settings: Settings
) -> None:
    settings.OIDC_CREATE_USER = True
    provider.person |= {"name": "王芳"}

    for _ in range(2):
        assert SORRY in page_after(client, through(client))

    user = User.objects.get()
    assert (user.username, user.display_name, user.outside_id) == ("wangfang", "王芳", "person-1")
    assert (user.is_active, user.scope, user.has_usable_password()) == (False, [], False)
    assert AuditRow.objects.get().action == "user.made"
    users.edit(
        by=person("admin", Role.ADMINISTRATOR),
        user_id=user.pk,
        version=0,
        wanted=Wanted("王芳", "operator", ["140107"], outside_id="person-1"),
    )
    assert through(client)["Location"] == "/wall/"


@pytest.mark.parametrize("name", ["taken", "TAKEN", "a b", "", "x" * 151, None, "<b>", "a\0b"])
def test_a_name_that_is_taken_or_none_is_replaced(
    client: Client, provider: Provider, settings: Settings, name: str | None
) -> None:
    settings.OIDC_CREATE_USER = True
    person("taken")
    provider.person["preferred_username"] = name

    through(client)

    assert User.objects.get(outside_id="person-1").username.startswith("oidc-")


@pytest.mark.parametrize("value", ["", None, True, ["person-1"], {"a": 1}, "x" * 201, "a\0"])
def test_a_claim_that_names_nobody_lets_nobody_in(
    client: Client, provider: Provider, settings: Settings, value: object
) -> None:
    settings.OIDC_CREATE_USER = True
    settings.OIDC_CLAIM = "number"
    provider.person["number"] = value
    User.objects.create_user("nobody", outside_id="")

    assert SORRY in page_after(client, through(client))
    assert User.objects.count() == 1


def test_another_claim_may_name_people(
    client: Client, provider: Provider, settings: Settings
) -> None:
    settings.OIDC_CLAIM = "number"
    provider.person["number"] = 4711
    person("boss", outside_id="4711")

    assert through(client)["Location"] == "/wall/"


@pytest.fixture
def mapped(settings: Settings) -> None:
    settings.OIDC_ROLE_CLAIM, settings.OIDC_SCOPE_CLAIM = "groups", "areas"
    settings.OIDC_ROLES = {"watch": "operator", "mend": "maintainer", "it": "administrator"}


@pytest.mark.usefixtures("mapped")
@pytest.mark.parametrize(
    ("claims", "role", "scope"),
    [
        ({"groups": ["x", "mend", "watch"], "areas": "140107001"}, "maintainer", ["140107001"]),
        ({"groups": "watch,mend", "areas": ["140107", "140107001"]}, "operator", ["140107"]),
        ({"groups": ["x"]}, "planner", ["1401"]),
        ({}, "planner", ["1401"]),
        ({"groups": {"a": 1}, "areas": [14]}, "planner", ["1401"]),
    ],
)
def test_role_and_scope_may_come_from_claims(
    client: Client, provider: Provider, claims: dict[str, Any], role: str, scope: list[str]
) -> None:
    user = person("boss", Role.PLANNER, "1401", outside_id="person-1")
    provider.person |= claims

    assert through(client)["Location"] == "/wall/"

    user.refresh_from_db()
    assert (user.role, user.scope) == (role, scope)
    assert AuditRow.objects.filter(action="user.changed").count() == (role != "planner")


@pytest.mark.usefixtures("mapped")
def test_a_scope_claim_that_is_no_code_lets_nobody_in(
    client: Client, provider: Provider, known: User
) -> None:
    provider.person["areas"] = "everywhere"

    assert SORRY in page_after(client, through(client))


@pytest.mark.usefixtures("mapped")
def test_claims_do_not_take_the_last_administrator_away(client: Client, provider: Provider) -> None:
    boss = person("boss", Role.ADMINISTRATOR, outside_id="person-1")
    provider.person["groups"] = ["watch"]

    through(client)

    boss.refresh_from_db()
    assert boss.role == Role.ADMINISTRATOR


def test_people_whom_nobody_knows_lock_no_office_out(client: Client, provider: Provider) -> None:
    for _ in range(7):
        through(client)

    assert not AccessAttempt.objects.exists()
    person("boss", outside_id="person-1")
    assert through(client)["Location"] == "/wall/"


def test_a_sign_in_with_a_password_asks_nothing_of_the_provider(
    client: Client, provider: Provider
) -> None:
    client.post("/sign-in/?code=x&state=x", {"username": "boss", "password": "wrong"})

    assert provider.token_requests == 0
    assert AccessAttempt.objects.get().failures_since_start == 1


def test_who_comes_from_outside_needs_no_password_and_no_code_of_ours(
    client: Client, provider: Provider, settings: Settings
) -> None:
    person("boss", outside_id="person-1", must_change_password=True)
    settings.SECOND_FACTOR_ROLES = ["operator"]

    through(client)

    assert client.post("/live/ticket/").status_code == 200
    assert 'href="/wall/"' in client.get("/account/", **PAGE).content.decode()


def test_the_sign_in_page_leads_there_with_where_one_wanted_to_go(
    client: Client, provider: Provider
) -> None:
    page = client.get("/sign-in/?next=/wall/%3Fa=1%26b=2", **PAGE).content.decode()

    assert 'href="/oidc/authenticate/?next=%2Fwall%2F%3Fa%3D1%26b%3D2"' in page


def test_nothing_shows_the_secret_of_the_client(
    client: Client, provider: Provider, known: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    away = client.get("/oidc/authenticate/")["Location"]

    answer = through(client)

    assert SECRET not in away
    assert SECRET not in str(answer.headers)
    assert SECRET not in caplog.text


def test_an_administrator_enters_who_somebody_is_over_there(
    client: Client, provider: Provider
) -> None:
    user = person("worker", Role.OPERATOR, "140107001")
    admin = signed_in(person("admin", Role.ADMINISTRATOR))
    form = {
        "display_name": "x",
        "role": "operator",
        "scope": "140107001",
        "is_active": "on",
        "outside_id": "person-1",
        "version": 0,
    }

    admin.post(f"/users/{user.pk}/", form)

    assert through(client)["Location"] == "/wall/"
    assert "person-1" in admin.get(f"/users/{user.pk}/", **PAGE).content.decode()


def test_two_users_are_not_the_same_person(known: User) -> None:
    admin, other = person("admin", Role.ADMINISTRATOR), person("other")

    with pytest.raises(Conflict):
        users.edit(
            by=admin,
            user_id=other.pk,
            version=0,
            wanted=Wanted("x", "operator", ["140107"], outside_id="person-1"),
        )


@pytest.mark.urls("gis_server.urls")
def test_without_the_setting_there_is_no_such_route(client: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("oidc_authentication_init")
    assert client.get("/oidc/callback/").status_code == 404
    assert "oidc" not in client.get("/sign-in/", **PAGE).content.decode()
