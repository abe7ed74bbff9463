"""The process that takes positions: what it answers, and that nothing it confirms is lost."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from gis_server.models import ChangeRow, ProcessBeat
from patrols.intake import asgi, writer
from patrols.intake.throttle import WRONG_A_MINUTE
from patrols.intake.tokens import new_token
from patrols.models import Device, Fix, LastPosition, Member, StaleTrack
from tests.patrols.on_duty import LAT, LON, OTHER_STREET, STREET, make_device, make_duty
from tests.patrols.positions_process import ask, raw, running, send_batch

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port() -> Iterator[int]:
    with running() as listening:
        yield listening


def on_duty_now(**values: Any) -> tuple[Device, str]:
    """Somebody with a device whose duty lasts from an hour ago to the next."""
    now = timezone.localtime()
    begins, ends = now - timedelta(hours=2), now + timedelta(hours=2)
    duty = make_duty(
        day=begins.date(),
        begins=begins.time().replace(microsecond=0),
        ends=ends.time().replace(microsecond=0),
        **values,
    )
    token = new_token()
    return make_device(duty.member, token), token


def now_s() -> float:
    return round(timezone.now().timestamp(), 3)


def fix(t: float | str | None = None, **values: Any) -> dict[str, Any]:
    return {"t": t or now_s(), "lat": LAT, "lon": LON, "accuracy": 5} | values


def osmand(token: str, t: Any = "", lat: Any = LAT, lon: Any = LON, more: str = "") -> str:
    return f"/osmand?id={token}&lat={lat}&lon={lon}&timestamp={t or now_s()}{more}"


def refusal() -> str:
    return Device.objects.get().last_refusal


def test_the_process_gives_a_sign_of_life(port: int) -> None:
    deadline = time.monotonic() + 30
    while not ProcessBeat.objects.filter(part="positions").exists():
        assert time.monotonic() < deadline
        # Answered by the thread that writes the sign: whoever waits for it waits no longer.
        raw(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


def test_a_batch_is_kept_and_told_again_it_changes_nothing(port: int) -> None:
    device, token = on_duty_now()
    began = now_s() - 600
    way = [fix(began + s, speed=1.1, bearing=90, battery=55.5) for s in range(0, 600, 6)]

    assert send_batch(port, token, way) == (200, {"kept": 100, "repeated": 0, "refused": []})
    assert send_batch(port, token, way) == (200, {"kept": 0, "repeated": 100, "refused": []})

    assert Fix.objects.filter(device_id=device.pk, speed_ms__gt=1, battery=56).count() == 100
    assert LastPosition.objects.get().at.timestamp() == pytest.approx(way[-1]["t"], abs=0.001)
    assert StaleTrack.objects.get().since.timestamp() == pytest.approx(began, abs=0.001)
    device.refresh_from_db()
    assert device.last_heard_at is not None


def test_each_fix_of_a_batch_is_answered_by_its_place(port: int) -> None:
    _device, token = on_duty_now()
    t = now_s()
    sent = [
        fix(t),
        fix(t - 12 * 3600),  # outside the duty
        {"lat": LAT, "lon": LON},  # without a time
        fix(t - 1, lat=LON, lon=LAT),  # changed places
        fix(t - 2, lat=None),
        "no object",
        fix(t - 3, accuracy="5.5", mock=True),  # numbers as texts are numbers
        fix(t - 4, speed=float("inf")),
        fix(datetime.fromtimestamp(t - 5, timezone.get_default_timezone()).isoformat()),
        fix(round((t - 6) * 1000)),
        fix(t - 400 * 86_400),
        fix(t + 30 * 3600),
        fix(t, lat=LAT + 1),  # the same second again
    ]

    status, told = send_batch(port, token, sent)

    assert (status, told["kept"], told["repeated"]) == (200, 4, 1)
    assert [(one["index"], one["reason"]) for one in told["refused"]] == [
        (1, "outside_duty"), (2, "unreadable"), (3, "unreadable"), (4, "unreadable"),
        (5, "unreadable"), (7, "unreadable"), (10, "too_old"), (11, "ahead"),
    ]  # fmt: skip
    assert told["refused"][2]["message"] == "lat, lon: they seem to have changed places"
    assert Fix.objects.get(is_mock=True).accuracy_m == 5.5
    assert Fix.objects.count() == 4


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"fixes": 3}', b"\xff\xfe", b"[" * 100_000, b'{"fixes": {"t": 1}}',
     json.dumps({"fixes": [{}] * 1001}).encode()],
)  # fmt: skip
def test_what_is_no_batch_is_refused_in_a_sentence(port: int, body: bytes) -> None:
    _device, token = on_duty_now()

    status, _headers, told = ask(port, "/api/patrols/fixes/", body, token)

    assert status == 400
    assert json.loads(told)["error"]["message"]


def test_a_body_without_end_is_not_read_to_its_end(port: int) -> None:
    _device, token = on_duty_now()

    assert ask(port, "/api/patrols/fixes/", b" " * 600_000, token)[0] == 413
    assert ask(port, "/osmand", b" " * 70_000)[0] == 413


@pytest.mark.parametrize(
    ("more", "trouble"),
    [
        ("lat=1&lon=", "unreadable lat, lon: missing"),
        (f"lat={LON}&lon={LAT}", "unreadable lat, lon: they seem to have changed places"),
        ("lat=nan&lon=1", "unreadable lat: no number"),
        (f"lat={LAT}&lon={LON}&timestamp=yesterday", "unreadable timestamp: no time"),
        (f"lat={LAT}&lon={LON}&timestamp=1", "unreadable timestamp: not of this century"),
        (f"lat={LAT}&lon={LON}&timestamp=1400000000", "too_old"),
        (f"lat={LAT}&lon={LON}&timestamp=2100000000", "ahead"),
    ],
)
def test_what_can_never_be_taken_is_answered_so_that_no_app_sends_it_for_ever(
    port: int, more: str, trouble: str
) -> None:
    """Traccar Client sends the oldest again until it hears 200, and nothing else meanwhile."""
    _device, token = on_duty_now()

    assert ask(port, f"/?id={token}&{more}")[0] == 200

    assert not Fix.objects.exists()
    assert refusal() == trouble
    assert ask(port, osmand(token))[0] == 200
    assert refusal() == ""


def test_a_position_outside_a_duty_is_answered_and_not_kept(port: int) -> None:
    member = make_duty(day=datetime(2026, 1, 1).date()).member  # noqa: DTZ001 - a day
    token = new_token()
    make_device(member, token)

    status, headers, body = ask(port, osmand(token))

    assert (status, headers["content-length"], body) == (200, "0", b"")
    assert not Fix.objects.exists()
    assert not LastPosition.objects.exists()
    assert refusal() == "outside_duty"


def test_a_wrong_token_is_refused_on_every_way(port: int) -> None:
    token = new_token()

    assert ask(port, osmand(token))[0] == 401
    assert ask(port, osmand("abc"))[0] == 401
    assert ask(port, "/")[0] == 401
    assert send_batch(port, token, [fix()])[0] == 401
    assert send_batch(port, "", [fix()])[0] == 401
    assert ask(port, "/api/patrols/fixes/", b"{")[0] == 401


def test_a_revoked_token_is_refused_from_the_moment_of_its_revocation(port: int) -> None:
    device, token = on_duty_now()
    assert send_batch(port, token, [fix()])[0] == 200

    Device.objects.filter(pk=device.pk).update(revoked_at=timezone.now())

    assert send_batch(port, token, [fix()])[0] == 401
    assert ask(port, osmand(token))[0] == 401
    assert refusal() == "wrong_token"
    assert Fix.objects.count() == 1


def test_who_is_no_longer_active_is_refused(port: int) -> None:
    device, token = on_duty_now()
    Member.objects.filter(pk=device.member_id).update(is_active=False)

    assert ask(port, osmand(token))[0] == 401
    assert refusal() == "member_inactive"


def test_who_guesses_tokens_is_held_up_and_a_phone_behind_the_same_address_is_not(
    port: int,
) -> None:
    _device, token = on_duty_now()
    assert ask(port, osmand(token))[0] == 200

    answers = [ask(port, osmand(new_token()))[0] for _ in range(WRONG_A_MINUTE + 1)]

    assert answers == [401] * WRONG_A_MINUTE + [429]
    status, headers, _body = ask(port, osmand(new_token()))
    assert status == 429
    assert 0 < int(headers["retry-after"]) <= 61
    assert ask(port, osmand(token))[0] == 200


def test_a_database_that_hangs_up_costs_nothing_but_another_attempt(port: int) -> None:
    _device, token = on_duty_now()
    assert ask(port, osmand(token))[0] == 200
    hang_up_on_others()
    t = now_s()

    status, headers, _body = ask(port, osmand(token, t))

    assert (status, headers["retry-after"]) == (503, "10")
    assert send_batch(port, token, [fix(t)]) == (200, {"kept": 1, "repeated": 0, "refused": []})


def hang_up_on_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_when_too_much_waits_more_is_refused_and_nothing_forgotten(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 150)
    devices = [on_duty_now() for _ in range(6)]
    t = now_s()
    batch = [fix(t - s / 10) for s in range(100)]
    with ThreadPoolExecutor(6) as pool, connection.cursor() as cursor:
        # Nothing is written while this is held: the first group waits for it, the others behind.
        cursor.execute("BEGIN; LOCK TABLE patrols_device IN ACCESS EXCLUSIVE MODE")
        asked = [pool.submit(send_batch, port, token, batch) for _device, token in devices]
        refused = next_done(asked)
        cursor.execute("COMMIT")
        answers = [one.result()[0] for one in asked]

    assert refused == 503
    kept = answers.count(200)
    assert kept + answers.count(503) == 6
    assert Fix.objects.count() == 100 * kept


def next_done(asked: list[Any]) -> int:
    """The status of the first that is answered."""
    done, _waiting = wait(asked, timeout=120, return_when=FIRST_COMPLETED)
    return int(done.pop().result()[0])


def test_many_at_once_are_each_told_their_own(port: int) -> None:
    devices = [on_duty_now(code=f"{STREET}{place:03}") for place in range(1, 13)]
    t = now_s()

    def send(place: int) -> list[Any]:
        sent = [fix(t - s) for s in range(place + 1)]
        return [send_batch(port, devices[place][1], sent)[1] for _ in range(5)]

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(send, range(12)))

    for place, answers in enumerate(told):
        assert [one["kept"] for one in answers] == [place + 1, 0, 0, 0, 0]
    assert Fix.objects.count() == sum(range(1, 13))


def test_the_same_from_two_lines_at_once_is_kept_once(port: int) -> None:
    _device, token = on_duty_now()
    t = now_s()
    way = [fix(t - s) for s in range(200)]
    barrier = threading.Barrier(4)

    def send(_number: int) -> tuple[int, Any]:
        barrier.wait(10)
        return send_batch(port, token, way)

    with ThreadPoolExecutor(4) as pool:
        told = [answer for _status, answer in pool.map(send, range(4))]

    assert sorted(one["kept"] for one in told) == [0, 0, 0, 200]
    assert Fix.objects.count() == 200


def test_a_street_is_told_at_most_once_a_second_and_the_last_is_not_forgotten(port: int) -> None:
    here = [on_duty_now() for _ in range(3)]
    there = on_duty_now(code=f"{OTHER_STREET}001")
    began = now_s()
    for _ in range(10):
        for _device, token in [*here, there]:
            assert ask(port, osmand(token))[0] == 200
    took = now_s() - began

    until = now_s() + 10
    while not told_after(Fix.objects.latest("received_at").received_at) and now_s() < until:
        threading.Event().wait(0.05)

    for street in (STREET, OTHER_STREET):
        count = ChangeRow.objects.filter(topic="position", scope=street).count()
        assert 1 <= count <= took + 2
    assert told_after(Fix.objects.latest("received_at").received_at)


def told_after(when: datetime) -> bool:
    return ChangeRow.objects.filter(topic="position", scope=OTHER_STREET, at__gte=when).exists()


def test_it_is_well_as_long_as_the_database_answers(port: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(writer, "LOOK_EVERY_S", 0.0)
    assert ask(port, "/healthz")[0] == 200

    hang_up_on_others()

    assert ask(port, "/healthz")[0] == 503
    assert ask(port, "/healthz")[0] == 200


def test_other_ways_and_methods_are_told_so(port: int) -> None:
    assert ask(port, "/admin")[0] == 404
    assert ask(port, "/api/patrols/fixes/")[0] == 405
    assert ask(port, "/osmand", method="DELETE")[0] == 405


def test_a_body_that_does_not_come_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asgi, "READ_S", 0.1)
    head = b"POST /osmand HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nid="

    assert raw(port, head)[0] == 408


@pytest.fixture
def process() -> Iterator["Process"]:
    found = Process()
    yield found
    found.kill()


class Process:
    """The process as the Procfile starts it; it can be killed and comes back at its port."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        line = (ROOT / "Procfile").read_text().split("positions: exec ", 1)[1].splitlines()[0]
        ports = {'"$WEB_HOST"': "127.0.0.1", '"$POSITIONS_PORT"': str(self.port)}
        words = [ports.get(word, word) for word in line.split()]
        database = settings.DATABASES["default"]["NAME"]
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}")
        self.running = subprocess.Popen(
            [str(Path(sys.executable).parent / words[0]), *words[1:]],
            cwd=ROOT, env=os.environ | {"DATABASE_URL": urlunsplit(url)},
        )  # fmt: skip
        until = time.monotonic() + 60
        while not self.is_well():
            assert time.monotonic() < until, "it did not start"
            time.sleep(0.1)

    def is_well(self) -> bool:
        try:
            return ask(self.port, "/healthz")[0] == 200
        except (OSError, AssertionError):
            return False

    def kill(self) -> None:
        self.running.kill()
        self.running.wait(10)


def test_what_was_confirmed_before_a_kill_is_there(process: Process) -> None:
    phones = [on_duty_now() for _ in range(4)]
    began = now_s() - 3000
    confirmed: list[float] = []
    lock = threading.Lock()

    def send(place: int) -> None:
        for step in range(200):
            t = began + step * 4 + place
            try:
                status, _headers, _body = ask(process.port, osmand(phones[place][1], t))
            except (OSError, AssertionError):
                return  # killed
            if status == 200:
                with lock:
                    confirmed.append(t)
                    if len(confirmed) == 40:
                        process.running.kill()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    process.running.wait(10)

    stored = {round(one.at.timestamp(), 3) for one in Fix.objects.all()}
    assert len(confirmed) >= 40
    assert {round(t, 3) for t in confirmed} <= stored

    process.start()
    assert ask(process.port, osmand(phones[0][1], began + 3))[0] == 200
