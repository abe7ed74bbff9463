"""Packets to pictures: what all codecs have in common.

A picture (access unit) is all packets with one time stamp.  The marker ends it earlier, but not all
devices set it, and some set it at every slice: a unit with the stamp of the one before goes on with
it (`Watch` joins them).
"""

from typing import NamedTuple, Protocol

from cameras.picture.rtp.h264 import H264
from cameras.picture.rtp.h265 import H265
from cameras.picture.rtp.jpeg import Jpeg
from cameras.picture.rtp.mpeg4 import Mpeg4
from cameras.picture.rtp.packets import Packet
from cameras.picture.rtp.track import Codec, Track
from cameras.probe.wire_head import Malformed

MAX_UNIT_BYTES = 8 * 1024 * 1024
HALF = 2**31


class Unit(NamedTuple):
    """One coded picture.  ticks: its time stamp, counted on past 32 bits.  key: decodable without
    others.  torn: packets of it are missing.
    """

    ticks: int
    key: bool
    torn: bool
    data: bytes


class Assembler(Protocol):
    """Puts the loads of one picture together."""

    def add(self, load: bytes) -> bool:
        """Take the next load; False when it cannot belong here, which tears the picture."""

    def has_picture(self) -> bool:
        """Whether there is picture data, not parameters alone."""

    def take(self) -> tuple[bytes, bool, bool]:
        """The picture so far, whether it is a key, and whether it is whole; begins a new one."""


def assembler_of(track: Track) -> Assembler:
    """The assembler for the codec of `track`."""
    if track.codec is Codec.H264:
        return H264(track.formats)
    if track.codec is Codec.H265:
        return H265(track.formats)
    if track.codec is Codec.JPEG:
        return Jpeg()
    return Mpeg4(track.formats)


class Units:
    """Takes packets in the order of arrival, gives units."""

    def __init__(self, track: Track) -> None:
        self._payload_type = track.payload_type
        self._parts = assembler_of(track)
        self._ticks: int | None = None
        self._sequence: int | None = None
        self._torn = False
        self._size = 0

    def feed(self, packet: Packet) -> list[Unit]:
        """The units that this packet has ended: none, one, or two.

        Raises:
            Malformed: one picture grows without an end.
        """
        if packet.payload_type != self._payload_type:
            return []
        done: list[Unit] = []
        ticks = self._unwrapped(packet.stamp)
        if self._ticks is not None and ticks != self._ticks:
            done += self._end()
        self._ticks = ticks
        self._torn |= self._is_gap(packet.sequence)
        self._size += len(packet.load)
        if self._size > MAX_UNIT_BYTES:
            raise Malformed(f"one picture of more than {MAX_UNIT_BYTES} bytes")
        if not self._parts.add(packet.load):
            self._torn = True
        if packet.marker and self._parts.has_picture():
            done += self._end()
        return done

    def _end(self) -> list[Unit]:
        if self._ticks is None or not self._parts.has_picture():
            return []  # parameters alone: they stay for the picture they belong to
        data, key, whole = self._parts.take()
        unit = Unit(self._ticks, key, self._torn or not whole, data)
        self._torn, self._size = False, 0
        return [unit]

    def _unwrapped(self, stamp: int) -> int:
        if self._ticks is None:
            return stamp
        away = (stamp - self._ticks + HALF) % (2 * HALF) - HALF
        return self._ticks + away

    def _is_gap(self, sequence: int) -> bool:
        before, self._sequence = self._sequence, sequence
        return before is not None and (before + 1) % 65536 != sequence
