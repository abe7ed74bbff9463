"""Zip files from outside: what is in them, and taking some of it out safely.  Pure.

Nothing that a zip says about itself is believed: its directory is bounded before it is read, bytes
are counted while they are inflated, and what is taken out gets a name of our own.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grids.imports.limits import MIB, Limits
from grids.imports.problems import Problem, Refused, shown

END_RECORD = b"PK\x05\x06"
END_BYTES = 22 + 65_535  # the end record and the longest comment behind it
DIRECTORY_BYTES = 4 * MIB
CHUNK = MIB
SMALL = 64 * MIB  # below this no entry is a bomb, however well it packs
UTF8_NAME = 0x800
ENCRYPTED = 0x1
ARCHIVES = {".zip", ".rar", ".7z", ".gz", ".tar", ".bz2", ".xz", ".kmz"}
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error)


@dataclass(frozen=True)
class Entry:
    """A file in a zip; `path` is its name with the letters its maker meant."""

    path: PurePosixPath
    info: zipfile.ZipInfo


@dataclass(frozen=True)
class Archive:
    zip: zipfile.ZipFile
    entries: tuple[Entry, ...]
    limits: Limits

    def named(self, ending: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.path.suffix.lower() == ending]

    def extract(self, entry: Entry, target: Path, most_bytes: int) -> int:
        """Inflate one entry into a new file, and say how many bytes that were.

        Raises:
            Refused: more than `most_bytes`, or the zip is broken here.
        """
        with self.reading(entry) as packed, target.open("xb") as out:
            written = 0
            while chunk := packed.read(CHUNK):
                written += len(chunk)
                if written > most_bytes:
                    raise Refused(Problem.INFLATES, limit_mb=self.limits.inflated_bytes // MIB)
                out.write(chunk)
        return written

    @contextmanager
    def reading(self, entry: Entry) -> Iterator[zipfile.ZipExtFile]:
        try:
            with self.zip.open(entry.info) as packed:
                yield packed  # type: ignore[misc]  # typeshed says IO[bytes]
        except BROKEN as error:
            raise Refused(Problem.DAMAGED) from error
        except (NotImplementedError, RuntimeError) as error:
            # A packing or encryption that the standard library does not know.
            raise Refused(Problem.NOT_A_ZIP) from error


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Archive]:
    """The zip at `path` with its entries checked; folders and the makers' own litter left out.

    Raises:
        Refused: broken, a bomb, or an entry that has no business in a file from outside.
    """
    _check_directory(path, limits)
    try:
        archive = zipfile.ZipFile(path)
    except (*BROKEN, NotImplementedError, OSError, UnicodeError, ValueError) as error:
        raise Refused(Problem.DAMAGED) from error
    with archive:
        entries = [Entry(_path(info), info) for info in archive.infolist()]
        _check(entries, limits)
        kept = [e for e in entries if not e.info.is_dir() and not _is_litter(e.path)]
        yield Archive(archive, tuple(kept), limits)


def _check_directory(path: Path, limits: Limits) -> None:
    """Bound the directory before zipfile reads all of it into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - END_BYTES))
        tail = file.read()
    start = tail.rfind(END_RECORD)
    if start < 0 or len(tail) - start < 22:
        raise Refused(Problem.CUT_OFF)
    count, directory_bytes = struct.unpack("<HI", tail[start + 10 : start + 16])
    if count > limits.zip_entries or directory_bytes > DIRECTORY_BYTES:
        raise Refused(Problem.TOO_MANY_FILES, limit=limits.zip_entries)


def _path(info: zipfile.ZipInfo) -> PurePosixPath:
    """The name as meant: Windows in China writes GBK and does not say so."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME:
        raw = name.encode("cp437")  # what zipfile decoded it with; loses nothing
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return PurePosixPath(name.replace("\\", "/"))


def _check(entries: list[Entry], limits: Limits) -> None:
    if len(entries) > limits.zip_entries:
        raise Refused(Problem.TOO_MANY_FILES, limit=limits.zip_entries)
    for entry in entries:
        _check_entry(entry)
    inflated = sum(entry.info.file_size for entry in entries)
    bomb = any(_inflates(entry.info, limits) for entry in entries)
    if bomb or inflated > limits.inflated_bytes:
        raise Refused(Problem.INFLATES, limit_mb=limits.inflated_bytes // MIB)


def _check_entry(entry: Entry) -> None:
    path, info = entry.path, entry.info
    if _is_unsafe(path):
        raise Refused(Problem.UNSAFE_PATH, name=shown(path))
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Refused(Problem.LINK_IN_ZIP, name=shown(path))
    if info.flag_bits & ENCRYPTED:
        raise Refused(Problem.PASSWORD)
    if path.suffix.lower() in ARCHIVES:
        raise Refused(Problem.ZIP_IN_ZIP, name=shown(path))


def _is_unsafe(path: PurePosixPath) -> bool:
    drive = re.match(r"[A-Za-z]:", str(path)) is not None
    return path.is_absolute() or drive or ".." in path.parts or "\0" in str(path)


def _inflates(info: zipfile.ZipInfo, limits: Limits) -> bool:
    return info.file_size > max(SMALL, info.compress_size * limits.inflation)


def _is_litter(path: PurePosixPath) -> bool:
    litter = path.name.startswith(("._", "~$")) or path.name in {".DS_Store", "Thumbs.db"}
    return litter or "__MACOSX" in path.parts
