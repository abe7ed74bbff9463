"""The files below MEDIA_ROOT in a backup.  Pure: touches the disk, no Django.

They never change once they are written, so what the backup before has already is not copied again
but linked: every backup is a whole folder, and each picture lies on the disk once.  Names that
begin with a dot are not ours to keep: they are half written, or what a restore has put aside.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gis_server.backups.errors import Damaged
from gis_server.backups.manifest import MEDIA, PICTURES, PIECE_BYTES, sum_of

LINE = "{sum}  {media}/{name}\n"
SUM_CHARACTERS = 64
Guard = Callable[[int], None]
"""Told of bytes before they are written; raises where they may not be."""


@dataclass(frozen=True, slots=True)
class Copied:
    number: int
    size_bytes: int
    new_bytes: int


def files_in(root: Path) -> Iterator[str]:
    """The names of files below a folder, with forward slashes, in order."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if _is_ours(name))
        for name in sorted(filter(_is_ours, names)):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def _is_ours(name: str) -> bool:
    # A line of the list could not hold the others.
    return not name.startswith(".") and name.isprintable() and "\\" not in name


def size_of_new(root: Path, before: Path | None) -> int:
    """How many bytes a copy will add to the disk."""
    return sum(
        found.st_size
        for name in files_in(root)
        if (found := _stat(root / name)) and not _same(found, before and before / MEDIA / name)
    )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _same(found: os.stat_result, kept: Path | None) -> bool:
    there = _stat(kept) if kept else None
    return there is not None and (there.st_size, there.st_mtime_ns) == (
        found.st_size,
        found.st_mtime_ns,
    )


def copy(root: Path, folder: Path, before: Path | None, guard: Guard) -> Copied:
    """Copy the files below `root` into a backup's folder, with their list.

    before: the folder of the newest backup, with which it shares what has not changed.  A file that
    goes while this works is left out: whoever drops old pictures drops the file before the row.
    """
    known = dict(read_list(before)) if before else {}
    (folder / MEDIA).mkdir()
    number = size = new = 0
    with (folder / PICTURES).open("w", encoding="utf-8") as lines:
        for name in files_in(root):
            kept = before / MEDIA / name if before and name in known else None
            found = _stat(root / name)
            if found is None:
                continue
            target = folder / MEDIA / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if kept and _same(found, kept) and _linked(kept, target):
                digest: str | None = known[name]
            elif digest := _copied(root / name, target, guard):
                new += found.st_size
            else:
                continue
            lines.write(LINE.format(sum=digest, media=MEDIA, name=name))
            number, size = number + 1, size + found.st_size
        lines.flush()
        os.fsync(lines.fileno())
    return Copied(number, size, new)


def _linked(kept: Path, target: Path) -> bool:
    try:
        os.link(kept, target)
    except OSError:  # a disk without links, or with too many of this file
        return False
    return True


def _copied(source: Path, target: Path, guard: Guard) -> str | None:
    """Copy a file and force it to the disk; its SHA-256, or None where it has gone."""
    try:
        file = source.open("rb")
    except FileNotFoundError:
        return None
    digest = hashlib.sha256()
    with file, target.open("xb") as out:
        while piece := file.read(PIECE_BYTES):
            guard(len(piece))
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    shutil.copystat(source, target)
    target.chmod(0o640)
    return digest.hexdigest()


def read_list(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and SHA-256 of each picture in a backup.

    Raises:
        Damaged: a line is no such pair, or leads out of the folder.
    """
    try:
        with (folder / PICTURES).open(encoding="utf-8") as lines:
            for line in lines:
                digest, _gap, path = line.rstrip("\n").partition("  ")
                top, _slash, name = path.partition("/")
                ours = all(map(_is_ours, name.split("/"))) and "" not in name.split("/")
                if len(digest) != SUM_CHARACTERS or top != MEDIA or not ours:
                    raise Damaged(f"{PICTURES} of {folder.name} is damaged: use another backup.")
                yield name, digest
    except (OSError, UnicodeDecodeError):
        raise Damaged(f"{PICTURES} of {folder.name} cannot be read: use another backup.") from None


def check(folder: Path) -> None:
    """Raise Damaged unless every picture is there as it was."""
    for name, digest in read_list(folder):
        try:
            found = sum_of(folder / MEDIA / name)[1]
        except OSError:
            found = ""
        if found != digest:
            raise Damaged(
                f"{MEDIA}/{name} of {folder.name} is damaged or missing: use another backup."
            )


def lay_out(folder: Path, target: Path, guard: Guard) -> int:
    """Copy a backup's pictures to a new folder, comparing each; how many.

    Raises:
        Damaged: one is not what it was.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    number = 0
    for name, digest in read_list(folder):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if _copied(folder / MEDIA / name, target / name, guard) != digest:
            raise Damaged(
                f"{MEDIA}/{name} of {folder.name} is damaged or missing: use another backup."
            )
        number += 1
    return number


def put_in_place(fresh: Path, root: Path, aside: Path) -> None:
    """Move what lies in `root` aside and what lies in `fresh` there; all of it, or nothing.

    Both folders lie in `root` themselves and begin with a dot: it may be a disk of its own, which
    cannot be renamed.
    """
    aside.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for source, target in ((root, aside), (fresh, root)):
            for entry in sorted(source.iterdir()):
                if not entry.name.startswith("."):
                    after = entry.rename(target / entry.name)
                    moved.append((entry, after))
    except OSError:
        for before, after in reversed(moved):
            after.rename(before)
        raise
    fresh.rmdir()
    if not any(aside.iterdir()):
        aside.rmdir()
