"""A walk over all pages as somebody with every kind of secret: none of them shows, or is logged."""

import base64
import logging

import pytest
from django.test import Client
from django.utils import timezone

from gis_server import vault
from gis_server.accounts import second_factor, tokens
from gis_server.models import ApiToken, AuditRow, RecoveryCode, SecondFactor, User, UserSession
from gis_server.roles import Role
from tests.gis_server.people import PAGE, PASSWORD, person, signed_in
from tests.grids.territory import two_grids
from tests.house.test_routes import ROUTES, filled

SECRET = b"12345678901234567890"
PATHS = sorted({filled(route) for route, _item in ROUTES})


def secrets_of(user: User) -> dict[str, str]:
    """Gives the user one of each kind; by what it is."""
    now = timezone.now()
    wanted = tokens.Wanted("report", ["see_map"], [], 30)
    _row, token = tokens.make(user=user, wanted=wanted, now=now)
    sealed = vault.seal(base64.b32encode(SECRET).decode())
    SecondFactor.objects.create(user=user, sealed_secret=sealed, confirmed_at=now)
    codes = second_factor.new_codes(user)
    return {
        "password": PASSWORD,
        "hash of the password": user.password,
        "token": token,
        "hash of the token": ApiToken.objects.get().digest,
        "secret of the app": base64.b32encode(SECRET).decode(),
        "sealed secret": sealed.decode(),
        "recovery code": codes[0],
        "digest of a code": RecoveryCode.objects.earliest("id").digest,
    }


@pytest.mark.django_db
def test_no_secret_is_in_a_page_a_log_or_the_trail(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    two_grids()
    boss = person("boss", Role.ADMINISTRATOR)
    client, other = signed_in(boss), signed_in(boss)
    hidden = secrets_of(boss)
    hidden |= {
        f"session {number}": row.session_key for number, row in enumerate(UserSession.objects.all())
    }

    texts = {"log": ""}
    for path in [*PATHS, f"/users/{boss.pk}/"]:
        for accept in ({}, PAGE):
            answer = client.get(path, **accept)
            body = b"" if answer.streaming else answer.content
            texts[path] = texts.get(path, "") + body.decode("utf-8", "replace")
            texts[path] += str(answer.headers)
    other.get("/account/")
    texts["log"] = "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )
    texts["trail"] = str(list(AuditRow.objects.values()))

    found = [
        (where, what)
        for where, text in texts.items()
        for what, secret in hidden.items()
        if secret in text
    ]
    assert found == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/", "/account/tokens/", "/users/", "/users/new/"])
def test_no_cache_keeps_a_page_of_an_account(path: str) -> None:
    client: Client = signed_in(person("boss", Role.ADMINISTRATOR))

    assert client.get(path, **PAGE)["Cache-Control"] == "private, no-store"
