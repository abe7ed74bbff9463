"""What every test may use: users of each role, and clients signed in as them."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.utils import translation

from gis_server.models import User
from gis_server.roles import Role

DISTRICT = "140107"
STREET = "140107001"


# Made anew after every flush, and the same each time.
KEPT = {"django_content_type", "auth_permission"}


# No model makes it, so Django does not know it for its own.
OWN = ["patrols_fix"]


# Tables whose rows a trigger keeps from being deleted.
GUARDED = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
    WHERE NOT tgisinternal AND tgtype & 11 = 11  -- each row, before, deletion"""


def sql_flush(
    operations: DatabaseOperations, _style: object, tables: Sequence[str], **_options: Any
) -> list[str]:
    """What empties the database after a test that commits: only the tables that hold rows.

    Truncating makes new files for a table and its indexes: a second for a hundred tables, of which
    a test has filled five.  So rows are deleted, but for those that cannot be.
    """
    names = [table for table in (*tables, *OWN) if table not in KEPT]
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {operations.quote_name(name)})"
        for name in names
    )
    with operations.connection.cursor() as cursor:
        cursor.execute(asked)
        filled = {name for (name,) in cursor.fetchall()}
        cursor.execute(GUARDED)
        guarded = {name for (name,) in cursor.fetchall()} & filled
    return [
        *(f"TRUNCATE {operations.quote_name(name)};" for name in sorted(guarded)),
        *(f"DELETE FROM {operations.quote_name(name)};" for name in sorted(filled - guarded)),
    ]


def pytest_configure() -> None:
    DatabaseOperations.sql_flush = sql_flush  # type: ignore[assignment]
    # Hashing a password is slow on purpose: a third of a second, some hundred times.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Tests ask more in a minute than people; tests/security/test_rates.py sets its own.
    settings.RATES = dict.fromkeys(settings.RATES, 1_000_000)
    # Static files are looked for when they are asked for: every client of a test makes the
    # middleware anew, which would look at all of them first, a tenth of a second each time.
    settings.WHITENOISE_AUTOREFRESH = True
    # bin/test has one database with all tables, which is copied in the time of ten statements; to
    # make them anew by all migrations takes as long as two hundred tests.
    if model := os.environ.get("TEST_DATABASE_MODEL"):
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = model


MakeUser = Callable[..., User]
SignIn = Callable[..., Client]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name static files by their hash, so they must have been collected."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def default_language() -> None:
    """Whatever the last request of the test before was answered in."""
    translation.deactivate()


@pytest.fixture
def make_user(db: None) -> MakeUser:
    def make(role: Role = Role.OPERATOR, scope: tuple[str, ...] = (DISTRICT,)) -> User:
        name = f"{role}-{'-'.join(scope)}"
        return User.objects.create_user(name, role=role.value, scope=list(scope))

    return make


@pytest.fixture
def sign_in(make_user: MakeUser) -> SignIn:
    """A client signed in with a role and a scope; the whole district by default."""

    def sign(role: Role = Role.OPERATOR, scope: tuple[str, ...] = (DISTRICT,)) -> Client:
        client = Client()
        client.force_login(make_user(role, scope))
        return client

    return sign


@pytest.fixture
def operator(sign_in: SignIn) -> Client:
    return sign_in()


@pytest.fixture
def stranger(db: None) -> Client:
    return Client()
