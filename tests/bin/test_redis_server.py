"""The private Redis: starts, stops, comes back after a kill, and keeps what waits in it."""

import signal
from pathlib import Path

import pytest
import redis

from bin.steps import processes, redis_server
from bin.steps.journal import Failed


@pytest.fixture
def server(open_folder: Path) -> redis_server.Redis:
    return redis_server.Redis(
        open_folder / "redis", open_folder / "redis.sock", open_folder / "redis.log", lasting=True
    )


def test_what_waits_outlives_a_restart(server: redis_server.Redis) -> None:
    with redis_server.running(server), redis.Redis.from_url(server.url) as client:
        client.rpush("queue", "a job")

    with redis_server.running(server), redis.Redis.from_url(server.url) as client:
        assert client.lpop("queue") == b"a job"


def test_a_killed_server_is_back_at_the_next_start(server: redis_server.Redis) -> None:
    with redis_server.running(server):
        processes.end_all(lambda: processes.living_in(server.data), signal.SIGKILL, patience_s=20)

    with redis_server.running(server), redis.Redis.from_url(server.url) as client:
        assert client.ping()

    assert processes.living_in(server.data) == []


def test_a_server_that_died_is_revived(server: redis_server.Redis) -> None:
    with redis_server.running(server) as running:
        assert not running.revive()
        processes.end_all(lambda: processes.living_in(server.data), signal.SIGKILL, patience_s=20)

        assert running.revive()
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()


def test_nobody_else_may_use_its_socket(server: redis_server.Redis) -> None:
    with redis_server.running(server):
        assert server.socket.stat().st_mode & 0o777 == 0o700


def test_a_server_that_cannot_start_says_where_its_words_are(server: redis_server.Redis) -> None:
    (server.data / "appendonlydir").mkdir(parents=True)
    (server.data / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")

    with (
        pytest.raises(Failed, match=r"does not start: its last words are in .*redis\.log"),
        redis_server.running(server),
    ):
        pass
