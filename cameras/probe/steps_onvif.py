"""The questions to a device's ONVIF service: what time it has, and what it is.

Both only read (GetSystemDateAndTime, GetDeviceInformation).  The clock is asked without a login;
the device first without one, too: its answer says which kind it wants, so that a login is sent at
most once.  The reply never leads to another address: redirects are not followed, and addresses in
it are not read.
"""

import secrets
from datetime import datetime, timedelta

from cameras.probe import digest, wire_http, wire_soap
from cameras.probe.net import NetError, OneLine
from cameras.probe.reason import Reason
from cameras.probe.result import ClockOffset, LoginOutcome, StepResult
from cameras.probe.steps_login import refused, withheld
from cameras.probe.target import Login, Target, url_host, url_path
from cameras.probe.wire_head import Malformed

MAX_CLOCK_OFFSET_S = 5.0
"""A clock further off is a fault: the strictest devices refuse tokens that are more than 5 s off
(others 20 s), and the time in the picture is evidence.
"""
WHOLE_SECONDS_S = 0.5
"""ONVIF tells whole seconds, cut off: on average the clock is half a second further."""
CONTENT_TYPE = "application/soap+xml; charset=utf-8"
NONCE_BYTES = 16


async def onvif_clock(target: Target, line: OneLine) -> StepResult:
    """Ask for the device's time, without a login, and hold it against ours."""
    if target.onvif_port is None:
        return StepResult(Reason.NOT_ASKED, "no ONVIF port is stored")
    try:
        asked_at = line.now()
        reply = await post(target, line, wire_soap.CLOCK_QUESTION)
        answered_at = line.now()
        found, fault = read(reply)
        if reply.status == 401 or (fault and wire_soap.wants_login(fault)):
            return StepResult(Reason.LOGIN_NEEDED, "tells its time only after a login")
        if reply.status != 200 or fault:
            return rejected("GetSystemDateAndTime", reply, fault)
        return judge_clock(wire_soap.parse_clock(found), asked_at, answered_at)
    except NetError as error:
        return StepResult(error.reason, str(error))
    except Malformed as error:
        return StepResult(Reason.NOT_ONVIF, str(error))


def judge_clock(clock: wire_soap.Clock, asked_at: datetime, answered_at: datetime) -> StepResult:
    """The difference, taken to the middle of question and answer (Cristian's method)."""
    ours = asked_at + (answered_at - asked_at) / 2
    off_s = (clock.utc - ours).total_seconds() + WHOLE_SECONDS_S
    found = ClockOffset(off_s)
    if abs(off_s) <= MAX_CLOCK_OFFSET_S:
        return StepResult(Reason.OK, f"clock differs by {off_s:+.1f} s", found=found)
    rest_s = off_s - clock.zone_offset().total_seconds()
    if clock.calls_local_time_utc() and abs(rest_s) <= MAX_CLOCK_OFFSET_S:
        # The clock on the picture is right; tokens are still signed with what it calls UTC.
        detail = f"clock differs by {rest_s:+.1f} s; calls its local time UTC"
        return StepResult(Reason.OK, detail, found=found)
    return StepResult(Reason.CLOCK_OFF, f"clock differs by {off_s:+,.0f} s", found=found)


async def onvif_device(target: Target, line: OneLine) -> StepResult:
    """Ask for make, model, firmware and serial number; with the login where the device wants it."""
    if target.onvif_port is None:
        return StepResult(Reason.NOT_ASKED, "no ONVIF port is stored")
    try:
        reply = await post(target, line, wire_soap.DEVICE_QUESTION)
        found, fault = read(reply)
        if reply.status == 401 or (fault and wire_soap.wants_login(fault)):
            return await device_with_login(target, line, reply)
        return judge_device(reply, found, fault)
    except NetError as error:
        return StepResult(error.reason, str(error))
    except Malformed as error:
        return StepResult(Reason.NOT_ONVIF, str(error))


async def device_with_login(target: Target, line: OneLine, reply: wire_http.Reply) -> StepResult:
    """Log in the way the device asked for in `reply`.  Raises like `post`, and Malformed."""
    login = target.login
    if login is None:
        return StepResult(Reason.LOGIN_NEEDED, "wants a login and none is stored")
    if not (login.may_try and login.may_try_onvif):
        return withheld(login)
    for _ in range(2):
        reply = await post_with_login(target, line, login, challenges_of(reply))
        found, fault = read(reply)
        if reply.status not in (401, 403) and not (fault and wire_soap.wants_login(fault)):
            return judge_device(reply, found, fault, LoginOutcome.ACCEPTED)
        if not any(challenge.stale for challenge in challenges_of(reply)):
            status = reply.status if reply.status == 403 else 401
            return refused(login, "GetDeviceInformation", status)
    return StepResult(Reason.REJECTED, "calls every nonce stale, its own newest one too")


async def post_with_login(
    target: Target, line: OneLine, login: Login, offered: list[digest.Challenge]
) -> wire_http.Reply:
    """Ask with HTTP Digest where that is offered, else with a token in the message, which hides the
    password as well.  Raises like `post`.
    """
    path = url_path(target.onvif_path)
    header = digest.authorization(login, offered, method="POST", uri=path)
    if header is not None:
        return await post(target, line, wire_soap.DEVICE_QUESTION, {"Authorization": header})
    device_now = line.now() + timedelta(seconds=target.clock_offset_s)
    nonce = secrets.token_bytes(NONCE_BYTES)
    return await post(target, line, wire_soap.signed_device_question(login, device_now, nonce))


def judge_device(
    reply: wire_http.Reply,
    found: dict[str, str],
    fault: str | None,
    login: LoginOutcome = LoginOutcome.NOT_SENT,
) -> StepResult:
    """What an answer says that asks for no login.  Raises Malformed."""
    if reply.status != 200 or fault:
        return rejected("GetDeviceInformation", reply, fault)._replace(login=login)
    device = wire_soap.parse_device(found)
    named = " ".join(filter(None, (device.make, device.model, device.firmware)))
    return StepResult(Reason.OK, named, login, found=device)


BUSY = 503


def rejected(question: str, reply: wire_http.Reply, fault: str | None) -> StepResult:
    """A status or a fault that says no; a redirect too, for it may lead anywhere."""
    reason = Reason.BUSY if reply.status == BUSY else Reason.REJECTED
    said = f"{question} answered {reply.status} {reply.phrase}".rstrip()
    if 300 <= reply.status < 400:
        said += "; redirects are not followed"
    return StepResult(reason, f"{said}: {fault}" if fault else said)


def read(reply: wire_http.Reply) -> tuple[dict[str, str], str | None]:
    """The texts of the message, and its fault.  A page that goes with an error status need not be
    XML.  Raises Malformed.
    """
    try:
        found = wire_soap.texts(reply.body)
    except Malformed:
        if reply.status == 200:
            raise
        return {}, None
    return found, wire_soap.fault_of(found)


def challenges_of(reply: wire_http.Reply) -> list[digest.Challenge]:
    return digest.parse_challenges(reply.every("www-authenticate"))


async def post(
    target: Target, line: OneLine, body: bytes, headers: dict[str, str] | None = None
) -> wire_http.Reply:
    """Send one question and wait for its reply; once more on a fresh connection when the kept one
    was closed meanwhile.

    Raises:
        NetError: the network, or the device hung up without a word.
        Malformed: what came is no HTTP reply.
    """
    host = url_host(target.host)
    data = wire_http.request(
        f"{host}:{target.onvif_port}",
        url_path(target.onvif_path),
        body,
        {"Content-Type": CONTENT_TYPE, **(headers or {})},
    )
    try:
        return await exchange(target, line, data)
    except NetError as error:
        if error.reason is not Reason.HUNG_UP:
            raise
        line.hang_up()
    return await exchange(target, line, data)


async def exchange(target: Target, line: OneLine, data: bytes) -> wire_http.Reply:
    """One question and its reply; where more can be asked, the line stays open.  Raises NetError
    and Malformed.
    """
    stream = await line.to(target.host, target.onvif_port or 0)
    stream.write(data)
    reader = wire_http.ReplyReader()
    arrived = await stream.read()
    if not arrived:
        raise NetError(Reason.HUNG_UP, "closed the connection in place of a reply")
    while arrived:
        reply = reader.feed(arrived)
        if reply is not None:
            if reply.closes:
                line.hang_up()
            return reply
        arrived = await stream.read()
    line.hang_up()
    return reader.end()
