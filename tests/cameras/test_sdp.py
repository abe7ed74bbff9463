"""Stream descriptions as cameras write them."""

import time

import pytest

from cameras.probe.sdp import parse, video_codecs

H264 = b"v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


@pytest.mark.parametrize(
    ("body", "codecs"),
    [
        pytest.param(H264, ["H264"], id="H.264"),
        pytest.param(H264 + b"m=audio 0 RTP/AVP 0\r\n", ["H264"], id="with sound"),
        pytest.param(b"m=video 0 RTP/AVP 26\n", ["JPEG"], id="a static payload type"),
        pytest.param(b"m=video 0 RTP/AVP 97\n", ["?"], id="an unnamed codec"),
        pytest.param(
            b"m=video 0 RTP/AVP 98\na=rtpmap:98 VVC2031/90000", ["VVC2031"], id="a new one"
        ),
        pytest.param(b"m=VIDEO 0/2 RTP/AVP 26\n", ["JPEG"], id="capitals and a port count"),
        pytest.param(b"v=0\r\nm=audio 0 RTP/AVP 0\r\n", None, id="sound only"),
        pytest.param(b"v=0\r\nm=application 0 RTP/AVP 107\r\n", None, id="metadata only"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"<html>m=video</html>", None, id="a web page"),
        pytest.param(b"\xff\xfe\x00m=video", None, id="not text"),
        pytest.param(b"m=video\n", None, id="half a line"),
        pytest.param(b"a=rtpmap:96 H264/90000\n", None, id="a codec of nothing"),
    ],
)
def test_video_codecs(body: bytes, codecs: list[str] | None) -> None:
    assert video_codecs(parse(body)) == codecs


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"m=video 0 RTP/AVP 96\n" + b"a=rtpmap:96 X/1\n" * 15_000, id="codecs"),
        pytest.param(
            b"m=video 0 RTP/AVP" + b" 1" * 60_000 + b"\n" + b"a=rtpmap:2 X/1\n" * 8_000, id="both"
        ),
        pytest.param(b"m=video 0 RTP/AVP" + b" " * 240_000 + b"\n", id="blanks"),
    ],
)
def test_the_largest_hostile_description_costs_little(body: bytes) -> None:
    began = time.process_time()

    video_codecs(parse(body))

    # Measured 10 to 50 ms; without limits, numbers times codec lines would be seconds.
    assert time.process_time() - began < 0.5


def test_a_thousand_names_of_one_codec_are_cut_short() -> None:
    body = b"m=video 0 RTP/AVP 26 96\n" + b"a=rtpmap:96 H264/90000\n" * 1000

    assert video_codecs(parse(body)) == ["JPEG", *["H264"] * 31]


def test_ten_thousand_streams_are_cut_short() -> None:
    assert len(parse(b"m=video 0 RTP/AVP 96\n" * 10_000)) == 32
