"""Addresses that devices name: path and query are believed, the host never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.probe.target import ForeignAddress, Target, kept_host, kept_path

GATE = Target("10.0.0.9", 8554, onvif_port=8080)


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("rtsp://10.0.0.9:554/live?x=1", "rtsp://10.0.0.9:8554/live?x=1"),
        ("rtsp://evil.example/live", "rtsp://10.0.0.9:8554/live"),
        ("rtsp://viewer:secret@10.0.0.9/live", "rtsp://10.0.0.9:8554/live"),
        ("RTSPS://192.168.1.64:322/a b", "rtsps://10.0.0.9:8554/a%20b"),
        ("http://169.254.169.254/latest", "http://10.0.0.9:8080/latest"),
        ("http://[::1]/onvif/device_service", "http://10.0.0.9:8080/onvif/device_service"),
        ("  http://x  ", "http://10.0.0.9:8080/"),
        ("rtsp://h/x#\r\nTEARDOWN", "rtsp://10.0.0.9:8554/x"),
    ],
)
def test_the_configured_host_is_kept(uri: str, kept: str) -> None:
    assert kept_host(uri, GATE) == kept


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/live",
        "file:///etc/passwd",
        "concat:a|b",
        "ftp://10.0.0.9/x",
        "//10.0.0.9/x",
        "javascript:alert(1)",
        "rtsp:/live",
        "rtsp://[::1/x",
        "rtsp://h/" + "x" * 2000,
    ],
)
def test_a_foreign_address_is_refused(uri: str) -> None:
    with pytest.raises(ForeignAddress):
        kept_path(uri)


@given(st.text(max_size=60))
def test_nothing_in_a_path_moves_the_host_or_starts_a_line(text: str) -> None:
    try:
        kept = kept_host(f"rtsp://h/{text}", GATE)
    except ForeignAddress:
        return

    assert kept.startswith("rtsp://10.0.0.9:8554/")
    assert kept.isprintable()
    assert " " not in kept
