"""Picking ports: the wanted one, or the next that is free."""

import socket
from collections.abc import Iterator

import pytest

from bin.steps.journal import Failed
from bin.steps.ports import first_free


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on; `localhost:0` lets the system choose it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_free_port_is_taken_as_wanted(taken: int) -> None:
    free = first_free("127.0.0.1", taken + 1)

    assert first_free("127.0.0.1", free) == free


def test_a_taken_port_gives_the_next_free_one(taken: int) -> None:
    assert first_free("127.0.0.1", taken) > taken


def test_two_ports_are_never_the_same(taken: int) -> None:
    web = first_free("127.0.0.1", taken)

    assert first_free("127.0.0.1", taken, taken={web}) > web


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        pytest.param("192.0.2.1", "has no address 192.0.2.1", id="another machine's address"),
        pytest.param("300.1.1.1", "'300.1.1.1' is not an address", id="no address at all"),
        pytest.param("", "is not an address", id="empty"),
    ],
)
def test_a_host_that_is_not_ours_is_refused(host: str, sentence: str) -> None:
    with pytest.raises(Failed, match=sentence):
        first_free(host, 8000)


def test_no_port_left_is_told() -> None:
    with pytest.raises(Failed, match="no port from 65535 on is free"):
        first_free("127.0.0.1", 65535, taken={65535})
