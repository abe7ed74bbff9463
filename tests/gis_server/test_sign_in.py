"""Failed sign-ins: counted for name and address, locked for a while, and told in one sentence."""

import logging
import re
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory, override_settings
from pytest_django import Settings

from gis_server.jobs import prune_sign_ins
from gis_server.models import User
from gis_server.origin import NO_ADDRESS, address_of
from tests.cameras.threads import together

PASSWORD = "Kan-Bu-Jian-7"
TRIES = 5
WAIT = timedelta(minutes=15)
HERE, ELSEWHERE = "10.1.1.1", "10.1.1.2"
AS_PERSON = {"HTTP_ACCEPT": "text/html"}


@pytest.fixture(autouse=True)
def quick_hashes_and_known_limits(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_FAILURE_LIMIT = TRIES
    settings.AXES_COOLOFF_TIME = WAIT


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_user("boss", password=PASSWORD, scope=["140107"])


def press(password: str = "wrong", name: str = "boss", address: str = HERE, **extra: Any) -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address, **extra).post("/sign-in/", form)


def lock(name: str = "boss", address: str = HERE) -> Any:
    return [press(name=name, address=address) for _ in range(TRIES)][-1]


def age(by: timedelta) -> None:
    """Let time pass, as far as the records know."""
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - by)


def stored() -> str:
    """Everything that the tables of axes hold, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(a)::text FROM axes_accessattempt a")
        rows = [row[0] for row in cursor.fetchall()]
        for table in ("axes_accesslog", "axes_accessfailurelog"):
            cursor.execute(f"SELECT to_jsonb(a)::text FROM {table} a")
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def test_one_try_too_many_locks(boss: User) -> None:
    answers = [press().status_code for _ in range(TRIES + 1)]

    assert answers == [200] * (TRIES - 1) + [429, 429]


def test_the_right_password_is_refused_while_locked(boss: User) -> None:
    lock()

    answer = press(PASSWORD)

    assert answer.status_code == 429
    assert "sessionid" not in answer.cookies


def test_another_address_still_works(boss: User) -> None:
    lock()

    assert press(PASSWORD, address=ELSEWHERE).status_code == 302


def test_another_user_at_the_same_address_still_works(boss: User) -> None:
    User.objects.create_user("colleague", password=PASSWORD)
    lock()

    assert press(PASSWORD, name="colleague").status_code == 302


def test_a_lock_ends(boss: User) -> None:
    lock()

    age(WAIT - timedelta(seconds=30))
    assert press(PASSWORD).status_code == 429
    age(timedelta(seconds=30))
    assert press(PASSWORD).status_code == 302


def test_after_a_lock_all_tries_are_there_again(boss: User) -> None:
    lock()
    age(WAIT)

    assert [press().status_code for _ in range(TRIES)] == [200] * (TRIES - 1) + [429]


def test_trying_on_while_locked_neither_counts_nor_prolongs(boss: User) -> None:
    lock()
    before = AccessAttempt.objects.values().get()

    press()
    press(PASSWORD)

    assert AccessAttempt.objects.values().get() == before


def test_success_forgets_the_failures_of_this_address_only(boss: User) -> None:
    for address in (HERE, HERE, ELSEWHERE):
        press(address=address)

    assert press(PASSWORD).status_code == 302
    assert AccessAttempt.objects.get().ip_address == ELSEWHERE
    assert not AccessLog.objects.exists()


def test_changing_the_browsers_name_gains_nothing(boss: User) -> None:
    answers = [press(HTTP_USER_AGENT=f"Browser/{i}").status_code for i in range(TRIES)]

    assert answers[-1] == 429
    assert AccessAttempt.objects.get().failures_since_start == TRIES


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", r"failed too often from your address\. Wait 15 min and try again"),
        ("zh-hans", r"登录失败次数过多。请等待 15 分钟后再试，或请管理员解锁。"),
    ],
)
def test_the_sign_in_page_says_how_long_to_wait(boss: User, language: str, sentence: str) -> None:
    lock()

    answer = press(HTTP_ACCEPT_LANGUAGE=language, **AS_PERSON)
    page = answer.content.decode()

    assert answer.status_code == 429
    assert 895 <= int(answer["Retry-After"]) <= 900
    assert re.search(rf'role="alert">[^<]*{sentence}', page)
    assert 'name="password"' in page
    assert "Content-Security-Policy" in answer


def test_a_program_is_told_in_json(boss: User) -> None:
    lock()
    age(timedelta(minutes=10, seconds=5))

    answer = press(HTTP_ACCEPT_LANGUAGE="en")

    assert answer.status_code == 429
    error = answer.json()["error"]
    assert error["kind"] == "TooMany"
    assert "Wait 5 min" in error["message"]


def test_unknown_switched_off_and_known_users_get_the_same_answers(boss: User) -> None:
    User.objects.create_user("left-us", password=PASSWORD, is_active=False)
    secrets = r'csrfmiddlewaretoken" value="[^"]*"|Wait \d+'

    def answers(name: str, password: str) -> list[tuple[int, str, list[str]]]:
        given = [press(password, name, **AS_PERSON) for _ in range(TRIES + 1)]
        return [
            (
                a.status_code,
                re.sub(secrets, "", a.content.decode()).replace(name, "-"),
                sorted(a.headers),
            )
            for a in given
        ]

    known = answers("boss", "wrong")

    assert answers("stranger", "wrong") == known
    assert answers("left-us", PASSWORD) == known


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("x" * 151, "p", id="long name"),
        pytest.param("ﷺ" * 150, "p", id="name that grows when made plain"),
        pytest.param("x" * 500_000, "p", id="huge name"),
        pytest.param("bo\0ss", "p", id="NUL in the name"),
        pytest.param("boss", "x" * 4097, id="long password"),
        pytest.param("boss", "x\0y", id="NUL in the password"),
        pytest.param("", "p", id="no name"),
        pytest.param("boss", "", id="no password"),
    ],
)
def test_what_no_sign_in_can_be_is_an_error_of_the_form(
    boss: User, name: str, password: str
) -> None:
    answer = press(password, name)

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("name", ["x" * 150, "%00", "'; DROP TABLE x", "杏花岭", "${boss}", "$x"])
def test_odd_names_are_counted_like_any_other(db: None, name: str) -> None:
    lock(name)

    assert AccessAttempt.objects.get().username == name
    assert press(name=name).status_code == 429


def test_nothing_that_was_typed_but_the_name_is_stored_or_logged(
    boss: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    form = {"username": "boss", "password": "hunter2-a", "passwd": "hunter2-b"}
    client = Client(REMOTE_ADDR=HERE, HTTP_USER_AGENT="hunter2-c", HTTP_ACCEPT="hunter2-d")

    for _ in range(TRIES + 1):
        client.post("/sign-in/?token=hunter2-e&next=/hunter2-f", form)

    assert '"boss"' in stored()
    assert "hunter2" not in stored()
    assert "hunter2" not in caplog.text
    assert f"Locking out address {HERE}" in caplog.text
    assert "boss" not in "".join(r.getMessage() for r in caplog.records if r.name[:4] == "axes")


@pytest.mark.django_db(transaction=True)
def test_no_failure_is_lost_when_eight_press_at_once(settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 100

    answers = together(*[press] * 8)

    assert [answer.status_code for answer in answers] == [200] * 8
    assert AccessAttempt.objects.get().failures_since_start == 8


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_no_more_are_judged_than_of_eight_in_turn() -> None:
    User.objects.create_user("boss", password=PASSWORD)

    answers = together(*[press] * 8)

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * (TRIES - 1) + [429] * (8 - TRIES + 1)
    assert AccessAttempt.objects.get().failures_since_start == TRIES
    assert press(PASSWORD).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_expired_failures_are_forgotten_once_when_eight_press_at_once(
    settings: Settings,
) -> None:
    lock()
    age(WAIT)
    settings.AXES_FAILURE_LIMIT = 100

    together(*[press] * 8)

    assert AccessAttempt.objects.get().failures_since_start == 8


@pytest.mark.django_db(transaction=True)
def test_different_users_at_once_do_not_disturb_one_another() -> None:
    together(*[partial(press, name=f"user{i}") for i in range(8)])

    rows = AccessAttempt.objects.order_by("username")
    assert [(r.username, r.failures_since_start) for r in rows] == [
        (f"user{i}", 1) for i in range(8)
    ]


def test_failures_are_counted_and_people_sign_in_while_redis_is_away(
    boss: User, settings: Settings
) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": "unix:///nonexistent/redis.sock"}}

    assert lock().status_code == 429
    assert press(PASSWORD).status_code == 429
    assert press(PASSWORD, address=ELSEWHERE).status_code == 302


@pytest.mark.parametrize(
    ("direct", "forwarded", "behind_tls", "expected"),
    [
        pytest.param("10.0.0.1", "", False, "10.0.0.1", id="no proxy"),
        pytest.param("10.0.0.1", "9.9.9.9", False, "10.0.0.1", id="a lie without a proxy"),
        pytest.param("10.0.0.1", "9.9.9.9", True, "9.9.9.9", id="a proxy"),
        pytest.param("10.0.0.1", "1.1.1.1, 9.9.9.9", True, "9.9.9.9", id="a lie before a proxy"),
        pytest.param("10.0.0.1", "", True, "10.0.0.1", id="a proxy that says nothing"),
        pytest.param("10.0.0.1", "unknown", True, "10.0.0.1", id="no address"),
        pytest.param("10.0.0.1", "9.9.9.9\0", True, "10.0.0.1", id="NUL"),
        pytest.param("2001:db8:1:2:3::4", "", False, "2001:db8:1:2::", id="IPv6"),
        pytest.param("::ffff:10.0.0.1", "", False, "10.0.0.1", id="IPv4 as IPv6"),
        pytest.param("fe80::1%eth0", "", False, "fe80::", id="IPv6 of one network card"),
        pytest.param("", "", False, NO_ADDRESS, id="a Unix socket"),
    ],
)
def test_the_address_is_what_nobody_can_choose(
    direct: str, forwarded: str, behind_tls: bool, expected: str
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=direct, HTTP_X_FORWARDED_FOR=forwarded)

    with override_settings(BEHIND_TLS=behind_tls):
        assert address_of(request) == expected


@pytest.mark.parametrize("address", ["", "fe80::1%eth0", "::ffff:10.0.0.1", "2001:db8::1"])
def test_every_kind_of_address_can_be_locked(boss: User, address: str) -> None:
    assert lock(address=address).status_code == 429
    assert press(PASSWORD, address=address).status_code == 429


def test_naming_other_addresses_gains_nothing_behind_a_proxy(boss: User) -> None:
    with override_settings(BEHIND_TLS=True):
        lies = [f"10.9.9.{i}, 203.0.113.7" for i in range(TRIES)]
        answers = [press(HTTP_X_FORWARDED_FOR=lie).status_code for lie in lies]

    assert answers[-1] == 429


def test_the_job_forgets_what_no_longer_counts(boss: User) -> None:
    press(address=ELSEWHERE)
    age(WAIT)
    press()

    assert prune_sign_ins() == 1
    assert AccessAttempt.objects.get().ip_address == HERE


def test_an_administrator_unlocks_by_name(boss: User) -> None:
    lock()
    lock("other")
    out = StringIO()

    call_command("axes_reset_username", "boss", stdout=out)

    assert "1 attempts removed" in out.getvalue()
    assert press(PASSWORD).status_code == 302
    assert press(name="other").status_code == 429


def test_somebody_signed_in_stays_so_while_the_name_is_locked(boss: User) -> None:
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(boss)
    lock()

    assert client.post("/live/ticket/").status_code == 200
