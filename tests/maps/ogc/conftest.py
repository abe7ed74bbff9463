"""A street with everything that a street can have, and somebody who sees all of it.

Once for a file of tests: what a test changes is undone.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.house.streets import Street, lay_out

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def one_street(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Street]:
    media: Path = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        yield lay_out(media)
        transaction.set_rollback(True)


@pytest.fixture
def street(one_street: Street, db: None) -> Street:
    return one_street


@pytest.fixture
def boss(street: Street) -> Client:
    """The administrator of the first street."""
    client = Client(headers={"accept": "application/json", "accept-language": "en"})
    client.force_login(street.administrator)
    return client


@pytest.fixture
def ask(boss: Client) -> Ask:
    """The features of a collection, with what is asked in the address."""

    def get(collection: str, question: str = "", status: int = 200) -> Any:
        answer = boss.get(f"/ogc/collections/{collection}/items?{question}")
        assert answer.status_code == status, answer.content
        return answer.json()

    return get
