"""Coded pictures with their times as a Matroska file in memory (RFC 9559), for FFmpeg to open.

Of all containers it is the one that takes any codec and keeps each picture's own time.  Nothing
here is kept; a file of three seconds is written in microseconds.
"""

from collections.abc import Iterable

from cameras.picture.rtp.track import Codec

CODEC_IDS = {
    Codec.H264: b"V_MPEG4/ISO/AVC",
    Codec.H265: b"V_MPEGH/ISO/HEVC",
    Codec.JPEG: b"V_MJPEG",
    Codec.MPEG4: b"V_MPEG4/ISO/ASP",
}
MAX_MS = 32_767
"""A block's time within its cluster has 16 bits and a sign."""
MS_NS = 1_000_000
"""Duration of a frame as it is announced: it makes OpenCV count presentation time in ms."""


def element(name: str, data: bytes) -> bytes:
    """An EBML element; its size always takes eight bytes."""
    return bytes.fromhex(name) + (2**56 + len(data)).to_bytes(8) + data


def number(name: str, value: int) -> bytes:
    return element(name, value.to_bytes(8))


def wrapped(codec: Codec, pictures: Iterable[tuple[int, bool, bytes]]) -> bytes:
    """The file.  pictures: (ms since the first, is key, data) in the order of decoding.

    Raises:
        OverflowError: a picture more than MAX_MS after the first.
    """
    head = (
        number("4286", 1) + number("42F7", 1) + number("42F2", 4) + number("42F3", 8)
        + element("4282", b"matroska") + number("4287", 4) + number("4285", 2)
    )  # fmt: skip
    track = (
        number("D7", 1) + number("73C5", 1) + number("83", 1) + element("86", CODEC_IDS[codec])
        + number("23E383", MS_NS) + element("E0", number("B0", 16) + number("BA", 16))
    )  # fmt: skip
    blocks = b"".join(
        element("A3", b"\x81" + ms.to_bytes(2, signed=True) + (b"\x80" if key else b"\0") + data)
        for ms, key, data in pictures
    )
    info = number("2AD7B1", MS_NS) + element("4D80", b"gis-server") + element("5741", b"gis-server")
    body = element("1549A966", info) + element("1654AE6B", element("AE", track))
    body += element("1F43B675", number("E7", 0) + blocks)
    return element("1A45DFA3", head) + element("18538067", body)
