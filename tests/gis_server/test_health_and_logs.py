"""The health pages tell the truth, and log lines hold what helps and no secret."""

import logging
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from redis.exceptions import ConnectionError as RedisGone

from gis_server.watch import meters
from tests.conftest import SignIn


def test_a_living_process_says_so_without_the_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_ready_server_says_so(client: Client, db: None) -> None:
    answer = client.get("/readyz")

    told = answer.json()
    # A live process may have run in a test before.
    assert set(told) == {"status", "database", "redis", "media", "live"}
    assert (answer.status_code, told["database"], told["redis"]) == (200, "ok", "ok")
    assert told["media"] == "ok"


@pytest.mark.parametrize(
    ("here", "told"),
    [
        pytest.param(True, ("limited", "away"), id="it is to run here"),
        pytest.param(False, ("ok", "not here"), id="another machine has it"),
    ],
)
def test_a_live_process_that_nobody_hears_is_missed_where_it_is_to_run(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, here: bool,
    told: tuple[str, str],
) -> None:  # fmt: skip
    monkeypatch.setattr(meters, "numbers", lambda _files: {})
    settings.LIVE_RUNS_HERE = here

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["live"]) == told


def test_a_server_without_redis_is_not_ready(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: object) -> None:
        raise RedisGone("/secret/path.sock refused")

    monkeypatch.setattr(cache, "set", gone)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["redis"] == "away"
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_a_server_whose_migrations_are_behind_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'gis_server'")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["database"]) == (503, "behind")


def test_a_request_is_one_line_without_its_query(
    operator: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gis_server.requests")

    operator.get("/no/such/page?token=hunter2")

    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["GET /no/such/page 404"]
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123", True), ("x" * 65, False), ("a b", False), ("a\r\nX: y", False), ("", False)],
)
def test_a_request_id_is_taken_over_only_when_it_is_harmless(
    client: Client, given: str, kept: bool
) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": given})

    assert (answer["X-Request-Id"] == given) is kept
    assert answer["X-Request-Id"]


@override_settings(BEHIND_TLS=False)
def test_pages_carry_the_headers_that_protect_them(sign_in: SignIn, client: Client) -> None:
    answer = client.get("/sign-in/")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
