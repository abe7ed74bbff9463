"""RTSP's interleaved connection (RFC 2326, 10.12) taken apart: packets, reports, replies."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cameras.probe.wire_head import END_OF_HEAD, Malformed, check_start
from cameras.probe.wire_rtsp import LINE_BREAKS, MAX_BODY_BYTES, START, Replies, Reply

FRAME_HEAD_BYTES = 4
DOLLAR = 0x24
MAX_LOOSE_BYTES = 64 * 1024
"""What is kept of a reply or a packet that is not whole yet; packets are at most 65,535 bytes."""
RTCP_SENDER_REPORT = 200
NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
SANE = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
RTP_HEAD_BYTES = 12


class Packet(NamedTuple):
    """One RTP packet: sequence number, 32-bit time stamp, whether it ends a picture, its load."""

    payload_type: int
    sequence: int
    stamp: int
    marker: bool
    load: bytes


class SenderReport(NamedTuple):
    """What the device's clock said at a time stamp."""

    at: datetime
    stamp: int


@dataclass(slots=True)
class Channels:
    """The numbers that were agreed on at SETUP."""

    pictures: int = 0
    reports: int = 1


class Interleaved:
    """Takes bytes as they come, gives what is whole."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._bytes = bytearray()

    def agree(self, channels: Channels) -> None:
        """The device has chosen channels of its own."""
        self._channels = channels

    def feed(self, data: bytes) -> list[Packet | SenderReport | Reply]:
        """Everything that has become whole, in its order.

        Raises:
            Malformed: what has arrived is neither a packet nor a reply.
        """
        buffer, at = self._bytes, 0
        buffer += data
        found: list[Packet | SenderReport | Reply] = []
        while at < len(buffer):
            if buffer[at] == DOLLAR:
                end = end_of_frame(buffer, at)
                if end is None:
                    break
                one = self._read_frame(buffer[at + 1], bytes(buffer[at + FRAME_HEAD_BYTES : end]))
                if one is not None:
                    found.append(one)
            else:
                reply, length = read_reply(bytes(buffer[at:]))
                if reply is None:
                    break
                found.append(reply)
                end = at + length
            at = end
        del buffer[:at]
        if len(buffer) > MAX_LOOSE_BYTES + MAX_BODY_BYTES:
            raise Malformed("a reply without an end between the pictures")
        return found

    def _read_frame(self, channel: int, data: bytes) -> Packet | SenderReport | None:
        if channel == self._channels.pictures:
            return read_packet(data)
        if channel == self._channels.reports:
            return read_report(data)
        return None  # of a stream that nobody asked for


def read_reply(data: bytes) -> tuple[Reply | None, int]:
    """The reply that `data` begins with, and its length with the line breaks before it; None while
    it is not whole.  Raises Malformed.
    """
    text = data.lstrip(LINE_BREAKS)
    check_start(text, START)
    end = END_OF_HEAD.search(text)
    replies = Replies()
    replies.feed(text)
    reply = replies.take() if end else None
    if reply is None or end is None:
        return None, 0
    return reply, len(data) - len(text) + end.end() + len(reply.body)


def end_of_frame(buffer: bytearray, at: int) -> int | None:
    """Where the frame at `at` ends, or None while it is not whole."""
    if len(buffer) < at + FRAME_HEAD_BYTES:
        return None
    end = at + FRAME_HEAD_BYTES + int.from_bytes(buffer[at + 2 : at + 4])
    return end if end <= len(buffer) else None


def read_packet(data: bytes) -> Packet | None:
    """The RTP packet in `data` (RFC 3550, 5.1); None for anything else, which is passed over."""
    if len(data) < RTP_HEAD_BYTES or data[0] >> 6 != 2:
        return None
    start = RTP_HEAD_BYTES + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data)
    if data[0] & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return Packet(
        data[1] & 0x7F,
        int.from_bytes(data[2:4]),
        int.from_bytes(data[4:8]),
        bool(data[1] & 0x80),
        data[start:end],
    )


def read_report(data: bytes) -> SenderReport | None:
    """The sender report in an RTCP packet (RFC 3550, 6.4.1); None where there is none, or where the
    device does not know the time.
    """
    if len(data) < 28 or data[0] >> 6 != 2 or data[1] != RTCP_SENDER_REPORT:
        return None
    seconds, fraction = int.from_bytes(data[8:12]), int.from_bytes(data[12:16])
    at = NTP_EPOCH + timedelta(seconds=seconds + fraction / 2**32)
    if not SANE[0] < at < SANE[1]:
        return None
    return SenderReport(at, int.from_bytes(data[16:20]))
