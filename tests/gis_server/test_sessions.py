"""Sessions: listed with their place, ended one by one or all, and gone at the next request."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db.models import F
from django.test import Client
from django.utils import timezone

from gis_server.accounts import sessions
from gis_server.accounts.agents import short_agent
from gis_server.models import AuditRow, User, UserSession
from tests.conftest import MakeUser

pytestmark = pytest.mark.django_db
PASSWORD = "Kan-Bu-Jian-7"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PAGE: dict[str, Any] = {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture
def boss() -> User:
    return User.objects.create_user("boss", password=PASSWORD, scope=["140107"])


def signed_in(name: str = "boss", address: str = "10.1.1.1", agent: str = FIREFOX) -> Client:
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)
    answer = client.post("/sign-in/", {"username": name, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def key_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def alive(client: Client) -> bool:
    return client.post("/live/ticket/").status_code == 200


def test_a_session_says_whose_it_is_from_where_and_with_what(boss: User) -> None:
    client = signed_in()

    row = UserSession.objects.get()
    assert (row.user, row.address, row.agent) == (boss, "10.1.1.1", "Firefox · Linux")
    assert row.session_key == key_of(client)
    noted = AuditRow.objects.get(action="user.signed_in")
    assert (noted.user_id, noted.origin, noted.scope) == (boss.pk, "10.1.1.1", "140107")
    assert noted.detail == {"how": "password", "agent": "Firefox · Linux"}


def test_signing_in_changes_the_key_that_somebody_may_have_planted(boss: User) -> None:
    client = Client()
    planted = client.session
    planted["x"] = 1
    planted.save()
    client.cookies["sessionid"] = str(planted.session_key)

    client.post("/sign-in/", {"username": "boss", "password": PASSWORD})

    assert key_of(client) != planted.session_key
    assert not UserSession.objects.filter(session_key=planted.session_key).exists()


def test_the_account_page_lists_sessions_and_marks_this_one(boss: User) -> None:
    here = signed_in()
    signed_in(address="10.9.9.9", agent="Mozilla/5.0 (iPhone) Safari/604")

    page = here.get("/account/", **PAGE).content.decode()

    assert page.count("This session") == 1
    assert "10.9.9.9" in page
    assert "Safari · iPhone" in page


def test_no_page_shows_a_session_key(boss: User) -> None:
    here, other = signed_in(), signed_in()

    page = here.get("/account/", **PAGE).content.decode()

    assert key_of(here) not in page
    assert key_of(other) not in page


def test_one_session_is_ended_and_gone_at_its_next_request(boss: User) -> None:
    here, other, third = signed_in(), signed_in(), signed_in()

    answer = here.post(f"/account/sessions/{sessions.ref_of(key_of(other))}/end/")

    assert answer["Location"] == "/account/"
    assert (alive(here), alive(other), alive(third)) == (True, False, True)
    assert AuditRow.objects.get(action="session.ended").detail == {"sessions": 1}


def test_all_others_are_ended(boss: User) -> None:
    here, other, third = signed_in(), signed_in(), signed_in()

    here.post("/account/sessions/end-others/")

    assert (alive(here), alive(other), alive(third)) == (True, False, False)


def test_nobody_ends_the_session_of_somebody_else(boss: User) -> None:
    User.objects.create_user("other", password=PASSWORD)
    here, other = signed_in(), signed_in("other")

    answer = here.post(f"/account/sessions/{sessions.ref_of(key_of(other))}/end/")

    assert answer.status_code == 404
    assert alive(other)


@pytest.mark.parametrize("ref", ["x", "0" * 32, "é", "'; DROP TABLE x"])
def test_a_session_that_is_none_is_not_found(boss: User, ref: str) -> None:
    assert signed_in().post(f"/account/sessions/{ref}/end/").status_code == 404


def test_ending_takes_a_post_with_a_token_of_the_page(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)

    assert client.get("/account/sessions/end-others/").status_code == 405
    assert client.post("/account/sessions/end-others/").status_code == 403


def test_a_request_under_way_does_not_bring_an_ended_session_back(boss: User) -> None:
    client = signed_in()
    under_way = sessions.SessionStore(key_of(client))
    under_way["seen"] = "something"
    sessions.end_all(boss, by=boss)

    with pytest.raises(UpdateError):
        under_way.save()

    assert not UserSession.objects.exists()


def test_last_seen_is_written_every_five_minutes_only(boss: User) -> None:
    client = signed_in()
    client.get("/account/")
    just_now = UserSession.objects.get().last_seen
    client.get("/account/")
    assert UserSession.objects.get().last_seen == just_now

    UserSession.objects.update(last_seen=F("last_seen") - sessions.SEEN_EVERY)
    client.get("/account/")

    assert UserSession.objects.get().last_seen > just_now


def test_begun_stays_when_a_session_is_saved_again(boss: User) -> None:
    client = signed_in()
    begun = UserSession.objects.get().begun

    client.post("/live/ticket/")

    assert UserSession.objects.get().begun == begun


def test_who_is_switched_off_is_out_at_once(boss: User) -> None:
    client = signed_in()

    User.objects.update(is_active=False)

    assert not alive(client)


def test_sessions_that_have_run_out_are_not_listed(make_user: MakeUser) -> None:
    user, now = make_user(), timezone.now()
    client = Client()
    client.force_login(user)

    assert len(sessions.sessions_of(user, here=None, now=now)) == 1
    assert sessions.sessions_of(user, here=None, now=now + timedelta(days=15)) == []


def test_signing_out_is_noted_and_ends_the_session(boss: User) -> None:
    client = signed_in()

    client.post("/sign-out/")

    assert not UserSession.objects.filter(user=boss).exists()
    assert AuditRow.objects.get(action="user.signed_out").user_id == boss.pk


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (FIREFOX, "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 13) Chrome/1 MicroMessenger/8.0", "WeChat · Android"),
        ("curl/8.4", "curl"),
        ("", ""),
        ("<script>" * 1000 + "Firefox", ""),
    ],
    ids=["firefox", "edge", "wechat", "curl", "none", "hostile"],
)
def test_a_browser_in_two_words(text: str, short: str) -> None:
    assert short_agent(text) == short


def test_the_bar_leads_to_the_account(boss: User) -> None:
    page = signed_in().get("/account/", **PAGE).content.decode()

    assert re.search(r'<a class="bar-user" href="/account/"', page)
