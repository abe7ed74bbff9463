"""What each step makes of each answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cameras.probe.net import NetError
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import LADDER, rtsp_describe, rtsp_options, tcp_connect
from cameras.probe.target import Login, Target
from tests.cameras.scripted_net import Part, ScriptedNet

GATE = Target("10.0.0.9", 554, "/live")
LOGIN = Login("viewer", "pässwörd")
GUARDED = Target("10.0.0.9", 554, "/live", LOGIN)

OPTIONS_OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
DIGEST = 'Digest realm="cam", nonce="n1"'
SMUGGLED = 'Digest realm="网\rX: y", nonce="n"'


def described(cseq: int, body: bytes = SDP) -> bytes:
    head = f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def refused(cseq: int, challenge: str = DIGEST) -> bytes:
    return f"RTSP/1.0 401 No\r\nCSeq: {cseq}\r\nWWW-Authenticate: {challenge}\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", Reason.OK, id="plain ok"),
        pytest.param(b"RTSP/1.0 401 Unauthorized\r\n\r\n", Reason.OK, id="asks for a password"),
        pytest.param(b"RTSP/1.0 501 Not Implemented\r\n\r\n", Reason.OK, id="knows no OPTIONS"),
        pytest.param(b"RTSP/1.0 503 Busy\r\n\r\n", Reason.BUSY, id="all sessions taken"),
        pytest.param(b"RTSP/1.0 302 Moved\r\n\r\n", Reason.REJECTED, id="sends elsewhere"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.NOT_RTSP, id="a web server"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", Reason.NOT_RTSP, id="ssh, then waits"),
        pytest.param(b"RTSP/1.0 2x0 OK\r\n\r\n", Reason.NOT_RTSP, id="garbled status"),
        pytest.param(b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n", Reason.NOT_RTSP, id="another's number"),
        pytest.param([OPTIONS_OK.replace(b"1\r", b"0\r"), OPTIONS_OK], Reason.OK, id="late reply"),
        pytest.param([OPTIONS_OK[:1], OPTIONS_OK[1:20], OPTIONS_OK[20:]], Reason.OK, id="torn"),
        pytest.param(b"RTSP/1.0 200 OK\r\nCSeq: 0\r\n\r\n" * 20, Reason.NOT_RTSP, id="babbles"),
        pytest.param(b"", Reason.HUNG_UP, id="hangs up"),
        pytest.param([OPTIONS_OK[:9], b""], Reason.HUNG_UP, id="hangs up in the middle"),
        pytest.param(NetError(Reason.REFUSED, "refused"), Reason.REFUSED, id="port closed"),
        pytest.param(None, Reason.SILENT, id="silent"),
        pytest.param("no answer", Reason.CONNECT_TIMEOUT, id="not there"),
    ],
)
def test_rtsp_options(answer: Part | Sequence[Part] | str, reason: Reason) -> None:
    results = asyncio.run(probe(GATE, [rtsp_options], ScriptedNet(answer), budget_s=0.05))

    assert [result.reason for result in results] == [reason]


@pytest.mark.parametrize(
    ("target", "answers", "reason", "login"),
    [
        pytest.param(GATE, [described(2)], Reason.OK, "not_sent", id="open to all"),
        pytest.param(GUARDED, [refused(2), described(3)], Reason.OK, "accepted", id="digest"),
        pytest.param(
            GUARDED,
            [
                b"RTSP/1.0 401 No\r\nWWW-Authenticate: " + DIGEST.encode() + b"\r\n\r\n",
                described(3),
            ],
            Reason.OK,
            "accepted",
            id="no CSeq on the 401",
        ),
        pytest.param(GUARDED, [refused(2), refused(3)], Reason.WRONG_LOGIN, "refused", id="wrong"),
        pytest.param(
            GUARDED,
            [refused(2), refused(3, DIGEST + ", stale=TRUE"), described(4)],
            Reason.OK,
            "accepted",
            id="stale nonce",
        ),
        pytest.param(
            GUARDED,
            [refused(2), *(refused(n, DIGEST + ", stale=true") for n in (3, 4))],
            Reason.REJECTED,
            "not_sent",
            id="plays with nonces",
        ),
        pytest.param(GATE, [refused(2)], Reason.LOGIN_NEEDED, "not_sent", id="no login stored"),
        pytest.param(
            Target("10.0.0.9", login=Login("viewer", "x", may_try=False)),
            [refused(2)],
            Reason.WRONG_LOGIN,
            "not_sent",
            id="budget spent",
        ),
        pytest.param(
            GUARDED, [refused(2, "Basic realm=x")], Reason.PLAIN_LOGIN_ONLY, "not_sent", id="basic"
        ),
        pytest.param(
            Target("10.0.0.9", login=Login("viewer", "x", allow_plain=True)),
            [refused(2, "Basic realm=x"), described(3)],
            Reason.OK,
            "accepted",
            id="basic, allowed",
        ),
        pytest.param(
            GUARDED,
            [refused(2), b"RTSP/1.0 404 Not Found\r\nCSeq: 3\r\n\r\n"],
            Reason.STREAM_NOT_FOUND,
            "accepted",
            id="logged in, wrong path",
        ),
        pytest.param(GATE, [b"RTSP/1.0 453 x\r\n\r\n"], Reason.BUSY, "not_sent", id="busy"),
        pytest.param(GATE, [described(2, b"")], Reason.NO_VIDEO, "not_sent", id="empty SDP"),
        pytest.param(
            GATE, [described(2, b"m=audio 0 RTP/AVP 0\n")], Reason.NO_VIDEO, "not_sent", id="sound"
        ),
        pytest.param(
            GUARDED,
            [refused(2, SMUGGLED)],
            Reason.PLAIN_LOGIN_ONLY,
            "not_sent",
            id="a line break smuggled into the realm",
        ),
    ],
)
def test_rtsp_describe(target: Target, answers: list[bytes], reason: Reason, login: str) -> None:
    results = asyncio.run(probe(target, [rtsp_describe], ScriptedNet(answers), budget_s=0.5))

    assert [(result.reason, result.login.value) for result in results] == [(reason, login)]


def test_a_budget_that_is_spent_keeps_the_password_at_home() -> None:
    net = ScriptedNet([refused(2)])
    spent = Target("10.0.0.9", login=Login("viewer", "secret", may_try=False))

    asyncio.run(probe(spent, [rtsp_describe], net, budget_s=0.5))

    assert len(net.written) == 1
    assert not any(b"Authorization" in request for request in net.written)


def test_the_whole_ladder_uses_one_connection() -> None:
    net = ScriptedNet([OPTIONS_OK, refused(2), described(3)])

    results = asyncio.run(probe(GUARDED, LADDER, net, budget_s=0.5))

    assert [result.step for result in results] == ["tcp_connect", "rtsp_options", "rtsp_describe"]
    assert verdict_of(results).reason is Reason.OK
    assert verdict_of(results).login is LoginOutcome.ACCEPTED
    assert net.connections == 1


def test_a_device_that_closes_after_401_is_called_again() -> None:
    net = ScriptedNet([OPTIONS_OK, refused(2), b""], [described(3)])

    results = asyncio.run(probe(GUARDED, LADDER, net, budget_s=0.5))

    assert results[-1].reason is Reason.OK
    assert net.connections == 2


def test_a_device_that_always_hangs_up_is_not_called_for_ever() -> None:
    net = ScriptedNet([OPTIONS_OK, b""], [b""], [b""])

    results = asyncio.run(probe(GUARDED, LADDER, net, budget_s=0.5))

    assert results[-1].reason is Reason.HUNG_UP
    assert net.connections == 2


def test_only_reading_questions_are_ever_asked() -> None:
    net = ScriptedNet([OPTIONS_OK, refused(2), described(3)])

    asyncio.run(probe(GUARDED, LADDER, net, budget_s=0.5))

    assert {request.split()[0] for request in net.written} == {b"OPTIONS", b"DESCRIBE"}


def test_a_broken_rung_ends_the_ladder() -> None:
    net = ScriptedNet(NetError(Reason.NO_ROUTE, "EHOSTUNREACH"))

    results = asyncio.run(probe(GATE, LADDER, net, budget_s=0.5))

    assert [(r.step, r.reason) for r in results] == [("tcp_connect", Reason.NO_ROUTE)]
    assert verdict_of(results).detail == "EHOSTUNREACH"


def test_the_password_shows_in_no_repr_and_no_result() -> None:
    answers = [OPTIONS_OK, refused(2, DIGEST + ', opaque="pässwörd"'), refused(3)]

    results = asyncio.run(probe(GUARDED, LADDER, ScriptedNet(answers), budget_s=0.5))

    assert LOGIN.password not in repr(GUARDED) + GUARDED.rtsp_url + repr(results)


def test_what_a_device_says_is_cut_and_made_printable() -> None:
    phrase = b"\x1b[2J\x00" + b"x" * 4000
    results = asyncio.run(
        probe(
            GATE,
            [tcp_connect, rtsp_options],
            ScriptedNet(b"RTSP/1.0 500 " + phrase + b"\r\n\r\n"),
            budget_s=0.5,
        )
    )

    detail = verdict_of(results).detail
    assert len(detail) <= 200
    assert detail.isprintable()


def test_no_questions_are_our_own_trouble() -> None:
    assert verdict_of([]).reason is Reason.OWN_TROUBLE


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (Target("10.0.0.9"), "rtsp://10.0.0.9:554/"),
        (Target("::1", 8554, "live"), "rtsp://[::1]:8554/live"),
        (Target("bücher.local"), "rtsp://xn--bcher-kva.local:554/"),
        (
            Target("h", path="/a b?x=1&y=%20\r\nTEARDOWN"),
            "rtsp://h:554/a%20b?x=1&y=%20%0D%0ATEARDOWN",
        ),
        (Target("h@evil/", login=LOGIN), "rtsp://h%40evil%2F:554/"),
    ],
)
def test_a_url_names_the_stream_and_nothing_else(target: Target, url: str) -> None:
    assert target.rtsp_url == url


def test_a_target_that_moved_has_the_url_of_its_new_place() -> None:
    moved = replace(Target("10.0.0.9", path="/live"), host="10.0.0.10", tls=True)

    assert moved.rtsp_url == "rtsps://10.0.0.10:554/live"
    assert moved == Target("10.0.0.10", path="/live", tls=True)
