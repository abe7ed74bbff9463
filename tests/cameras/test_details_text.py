"""Details in the reader's words: every sentence that the engine makes is known, what a device says
stays as it came.
"""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from django.utils import translation

from cameras.details_text import INNER, KNOWN, detail_text
from cameras.health import IN_DOUBT
from cameras.measures_text import MEASURES
from cameras.picture.findings import SHOWN
from tests.house.tree import ROOT

FOLDERS = ("probe", "picture", "picture/rtp", "processes", "reading")
ARGUMENT = {
    "StepResult": 1, "CaptureFailed": 1, "NetError": 1, "HttpFailed": 1, "Stopped": 1, "Reading": 1,
    "Malformed": 0, "Ended": 0, "Broken": 0, "NoTrack": 0, "WorkerLost": 0, "Refused": 0,
    "BadFrame": 0, "NoRoom": 0,
}  # fmt: skip
"""Where a call tells its detail."""
NAMES = {"detail", "said", "why", "message", "_stage"}
"""What a detail is called before it is told."""
TELLING = {"missing", "_died_of", "trouble"}
"""Functions that return one."""
SAMPLES = (
    "7", "7%", "302", "GET", "GetProfiles", "[Errno -2] no", "+7", "'x'", "7 MiB",
    "GET answered 500", "GET answered 302 Found", "GET with the login answered 401",
    "the stream sent no key frame", "",
)  # fmt: skip


def engine() -> list[Path]:
    files = [path for name in FOLDERS for path in (ROOT / "cameras" / name).glob("*.py")]
    return [*files, ROOT / "gis_server" / "disk.py"]


def told(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression that is a detail."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in ARGUMENT:
                yield from node.args[ARGUMENT[name] :][:1]
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)]):
                if name in NAMES:
                    yield node.value
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in TELLING:
                yield from (
                    one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value
                )


def readings(text: ast.expr) -> Iterator[str]:
    """What a text may read, its gaps filled with samples."""
    if isinstance(text, ast.Constant):
        yield str(text.value)
    elif isinstance(text, ast.JoinedStr):
        gaps = [one for one in text.values if isinstance(one, ast.FormattedValue)]
        for filled in product(SAMPLES, repeat=len(gaps)):
            rest = iter(filled)
            yield "".join(
                str(one.value) if isinstance(one, ast.Constant) else next(rest)
                for one in text.values
            ).rstrip()


def texts() -> Iterator[tuple[str, ast.expr]]:
    for path in engine():
        for one in told(ast.parse(path.read_text(encoding="utf-8"))):
            chosen = [one.body, one.orelse] if isinstance(one, ast.IfExp) else [one]
            for text in chosen:
                is_text = isinstance(text, ast.Constant) and bool(text.value)
                if is_text or isinstance(text, ast.JoinedStr):
                    yield f"{path.name}:{text.lineno}", text


def is_known(detail: str) -> bool:
    """Whether it is recognised, with the sentences inside it."""
    said = next(filter(None, (pattern.fullmatch(detail) for pattern, _ in KNOWN)), None)
    return said is not None and all(
        is_known(part) for name, part in said.groupdict().items() if name in INNER
    )


def test_every_sentence_of_the_engine_is_known() -> None:
    found = list(texts())
    unknown = [
        f"{place}: {ast.unparse(text)}"
        for place, text in found
        if not any(is_known(reading) for reading in readings(text))
    ]

    assert len(found) > 80
    assert unknown == [], "cameras/details_text.py holds the sentences"


def test_every_number_that_a_finding_names_has_its_word() -> None:
    assert set(MEASURES) == {name for names in SHOWN.values() for name in names}


EXAMPLES = [
    "DESCRIBE with the login answered 401",
    "DESCRIBE answered 401 and no login is stored",
    "SETUP answered 461 Unsupported Transport",
    "GetDeviceInformation answered 500 Internal Server Error: ter:Fault",
    "GetDeviceInformation answered 500: ter:Fault",
    "GetSystemDateAndTime answered 302 Found; redirects are not followed: gone away",
    "GetSystemDateAndTime answered 302; redirects are not followed",
    "HTTP answered 404 Not Found",
    "HTTP: announces a body of 99 bytes",
    "clock differs by +1,420 s",
    "clock differs by -1.5 s; calls its local time UTC",
    "offers digest SHA-512, basic to log in",
    "10.0.0.9, fe80::1 is outside the allowed networks",
    "'cam.example': [Errno -2] Name or service not known",
    "Content-Length is 'abc'",
    "starts with 'HTTP/1.1 400 Bad Request'",
    "no picture within 4.5 s: the stream sent no picture",
    "the stream sent no key frame: nothing came for 4.0 s",
    "the stream was opened and sent no picture: HTTP",
    "a picture of 9000 x 9000 is larger than is taken",
    "the capture process answered something else: a head of 0 bytes",
    "only 12 MiB are free; 3 MiB are needed and 256 MiB are left alone",
    "the decoder found 30% of the pictures damaged; 0.92 (from 0.50 on)",
    IN_DOUBT,
    "1 of 3 canaries answer",
    "luma 12.3 (usual 80), high 2e+03; 0.92 (from 0.50 on)",
    "sharpness 0.2; 1.00 (from 0.50 on)",
]


@pytest.mark.parametrize("detail", EXAMPLES)
def test_english_readers_see_what_is_stored(detail: str) -> None:
    with translation.override("en"):
        assert detail_text(detail) == detail


@pytest.mark.parametrize("detail", EXAMPLES)
def test_chinese_readers_see_chinese(detail: str) -> None:
    with translation.override("zh-hans"):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in detail_text(detail))


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("DESCRIBE with the login answered 401", "使用登录凭据请求 DESCRIBE，设备应答 401"),
        ("clock differs by +420 s", "时钟相差 +420 秒"),
        (
            "PLAY answered 503 100% <b>%(x)s</b>",
            "设备对 PLAY 应答 503“100% <b>%(x)s</b>”",
        ),
        (
            "no picture within 14 s: the stream sent no picture",
            "14 秒内没有取得画面：码流没有送来画面",
        ),
    ],
)
def test_numbers_and_the_devices_words_stay(detail: str, shown: str) -> None:
    with translation.override("zh-hans"):
        assert detail_text(detail) == shown


@pytest.mark.parametrize(
    "detail", ["", "H264", "ECONNREFUSED", "ACME Cam 9 v1.2", "answered", "x" * 5000, "%(what)s"]
)
def test_what_nobody_here_has_said_stays(detail: str) -> None:
    with translation.override("zh-hans"):
        assert detail_text(detail) == detail
