"""What tests of accounts share: people with a password, and clients signed in through the page."""

from typing import Any

from django.test import Client

from gis_server.models import User
from gis_server.roles import Role

PASSWORD, NEW = "Kan-Bu-Jian-7", "Xin-De-Mi-Ma-8"
PAGE: dict[str, Any] = {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "en"}
HERE = "10.1.1.1"


def person(name: str = "boss", role: Role = Role.OPERATOR, *scope: str, **extra: Any) -> User:
    return User.objects.create_user(
        name, password=PASSWORD, role=role.value, scope=list(scope or ("140107",)), **extra
    )


def signed_in(user: User, address: str = HERE) -> Client:
    client = Client(REMOTE_ADDR=address)
    answer = client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client
