"""The engine needs no Django: it must run where none is installed."""

import subprocess
import sys
from pathlib import Path

PURE = [
    "cameras.health",
    *(
        f"cameras.probe.{name}"
        for name in (
            "reason",
            "target",
            "result",
            "wire_rtsp",
            "digest",
            "sdp",
            "budget",
            "net",
            "steps",
            "runner",
        )
    ),
]
WITHOUT_DJANGO = """
import sys
sys.modules["django"] = None
for name in sys.argv[1:]:
    __import__(name)
"""


def test_pure_modules_import_without_django() -> None:
    root = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO, *PURE],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_only_net_opens_sockets() -> None:
    root = Path(__file__).parents[2] / "cameras"
    opens = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if any(word in path.read_text() for word in ("import socket", "create_connection"))
    }

    assert opens == {"probe/net.py"}
