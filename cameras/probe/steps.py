"""The questions, cheapest first.  A step asks one, never raises for what a device does, and sets no
time limit.

All questions are read-only: OPTIONS, DESCRIBE and two Get… of ONVIF open no session, so there is
none to tear down.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from cameras.probe import digest, sdp, wire_rtsp
from cameras.probe.net import NetError, OneLine
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult
from cameras.probe.steps_login import refused, withheld
from cameras.probe.steps_onvif import onvif_clock, onvif_device
from cameras.probe.target import Target
from cameras.probe.wire_rtsp import Malformed, Replies, Reply

Step = Callable[[Target, OneLine], Awaitable[StepResult]]

GOOD = StepResult(Reason.OK)
SDP_ONLY = {"Accept": "application/sdp"}
MAX_STALE_REPLIES = 8
"""Replies to earlier questions that are passed over; a device that sends more of them is no RTSP
server.
"""


async def tcp_connect(target: Target, line: OneLine) -> StepResult:
    """Ask whether anything listens at the port."""
    try:
        await line.to(target.host, target.rtsp_port, tls=target.tls)
        return GOOD
    except NetError as error:
        return StepResult(error.reason, str(error))


async def rtsp_options(target: Target, line: OneLine) -> StepResult:
    """Ask whether an RTSP server answers at all; needs no credentials."""
    try:
        question = wire_rtsp.request("OPTIONS", target.rtsp_url, 1)
        return judge_options(await exchange(target, line, question, 1))
    except NetError as error:
        return StepResult(error.reason, str(error))
    except Malformed as error:
        return StepResult(Reason.NOT_RTSP, str(error))


def judge_options(reply: Reply) -> StepResult:
    # Many cameras protect even OPTIONS, and some do not implement it.  Both still prove that the
    # server is up; whether the password is right is `rtsp_describe`'s question.
    if reply.status in (200, 401, 405, 501):
        return GOOD
    return refusal("OPTIONS", reply)


class Described(NamedTuple):
    """What DESCRIBE came to; for those who go on to play: the reply, and the challenge answered."""

    result: StepResult
    reply: Reply | None = None
    offered: Sequence[digest.Challenge] = ()


async def rtsp_describe(target: Target, line: OneLine) -> StepResult:
    """Ask what the stream is, without the login first, and with it where the device wants one."""
    return (await described(target, line)).result


async def described(target: Target, line: OneLine) -> Described:
    """As `rtsp_describe`, with the reply."""
    try:
        reply = await describe(target, line, cseq=2)
        if reply.status != 401:
            return Described(judge_describe(reply), reply)
        return await describe_with_login(target, line, reply)
    except NetError as error:
        return Described(StepResult(error.reason, str(error)))
    except Malformed as error:
        return Described(StepResult(Reason.NOT_RTSP, str(error)))


async def describe_with_login(target: Target, line: OneLine, reply: Reply) -> Described:
    """Answer the challenge in `reply`; once more when the device calls only the nonce stale.
    Raises like `describe`.
    """
    login, url = target.login, target.rtsp_url
    if login is None:
        needed = StepResult(Reason.LOGIN_NEEDED, "DESCRIBE answered 401 and no login is stored")
        return Described(needed)
    if not login.may_try:
        return Described(withheld(login))
    for cseq in (3, 4):
        offered = challenges_of(reply)
        header = digest.authorization(login, offered, method="DESCRIBE", uri=url)
        if header is None:
            offers = digest.offers(offered) or "no way"
            return Described(StepResult(Reason.PLAIN_LOGIN_ONLY, f"offers {offers} to log in"))
        reply = await describe(target, line, cseq=cseq, headers={"Authorization": header})
        if reply.status not in (401, 403):
            return Described(judge_describe(reply, LoginOutcome.ACCEPTED), reply, offered)
        if not any(challenge.stale for challenge in challenges_of(reply)):
            return Described(refused(login, "DESCRIBE", reply.status))
    # Never judged, so not counted against the login; and never played for longer than two rounds.
    said = "calls every nonce stale, its own newest one too"
    return Described(StepResult(Reason.REJECTED, said))


def judge_describe(reply: Reply, login: LoginOutcome = LoginOutcome.NOT_SENT) -> StepResult:
    """What a reply other than 401 means.  The login passed when the server went on from it."""
    if reply.status != 200:
        refused = refusal("DESCRIBE", reply)
        return StepResult(refused.reason, refused.detail, login)
    codecs = sdp.video_codecs(sdp.parse(reply.body))
    if codecs is None:
        return StepResult(Reason.NO_VIDEO, "the description names no video stream", login)
    return StepResult(Reason.OK, ", ".join(codecs), login)


REFUSALS: dict[int, Reason] = {
    404: Reason.STREAM_NOT_FOUND,
    453: Reason.BUSY,  # Not Enough Bandwidth: what devices say when all their sessions are taken
    454: Reason.STREAM_NOT_FOUND,
    503: Reason.BUSY,
}


def refusal(method: str, reply: Reply) -> StepResult:
    """A status that ends the ladder; a redirect too, for it may lead anywhere."""
    reason = REFUSALS.get(reply.status, Reason.REJECTED)
    return StepResult(reason, f"{method} answered {reply.status} {reply.phrase}".rstrip())


async def describe(
    target: Target, line: OneLine, *, cseq: int, headers: dict[str, str] | None = None
) -> Reply:
    """Send DESCRIBE and wait for its reply; once more on a fresh connection when the kept one has
    been closed.

    Servers may close after any reply (many do after 401), and the close may cross our next request.

    Raises:
        NetError: the network, or the device hung up without a word.
        Malformed: what came is no RTSP reply.
    """
    question = wire_rtsp.request(
        "DESCRIBE", target.rtsp_url, cseq, SDP_ONLY | headers if headers else SDP_ONLY
    )
    try:
        return await exchange(target, line, question, cseq)
    except NetError as error:
        if error.reason is not Reason.HUNG_UP:
            raise
        line.hang_up()
    return await exchange(target, line, question, cseq)


async def exchange(target: Target, line: OneLine, question: bytes, cseq: int) -> Reply:
    """One request and its reply.  Raises NetError and Malformed."""
    stream = await line.to(target.host, target.rtsp_port, tls=target.tls)
    stream.write(question)
    arrived = await stream.read()
    reply = wire_rtsp.whole(arrived)
    if reply is not None and answers(reply, cseq):
        return reply
    replies = Replies()
    stale = 0
    while arrived:
        replies.feed(arrived)
        while (reply := replies.take()) is not None:
            if answers(reply, cseq):
                return reply
            if (stale := stale + 1) > MAX_STALE_REPLIES:
                raise Malformed(f"sent {stale} replies that nobody had asked for")
        arrived = await stream.read()
    raise NetError(Reason.HUNG_UP, "closed the connection in place of a reply")


def answers(reply: Reply, cseq: int) -> bool:
    """Whether `reply` is to question `cseq`, or says not to which.  Raises Malformed."""
    number = reply.cseq
    if number is not None and number > cseq:
        raise Malformed(f"answered question {number}, the last one was {cseq}")
    return number is None or number == cseq


def challenges_of(reply: Reply) -> list[digest.Challenge]:
    return digest.parse_challenges(reply.every("www-authenticate"))


LADDER: tuple[Step, ...] = (tcp_connect, rtsp_options, rtsp_describe)
"""What every sweep asks of every camera."""


def steps_for(*, clock: bool, device: bool) -> tuple[Step, ...]:
    """The ladder, with the questions that are asked more seldom where their time has come."""
    return LADDER + (onvif_clock,) * clock + (onvif_device,) * device
