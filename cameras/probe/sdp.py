"""What a stream description (SDP, RFC 8866) says about pictures.  Pure.

Only `m=` and `a=rtpmap:` lines are read: whoever reads more finds more to dislike in what real
cameras send.
"""

import re
from typing import NamedTuple

READ = re.compile(r"\n(?:m=(\w+) \d+(?:/\d+)? \S+(.*)|a=rtpmap:(\d+) +([^/\s]+))")
"""A stream with the numbers of its codecs, or the name of such a number."""
MAX_MEDIA = 32
MAX_CODECS = 32  # of one stream; a hostile description names thousands to keep us busy
STATIC_CODECS = {"26": "JPEG", "32": "MPV"}
"""Video payload types that need no rtpmap (RFC 3551, table 5)."""


class Media(NamedTuple):
    """One stream: "video", "audio", "application" …, with its codecs where they are named."""

    kind: str
    codecs: tuple[str, ...]


def parse(body: bytes) -> list[Media]:
    """The streams of a description, in its order; none when `body` is empty or something else."""
    streams: list[tuple[str, list[str]]] = []
    numbers: list[str] = []
    text = "\n" + body.decode("utf-8", "replace").replace("\r", "\n")
    for kind, listed, number, codec in READ.findall(text):
        if kind and len(streams) < MAX_MEDIA:
            numbers = listed.split(maxsplit=MAX_CODECS)[:MAX_CODECS]
            streams.append(
                (kind.lower(), [STATIC_CODECS[n] for n in numbers if n in STATIC_CODECS])
            )
        elif number in numbers and len(streams[-1][1]) < MAX_CODECS:
            streams[-1][1].append(codec.upper())
    return [Media(kind, tuple(codecs)) for kind, codecs in streams]


def video_codecs(media: list[Media]) -> list[str] | None:
    """The codecs of all video streams ("?" for an unnamed one), or None when there is no video."""
    videos = [stream for stream in media if stream.kind == "video"]
    return [codec for stream in videos for codec in (stream.codecs or ("?",))] if videos else None
