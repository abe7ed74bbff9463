"""Which stream of a description carries the picture, and how (RFC 8866, RFC 2326 appendix C)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

MAX_LINES = 400
MAX_LINE_CHARS = 8 * 1024
STATIC = {"26": ("JPEG", 90_000)}
RTPMAP = re.compile(r"(\d+) +([^/\s]+)/(\d{1,9})")


class Codec(StrEnum):
    """The codecs that are put together here, as descriptions name them."""

    H264 = "H264"
    H265 = "H265"
    JPEG = "JPEG"
    MPEG4 = "MP4V-ES"


class NoTrack(ValueError):
    """The description names no picture that can be decoded here; the message says what it names."""


@dataclass(frozen=True, slots=True)
class Track:
    """control: the address of the stream, whole or to be put behind the base.  clock_hz: ticks of
    its time stamps in a second.  formats: what `a=fmtp` says, names in lower case.
    """

    codec: Codec
    payload_type: int
    clock_hz: int
    control: str = ""
    formats: dict[str, str] = field(default_factory=dict)


def video_track(description: bytes) -> Track:
    """The first picture stream that can be decoded.

    Raises:
        NoTrack: there is none.
    """
    seen: list[str] = []
    for block in video_blocks(description):
        for number in block.numbers:
            name, clock_hz = block.names.get(number) or STATIC.get(number) or ("?", 0)
            seen.append(name)
            known = next((codec for codec in Codec if codec == name.upper()), None)
            if known and 1000 <= clock_hz <= 10_000_000 and int(number) < 128:
                formats = formats_of(block.formats.get(number, ""))
                return Track(known, int(number), clock_hz, block.control, formats)
    named = ", ".join(name[:20] for name in seen[:4]) or "no video"
    raise NoTrack(f"no codec that can be decoded here: {named}")


@dataclass(slots=True)
class Block:
    """An `m=video` section."""

    numbers: list[str]
    control: str = ""
    names: dict[str, tuple[str, int]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)


def video_blocks(description: bytes) -> list[Block]:
    blocks: list[Block] = []
    current: Block | None = None
    for raw in description.decode("utf-8", "replace").splitlines()[:MAX_LINES]:
        line = raw.strip()[:MAX_LINE_CHARS]
        if line.startswith("m="):
            words = line[2:].split()
            current = None
            if words[:1] == ["video"] and len(words) > 3:
                current = Block([word for word in words[3:11] if word.isascii() and word.isdigit()])
                blocks.append(current)
        elif current and line.startswith("a="):
            read_attribute(current, line[2:])
    return blocks


def read_attribute(block: Block, text: str) -> None:
    name, _, value = text.partition(":")
    if name == "control":
        block.control = value.strip()
    elif name == "rtpmap" and (found := RTPMAP.match(value.strip())):
        block.names[found[1]] = (found[2], int(found[3]))
    elif name == "fmtp":
        number, _, rest = value.strip().partition(" ")
        block.formats[number] = rest


def formats_of(text: str) -> dict[str, str]:
    """The parameters of an `a=fmtp` line."""
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return {name.lower(): value for name, _, value in pairs if name}
