"""Where things lie: the checkout, the state folder `var/` and what is in it.

PostgreSQL refuses to run as root, and its own user may not cross a private checkout.  So for root
the state lies under /var/lib and `var` is a link to it; for everybody else `var` is a folder.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bin.steps.journal import Failed

ROOT = Path(__file__).resolve().parents[2]
LAYOUT = "1"
# sun_path holds 107 bytes; the longest name that PostgreSQL puts there is `.s.PGSQL.5432.lock`.
LONGEST_SOCKET_DIR = 80


@dataclass(frozen=True)
class Places:
    """The folders of one checkout; `sockets` is apart because a socket's path must be short."""

    root: Path
    var: Path
    sockets: Path

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def stamps(self) -> Path:
        return self.var / "stamps"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def media(self) -> Path:
        return self.var / "media"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def tools(self) -> Path:
        return self.root / ".tools"

    def as_seen(self, path: Path) -> str:
        """A path as the user knows it: from the checkout."""
        return str(path).replace(str(self.var), "var", 1)


def checkout_hash(root: Path) -> str:
    return hashlib.sha256(str(root).encode()).hexdigest()[:12]


def open_places(root: Path = ROOT, *, state_home: Path = Path("/var/lib")) -> Places:
    """Make the state folder where it is missing, and refuse one that is not ours.

    Raises:
        Failed: it belongs to another user, was made by another version, or the disk is full.
    """
    link = root / "var"
    if os.geteuid() == 0:
        _link_state(link, state_home / f"gis-server-{checkout_hash(root)}")
    else:
        _check_owner(link)
        link.mkdir(exist_ok=True)
    var = link.resolve()
    _check_owner(var)
    _check_layout(var)
    places = Places(root, var, _short(var / "run", root))
    for folder in (places.log, places.run, places.stamps, places.media):
        folder.mkdir(exist_ok=True)
    places.secrets.mkdir(mode=0o700, exist_ok=True)
    return places


def _link_state(link: Path, target: Path) -> None:
    if link.is_symlink() or not link.exists():
        if not link.is_symlink():
            link.symlink_to(target)
        target = link.readlink()
        target.mkdir(mode=0o755, parents=True, exist_ok=True)
        target.chmod(0o755)
        return
    _check_owner(link)
    raise Failed(
        "var/ is a folder, but for root it must be a link to /var/lib, which PostgreSQL's user can"
        " enter: move it away (mv var var.old) and run this again."
    )


def _check_owner(folder: Path) -> None:
    if not folder.exists():
        if folder.is_symlink():
            raise Failed("var is a link to nowhere: remove it (rm var) and run this again.")
        return
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        raise Failed(
            f"var/ belongs to {_user_name(owner)}: run this as {_user_name(owner)}, or move it away"
            " (mv var var.old) to start with an empty one."
        )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _check_layout(var: Path) -> None:
    stamp = var / "VERSION"
    if not stamp.exists():
        if (var / "pg").exists():
            raise Failed(_other_version("without a number"))
        stamp.write_text(LAYOUT + "\n", encoding="utf-8")
    elif (layout := stamp.read_text(encoding="utf-8").strip()) != LAYOUT:
        raise Failed(_other_version(f"number {layout}"))


def _other_version(which: str) -> str:
    return (
        f"var/ was laid out by another version ({which}; this one writes number {LAYOUT}) and holds"
        " its data: move it away (mv var var.old) to start empty, or go back to that version."
    )


def _short(folder: Path, root: Path) -> Path:
    """The folder for sockets: `folder`, or a private one with a shorter path."""
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_DIR - len("/pg-test"):
        folder.mkdir(exist_ok=True)
        return folder
    own = Path(f"/run/user/{os.geteuid()}")
    short = (own if own.is_dir() else Path("/tmp")) / f"gis-server-{checkout_hash(root)}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid != os.geteuid():
        raise Failed(f"{short} belongs to somebody else: remove it and run this again.")
    return short


def check_space(folder: Path, needed_mb: int, what: str) -> None:
    """Raise `Failed` when fewer than `needed_mb` megabytes are free where `folder` lies."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise Failed(
            f"only {free_mb:,} MB are free on the disk of {folder} and {what} needs"
            f" {needed_mb:,}: free some space and run this again."
        )


def take_lock(places: Places, name: str, sentence: str) -> IO[str]:
    """Hold the lock `name` until the file returned is closed or this process ends.

    Raises:
        Failed: with `sentence`, when another process holds it.
    """
    file = (places.run / f"{name}.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Failed(sentence) from None
    return file
