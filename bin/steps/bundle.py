"""bin/bundle: all that an installation fetches, in one archive for machines without a network.

The Debian packages are those that apt takes for a system on which nothing is installed, so the
archive serves a bare machine; what a machine has already, in that version or a newer one, stays.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from bin.steps import journal, packages, places, release
from bin.steps.journal import Failed, Journal
from bin.steps.layout import release_name

COMMAND = "bin/bundle"
SYSTEM_PACKAGES = (
    "ca-certificates", "fonts-wqy-microhei", "gettext", "nginx", "openssl", "postgresql-15",
    "postgresql-15-postgis-3", "python3", "python3-venv", "redis-tools", "tzdata",
)  # fmt: skip
"""What bin/system.sh asks for on Debian 12 with the parts run, database, redis and front; a test
compares the two."""
NEEDED_MB = 3000
START = """\
#!/usr/bin/env bash
# Installs gis-server from this folder: ./install --name NAME; ./install --help tells more.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P) || exit 1
exec "$here/source/bin/install" --from "$here" "$@"
"""


def bundle(folder: Path) -> int:
    """
    Raises:
        Failed: something could not be fetched, or there is no room for it.
    """
    where = places.open_places()
    notes = Journal(COMMAND, where.log)
    folder.mkdir(parents=True, exist_ok=True)
    places.check_space(folder, NEEDED_MB, "the bundle")
    name = release_name(places.ROOT)
    architecture = dpkg("--print-architecture")
    title = f"gis-server-{name}-debian12-{architecture}"
    made = folder / f"{title}.new"
    shutil.rmtree(made, ignore_errors=True)
    try:
        with notes.step("Source"):
            release.copy(places.ROOT, made / "source")
        packages.ensure_front_end(where, notes)
        shutil.copytree(where.root / release.NODE_MODULES, made / "source" / release.NODE_MODULES)
        with notes.step("Python packages"):
            fetch_wheels(notes, where, made / "wheels")
        with notes.step("Debian packages") as step:
            fetch_debs(notes, made / "debs")
            step.note = f"{index(made / 'debs')} of them"
        (made / "manifest").write_text(f"release={name}\narchitecture={architecture}\n")
        start = made / "install"
        start.write_text(START, encoding="utf-8")
        start.chmod(0o755)
        with notes.step("Archive") as step:
            note_sums(made)
            archive = folder / f"{title}.tar"
            pack(made, title, archive)
            step.note = f"{archive.stat().st_size // 1_000_000} MB"
    finally:
        shutil.rmtree(made, ignore_errors=True)
    print(f"\n{archive}\nsha256 {sum_of(archive)}: compare it on the other machine, then there\n")
    print(f"  tar -xf {archive.name} && {title}/install --name NAME")
    return 0


def fetch_wheels(notes: Journal, where: places.Places, folder: Path) -> None:
    """The packages of the product's lock and of uv's, each as its lock says; sources where there
    is no wheel, with what builds them.
    """
    packages.ensure_tools(where, notes, "uv")
    python = where.tools / "bin" / "python"
    for lock in ("run", "uv", "build"):
        notes.run(
            [
                python, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes",
                "--dest", folder,
                "--requirement", where.root / "requirements" / f"{lock}.lock",
            ],
            env=packages.environment(), cwd=where.root, failed=packages.what_could_not_be_fetched,
        )  # fmt: skip


def fetch_debs(notes: Journal, folder: Path) -> None:
    """The packages that are needed, with all that they depend on, as if nothing was installed."""
    archives = folder / "archives"
    (archives / "partial").mkdir(parents=True)
    nothing = folder / "status"
    nothing.touch()
    notes.run(
        [
            "apt-get", "-q", "-y", "--download-only", "-o", f"Dir::State::status={nothing}",
            "-o", f"Dir::Cache::archives={archives}", "-o", "APT::Install-Recommends=false",
            "-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1",
            "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
            "install", *SYSTEM_PACKAGES,
        ],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, cwd=folder,
        failed="the Debian packages could not be fetched: run 'apt-get update', check the network"
        " and the proxy, then run this again.",
    )  # fmt: skip
    for file in archives.glob("*.deb"):
        # apt writes the : of an epoch as %3a, and would read that back as what it stands for.
        file.rename(folder / file.name.replace("%3a", "."))
    shutil.rmtree(archives)
    nothing.unlink()


def index(folder: Path) -> int:
    """Write the list of packages that apt reads; how many there are."""
    files = sorted(folder.glob("*.deb"))
    with (folder / "Packages").open("w", encoding="utf-8") as out:
        for file in files:
            fields = dpkg_deb("--field", file)
            out.write(
                f"{fields}\nFilename: ./{file.name}\nSize: {file.stat().st_size}\n"
                f"SHA256: {sum_of(file)}\n\n"
            )
    return len(files)


def dpkg(*words: str) -> str:
    return subprocess.run(
        ["dpkg", *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def dpkg_deb(word: str, file: Path) -> str:
    """
    Raises:
        Failed: the file is no Debian package.
    """
    done = subprocess.run(["dpkg-deb", word, file], check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{file.name} is no whole Debian package: run this again.")
    return done.stdout.strip()


def sum_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def note_sums(folder: Path) -> None:
    """SHA256SUMS of every file, which the installer compares before it begins."""
    lines = [f"{sum_of(file)}  {file.relative_to(folder)}\n" for file in files_in(folder)]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def files_in(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink())


def pack(folder: Path, title: str, archive: Path) -> None:
    """The archive, whole or not at all; nothing in it belongs to who made it."""

    def nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        return member

    unfinished = archive.with_suffix(".part")
    with tarfile.open(unfinished, "w", format=tarfile.GNU_FORMAT) as out:
        out.add(folder, title, filter=nobodys)
    unfinished.rename(archive)


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: bundle(Path(sys.argv[1]))))
