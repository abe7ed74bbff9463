"""The live process over a real socket and a real database: heard, scoped, resumed, cut off."""

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from gis_server import grants, live_asgi
from gis_server.accounts import sessions, users
from gis_server.errors import Invalid
from gis_server.grant_flow import GrantState
from gis_server.live import TOPICS, Change, record
from gis_server.live_hub import Hub
from gis_server.live_ticket import TICKET_COOKIE
from gis_server.models import AreaGrant, ChangeRow, User, UserSession
from gis_server.roles import Role
from tests.conftest import MakeUser, SignIn
from tests.gis_server.people import person
from tests.gis_server.people import signed_in as signed_in_here

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "http://testserver"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a live process in a thread of this one, with a fast heart."""
    monkeypatch.setattr(live_asgi, "BEAT_EVERY_S", 0.2)
    monkeypatch.setattr(live_asgi, "RETRY_S", 0.1)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(live_asgi.LiveApp(), log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        port = listening.getsockname()[1]
        wait_until_ready(port)
        yield port
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def wait_until_ready(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if status(port, "/healthz", {}) == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the live process did not become ready")


def get(port: int, path: str, headers: dict[str, str]) -> HTTPResponse:
    http = HTTPConnection("127.0.0.1", port, timeout=60)
    http.request("GET", path, headers=headers | {"Connection": "close"})
    return http.getresponse()


def status(port: int, path: str, headers: dict[str, str]) -> int:
    with get(port, path, headers) as response:
        return response.status


def ticket_headers(client: Client) -> dict[str, str]:
    answer = client.post("/live/ticket/")
    assert answer.status_code == 200
    return with_ticket(answer)


def with_ticket(answer: Any) -> dict[str, str]:
    return {"Cookie": f"{TICKET_COOKIE}={answer.cookies[TICKET_COOKIE].value}", "Origin": ORIGIN}


@contextmanager
def stream(port: int, client: Client, since: int = 0) -> Iterator[Iterator[list[str]]]:
    with get(port, f"/live?since={since}", ticket_headers(client)) as response:
        assert response.status == 200
        yield events(response)


def events(response: HTTPResponse) -> Iterator[list[str]]:
    """The stream's events, each as its lines."""
    lines: list[str] = []
    while line := response.readline():
        text = line.decode().rstrip("\n")
        if text:
            lines.append(text)
        elif lines:
            yield lines
            lines = []


def next_change(stream_events: Iterator[list[str]]) -> list[str]:
    return next(event for event in stream_events if event[0] in ("event: change", "event: reset"))


def tell(subject: str, scope: str = "140107001001", topic: str = "camera") -> None:
    with transaction.atomic():
        record(Change(topic, subject, scope))


def test_a_commit_is_heard_and_its_beat_before_it(live: int, operator: Client) -> None:
    with stream(live, operator) as heard:
        assert next(heard) == ["retry: 2000"]
        assert next(heard)[0] == "event: beat"

        tell("41")

        assert '"subject":"41"' in next_change(heard)[2]


def test_a_listener_hears_only_its_street_and_what_its_role_may(live: int, sign_in: SignIn) -> None:
    with (
        stream(live, sign_in(Role.MAINTAINER, ("140107002",))) as maintainer,
        stream(live, sign_in(Role.GRID_WORKER)) as worker,
    ):
        tell("elsewhere", "140107001001")
        tell("here", "140107002001")
        tell("shapes", "", topic="shapes")

        assert '"subject":"here"' in next_change(maintainer)[2]
        assert '"subject":"shapes"' in next_change(maintainer)[2]
        # A grid worker may see the map, but no cameras.
        assert '"subject":"shapes"' in next_change(worker)[2]


def test_who_comes_back_hears_what_was_missed(live: int, operator: Client) -> None:
    tell("1")
    tell("2")
    with stream(live, operator) as heard:
        first = next_change(heard)
    seen = int(first[1].removeprefix("id: "))

    with stream(live, operator, since=seen) as heard:
        assert '"subject":"2"' in next_change(heard)[2]


def test_a_place_that_never_was_is_a_reset(live: int, operator: Client) -> None:
    with stream(live, operator, since=10**12) as heard:
        assert next_change(heard)[0] == "event: reset"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no ticket"),
        pytest.param({"Cookie": f"{TICKET_COOKIE}=made.up:ticket"}, id="not ours"),
        pytest.param({"Cookie": f"{TICKET_COOKIE}=;;;=,"}, id="garbled"),
    ],
)
def test_a_stranger_hears_nothing(live: int, headers: dict[str, str]) -> None:
    assert status(live, "/live", headers) == 401


def test_what_is_no_http_is_refused_before_it_is_looked_at(live: int) -> None:
    assert status(live, "/live", {"Cookie": f"{TICKET_COOKIE}=\x01"}) == 400


def test_a_page_of_another_origin_hears_nothing(live: int, operator: Client) -> None:
    headers = ticket_headers(operator) | {"Origin": "https://evil.example"}

    assert status(live, "/live", headers) == 401


def refused(port: int, path: str, headers: dict[str, str]) -> tuple[int, str, str]:
    """Status, kind, and sentence in English."""
    with get(port, path, headers | {"Accept-Language": "en"}) as response:
        told = json.loads(response.read())["error"]
        return response.status, told["kind"], told["message"]


@pytest.mark.parametrize("since", ["-1", "x", "9" * 40, "9" * 5000, "1_0", "%D9%A1"])
def test_a_place_that_is_no_number_is_refused(live: int, operator: Client, since: str) -> None:
    told = refused(live, f"/live?since={since}", ticket_headers(operator))

    assert told[:2] == (422, "Invalid")
    assert told[2] == "since must be a whole number from 0 to 999999999999999999."


def test_a_topic_that_there_is_not_is_refused(live: int, operator: Client) -> None:
    code, kind, message = refused(live, "/live?topics=camera,zzz", ticket_headers(operator))

    assert (code, kind) == (422, "Invalid")
    assert message.startswith("topics must be one of alarm, area_request, ")


def test_who_has_no_ticket_is_told_so_whatever_else_is_wrong(live: int) -> None:
    code, kind, message = refused(live, "/live?since=x", {})

    assert (code, kind) == (401, "not_signed_in")
    assert message.startswith("The ticket of the stream is missing")


def test_refusals_are_in_the_language_of_the_reader(live: int) -> None:
    with get(live, "/live", {}) as response:
        assert "实时" in json.loads(response.read())["error"]["message"]


def test_where_as_many_listen_as_can_that_is_said(
    live: int, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_asgi, "MAX_CLIENTS", 0)
    code, kind, message = refused(live, "/live", ticket_headers(operator))

    assert (code, kind) == (503, "Unavailable")
    assert message == "As many listen as can. Try again in a minute."


def test_other_addresses_are_not_found(live: int) -> None:
    assert status(live, "/", {}) == 404


def test_a_ticket_is_good_for_a_minute_only(
    live: int, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = ticket_headers(operator)
    now = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 61)

    assert status(live, "/live", headers) == 401


def test_a_cut_to_the_database_is_told_and_heals(live: int, operator: Client) -> None:
    """The page must be able to tell; what was committed meanwhile is heard afterwards."""
    with stream(live, operator) as heard:
        next(e for e in heard if e[0] == "event: beat")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'gis-server live' AND datname = current_database()"
            )
            assert cursor.fetchone() == (1,)
        assert next(e for e in heard if e[0] != "event: beat")[0] == "event: cut"
        tell("meanwhile")

        assert '"subject":"meanwhile"' in next_change(heard)[2]
        assert next(e for e in heard if e[0] != "event: cut")[0] == "event: beat"


def test_a_database_that_falls_silent_without_hanging_up_is_told_and_heals(
    live: int, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that froze, or a line that was unplugged, closes no connection."""
    monkeypatch.setattr(live_asgi, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(live_asgi, "ANSWER_S", 0.5)
    with stream(live, operator) as heard:
        tell("before")
        next_change(heard)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE application_name = 'gis-server live' AND datname = current_database()"
            )
            ((pid,),) = cursor.fetchall()
        os.kill(pid, signal.SIGSTOP)
        try:
            assert next(e for e in heard if e[0] != "event: beat")[0] == "event: cut"
            tell("meanwhile")

            assert '"subject":"meanwhile"' in next_change(heard)[2]
        finally:
            os.kill(pid, signal.SIGCONT)


def test_a_fault_of_ours_is_told_and_heals(
    live: int, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the listening, no beat may go on saying that all is heard."""
    monkeypatch.setattr(live_asgi, "LOOK_EVERY_S", 0.1)

    def broken(*args: object) -> None:
        raise TypeError("nobody thought of this")

    with stream(live, operator) as heard:
        with monkeypatch.context() as patch:
            patch.setattr(live_asgi, "read", broken)
            tell("meanwhile")
            assert next(e for e in heard if e[0] == "event: cut")

        assert '"subject":"meanwhile"' in next_change(heard)[2]


def test_a_reader_that_takes_nothing_is_cut_off_and_resumes(
    live: int, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wall whose computer hangs keeps no place, no queue and no buffer here."""
    monkeypatch.setattr(live_asgi, "TAKES_S", 0.5)
    given_up, closing, drop = threading.Event(), list[bool](), live_asgi.drop

    def noted(send: Any) -> None:
        drop(send)
        closing.append(send.__self__.transport.is_closing())
        given_up.set()

    monkeypatch.setattr(live_asgi, "drop", noted)
    asked = "".join(f"{name}: {value}\r\n" for name, value in ticket_headers(operator).items())
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        stuck.settimeout(60)
        stuck.connect(("127.0.0.1", live))
        stuck.sendall(f"GET /live?since=0 HTTP/1.1\r\nHost: here\r\n{asked}\r\n".encode())
        assert stuck.recv(12) == b"HTTP/1.1 200"
        # More than what lies between the two can hold, and fewer than a queue.
        tell_much(900)
        assert given_up.wait(60)
    assert closing == [True]

    with stream(live, operator, since=ChangeRow.objects.earliest("id").pk - 1) as heard:
        told = [next_change(heard)[2] for _ in range(900)]
    assert all(f'"subject":"{n}"' in line for n, line in enumerate(told))


MUCH = 20_000


def tell_much(count: int) -> None:
    data = {"words": "x" * MUCH}
    with transaction.atomic():
        record(*(Change("camera", str(n), "140107001001", data) for n in range(count)))


@pytest.mark.parametrize("turns", range(8))
def test_a_notice_that_comes_with_the_end_does_not_outlive_it(
    monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """However many turns of the loop lie between the two: else the process would never stop."""

    async def nothing(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(live_asgi, "ask", nothing)

    async def scenario() -> bool:
        ours, database = socket.socketpair()
        with ours, database:
            ours.setblocking(False)

            def poll() -> None:
                with suppress(BlockingIOError):
                    ours.recv(100)

            link = SimpleNamespace(fileno=ours.fileno, poll=poll, notifies=[])
            hub = Hub()
            hub.load([], forgotten_id=0)
            following = asyncio.create_task(live_asgi._follow_link(hub, link))
            for _ in range(10):  # until it waits for a notice
                await asyncio.sleep(0)
            assert hub.current
            database.send(b"a notice")
            for _ in range(turns):
                await asyncio.sleep(0)
            following.cancel()
            await asyncio.wait({following}, timeout=10)
            return following.done()

    assert asyncio.run(scenario())


def test_a_wall_that_nobody_touches_stays_signed_in(operator: Client) -> None:
    key = operator.session.session_key
    UserSession.objects.filter(session_key=key).update(
        expire_date=timezone.now() + timedelta(hours=1)
    )

    operator.post("/live/ticket/")

    left = UserSession.objects.get(session_key=key).expire_date - timezone.now()
    assert left > timedelta(days=13)


def test_the_ticket_takes_a_signed_in_post(operator: Client, stranger: Client) -> None:
    assert stranger.post("/live/ticket/").status_code == 401
    assert operator.get("/live/ticket/").status_code == 405
    cookie = operator.post("/live/ticket/").cookies[TICKET_COOKIE]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/live"


HOME, LENT = "140107002", "140107001"


@pytest.fixture
def lent(make_user: MakeUser) -> AreaGrant:
    """The first street, lent to an operator of the second for four hours from now."""
    asker = make_user(Role.OPERATOR, (HOME,))
    leader = make_user(Role.STREET_LEADER, (LENT,))
    now = timezone.now()
    asked = grants.ask(by=asker, prefix=LENT, reason="Flood", hours=4, now=now)
    return grants.decide(grant_id=asked.pk, by=leader, to=GrantState.GIVEN, now=now)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def move_end(grant: AreaGrant, left: timedelta) -> None:
    """As if it had been given earlier: so much is left of it."""
    until = timezone.now() + left
    AreaGrant.objects.filter(pk=grant.pk).update(decided_at=until - timedelta(hours=4), until=until)


def test_a_lent_area_is_heard(live: int, lent: AreaGrant) -> None:
    with stream(live, signed_in(lent.asker)) as heard:
        tell("41", f"{LENT}001001")

        assert '"subject":"41"' in next(e for e in heard if "camera" in e[-1])[2]


def test_a_stream_ends_with_the_grant_it_was_opened_by(live: int, lent: AreaGrant) -> None:
    client = signed_in(lent.asker)

    # A busy machine may need more time to open one than is left of the grant.
    assert any(ends_in_time(live, client, lent, left_s) for left_s in (1.5, 6, 24))


def ends_in_time(live: int, client: Client, lent: AreaGrant, left_s: float) -> bool:
    """Hear a stream to its end that was opened when so much of the grant was left; False when the
    grant was over before.
    """
    move_end(lent, timedelta(seconds=left_s))
    started = time.monotonic()
    answer = client.post("/live/ticket/")
    if LENT not in answer.json()["reach"]:
        return False
    with get(live, "/live?since=0", with_ticket(answer)) as response:
        if response.status != 200:
            return False
        for _ in events(response):
            assert time.monotonic() - started < left_s + 30
    assert time.monotonic() - started > left_s - 1
    return True


def test_a_ticket_does_not_outlive_its_grant(lent: AreaGrant) -> None:
    headers = {name.lower(): text for name, text in ticket_headers(signed_in(lent.asker)).items()}
    assert lent.until is not None
    end_s = lent.until.timestamp()

    assert live_asgi.listener_of(headers, end_s - 1).scope == [HOME, LENT]
    with pytest.raises(Invalid):
        live_asgi.listener_of(headers, end_s)


def test_a_ticket_after_the_end_says_nothing_of_the_grant(lent: AreaGrant) -> None:
    move_end(lent, timedelta(seconds=-1))

    assert signed_in(lent.asker).post("/live/ticket/").json()["reach"] == [HOME]


def test_a_grant_that_is_ended_ends_the_stream_and_the_ticket(live: int, lent: AreaGrant) -> None:
    client = signed_in(lent.asker)
    old = ticket_headers(client)
    with stream(live, client) as heard:
        next(heard)
        grants.end(grant_id=lent.pk, by=lent.asker, now=timezone.now())
        rest = list(heard)
        # After the stream has ended: what it would have told is told to nobody.
        tell("42", f"{LENT}001001")

    assert '"topic":"reach"' in rest[-1][2]
    assert status(live, "/live", old) == 401
    with stream(live, client) as heard:
        tell("43", f"{HOME}001001")
        assert '"subject":"43"' in next_change_of("camera", heard)[2]


def test_a_grant_that_is_given_ends_the_streams_of_nobody_else(
    live: int, lent: AreaGrant, make_user: MakeUser
) -> None:
    colleague = make_user(Role.MAINTAINER, (HOME,))
    with stream(live, signed_in(colleague)) as heard:
        grants.end(grant_id=lent.pk, by=lent.asker, now=timezone.now())
        tell("44", f"{HOME}001001")

        assert '"subject":"44"' in next_change_of("camera", heard)[2]


def next_change_of(topic: str, heard: Iterator[list[str]]) -> list[str]:
    return next(event for event in heard if f'"topic":"{topic}"' in event[-1])


def test_nobody_hears_any_topic_of_another_street(live: int, sign_in: SignIn) -> None:
    with stream(live, sign_in(Role.ADMINISTRATOR, (HOME,))) as heard:
        for topic in TOPICS:
            tell("elsewhere", f"{LENT}001001", topic)
            tell("elsewhere", LENT, topic)
        tell("the last", f"{HOME}001001")

        assert '"subject":"the last"' in next_change(heard)[2]


def test_a_session_that_is_ended_takes_its_stream_along(live: int) -> None:
    user = person("street", Role.OPERATOR, HOME)
    client = signed_in_here(user)
    old = ticket_headers(client)
    with stream(live, client) as heard:
        next(heard)
        sessions.end_all(user, by=user)
        list(heard)
        tell("42", f"{HOME}001001")

    assert status(live, "/live", old) == 401
    assert client.post("/live/ticket/").status_code == 401


@pytest.mark.parametrize(
    "change", [{"role": Role.PLANNER.value}, {"scope": ["140107009"]}], ids=["role", "scope"]
)
def test_another_role_or_scope_ends_the_streams_of_the_old_one(
    live: int, change: dict[str, Any]
) -> None:
    user = person("street", Role.OPERATOR, HOME)
    boss = person("boss", Role.ADMINISTRATOR, "140107")
    now: dict[str, Any] = {"display_name": "", "role": user.role, "scope": user.scope}
    client = signed_in_here(user)
    old = ticket_headers(client)
    with stream(live, client) as heard:
        next(heard)
        wanted = users.Wanted(**now | change, is_active=True, outside_id=None)
        users.edit(by=boss, user_id=user.pk, version=user.version, wanted=wanted)
        list(heard)

    assert status(live, "/live", old) == 401
    assert client.post("/live/ticket/").json()["reach"] == change.get("scope", [HOME])
