"""What a stream description (SDP, RFC 8866) says about pictures.  Pure.

Only `m=` and `a=rtpmap:` lines are read: whoever reads more finds more to dislike in what real
cameras send.
"""

import re
from dataclasses import dataclass

MEDIA = re.compile(r"m=(\w+) (\d+)(?:/\d+)? (\S+)(.*)")
CODEC = re.compile(r"a=rtpmap:(\d+) +([^/\s]+)")
MAX_MEDIA = 32
STATIC_CODECS = {"26": "JPEG", "32": "MPV"}
"""Video payload types that need no rtpmap (RFC 3551, table 5)."""


@dataclass(frozen=True, slots=True)
class Media:
    """One stream of the description: "video", "audio", "application" …, and its codecs where they
    are named.
    """

    kind: str
    codecs: tuple[str, ...]


def parse(body: bytes) -> list[Media]:
    """The streams of a description, in its order; none when `body` is empty or something else."""
    found: list[tuple[str, list[str], list[str]]] = []
    for line in body.decode("utf-8", "replace").splitlines():
        if (media := MEDIA.match(line)) and len(found) < MAX_MEDIA:
            numbers = media[4].split()
            found.append(
                (
                    media[1].lower(),
                    numbers,
                    [STATIC_CODECS[n] for n in numbers if n in STATIC_CODECS],
                )
            )
        elif (codec := CODEC.match(line)) and found and codec[1] in found[-1][1]:
            found[-1][2].append(codec[2].upper())
    return [Media(kind, tuple(codecs)) for kind, _, codecs in found]


def video_codecs(media: list[Media]) -> list[str] | None:
    """The codecs of all video streams ("?" for an unnamed one), or None when there is no video."""
    videos = [stream for stream in media if stream.kind == "video"]
    return [codec for stream in videos for codec in (stream.codecs or ("?",))] if videos else None
