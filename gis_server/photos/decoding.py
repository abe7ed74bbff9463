"""What a phone sent, judged by its content and turned into a JPEG of ours."""

import os
import subprocess
import sys
from pathlib import Path

from django.utils.translation import gettext as _

from gis_server.errors import Invalid

MAX_BYTES = 12 * 1024 * 1024
DECODE_S = 20
# Never imported here: it loads OpenCV, and what it loads is meant for that process alone.
WORKER = Path(__file__).parent / "worker.py"
COMMAND = (sys.executable, "-I", str(WORKER))
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH", "TZ")


def decoded(content: bytes) -> bytes:
    """The photo as a JPEG of at most 1600 pixels a side.

    Raises:
        Invalid: it is no JPEG, PNG or WebP, cannot be read, or is too large.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(_("The photo is larger than 12 MB."))
    if not is_photo(content):
        raise Invalid(_("This is no photo: only JPEG, PNG and WebP are taken."))
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; what was sent goes in by the pipe
            COMMAND,
            input=content,
            capture_output=True,
            timeout=DECODE_S,
            cwd="/",
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode or not done.stdout.startswith(b"\xff\xd8"):
        raise Invalid(_("This photo cannot be read: take another one."))
    return done.stdout


def is_photo(content: bytes) -> bool:
    """By what it begins with, whatever it is called."""
    webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return webp or content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Height and width, from the header that our own encoder wrote (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        if jpeg[at + 1] in (0xC0, 0xC1, 0xC2):
            height, width = jpeg[at + 5 : at + 7], jpeg[at + 7 : at + 9]
            return int.from_bytes(height), int.from_bytes(width)
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    raise Invalid(_("This photo cannot be read: take another one."))
