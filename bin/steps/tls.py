"""The certificate of the server in front: the district's own, or one by an authority made here.

The authority's certificate is what browsers are told to trust; it lasts ten years.  The server's
lasts two, which is the longest that browsers take, and is made anew when a month is left.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from bin.steps.journal import Failed, Journal

AUTHORITY_DAYS, SERVER_DAYS = 3650, 825
RENEWED_BEFORE = timedelta(days=30)
CURVE = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]


@dataclass(frozen=True)
class Certificate:
    """The files in `folder`: ca.crt and ca.key where the authority is ours, server.crt and .key."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def authority_key(self) -> Path:
        return self.folder / "ca.key"

    @property
    def chain(self) -> Path:
        return self.folder / "server.crt"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def is_ours(self) -> bool:
        return self.authority_key.exists()


def take(own: Certificate, chain: Path, key: Path) -> bool:
    """Put the district's own certificate there; whether anything changed."""
    before = _content(own.chain), _content(own.key)
    wanted = chain.read_bytes(), key.read_bytes()
    own.authority.unlink(missing_ok=True)
    own.authority_key.unlink(missing_ok=True)
    if before == wanted:
        return False
    write(own.key, wanted[1], 0o640)
    write(own.chain, wanted[0], 0o644)
    return True


def ensure(own: Certificate, journal: Journal, name: str) -> bool:
    """A certificate for `name` that lasts another month at least, by our own authority unless the
    district's own is there; whether anything changed.

    Raises:
        Failed: the district's own certificate is for another name.
    """
    if own.chain.exists() and not own.is_ours:
        if not _is_for(own, name):
            raise Failed(
                f"{own.chain} is not for {name}: name one that is with --certificate and --key."
            )
        return False
    if not own.authority_key.exists():
        _make_authority(own, journal, name)
    if own.chain.exists() and own.key.exists() and _is_for(own, name) and _lasts(own):
        return False
    _make_server(own, journal, name)
    return True


def _make_authority(own: Certificate, journal: Journal, name: str) -> None:
    fresh = own.authority_key.with_suffix(".new")
    _openssl(journal, "genpkey", *CURVE, "-out", str(fresh))
    _openssl(
        journal, "req", "-x509", "-new", "-key", str(fresh), "-sha256", "-utf8",
        "-days", str(AUTHORITY_DAYS), "-subj", f"/CN=gis-server authority of {_short(name)}",
        "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", str(own.authority),
    )  # fmt: skip
    own.authority.chmod(0o644)
    # Last: an authority is there when its key is.
    fresh.chmod(0o600)
    fresh.rename(own.authority_key)


def _make_server(own: Certificate, journal: Journal, name: str) -> None:
    folder = own.folder / "new"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    key, request, chain = folder / "key", folder / "request", folder / "chain"
    _openssl(journal, "genpkey", *CURVE, "-out", str(key))
    _openssl(
        journal, "req", "-new", "-key", str(key), "-utf8", "-subj", f"/CN={_short(name)}",
        "-out", str(request),
    )  # fmt: skip
    extensions = folder / "extensions"
    extensions.write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        f"extendedKeyUsage=serverAuth\nsubjectAltName={alternative(name)}\n",
        encoding="ascii",
    )
    _openssl(
        journal, "x509", "-req", "-in", str(request), "-CA", str(own.authority),
        "-CAkey", str(own.authority_key), "-CAcreateserial", "-CAserial", str(folder / "serial"),
        "-days", str(SERVER_DAYS), "-sha256", "-extfile", str(extensions), "-out", str(chain),
    )  # fmt: skip
    write(own.key, key.read_bytes(), 0o640)
    write(own.chain, chain.read_bytes() + own.authority.read_bytes(), 0o644)
    shutil.rmtree(folder)


def alternative(name: str) -> str:
    """The name as certificates hold it: only there do browsers look."""
    try:
        return f"IP:{ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def _short(name: str) -> str:
    # A common name has 64 characters at most; the whole name stands among the alternatives.
    return name[:40]


def _is_for(own: Certificate, name: str) -> bool:
    kind = "-checkip" if alternative(name).startswith("IP:") else "-checkhost"
    return "does match" in _asked(own, kind, name).stdout


def _lasts(own: Certificate) -> bool:
    seconds = str(int(RENEWED_BEFORE.total_seconds()))
    return _asked(own, "-checkend", seconds).returncode == 0


def _asked(own: Certificate, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["openssl", "x509", "-in", str(own.chain), "-noout", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _openssl(journal: Journal, *words: str) -> None:
    journal.run(
        ["openssl", *words], env=os.environ, cwd=Path("/"),
        failed="openssl could not make the certificate.",
    )  # fmt: skip


def write(file: Path, content: bytes, mode: int) -> None:
    """Put a whole file in the place of another, readable by whom it is for from the first byte."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        os.fchmod(handle, mode)
    fresh.rename(file)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""
