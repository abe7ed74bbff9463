"""Bytes to coded pictures: whatever comes, in whatever pieces, is read the same or refused."""

import itertools
import random
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.picture.capture import device_time
from cameras.picture.rtp.packets import (
    Channels,
    Interleaved,
    Packet,
    SenderReport,
    read_packet,
    read_report,
)
from cameras.picture.rtp.track import Codec, NoTrack, Track, video_track
from cameras.picture.rtp.units import MAX_UNIT_BYTES, Unit, Units
from cameras.picture.rtp.watch import Broken, Watch
from cameras.probe.digest import Challenge, answer
from cameras.probe.target import Login
from cameras.probe.wire_head import Malformed
from cameras.probe.wire_rtsp import Reply
from fixtures.camera_farm import film
from fixtures.camera_farm.film import Coded, Film

START = b"\0\0\0\1"
H264 = Track(Codec.H264, film.PAYLOAD_TYPE, film.CLOCK_HZ)
BIG = bytes(range(1, 251)) * 20


def picture(kind: int, body: bytes) -> bytes:
    return START + bytes([kind]) + body


FILM = Film(
    "H264",
    tuple(
        Coded(40 * n, n % 5 == 0, picture(0x65 if n % 5 == 0 else 0x41, BIG[n:])) for n in range(10)
    ),
    400,
    40,
)


def wire(one: Film = FILM) -> list[bytes]:
    """Every frame of the film, as it goes over the connection."""
    found, sequence = [], 1
    for coded, loads in zip(one.pictures, one.packets, strict=True):
        found += list(film.interleaved(loads, coded.ms * 90, sequence))
        sequence += len(loads)
    return found


def units_of(frames: list[bytes], track: Track = H264) -> list[Unit]:
    units = Units(track)
    found = []
    for frame in frames:
        packet = read_packet(frame[4:])
        assert packet is not None
        found += units.feed(packet)
    return found


def test_pictures_come_out_as_they_went_in() -> None:
    found = units_of(wire())

    assert [unit.data for unit in found] == [coded.data for coded in FILM.pictures]
    assert [unit.ticks for unit in found] == [coded.ms * 90 for coded in FILM.pictures]
    assert [unit.key for unit in found] == [n % 5 == 0 for n in range(10)]
    assert not any(unit.torn for unit in found)


@given(cuts=st.lists(st.integers(0, 50_000), max_size=30))
def test_segments_do_not_matter(cuts: list[int]) -> None:
    said = b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n"
    data = said + b"".join(wire()[:6]) + said + b"".join(wire()[6:])
    places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    reader = Interleaved(Channels())

    found = [one for a, b in itertools.pairwise(places) for one in reader.feed(data[a:b])]

    assert [one.cseq for one in found if isinstance(one, Reply)] == [5, 5]
    assert [one for one in found if isinstance(one, Packet)] == [
        read_packet(frame[4:]) for frame in wire()
    ]


@given(st.binary(max_size=300), st.integers(0, 255))
def test_nothing_that_comes_breaks_the_reader(data: bytes, channel: int) -> None:
    reader, units = Interleaved(Channels(0, 1)), Units(H264)
    frame = b"$" + bytes([channel]) + len(data).to_bytes(2) + data
    for one in reader.feed(frame):
        if isinstance(one, Packet):
            units.feed(one)
    read_report(data)
    with suppress(Malformed):
        Interleaved(Channels()).feed(data)


@pytest.mark.parametrize("codec", list(Codec))
@settings(max_examples=150)
@given(loads=st.lists(st.tuples(st.binary(max_size=80), st.integers(0, 3), st.booleans())))
def test_no_load_breaks_an_assembler(codec: Codec, loads: list[tuple[bytes, int, bool]]) -> None:
    units = Units(Track(codec, 96, 90_000))
    for sequence, (load, stamp, marker) in enumerate(loads):
        for unit in units.feed(Packet(96, sequence, stamp, marker, load)):
            assert isinstance(unit.data, bytes)


def test_a_lost_packet_tears_its_picture_and_no_other() -> None:
    frames = wire()
    del frames[len(FILM.packets[0]) + 1]

    torn = [unit.torn for unit in units_of(frames)]

    assert torn == [False, True, *[False] * 8]


def test_pictures_without_markers_end_with_the_next_stamp() -> None:
    bare = [frame[:5] + bytes([frame[5] & 0x7F]) + frame[6:] for frame in wire()]

    assert [unit.data for unit in units_of(bare)] == [coded.data for coded in FILM.pictures[:-1]]


def test_stamps_run_over_their_end() -> None:
    units = Units(H264)
    found = []
    for sequence, stamp in enumerate((2**32 - 3600, 0, 3600)):
        found += units.feed(Packet(96, sequence, stamp, True, b"\x65abc"))

    assert [unit.ticks - found[0].ticks for unit in found] == [0, 3600, 7200]


def test_a_picture_without_an_end_is_refused() -> None:
    units = Units(H264)
    load = b"\x41" + bytes(60_000)

    for sequence in range(MAX_UNIT_BYTES // len(load)):
        units.feed(Packet(96, sequence, 7, False, load))
    with pytest.raises(Malformed, match="one picture of more than"):
        units.feed(Packet(96, 5000, 7, False, load))


def test_parameters_of_the_description_go_before_a_key_that_has_none() -> None:
    formats = {"sprop-parameter-sets": "Z0LAHtk=,aMuMsg==,not base64!"}
    units = Units(Track(Codec.H264, 96, 90_000, formats=formats))

    (unit,) = units.feed(Packet(96, 1, 0, True, b"\x65abc"))

    # What the two words of base64 stand for, each behind a start code.
    sets = START + bytes.fromhex("6742c01ed9") + START + bytes.fromhex("68cb8cb2")
    assert unit.data == sets + START + b"\x65abc"


SDP = b"v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:a\r\nm=video 0 RTP/AVP %b\r\n%ba=control:v\r\n"


@pytest.mark.parametrize(
    ("numbers", "lines", "codec"),
    [
        pytest.param(b"96", b"a=rtpmap:96 H264/90000\r\n", Codec.H264, id="H.264"),
        pytest.param(b"97 96", b"a=rtpmap:96 h265/90000\r\n", Codec.H265, id="the known of two"),
        pytest.param(b"26", b"", Codec.JPEG, id="a number that needs no name"),
    ],
)
def test_the_track_that_can_be_decoded_is_chosen(
    numbers: bytes, lines: bytes, codec: Codec
) -> None:
    track = video_track(SDP % (numbers, lines))

    assert (track.codec, track.control, track.clock_hz) == (codec, "v", 90_000)


@pytest.mark.parametrize(
    "description",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"v=0\r\nm=audio 0 RTP/AVP 8\r\n", id="sound alone"),
        pytest.param(SDP % (b"96", b"a=rtpmap:96 SVAC/90000\r\n"), id="a codec of its own"),
        pytest.param(SDP % (b"96", b"a=rtpmap:96 H264/0\r\n"), id="a clock that stands"),
        pytest.param(SDP % (b"200", b"a=rtpmap:200 H264/90000\r\n"), id="a number out of range"),
    ],
)
def test_what_cannot_be_decoded_is_named(description: bytes) -> None:
    with pytest.raises(NoTrack):
        video_track(description)


def unit(ms: int, *, key: bool = False) -> Unit:
    return Unit(ms * 90, key, torn=False, data=b"x")


def watching(*arrivals: tuple[int, float], watch_s: float = 0.0, asked_s: float = 100.0) -> Watch:
    """A watch that has seen pictures: (ms in the stream, arrival); the first is a key."""
    watch = Watch(asked_s=asked_s, watch_s=watch_s, clock_hz=90_000)
    for place, (ms, now_s) in enumerate(arrivals):
        watch.add(unit(ms, key=place == 0), now_s)
    return watch


def test_a_picture_alone_proves_nothing() -> None:
    assert not watching((0, 100.1)).is_done()
    assert watching((0, 100.1)).piece() is None


def test_a_key_after_the_request_is_taken_alone() -> None:
    piece = watching((0, 100.1), (100, 100.2), (400, 100.5)).piece()

    assert piece is not None
    assert len(piece.pictures) == 1
    assert piece.made_s == pytest.approx(100.1)


def test_a_burst_dates_its_pictures_back() -> None:
    """Ten pictures of a second ago come at once, then the stream runs: the key is old."""
    burst = [(100 * n, 100.1) for n in range(10)]
    live = [(1000 + 100 * n, 100.2 + n / 10) for n in range(5)]
    watch = watching(*burst, *live)

    piece = watch.piece()

    assert watch.is_done()
    assert piece is not None
    assert len(piece.pictures) == 15, "the newest one, and all it builds on"
    assert piece.made_s == pytest.approx(100.6)


def test_a_round_is_as_long_as_it_was_asked_for() -> None:
    pictures = [(100 * n, 100.1 + n / 10) for n in range(21)]

    assert not watching(*pictures[:20], watch_s=2.0).is_done()
    whole = watching(*pictures, watch_s=2.0)
    piece = whole.piece()
    assert whole.is_done()
    assert piece is not None
    assert piece.stream_s == 2.0
    assert len(piece.wanted) == 8
    assert (piece.wanted[0], piece.wanted[-1]) == (0, 2000)


def test_time_that_leaps_too_often_is_given_up() -> None:
    dice = random.Random(1)
    with pytest.raises(Broken):
        watching(*((dice.randrange(10**9), 100.0 + n) for n in range(20)))


def test_a_watch_is_bounded() -> None:
    with pytest.raises(Broken, match="still no end"):
        watching(*((n, 100.0 + n / 1000) for n in range(3000)), watch_s=60.0)


def test_the_devices_clock_is_carried_to_the_picture() -> None:
    at = datetime(2026, 11, 26, 5, tzinfo=UTC)

    # Nine thousand ticks of 90 kHz are a tenth of a second; the stamp has run over its end.
    told = device_time(SenderReport(at, 2**32 - 4500), 4500, 90_000)

    assert told == at.replace(microsecond=100_000)
    assert device_time(None, 0, 90_000) is None


def test_a_report_from_a_device_without_a_clock_is_passed_over() -> None:
    head = bytes([0x80, 200, 0, 6]) + bytes(4)
    assert read_report(head + bytes(8) + bytes(12)) is None


def test_a_nonce_is_counted_up() -> None:
    challenge = Challenge("digest", {"realm": "r", "nonce": "n", "qop": "auth"})

    def said(count: int) -> str:
        return answer(challenge, Login("u", "p"), method="PLAY", uri="/", cnonce="c", count=count)

    assert "nc=00000001" in said(1)
    assert "nc=00000003" in said(3)


def test_films_are_refused_when_they_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        film.read(tmp_path / "none.film")
