"""The technical detail of an answer in the reader's words.

A detail is stored in English, as evidence; here each sentence that the engine makes is recognised
and said in the language of the page.  What a device has said itself stays as it came, and so does
every detail that is not known here.
"""

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from cameras.measures_text import MEASURES

SENTENCES: tuple[str, ...] = (
    # Where nothing came of the connection.
    _("no name server answered in time"),
    _("no answer to the connection attempt"),
    _("no answer to the TLS handshake"),
    _("accepted the connection and did not answer"),
    _("this machine stood still for %(time)s s"),
    _("no question was asked"),
    _("the canaries did not answer either"),
    _("failed together with many others"),
    _("%(up)s of %(total)s canaries answer"),
    _("closed the connection"),
    _("closed the connection in place of a reply"),
    _("port %(port)s is outside the allowed ports"),
    _("%(address)s is outside the allowed networks"),
    _("TLS: closed the connection"),
    _("TLS: %(word)s"),
    _("no connection within %(time)s s"),
    _("no answer within %(time)s s"),
    _("no whole answer within %(time)s s"),
    # What became of the login.
    _("%(question)s answered 401 and no login is stored"),
    _("wants a login and none is stored"),
    _("offers no way to log in"),
    _("offers %(ways)s to log in"),
    _(
        "%(question)s with the login answered %(status)s, though the device accepted it"
        " before: locked, busy, or just changed"
    ),
    _("%(question)s with the login answered %(status)s"),
    _(
        "not sent yet: another camera of this device tries its login, or the device"
        " refused two today; asked again after that"
    ),
    _("refused before; not tried again until it changes or the pause is over"),
    _("calls every nonce stale, its own newest one too"),
    _("tells its time only after a login"),
    _("%(question)s is not allowed to this user"),
    # A status; phrase and fault are the device's own.
    _("%(answer)s; redirects are not followed: %(fault)s"),
    _("%(answer)s; redirects are not followed"),
    _("answered %(status)s"),
    _("%(question)s answered %(status)s"),
    _("%(question)s answered %(status)s %(phrase)s"),
    _("%(question)s answered %(status)s: %(fault)s"),
    # ONVIF.
    _("no ONVIF port is stored"),
    _("clock differs by %(off)s s; calls its local time UTC"),
    _("clock differs by %(off)s s"),
    _("tells no UTC time"),
    _("answers something else than %(question)s"),
    _("answers something else than HTTP (%(error)s)"),
    _("%(question)s: no answer of ONVIF (%(error)s)"),
    _("its answers could not be read: the reading process died"),
    _("the reading process answered something else"),
    _("%(action)s: %(fault)s"),
    # What came is no answer.
    _("no XML: %(error)s"),
    _("declares a document type, which no answer needs"),
    _("has more elements than any answer needs"),
    _("the reply ends in the middle"),
    _("sent %(count)s interim replies"),
    _("sent %(count)s replies that nobody had asked for"),
    _("answered question %(number)s, the last one was %(last)s"),
    _("answers another question"),
    _("names no service at its own address"),
    _("no end of the body within %(size)s bytes"),
    _("no end of the headers within %(size)s bytes"),
    _("announces a body of %(size)s bytes"),
    _("sent more than %(size)s bytes"),
    _("more than %(size)s bytes"),
    _("more than %(count)s header lines"),
    _("two different Content-Length headers"),
    _("packs its reply (%(way)s), which was not asked for"),
    _("packs its reply, which was not asked for"),
    _("answers in several parts, which was not asked for"),
    _("a chunk starts with %(said)s"),
    _("a chunk does not end where it should"),
    _("starts with %(said)s"),
    _("%(name)s is %(quoted)s"),
    _("%(host)s: %(lookup)s"),
    # The stream and its pictures.
    _("the description names no video stream"),
    _("no codec that can be decoded here: no video"),
    _("no codec that can be decoded here: %(codecs)s"),
    _("sends pictures in place of a reply"),
    _("a reply without an end between the pictures"),
    _("one picture of more than %(size)s bytes"),
    _("the stream is not open"),
    _("the device ended the stream"),
    _("the stream's time leaps back and forth"),
    _("more than %(count)s pictures and still no end of the watch"),
    _("the stream was opened and sent no picture"),
    _("the stream sent no key frame"),
    _("the stream sent nothing that is proven to be newer than the request"),
    _("%(lack)s: %(why)s"),
    _("nothing came for %(time)s s"),
    _("the time is over"),
    _("no picture within %(time)s s: %(why)s"),
    _("nothing was asked yet"),
    _("the device did not answer"),
    _("the stream sent no picture"),
    _("no worker became free in time"),
    _("the device sent no picture over HTTP"),
    _("no picture over HTTP within %(time)s s"),
    _("what came over HTTP is no JPEG"),
    _("HTTP: %(why)s"),
    _("the last %(count)s pictures came damaged"),
    _("the picture came damaged"),
    _("nothing that came could be decoded"),
    _("what came is no picture that can be read"),
    _("a picture of %(width)s x %(height)s is larger than is taken here"),
    _("a picture of %(width)s x %(height)s is larger than is taken"),
    _("a picture of shape %(shape)s could not be encoded"),
    _("the small copy could not be encoded"),
    _("the decoder found %(share)s of the pictures damaged"),
    # Our own trouble with pictures.
    _("too much for a capture: %(error)s"),
    _("the picture was not decoded within %(time)s s"),
    _("the capture process answered something else"),
    _("the capture process answered something else: %(why)s"),
    _("the capture process sent no JPEG"),
    _("the capture process ended with exit code %(code)s"),
    _("the capture process ended with %(signal)s"),
    _("a message of more bytes than are allowed"),
    _("parts of more bytes than are allowed"),
    _("a head of %(size)s bytes"),
    _("no JSON object with sizes"),
    _("sizes that are no sizes"),
    _("pictures are no longer taken"),
    _("too many pictures are asked for at once"),
    _("no time was left"),
    _("cannot be written"),
    _("only %(free)s are free; %(reserve)s are left alone"),
    _("only %(free)s are free; %(needed)s are needed and %(reserve)s are left alone"),
    # A fault of a picture: its score, behind what it rests on.
    _("%(basis)s; %(score)s (from %(least)s on)"),
    _("%(score)s (from %(least)s on)"),
    _("%(first)s, %(rest)s"),
    _("%(measure)s %(value)s (usual %(usual)s)"),
    _("%(measure)s %(value)s"),
)
"""Each sentence as the engine makes it, the special one before the general one."""

WORDS = {
    "action": r"Get\w+",
    "address": r"[\da-f.:, ]+",
    "answer": r"(?:\w+ )?answered 3\d\d.*?",
    "basis": r".+",
    "error": r".+",
    "fault": r".+",
    "first": rf"(?:{'|'.join(MEASURES)}) [^,]+",
    "free": r"\d+ MiB",
    "host": r"'.*?'|\".*?\"",
    "lack": r"the stream [^:]+",
    "least": r"\d\.\d\d",
    "lookup": r"\[Errno .+|.*\b(?:codec|label)\b.*",
    "measure": "|".join(MEASURES),
    "name": r"[\w-]+",
    "needed": r"\d+ MiB",
    "off": r"[-+][\d.,]+",
    "codecs": r".+",
    "phrase": r".+",
    "question": r"\w+",
    "quoted": r"['\"].*['\"]",
    "reserve": r"\d+ MiB",
    "rest": r".+",
    "said": r".+",
    "score": r"\d\.\d\d",
    "shape": r".+",
    "share": r"\d+%",
    "signal": r"\w+",
    "time": r"[\d.]+",
    "usual": r"[-+.e\d]+",
    "value": r"[-+.e\d]+",
    "way": r".*",
    "ways": r".+",
    "why": r".+",
    "word": r".+",
}
"""What may stand in a sentence; what is not named here is a whole number."""
NUMBER = r"\d+"
INNER = frozenset({"answer", "basis", "first", "lack", "rest", "why"})
"""Those that are sentences of the engine themselves; all others stay as they are."""
LONGEST = 500
"""Of a detail that is looked at; a stored one has 200 characters."""


def pattern_of(sentence: str) -> re.Pattern[str]:
    """What recognises a sentence, whatever stands in it."""
    parts = re.split(r"%\((\w+)\)s", sentence)
    return re.compile(
        "".join(
            f"(?P<{part}>{WORDS.get(part, NUMBER)})" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        ),
        re.DOTALL,
    )


KNOWN = tuple((pattern_of(sentence), sentence) for sentence in SENTENCES)


def detail_text(detail: str) -> str:
    """`detail` in the reader's language; as it is where nobody here has made it.  Plain text: it
    may quote a device.
    """
    if len(detail) > LONGEST:
        return detail
    for pattern, sentence in KNOWN:
        if said := pattern.fullmatch(detail):
            parts = said.groupdict().items()
            return gettext(sentence) % {name: part_text(name, part) for name, part in parts}
    return detail


def part_text(name: str, part: str) -> str:
    """What stands in a sentence, as it is shown."""
    if name == "measure":
        return str(MEASURES[part])
    return detail_text(part) if name in INNER else part
