"""A DATABASE_URL or REDIS_URL that leads nowhere is told in a sentence, never with its login."""

import os
import socket
from collections.abc import Iterator

import pytest

from bin.steps.try_server import what_is_wrong_with_database, what_is_wrong_with_redis


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound, so that nobody else gets it, but refuses connections."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("postgres://me:topsecret@127.0.0.1:{port}/gis", id="nobody listens"),
        pytest.param("postgres://me:topsecret@/gis?host=/nonexistent", id="no such socket"),
        pytest.param("postgres://me:topsecret@nowhere.invalid/gis", id="no such host"),
        pytest.param("postgres://me:topsecret@127.0.0.1:99999/gis", id="no such port"),
    ],
)
def test_a_database_that_does_not_answer(address: str, closed_port: int) -> None:
    said = what_is_wrong_with_database(address.format(port=closed_port))

    assert said.startswith("DATABASE_URL points to ")
    assert "unset it to get a private database" in said
    assert "topsecret" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("postgres://me:topsecret@[::1/gis", id="half an address"),
        pytest.param("topsecret", id="no address"),
    ],
)
def test_what_is_no_address_is_not_repeated(address: str) -> None:
    said = what_is_wrong_with_database(address)

    assert said.startswith("DATABASE_URL cannot be read")
    assert "topsecret" not in said


def test_a_database_that_answers_is_fine() -> None:
    assert what_is_wrong_with_database(os.environ["DATABASE_URL"]) == ""


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("redis://me:topsecret@127.0.0.1:{port}/0", id="nobody listens"),
        pytest.param("unix:///nonexistent/redis.sock", id="no such socket"),
        pytest.param("http://127.0.0.1", id="another scheme"),
    ],
)
def test_a_redis_that_does_not_answer(address: str, closed_port: int) -> None:
    said = what_is_wrong_with_redis(address.format(port=closed_port))

    assert said.startswith("REDIS_URL points to ")
    assert "topsecret" not in said


def test_a_redis_that_answers_is_fine() -> None:
    assert what_is_wrong_with_redis(os.environ["REDIS_URL"]) == ""
