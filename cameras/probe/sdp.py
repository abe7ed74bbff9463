"""What a stream description (SDP, RFC 8866) says about pictures.  Pure.

Only `m=` and `a=rtpmap:` lines are read: whoever reads more finds more to dislike in what real
cameras send.
"""

import re
from dataclasses import dataclass

MEDIA = re.compile(r"m=(\w+) (\d+)(?:/\d+)? (\S+)(.*)")
CODEC = re.compile(r"a=rtpmap:(\d+) +([^/\s]+)")
READ = re.compile(r"(?:^|(?<=[\r\n]))(?:m=|a=rtpmap:)[^\r\n]*")
MAX_MEDIA = 32
MAX_CODECS = 32  # of one stream; a hostile description names thousands to keep us busy
STATIC_CODECS = {"26": "JPEG", "32": "MPV"}
"""Video payload types that need no rtpmap (RFC 3551, table 5)."""


@dataclass(frozen=True, slots=True)
class Media:
    """One stream: "video", "audio", "application" …, with its codecs where they are named."""

    kind: str
    codecs: tuple[str, ...]


def parse(body: bytes) -> list[Media]:
    """The streams of a description, in its order; none when `body` is empty or something else."""
    streams: list[Media] = []
    numbers: list[str] = []
    for line in READ.findall(body.decode("utf-8", "replace")):
        if (media := MEDIA.match(line)) and len(streams) < MAX_MEDIA:
            numbers = media[4].split(maxsplit=MAX_CODECS)[:MAX_CODECS]
            static = tuple(STATIC_CODECS[n] for n in numbers if n in STATIC_CODECS)
            streams.append(Media(media[1].lower(), static))
        elif (codec := CODEC.match(line)) and streams and codec[1] in numbers:
            named = (*streams[-1].codecs, codec[2].upper())
            streams[-1] = Media(streams[-1].kind, named[:MAX_CODECS])
    return streams


def video_codecs(media: list[Media]) -> list[str] | None:
    """The codecs of all video streams ("?" for an unnamed one), or None when there is no video."""
    videos = [stream for stream in media if stream.kind == "video"]
    return [codec for stream in videos for codec in (stream.codecs or ("?",))] if videos else None
