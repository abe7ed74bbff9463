"""What is told of the server itself: to Prometheus, and to administrators in words."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from gis_server import beats, health
from gis_server.jobs import say_alive
from gis_server.live import Change, record
from gis_server.models import ProcessBeat
from gis_server.roles import Role
from gis_server.watch import asking, disks, meters, pages, parts, queue
from gis_server.watch.readings import Found, Reading, State, Watch
from tests.conftest import SignIn
from tests.gis_server.people import PAGE

TOKEN = "a-token-of-this-test-0123456789"
pytestmark = pytest.mark.django_db
SYSTEM = "/administration/system/"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def scrape(client: Client, **headers: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"} | headers)
    assert answer.status_code == 200
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {}), "told twice"
            found[sample.name][labels] = sample.value
    return found


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Authorization": "Bearer "}, id="an empty token"),
        pytest.param({"Authorization": f"Bearer {TOKEN}x"}, id="a longer one"),
        pytest.param({"Authorization": f"Bearer {TOKEN[:-1]}"}, id="a shorter one"),
        pytest.param({"Authorization": f"Basic {TOKEN}"}, id="another way"),
        pytest.param({"Authorization": "Bearer пароль-пароль-пароль"}, id="other letters"),
    ],
)
def test_strangers_are_told_nothing(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert b"gis_" not in answer.content


def test_who_is_signed_in_needs_the_token_too(sign_in: SignIn) -> None:
    assert sign_in(Role.ADMINISTRATOR).get("/metrics").status_code == 401


@override_settings(METRICS_TOKEN="")
def test_no_token_lets_nobody_in(client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.mark.parametrize(
    ("address", "behind_tls", "forwarded", "status"),
    [
        pytest.param("10.9.1.2", False, None, 200, id="of the network"),
        pytest.param("10.8.1.2", False, None, 401, id="of another"),
        pytest.param("10.9.1.2", False, "10.9.1.2", 401, id="by a proxy that nobody told us of"),
        pytest.param("127.0.0.1", True, "10.9.1.2", 200, id="by a proxy that we know"),
        pytest.param("10.9.1.2", True, "10.9.1.2, 8.8.8.8", 401, id="the proxy saw another"),
    ],
)
def test_a_network_may_be_let_in(
    settings: Any, address: str, behind_tls: bool, forwarded: str | None, status: int
) -> None:
    settings.METRICS_NETWORKS, settings.BEHIND_TLS = ["10.9.0.0/16"], behind_tls
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    answer = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)

    assert answer.status_code == status


def test_every_declared_metric_is_told_with_its_help(client: Client) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    told = set(re.findall(r"^# HELP (\S+) \S", answer.content.decode(), re.MULTILINE))

    declared = {name for watch in asking.watches() for name in watch.metrics}
    assert len(declared) > 30
    assert declared <= told
    assert "gis_http_requests_total" in told
    assert answer["Cache-Control"] == "no-store"


def test_all_parts_are_asked(client: Client) -> None:
    told = scrape(client)

    asked = {dict(labels)["part"]: value for labels, value in told["gis_watch_asked"].items()}
    assert asked == dict.fromkeys(
        ("database", "queue", "parts", "feed", "cameras", "web", "disks", "backups"), 1.0
    )
    assert told["gis_database_connections"][()] >= 1
    assert told["gis_database_bytes"][()] > 1_000_000
    assert abs(told["gis_clock_difference_seconds"][()]) < 2


def test_requests_are_counted_by_their_template(client: Client, sign_in: SignIn) -> None:
    labels = (("method", "GET"), ("route", "calendar/"), ("status", "200"))
    before = scrape(client).get("gis_http_requests_total", {}).get(labels, 0)

    sign_in(Role.ADMINISTRATOR).get("/calendar/?year=2026")

    told = scrape(client)
    assert told["gis_http_requests_total"][labels] == before + 1
    assert told["gis_http_request_seconds_count"][(("route", "calendar/"),)] >= 1
    text = str(told)
    assert "year=2026" not in text


def test_what_there_is_not_is_one_template(client: Client) -> None:
    for number in range(3):
        client.request(REQUEST_METHOD=f"BREW{number}", PATH_INFO=f"/no/such/{number}")

    told = scrape(client)["gis_http_requests_total"]
    assert (("method", "other"), ("route", "none"), ("status", "404")) in told
    assert "/no/such" not in str(told)


def other_process(code: str) -> None:
    """Run Python in a process of its own that counts in the same folder."""
    start = "import django; django.setup(); from gis_server.watch import meters; "
    subprocess.run([sys.executable, "-c", start + code], check=True, env=os.environ, timeout=60)


def test_processes_are_added_up_and_those_that_have_ended_stay(client: Client) -> None:
    meters.count_job("test.added", "done", 1.0, 100.0)
    other_process('meters.count_job("test.added", "done", 1.0, 200.0)')

    told = scrape(client)

    assert told["gis_jobs_total"][(("job", "test.added"), ("outcome", "done"))] == 2
    assert told["gis_job_done_timestamp_seconds"][(("job", "test.added"),)] == 200


def test_who_takes_the_place_of_another_goes_on_in_its_files(client: Client) -> None:
    work = 'meters.count_as("7-1"); meters.count_job("test.placed", "done", 1.0, 100.0)'
    other_process(work)
    files = {file.name for file in Path(settings.METRICS_DIR).glob("*.db")}
    other_process(work)

    assert {file.name for file in Path(settings.METRICS_DIR).glob("*.db")} == files
    assert "counter_7-1.db" in files
    assert scrape(client)["gis_jobs_total"][(("job", "test.placed"), ("outcome", "done"))] == 2


def test_listeners_of_a_process_that_has_ended_go_with_it(client: Client) -> None:
    other_process("meters.note_live(clients=7, heard=True, last_id=3, now_s=5.0)")

    told = scrape(client)

    assert 7 not in told.get("gis_live_clients", {}).values()


def test_counting_that_fails_fails_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        def labels(self, *args: str) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(meters, "SLOW", Full())
    monkeypatch.setattr(meters, "_said", False)

    meters.count_slow("web")
    meters.count_slow("web")

    assert [record.getMessage() for record in caplog.records] == [
        "counting for /metrics has failed: OSError"
    ]


@pytest.mark.parametrize("mode", [0o777, 0o720])
def test_a_folder_that_others_may_write_into_is_not_used(
    settings: Any, tmp_path: Path, mode: int
) -> None:
    settings.METRICS_DIR = tmp_path / "counters"
    assert meters._prepare()

    settings.METRICS_DIR.chmod(mode)

    assert not meters._prepare()


def test_a_link_in_place_of_the_folder_is_not_used(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    settings.METRICS_DIR = tmp_path / "link"
    settings.METRICS_DIR.symlink_to(tmp_path / "real")

    assert not meters._prepare()


def reading_of(found: Found, what: str) -> Reading:
    return next(one for one in found.readings if str(one.what).startswith(what))


def test_jobs_that_wait_are_told_with_the_age_of_the_oldest(settings: Any, client: Client) -> None:
    link = redis.Redis.from_url(settings.REDIS_URL)
    link.delete(queue.QUEUE)
    try:
        say_alive.apply_async(headers={})
        say_alive.apply_async()

        message = json.loads(link.lindex(queue.QUEUE, -1) or b"")
        assert message["headers"]["sent_at"] == pytest.approx(time.time(), abs=200)
        told = scrape(client)
        assert told["gis_jobs_waiting"][()] == 2
        assert 0 <= told["gis_jobs_oldest_waiting_seconds"][()] < 200

        later = queue.find(timezone.now() + timedelta(minutes=10))
        assert later.readings[1].state is State.BAD
        assert later.readings[1].todo
    finally:
        link.delete(queue.QUEUE)


def test_a_silent_part_is_bad_and_says_what_to_do(client: Client) -> None:
    now = timezone.now()
    beats.beat(beats.Part.JOBS, now)
    beats.beat(beats.Part.PICTURES, now - timedelta(minutes=5), "east")

    found = parts.find_signs(now)

    assert [(one.state, bool(one.todo)) for one in found.readings] == [
        (State.GOOD, False),
        (State.BAD, True),
    ]
    told = scrape(client)["gis_part_silent"]
    assert told[(("part", "pictures"), ("place", "east"))] == 1


def test_jobs_that_were_never_heard_are_unknown() -> None:
    ProcessBeat.objects.all().delete()

    assert [one.state for one in parts.find_signs(timezone.now()).readings] == [State.UNKNOWN]


def test_changes_that_wait_are_told_by_the_oldest() -> None:
    with transaction.atomic():
        record(Change("alarm", "1", ""))
    newest = int(parts.find_feed(timezone.now()).samples[0].value)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gis_server_change SET at = now() - interval '1 minute'")

    meters.note_live(clients=3, heard=True, last_id=newest - 1, now_s=time.time())
    behind = parts.find_feed(timezone.now())
    meters.note_live(clients=3, heard=True, last_id=newest, now_s=time.time())
    caught_up = parts.find_feed(timezone.now())

    assert {one.name: one.value for one in behind.samples}["gis_feed_lag_seconds"] > 59
    assert [one.state for one in behind.readings] == [State.GOOD, State.GOOD, State.BAD]
    assert {one.name: one.value for one in caught_up.samples}["gis_feed_lag_seconds"] == 0


@pytest.mark.parametrize(
    ("heard", "ago_s", "told", "state"),
    [
        pytest.param(True, 0, "ok", State.GOOD, id="at work"),
        pytest.param(False, 0, "cut off", State.BAD, id="without the database"),
        pytest.param(True, 60, "silent", State.BAD, id="hanging"),
    ],
)
def test_how_the_live_process_fares(heard: bool, ago_s: int, told: str, state: State) -> None:
    meters.note_live(clients=0, heard=heard, last_id=0, now_s=time.time() - ago_s)

    assert health._live() == told
    assert parts.find_feed(timezone.now()).readings[0].state is state
    meters.note_live(clients=0, heard=True, last_id=0, now_s=time.time())


def test_a_slow_statement_is_counted_and_told_without_its_values(
    settings: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SLOW_STATEMENT_MS = 20
    before = sum(scrape(client).get("gis_slow_statements_total", {}).values())
    caplog.clear()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05), %s", ["hunter2"])

    lines = [one.getMessage() for one in caplog.records if one.name == "gis_server.statements"]
    assert lines == ["slow statement: SELECT pg_sleep(0.05), %s"]
    assert sum(scrape(client)["gis_slow_statements_total"].values()) > before


def broken(error: Exception, uses_database: bool = True) -> Watch:
    def find(now: object) -> Found:
        raise error

    return Watch("broken", "Broken", {}, find, "mend it", uses_database=uses_database)


@pytest.mark.parametrize(
    "error",
    [DatabaseError("x"), redis.ConnectionError("x"), OSError("x"), ZeroDivisionError("ours")],
    ids=["database", "redis", "disk", "ours"],
)
def test_a_part_that_cannot_be_asked_says_so_and_keeps_nobody_back(error: Exception) -> None:
    well = Watch("well", "Well", {}, lambda now: Found(), "")

    answers = asking.ask_all([broken(error), well])

    assert [bool(answer.trouble) for answer in answers] == [True, False]
    told = answers[0].found.readings[0]
    assert (told.state, told.todo) == (State.UNKNOWN, "mend it")


def test_a_part_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWERS_WITHIN_MS", 50)

    def find(now: object) -> Found:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        return Found()

    began = time.monotonic()
    answers = asking.ask_all([Watch("slow", "Slow", {}, find, "")])

    assert answers[0].trouble == "OperationalError"
    assert time.monotonic() - began < 10


def test_without_the_database_its_parts_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_database_answers", lambda: False)
    asked: list[str] = []

    def find(now: object) -> Found:
        asked.append("database")
        return Found()

    second = Watch("second", "Second", {}, find, "")
    third = Watch("third", "Third", {}, lambda now: Found(), "", uses_database=False)

    answers = asking.ask_all([broken(OperationalError("gone")), second, third])

    assert asked == []
    assert [answer.trouble for answer in answers] == ["OperationalError", "OperationalError", ""]


def test_administrators_alone_see_the_page(sign_in: SignIn) -> None:
    statuses = {role: sign_in(role).get(SYSTEM).status_code for role in Role}

    assert {role for role, status in statuses.items() if status == 200} == {Role.ADMINISTRATOR}
    assert set(statuses.values()) == {200, 403}


def test_the_page_says_every_part_in_both_languages(sign_in: SignIn) -> None:
    admin = sign_in(Role.ADMINISTRATOR)

    english = admin.get(SYSTEM, **PAGE).content.decode()
    chinese = admin.get(SYSTEM, HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE="zh-hans")

    for key in ("database", "queue", "parts", "feed", "cameras", "web", "disks", "backups"):
        assert f'id="part-{key}"' in english
    assert "State of the system" in english
    assert "系统状态" in chinese.content.decode()


def test_a_fault_in_a_part_leaves_the_page_standing(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "watches", lambda: (broken(DatabaseError("no")),))

    page = sign_in(Role.ADMINISTRATOR).get(SYSTEM, **PAGE).content.decode()

    assert "cannot be asked" in page
    assert "mend it" in page


def test_a_disk_that_is_nearly_full_stands_at_the_top(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "RESERVE_BYTES", 2**60)

    page = sign_in(Role.ADMINISTRATOR).get(SYSTEM, **PAGE).content.decode()

    urgent = page[: page.index('class="parts"')]
    assert "PICTURE_DAYS" in urgent
    assert "do what stands here first" in urgent


class Away:
    """A database that refuses every connection."""

    def __call__(self, *args: object, **kwargs: object) -> None:
        raise OperationalError("gone")


def test_without_the_database_the_page_goes_on_for_whom_it_was_open(
    sign_in: SignIn, client: Client
) -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    admin.get(SYSTEM, **PAGE)
    with connection.execute_wrapper(Away()):
        kept, refused = admin.get(SYSTEM, **PAGE), client.get(SYSTEM, **PAGE)

    assert kept.status_code == 503
    text = kept.content.decode()
    assert 'id="part-disks"' in text
    assert "nobody can sign in" in text
    assert refused.status_code in (302, 503)
    assert b'id="part-disks"' not in refused.content


def test_a_forged_or_old_pass_opens_nothing(client: Client) -> None:
    client.cookies[pages.PASS_COOKIE] = "1:forged"
    client.cookies["sessionid"] = "x" * 32
    with connection.execute_wrapper(Away()):
        answer = client.get(SYSTEM, **PAGE)

    assert answer.status_code == 503
    assert b'id="part-' not in answer.content


def test_questions_do_not_grow_with_what_there_is(
    sign_in: SignIn, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        beats.beat(beats.Part.PICTURES, timezone.now(), f"site {number}")
    admin = sign_in(Role.ADMINISTRATOR)
    admin.get(SYSTEM)

    # Four parts use the database: a savepoint, its end and a time limit each, and 1 + 1 + 1 + 4.
    with django_assert_num_queries(19):
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    # And the session with its user.
    with django_assert_num_queries(19 + 2):
        admin.get(SYSTEM)


def test_a_full_disk_and_a_lost_folder_are_told_and_do_not_stop_serving(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr("gis_server.disk.RESERVE_BYTES", 2**60)
    full = client.get("/readyz")
    settings.MEDIA_ROOT = Path("/proc/nowhere")
    lost = client.get("/readyz")

    assert (full.status_code, full.json()["status"], full.json()["media"]) == (
        200,
        "limited",
        "full",
    )
    assert (lost.status_code, lost.json()["media"]) == (200, "away")
    assert b"/proc" not in lost.content
