"""A network of its own for a process: a namespace of Linux, with nothing in it but `lo`."""

import os
import shutil
import subprocess

import pytest


def alone() -> list[str]:
    """What starts a command in a network of its own; skips the test where that is not permitted."""
    if missing := [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]:
        pytest.skip(f"no network of one's own without {', '.join(missing)}")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *as_root, "--net"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no network of one's own is permitted here: {tried.stderr.strip()}")
    return command


def beside(process: "subprocess.Popen[str]") -> list[str]:
    """What starts a command in the network of a process that was started `alone`."""
    spaces = ["--net"] if os.geteuid() == 0 else ["--user", "--preserve-credentials", "--net"]
    return ["nsenter", "--target", str(process.pid), *spaces, "--"]
