"""What every test may use: users of each role, and clients signed in as them."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from gis_server.models import User
from gis_server.roles import Role

DISTRICT = "140107"
STREET = "140107001"


def pytest_configure() -> None:
    # Hashing a password is slow on purpose: a third of a second, some hundred times.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


MakeUser = Callable[..., User]
SignIn = Callable[..., Client]


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name static files by their hash, so they must have been collected."""
    call_command("collectstatic", interactive=False, verbosity=0)


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
