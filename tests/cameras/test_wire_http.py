"""HTTP replies as real and hostile devices write them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.probe.wire_head import MAX_HEAD_BYTES, Malformed
from cameras.probe.wire_http import MAX_BODY_BYTES, Reply, ReplyReader, request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"


def read(data: bytes, *, hangs_up: bool = False) -> Reply | None:
    reader = ReplyReader()
    reply = reader.feed(data)
    return reader.end() if reply is None and hangs_up else reply


def test_a_request_wants_nothing_packed() -> None:
    sent = request("10.0.0.9:80", "/onvif/device_service", b"<x/>", {"Content-Type": "text/xml"})

    assert sent == (
        b"POST /onvif/device_service HTTP/1.1\r\nHost: 10.0.0.9:80\r\nUser-Agent: gis-server\r\n"
        b"Accept-Encoding: identity\r\nContent-Length: 4\r\nContent-Type: text/xml\r\n\r\n<x/>"
    )


def test_a_request_refuses_a_line_break() -> None:
    with pytest.raises(ValueError, match="line break"):
        request("10.0.0.9", "/", b"", {"Authorization": "a\r\nX: y"})


@pytest.mark.parametrize(
    ("data", "body"),
    [
        pytest.param(OK, b"ab", id="by length"),
        pytest.param(OK + b"HTTP/1.1 500 No\r\n\r\n", b"ab", id="two replies in one packet"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ab", id="an interim reply first"),
        pytest.param(b"HTTP/1.0 204 No\r\n\r\n", b"", id="a status without a body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n01;x=y\r\nb\r\n0\r\n",
            b"ab",
            id="chunks, an extension, no trailer",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n2\nab\n0\n\n", b"ab", id="bare LF"
        ),
    ],
)
def test_a_reply_that_is_whole(data: bytes, body: bytes) -> None:
    at_once = read(data)
    byte_by_byte = ReplyReader()
    one_by_one = next(filter(None, (byte_by_byte.feed(bytes([byte])) for byte in data)), None)

    assert at_once is not None
    assert at_once.body == body
    assert one_by_one == at_once


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    reply = read(b"HTTP/1.0 200 OK\r\n\r\nab", hangs_up=True)

    assert reply is not None
    assert reply.body == b"ab"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"RTSP/1.0 200 OK\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/2 200\r\n\r\n", id="another version"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="a status of two digits"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"a" * MAX_HEAD_BYTES, id="an endless head"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, id="interim replies without end"),
        pytest.param(
            f"HTTP/1.1 200 OK\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n".encode(),
            id="a length too large",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * (MAX_BODY_BYTES + 1), id="an endless body"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
            id="packed, though nobody asked for it",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            id="packed in chunks",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\na\r\n", id="minus one"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            id="a chunk longer than it says",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n", id="a huge chunk"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300,
            id="an extension without end",
        ),
    ],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab",
    ],
)
def test_a_reply_that_ends_in_the_middle_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data, hangs_up=True)


pieces = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"\r\n",
        b"\n",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b"5\r\n",
        b"0",
        b"f",
        b";",
        b":",
        b" ",
        b"HTTP/1.1 100 C\r\n\r\n",
        b"\xff",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(pieces, st.binary(max_size=20)), max_size=30), st.integers(1, 7))
def test_any_bytes_in_any_segments_give_a_reply_or_malformed(data: list[bytes], size: int) -> None:
    joined, reader, reply = b"".join(data), ReplyReader(), None
    with suppress(Malformed):
        for start in range(0, len(joined), size):
            if reply := reader.feed(joined[start : start + size]):
                break
        reply = reply or reader.end()

    assert reply is None or len(reply.body) <= len(joined)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 90), st.binary(max_size=4), st.booleans(), st.integers(2, 9))
def test_how_a_reply_is_cut_into_segments_changes_nothing(
    at: int, junk: bytes, replaces: bool, size: int
) -> None:
    """What fuzzing for ten minutes looked for: a good reply, spoilt somewhere, in any segments."""
    good = b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    good += b"3\r\nabc\r\n0\r\n\r\n"
    data = good[:at] + junk + good[at + len(junk) * replaces :]

    def said(step: int) -> Reply | None:
        reader = ReplyReader()
        with suppress(Malformed):
            for start in range(0, len(data), step):
                if reply := reader.feed(data[start : start + step]):
                    return reply
            return reader.end()
        return None

    assert said(1) == said(size) == said(len(data))
