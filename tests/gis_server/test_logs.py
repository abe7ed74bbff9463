"""Lines of logs: JSON in every process, an id from the request into its jobs, and no secret."""

import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as ours
from django.test import Client

from gis_server import logs
from gis_server.jobs import Job, app

SECRET = "s3cret-w0rd-of-this-test"


def formatted(message: str, *args: object, **extra: Any) -> dict[str, Any]:
    """A line as the formatter of the settings writes it."""
    given = ours.LOGGING["formatters"]["json"]
    formatter = logs.Lines(given["format"], rename_fields=given["rename_fields"])
    record = logging.LogRecord("gis_server.x", logging.INFO, "f", 1, message, args, None)
    record.__dict__.update(extra)
    logs.AddRequestId().filter(record)
    line: dict[str, Any] = json.loads(formatter.format(record))
    return line


def test_a_line_says_when_how_bad_who_and_for_which_request() -> None:
    token = logs.request_id.set("abc")
    line = formatted("went %s", "well", took_ms=1.5)
    logs.request_id.reset(token)

    assert set(line) == {
        "at", "level", "part", "pid", "logger", "request_id", "message", "took_ms",
    }  # fmt: skip
    assert (line["message"], line["request_id"], line["pid"]) == ("went well", "abc", os.getpid())


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (("/v/bin/granian", "gis_server.wsgi:application", "--port", "1"), "web"),
        (("/v/bin/celery", "--quiet", "-A", "gis_server.jobs", "worker"), "jobs"),
        (("/v/bin/uvicorn", "gis_server.live_asgi:app"), "live"),
        (("/v/bin/uvicorn", "patrols.intake.asgi:app", "--timeout-keep-alive", "30"), "positions"),
        (("manage.py", "poll", "--site", "east"), "poller"),
        (("manage.py", "pictures"), "pictures"),
        (("manage.py",), "other"),
        (("-c",), "other"),
        ((), "other"),
    ],
)
def test_a_process_goes_by_its_name(argv: tuple[str, ...], part: str) -> None:
    assert logs.part_of(argv) == part


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "VAULT_KEY", "METRICS_TOKEN", "EMAIL_HOST_PASSWORD", "BASE_MAP_KEY"]
)
def test_our_secrets_are_taken_out_wherever_they_stand(settings: Any, name: str) -> None:
    setattr(settings, name, f'a"{SECRET}\\ö')

    line = json.dumps(formatted(f'the value a"{SECRET}\\ö is wrong', more=f'a"{SECRET}\\ö'))

    assert SECRET not in line
    assert line.count(logs.HIDDEN) == 2


def test_passwords_of_the_servers_are_taken_out(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ours.DATABASES["default"], "PASSWORD", SECRET)
    settings.REDIS_URL = f"redis://:{SECRET}%40@h/0"

    assert SECRET not in json.dumps(formatted("no: %s and %s@", SECRET, SECRET))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param(
            f"rtsp://admin:{SECRET}@10.0.0.1/ch1", "rtsp://[hidden]10.0.0.1/ch1", id="camera"
        ),
        pytest.param(f"postgres://u:{SECRET}@db/gis", "postgres://[hidden]db/gis", id="database"),
        pytest.param(f"Authorization: Bearer {SECRET}", "Bearer [hidden]", id="bearer"),
        pytest.param("gis_AbCdEfGhIjKlMnOpQrStUv01", "gis_[hidden]", id="a token of ours"),
        pytest.param(f"GET /x?a=1&token={SECRET}&b=2", "&token=[hidden]&b=2", id="in an address"),
    ],
)
def test_what_looks_like_a_secret_of_others_is_taken_out(text: str, kept: str) -> None:
    assert SECRET not in logs.hide(text)
    assert kept in logs.hide(text)


@pytest.mark.parametrize(
    "text",
    [
        "gis_http_request_seconds_bucket", "http://127.0.0.1:8000/wall/", "Basic rules",
        "12:30:45 a@b.example", "unix:///run/redis.sock?db=0",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert logs.hide(text) == text


def test_a_trace_is_cleared_too(settings: Any) -> None:
    settings.METRICS_TOKEN = SECRET
    formatter = logs.Lines("%(message)s")
    error = ValueError(f"could not connect with {SECRET}")
    record = logging.LogRecord("x", 40, "f", 1, "failed", (), (ValueError, error, None))

    line = formatter.format(record)

    assert SECRET not in line
    assert "could not connect" in line


def run(code: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"LOG_FORMAT": "json"} | env,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_what_ends_a_process_is_a_line_too() -> None:
    code = (
        "import django; django.setup()\n"
        "import warnings; warnings.warn('beware')\n"
        f"raise RuntimeError('rtsp://u:{SECRET}@host/ failed')\n"
    )

    done = run(code)

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert [line["level"] for line in lines] == ["WARNING", "CRITICAL"]
    assert "RuntimeError" in lines[1]["exc_info"]
    assert SECRET not in done.stderr


@pytest.mark.parametrize("server", ["uvicorn.error", "uvicorn.access", "_granian"])
def test_servers_write_lines_like_ours(server: str) -> None:
    code = (
        "import logging, logging.config\n"
        "from granian.log import LOGGING_CONFIG as one\n"
        "from uvicorn.config import LOGGING_CONFIG as other\n"
        "logging.config.dictConfig(one); logging.config.dictConfig(other)\n"
        "import django; django.setup()\n"
        f"logging.getLogger({server!r}).error('it ends')\n"
    )

    done = run(code)

    assert done.stdout == ""
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["it ends"]


seen: list[str] = []


@app.task(name="tests.look")  # type: ignore[untyped-decorator]
def look() -> None:
    seen.append(logs.request_id.get())


def test_a_job_goes_under_the_id_of_its_request() -> None:
    seen.clear()
    token = logs.request_id.set("req-7")
    try:
        look.apply(headers={"request_id": "req-7"})
        look.apply(task_id="job-1")
        look.apply(task_id="job-2", headers={"request_id": "no\nid"})
        look()
    finally:
        logs.request_id.reset(token)

    assert seen[:3] == ["req-7", "job-1", "job-2"]
    assert isinstance(look, Job)


def test_the_id_of_a_request_goes_with_the_job_that_it_hands_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "celery.app.task.Task.apply_async",
        lambda self, args, kwargs, **options: sent.append(options),
    )
    token = logs.request_id.set("req-8")
    try:
        look.apply_async(expires=5, headers={"kept": 1})
    finally:
        logs.request_id.reset(token)

    assert sent[0]["headers"]["request_id"] == "req-8"
    assert sent[0]["headers"]["kept"] == 1
    assert sent[0]["expires"] == 5


def test_an_answer_names_its_request_and_another_request_is_another(client: Client) -> None:
    first, second = client.get("/healthz"), client.get("/healthz")

    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert logs.request_id.get() == logs.NO_REQUEST
