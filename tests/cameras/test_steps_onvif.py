"""What the clock and the device question make of each answer, and what they may never do."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from cameras.probe import wire_soap
from cameras.probe.net import NetError
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult, Verdict, verdict_of
from cameras.probe.runner import probe
from cameras.probe.steps import steps_for
from cameras.probe.steps_onvif import onvif_clock, onvif_device
from cameras.probe.target import Login, Target
from fixtures.camera_farm import plan, soap
from tests.cameras.scripted_net import Part, ScriptedNet

FARM = plan.devices(1, 0)[0]
NOW = ScriptedNet().clock
LOGIN = Login(FARM.username, FARM.password)
GATE = Target("10.0.0.9", 554, "/live", LOGIN, onvif_port=80)
SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
RTSP_OK = [
    b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
    b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: %d\r\n\r\n" % len(SDP) + SDP,
]
DIGEST = 'WWW-Authenticate: Digest realm="cam", qop="auth", nonce="{}"'


def http(status: int, body: bytes = b"", *lines: str) -> bytes:
    head = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def clock(off_s: float = 0, **zone: str) -> bytes:
    now = NOW + timedelta(seconds=off_s)
    body = soap.answer(FARM, FARM.password, wire_soap.CLOCK_QUESTION, now)[1]
    for old, new in zone.items():
        body = body.replace(old.encode(), new.encode())
    return http(200, body)


def made() -> bytes:
    asked = wire_soap.signed_device_question(LOGIN, NOW, b"n" * 16)
    return http(200, soap.answer(FARM, FARM.password, asked, NOW)[1])


def not_authorized() -> bytes:
    return http(400, soap.answer(FARM, "", wire_soap.DEVICE_QUESTION, NOW)[1])


def ladder(*scripts: Part | Sequence[Part], target: Target = GATE) -> tuple[Verdict, ScriptedNet]:
    net = ScriptedNet(*scripts)
    steps = steps_for(clock=True, device=True)
    return verdict_of(asyncio.run(probe(target, steps, net, budget_s=0.5))), net


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(clock(), Reason.OK, id="right"),
        pytest.param(clock(4), Reason.OK, id="four seconds fast"),
        pytest.param(clock(-6), Reason.CLOCK_OFF, id="six seconds slow"),
        pytest.param(clock(7 * 60), Reason.CLOCK_OFF, id="seven minutes fast"),
        pytest.param(clock(8 * 3600), Reason.CLOCK_OFF, id="eight hours fast, UTC alone"),
        pytest.param(
            # The same field twice, as UTC and as local time: the farm's zone is CST-8.
            http(
                200,
                clock(8 * 3600)
                .partition(b"\r\n\r\n")[2]
                .replace(
                    b"</tds:SystemDateAndTime>",
                    b"<tt:LocalDateTime><Date><Year>2026</Year><Month>3</Month><Day>1</Day></Date>"
                    b"<Time><Hour>20</Hour><Minute>0</Minute><Second>0</Second></Time>"
                    b"</tt:LocalDateTime></tds:SystemDateAndTime>",
                ),
            ),
            Reason.OK,
            id="local time in the field for UTC",
        ),
        pytest.param(http(404, b"<html>"), Reason.REJECTED, id="no such page"),
        pytest.param(http(307, b"", "Location: http://e/"), Reason.REJECTED, id="redirect"),
        pytest.param(http(401), Reason.LOGIN_NEEDED, id="401"),
        pytest.param(not_authorized(), Reason.LOGIN_NEEDED, id="a fault: not authorized"),
        pytest.param(http(503), Reason.BUSY, id="503"),
        pytest.param(http(200, b"<html><br></html>"), Reason.NOT_ONVIF, id="a web page"),
        pytest.param(http(200, b"<!DOCTYPE x><x/>"), Reason.NOT_ONVIF, id="a document type"),
        pytest.param(b"RTSP/1.0 200 OK\r\n\r\n", Reason.NOT_ONVIF, id="another protocol"),
        pytest.param([b"HTTP/1.1 200 OK\r\n", b""], Reason.NOT_ONVIF, id="torn"),
        pytest.param(NetError(Reason.REFUSED, "x"), Reason.REFUSED, id="port closed"),
        pytest.param(None, Reason.SILENT, id="silent"),
    ],
)
def test_onvif_clock(answer: Part | Sequence[Part], reason: Reason) -> None:
    results = asyncio.run(probe(GATE, [onvif_clock], ScriptedNet(answer), budget_s=0.1))

    assert [result.reason for result in results] == [reason]


@pytest.mark.parametrize(
    ("login", "answers", "reason", "outcome"),
    [
        pytest.param(LOGIN, [made()], Reason.OK, "not_sent", id="open to all"),
        pytest.param(LOGIN, [not_authorized(), made()], Reason.OK, "accepted", id="a token"),
        pytest.param(
            LOGIN, [not_authorized()] * 2, Reason.WRONG_LOGIN, "refused", id="a wrong token"
        ),
        pytest.param(
            LOGIN,
            [http(401, b"", DIGEST.format("a")), made()],
            Reason.OK,
            "accepted",
            id="Digest around SOAP",
        ),
        pytest.param(
            LOGIN,
            [
                http(401, b"", DIGEST.format("a")),
                http(401, b"", DIGEST.format("b") + ", stale=true"),
                made(),
            ],
            Reason.OK,
            "accepted",
            id="a stale nonce",
        ),
        pytest.param(
            LOGIN,
            [http(401, b"", DIGEST.format(n) + ", stale=true") for n in range(9)],
            Reason.REJECTED,
            "not_sent",
            id="nonces stale for ever",
        ),
        pytest.param(
            LOGIN,
            [http(401, b"", DIGEST.format(n)) for n in range(9)],
            Reason.WRONG_LOGIN,
            "refused",
            id="a new nonce each time",
        ),
        pytest.param(None, [http(401)], Reason.LOGIN_NEEDED, "not_sent", id="no login stored"),
        pytest.param(
            Login("a", "b", may_try_onvif=False),
            [http(401)],
            Reason.WRONG_LOGIN,
            "not_sent",
            id="refused before",
        ),
        pytest.param(
            Login("a", "b", believed=True),
            [http(401), http(401)],
            Reason.LOCKED,
            "refused",
            id="accepted before",
        ),
        pytest.param(
            LOGIN, [not_authorized(), http(403)], Reason.REJECTED, "refused", id="forbidden"
        ),
    ],
)
def test_onvif_device(
    login: Login | None, answers: Sequence[Part], reason: Reason, outcome: str
) -> None:
    net = ScriptedNet(answers)
    target = Target("10.0.0.9", login=login, onvif_port=80)
    results = asyncio.run(probe(target, [onvif_device], net, budget_s=0.1))

    assert [(result.reason, result.login.value) for result in results] == [(reason, outcome)]
    assert sum(b"Authorization:" in r or b"<Password" in r for r in net.written) <= 2


def test_a_good_camera_tells_its_clock_and_make() -> None:
    verdict, net = ladder(RTSP_OK, [clock(2), not_authorized(), made()])

    assert (verdict.reason, verdict.onvif_login) == (Reason.OK, LoginOutcome.ACCEPTED)
    assert verdict.clock_offset_s == pytest.approx(2.5)  # whole seconds: half of one is added
    assert verdict.device is not None
    assert verdict.device.serial == "SIM000000"
    assert net.places == [("10.0.0.9", 554), ("10.0.0.9", 80)]


def test_a_clock_that_is_off_degrades_and_signs_the_token_with_the_devices_time() -> None:
    verdict, net = ladder(RTSP_OK, [clock(420), not_authorized(), made()])

    assert verdict.reason is Reason.CLOCK_OFF
    assert [rung["reason"] for rung in verdict.rungs] == ["ok", "ok", "ok", "clock_off", "ok"]
    assert verdict.device is not None
    # 12:00:00 + 420 s, and the half second goes by the clock's own whole ones.
    assert b">2026-03-01T12:07:00Z<" in net.written[-1]


@pytest.mark.parametrize(
    "onvif",
    [
        pytest.param([NetError(Reason.REFUSED, "x")], id="missing"),
        pytest.param([None], id="silent"),
        pytest.param([[clock(), http(401), http(401)]], id="refuses the login"),
        pytest.param([b"SSH-2.0\r\n"], id="something else"),
        pytest.param([NetError(Reason.OWN_TROUBLE, "EMFILE")], id="our own trouble"),
    ],
)
def test_onvif_trouble_is_evidence_and_takes_no_camera_down(onvif: list[Part]) -> None:
    verdict, _ = ladder(RTSP_OK, *onvif)

    assert verdict.reason is Reason.OK
    assert verdict.rungs[-1]["reason"] != "ok"


def test_a_login_that_the_stream_refused_is_not_tried_at_onvif() -> None:
    challenge = b'RTSP/1.0 401 No\r\nCSeq: %d\r\nWWW-Authenticate: Digest nonce="n"\r\n\r\n'
    verdict, net = ladder([RTSP_OK[0], challenge % 2, challenge % 3])

    assert (verdict.reason, verdict.login) == (Reason.WRONG_LOGIN, LoginOutcome.REFUSED)
    assert net.places == [("10.0.0.9", 554)]


def test_a_camera_without_an_onvif_port_is_not_asked() -> None:
    verdict, net = ladder(RTSP_OK, target=Target("10.0.0.9", path="/live"))

    assert verdict.reason is Reason.OK
    assert verdict.rungs[-1]["reason"] == "not_asked"
    assert net.places == [("10.0.0.9", 554)]


def test_a_redirect_is_never_followed() -> None:
    moved = http(307, b"", "Location: http://10.6.6.6/onvif")

    verdict, net = ladder(RTSP_OK, [moved])

    assert {place[0] for place in net.places} == {"10.0.0.9"}
    assert "redirects are not followed" in verdict.rungs[-1]["detail"]


def test_each_rung_is_told_as_soon_as_it_is_there() -> None:
    told: list[StepResult] = []
    net = ScriptedNet(RTSP_OK, [None])
    steps = steps_for(clock=True, device=False)

    results = asyncio.run(probe(GATE, steps, net, budget_s=0.1, on_rung=told.append))

    assert told == results
    assert told[-1].reason is Reason.SILENT


def test_the_password_shows_in_nothing_that_is_kept() -> None:
    verdict, net = ladder(RTSP_OK, [clock(), http(401), http(401)])

    assert LOGIN.password not in repr(verdict)
    assert LOGIN.password.encode() not in b"".join(net.written)
