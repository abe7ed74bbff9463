"""Two-step sign-in: set up, asked for, counted, good once, taken away when a phone is lost."""

import base64
import logging
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone
from django_otp.oath import totp
from pytest_django import Settings

from gis_server import vault
from gis_server.accounts import second_factor
from gis_server.errors import Conflict
from gis_server.models import AuditRow, RecoveryCode, SecondFactor, User, UserSession
from gis_server.roles import Role
from tests.cameras.threads import together
from tests.gis_server.people import HERE, PAGE, PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db
# RFC 6238, appendix B: secret, and codes (here their last six digits) at times.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]


@pytest.fixture
def boss() -> User:
    return person("boss")


def enrolled(user: User, secret: bytes = RFC_SECRET) -> SecondFactor:
    sealed = vault.seal(base64.b32encode(secret).decode())
    return SecondFactor.objects.create(user=user, sealed_secret=sealed, confirmed_at=timezone.now())


def code_now(secret: bytes = RFC_SECRET) -> str:
    return f"{totp(secret):06}"


def wrong_now() -> str:
    near = {totp(RFC_SECRET, drift=drift) for drift in range(-3, 4)}
    return next(f"{n:06}" for n in range(10) if n not in near)


def first_step(name: str = "boss", **query: str) -> Client:
    client = Client(REMOTE_ADDR=HERE, HTTP_ACCEPT_LANGUAGE="en")
    answer = client.post(
        "/sign-in/", {"username": name, "password": PASSWORD} | query, HTTP_ACCEPT="text/html"
    )
    assert answer["Location"].startswith("/sign-in/code/")
    return client


def second_step(client: Client, code: str, **form: str) -> Any:
    return client.post("/sign-in/code/", {"code": code} | form, HTTP_ACCEPT="text/html")


@pytest.mark.parametrize(("second", "code"), RFC_CODES, ids=str)
def test_codes_are_those_of_the_standard(boss: User, second: int, code: str) -> None:
    enrolled(boss)

    assert second_factor.accept(boss, code, datetime.fromtimestamp(second, UTC))


@pytest.mark.parametrize(
    ("off_s", "holds"), [(-31, False), (-30, True), (0, True), (59, True), (60, False)]
)
def test_the_clock_of_a_phone_may_be_one_step_wrong(boss: User, off_s: int, holds: bool) -> None:
    enrolled(boss)
    begins = 1111111109 // 30 * 30  # of the step that the second code of the standard is for

    now = datetime.fromtimestamp(begins + off_s, UTC)

    assert second_factor.accept(boss, "081804", now) is holds


def test_a_code_is_good_once(boss: User) -> None:
    enrolled(boss)
    now = datetime.fromtimestamp(59, UTC)

    assert second_factor.accept(boss, "287 082", now)
    assert not second_factor.accept(boss, "287082", now)
    assert not second_factor.accept(boss, "287082", now + timedelta(seconds=29))


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-1 23 45", "x" * 999]
)
def test_what_is_no_code_is_not_accepted(boss: User, typed: str) -> None:
    enrolled(boss)

    assert not second_factor.accept(boss, typed, datetime.fromtimestamp(59, UTC))


def test_the_password_alone_signs_nobody_in(boss: User) -> None:
    enrolled(boss)

    client = first_step()

    assert client.post("/live/ticket/").status_code == 401
    assert not UserSession.objects.filter(user=boss).exists()
    assert not AuditRow.objects.exists()


def test_the_code_after_it_does_and_leads_where_one_wanted_to_go(boss: User) -> None:
    enrolled(boss)
    client = first_step(next="/wall/?camera=1")
    before = client.cookies["sessionid"].value

    answer = second_step(client, code_now(), next="/wall/?camera=1")

    assert answer["Location"] == "/wall/?camera=1"
    assert client.cookies["sessionid"].value != before
    assert client.post("/live/ticket/").status_code == 200
    assert AuditRow.objects.get().detail["how"] == "second_factor"


def test_it_leads_to_no_other_site(boss: User) -> None:
    enrolled(boss)

    answer = second_step(first_step(), code_now(), next="https://evil.example/")

    assert answer["Location"] == "/wall/"


def test_wrong_codes_are_counted_and_locked_together_with_wrong_passwords(boss: User) -> None:
    enrolled(boss)
    client = first_step()
    for _ in range(2):
        Client(REMOTE_ADDR=HERE).post("/sign-in/", {"username": "boss", "password": "wrong"})

    answers = [second_step(client, wrong_now()).status_code for _ in range(3)]

    assert answers == [200, 200, 429]
    locked = second_step(client, code_now())
    assert locked.status_code == 429
    assert int(locked["Retry-After"]) > 800
    assert AuditRow.objects.get(action="user.locked_out").subject == str(boss.pk)


def test_a_wrong_code_says_so(boss: User) -> None:
    enrolled(boss)

    page = second_step(first_step(), wrong_now()).content.decode()

    assert "This code is not right" in page
    assert wrong_now() not in page


def test_the_code_of_somebody_else_is_none(boss: User) -> None:
    enrolled(boss, b"x" * 20)
    enrolled(person("other"))

    assert second_step(first_step(), code_now()).status_code == 200


def test_without_the_first_step_there_is_no_second(boss: User) -> None:
    enrolled(boss)

    answer = second_step(Client(), code_now())

    assert answer["Location"] == "/sign-in/"
    assert Client().get("/sign-in/code/")["Location"] == "/sign-in/"


@pytest.mark.parametrize("spoil", ["late", "password", "switched off"])
def test_the_first_step_does_not_hold_for_ever(boss: User, spoil: str) -> None:
    enrolled(boss)
    client = first_step()
    if spoil == "late":
        session = client.session
        session["second_step"] |= {"at": timezone.now().timestamp() - 301}
        session.save()
    if spoil == "password":
        boss.set_password("something else")
        boss.save()
    if spoil == "switched off":
        User.objects.update(is_active=False)

    assert second_step(client, code_now())["Location"] == "/sign-in/"


def test_a_code_needs_a_token_of_the_page(boss: User) -> None:
    assert Client(enforce_csrf_checks=True).post("/sign-in/code/").status_code == 403


def set_up(client: Client) -> tuple[bytes, list[str]]:
    """Goes through the pages as somebody would: the secret, and the recovery codes."""
    client.post("/account/second-factor/begin/", {"current": PASSWORD}, **PAGE)
    page = client.get("/account/second-factor/", **PAGE).content.decode()
    [shown] = re.findall(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    secret = base64.b32decode(shown.replace(" ", ""))
    answer = client.post("/account/second-factor/confirm/", {"code": code_now(secret)}, **PAGE)
    return secret, re.findall(r"<span>([a-z0-9]{5}-[a-z0-9]{5})</span>", answer.content.decode())


def test_it_is_set_up_with_a_qr_code_and_a_first_code(boss: User) -> None:
    client, other = signed_in(boss), signed_in(boss)
    client.post("/account/second-factor/begin/", {"current": PASSWORD}, **PAGE)

    page = client.get("/account/second-factor/", **PAGE)
    text = page.content.decode()
    assert 'src="data:image/svg+xml' in text
    assert "img-src 'self' data:" in page["Content-Security-Policy"]
    assert not second_factor.is_on(boss)
    secret, codes = set_up(client)

    assert len(secret) == 20
    assert len(set(codes)) == 10
    assert second_factor.is_on(boss)
    assert client.post("/live/ticket/").status_code == 200
    assert other.post("/live/ticket/").status_code == 401
    after = client.get("/account/second-factor/", **PAGE).content.decode()
    assert "10 recovery codes are left." in after
    assert 'class="secret"' not in after
    assert AuditRow.objects.filter(action="second_factor.added").count() == 1


def test_the_address_in_the_qr_code_names_user_and_secret(boss: User) -> None:
    address = second_factor.address_of_secret(boss, "ABCD")

    assert address == "otpauth://totp/gis-server%3Aboss?secret=ABCD&issuer=gis-server"


@pytest.mark.parametrize("path", ["begin/", "codes/", "remove/"])
def test_changing_it_takes_the_password(boss: User, path: str) -> None:
    client = signed_in(boss)
    if path != "begin/":
        enrolled(boss)

    answer = client.post(f"/account/second-factor/{path}", {"current": "wrong"}, **PAGE)

    assert "This is not your present password." in answer.content.decode()
    assert SecondFactor.objects.count() == (path != "begin/")
    assert RecoveryCode.objects.count() == 0


def test_a_wrong_first_code_switches_nothing_on(boss: User) -> None:
    client = signed_in(boss)
    client.post("/account/second-factor/begin/", {"current": PASSWORD}, **PAGE)

    answer = client.post("/account/second-factor/confirm/", {"code": "12345"}, **PAGE)

    assert "This code is not right." in answer.content.decode()
    assert not second_factor.is_on(boss)
    first = Client().post("/sign-in/", {"username": "boss", "password": PASSWORD})
    assert first["Location"] == "/wall/"


@pytest.mark.parametrize("path", ["begin/", "confirm/"])
def test_setting_up_twice_is_refused(boss: User, path: str) -> None:
    client = signed_in(boss)
    enrolled(boss)

    form = {"current": PASSWORD, "code": "123456"}
    answer = client.post(f"/account/second-factor/{path}", form)

    assert answer.status_code == 409


def test_a_recovery_code_is_good_once(boss: User) -> None:
    _secret, codes = set_up(signed_in(boss))

    assert second_step(first_step(), codes[0].upper())["Location"] == "/wall/"
    assert second_step(first_step(), codes[0]).status_code == 200
    assert AuditRow.objects.get(action="recovery_code.used").detail == {"left": 9}


def test_new_recovery_codes_make_the_old_ones_void(boss: User) -> None:
    client = signed_in(boss)
    _secret, old = set_up(client)

    answer = client.post("/account/second-factor/codes/", {"current": PASSWORD}, **PAGE)

    new = re.findall(r"<span>([a-z0-9-]{11})</span>", answer.content.decode())
    assert len(new) == 10
    assert not set(old) & set(new)
    assert not second_factor.accept(boss, old[0], timezone.now())
    assert second_factor.accept(boss, new[0], timezone.now())


def test_it_is_switched_off_with_the_password(boss: User) -> None:
    client = signed_in(boss)
    set_up(client)

    client.post("/account/second-factor/remove/", {"current": PASSWORD}, **PAGE)

    assert not second_factor.is_on(boss)
    assert not RecoveryCode.objects.exists()
    assert AuditRow.objects.get(action="second_factor.removed").who == "boss"


@pytest.fixture
def needed(settings: Settings) -> None:
    settings.SECOND_FACTOR_ROLES = ["operator"]


@pytest.mark.usefixtures("needed")
def test_a_role_that_needs_it_can_do_nothing_before(boss: User) -> None:
    client = signed_in(boss)

    page = client.get("/wall/", **PAGE)

    assert page["Location"] == "/account/second-factor/?next=%2Fwall%2F"
    assert client.get("/api/divisions/").status_code == 403
    assert client.post("/live/ticket/").status_code == 403
    set_up(client)
    assert client.post("/live/ticket/").status_code == 200


@pytest.mark.usefixtures("needed")
def test_a_role_that_needs_it_cannot_switch_it_off(boss: User) -> None:
    client = signed_in(boss)
    set_up(client)

    answer = client.post("/account/second-factor/remove/", {"current": PASSWORD})

    assert answer.status_code == 403
    assert second_factor.is_on(boss)


@pytest.mark.usefixtures("needed")
def test_another_role_is_not_asked_for_it() -> None:
    client = signed_in(person("worker", Role.GRID_WORKER))

    assert client.post("/live/ticket/").status_code == 200


def test_an_administrator_takes_it_away_from_somebody_who_lost_the_phone(boss: User) -> None:
    enrolled(boss)
    theirs = first_step()
    second_step(theirs, code_now())
    admin = signed_in(person("admin", Role.ADMINISTRATOR))

    admin.post(f"/users/{boss.pk}/remove-second-factor/")

    assert not second_factor.is_on(boss)
    assert theirs.post("/live/ticket/").status_code == 401
    assert AuditRow.objects.get(action="second_factor.removed").who == "admin"


def test_only_who_manages_the_user_takes_it_away(boss: User) -> None:
    enrolled(boss)
    street = signed_in(person("street", Role.ADMINISTRATOR, "140107001"))

    assert street.post(f"/users/{boss.pk}/remove-second-factor/").status_code == 404
    assert second_factor.is_on(boss)


def test_no_secret_lies_readable_in_the_database_or_a_log(
    boss: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, codes = set_up(signed_in(boss))
    second_step(first_step(), codes[0])
    second_step(first_step(), code_now(secret))

    with connection.cursor() as cursor:
        stored = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            stored += [row[0] for row in cursor.fetchall()]
    text = "\n".join([*stored, caplog.text])
    hidden = [base64.b32encode(secret).decode(), secret.hex(), *codes]
    hidden += [code.replace("-", "") for code in codes]
    assert [word for word in hidden if word in text] == []
    assert code_now(secret) not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_eight_with_the_same_code_at_once_one_gets_in() -> None:
    user = person("boss")
    enrolled(user)
    now = datetime.fromtimestamp(59, UTC)

    told = together(*[partial(second_factor.accept, user, "287082", now)] * 8)

    assert sorted(told) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_of_eight_with_the_same_recovery_code_at_once_one_gets_in() -> None:
    user = person("boss")
    enrolled(user)
    [code, *_rest] = second_factor.new_codes(user)

    told = together(*[partial(second_factor.accept, user, code, timezone.now())] * 8)

    assert sorted(told) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_of_eight_wrong_codes_at_once_no_more_are_judged_than_in_turn() -> None:
    enrolled(person("boss"))
    clients = [first_step() for _ in range(8)]
    wrong = wrong_now()

    told = together(*[partial(second_step, client, wrong) for client in clients])

    assert sorted(answer.status_code for answer in told) == [200] * 4 + [429] * 4


def test_a_confirmation_of_nothing_is_refused(boss: User) -> None:
    request = RequestFactory().post("/")

    with pytest.raises(Conflict):
        second_factor.confirm(request, boss, "123456", timezone.now())
