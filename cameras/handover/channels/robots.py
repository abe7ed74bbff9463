"""What the group robots of 企业微信 and 钉钉 have in common: a message in Markdown, cut to what
they take, and an answer whose `errcode` is 0 or the message was not taken.
"""

import json
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from cameras.handover import transport
from cameras.handover.content import Content, sentence
from cameras.handover.outgoing import NotSent, Unclear
from gis_server.plain_text import shortened_bytes

# What Markdown, the colours of 企业微信 and its @-mentions are written with, in their wide forms:
# a name from a table becomes no link, no mention and no headline.
_WIDE = str.maketrans("*_`#<>[]|~\\@!", "＊＿｀＃＜＞［］｜～＼＠！")


def plain(text: str) -> str:
    """The text without anything that Markdown would take for a sign."""
    return text.translate(_WIDE)


def markdown(content: Content, most_bytes: int) -> str:
    """Title, facts and as many faults as there is room for; of the others it says how many."""
    head = [f"**{plain(content.title)}**", *(f"> {plain(fact)}" for fact in content.facts)]
    text = shortened_bytes("\n\n".join(head), most_bytes)
    room = most_bytes - 120  # for the last sentence
    for number, line in enumerate(content.found.lines):
        more = f"\n\n- {plain(sentence(line, content.now))}"
        if len((text + more).encode()) > room:
            left = len(content.found.lines) - number
            return shortened_bytes(f"{text}\n\n{_left_out(left)}", most_bytes)
        text += more
    return text


def _left_out(count: int) -> str:
    return _("and %(count)d more on the offline list") % {"count": count}


def fault(address: str, host: str) -> str:
    """A robot's address holds its key in the question."""
    try:
        url = transport.checked_url(address)
    except NotSent as error:
        return error.text
    if not url.query:
        message = _(
            "A robot's address has its key behind a question mark, such as https://%(host)s/…?…"
        )
        return message % {"host": host}
    return ""


def post(address: str, body: str) -> None:
    """
    Raises:
        NotSent: not reached, or not taken; the robot's own words are told.
        Unclear: taken, and the answer cannot be read.
    """
    headers = {"Content-Type": "application/json; charset=utf-8"}
    reply = transport.post(address, body.encode(), headers)
    host = urlsplit(address).hostname
    try:
        answer = json.loads(reply.body)
        code, said = answer["errcode"], str(answer.get("errmsg", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        message = _(
            "%(host)s has answered, but not as a robot does: look whether the message is there."
        )
        raise Unclear(message % {"host": host}) from None
    if code != 0:
        message = _("The robot refused the message (%(code)s): %(said)s")
        raise NotSent(message % {"code": transport.told(str(code)), "said": transport.told(said)})
