"""Jobs travel through the very Redis database that REDIS_URL names."""

import pytest

from gis_server.env import broker_of


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        pytest.param(
            "unix:///run/r.sock?db=9", "redis+socket:///run/r.sock?virtual_host=9", id="a socket"
        ),
        pytest.param("unix:///run/r.sock", "redis+socket:///run/r.sock", id="no number"),
        pytest.param("redis://h:6379/3", "redis://h:6379/3", id="an address"),
    ],
)
def test_the_broker_is_the_same_database(redis_url: str, broker: str) -> None:
    assert broker_of(redis_url) == broker
