"""Remembers what was done with which input, so that doing it again costs nothing."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bin.steps.places import Places


def content_hash(files: Iterable[Path], *words: str) -> str:
    """A hash over the names and bytes of files and over some words beside them."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file}\0".encode())
        digest.update(file.read_bytes())
    for word in words:
        digest.update(f"\0{word}".encode())
    return digest.hexdigest()


def fresh(places: Places, name: str, value: str) -> bool:
    """Whether the step `name` was last finished with this very input."""
    stamp = places.stamps / name
    return stamp.exists() and stamp.read_text(encoding="utf-8") == value


def keep(places: Places, name: str, value: str) -> None:
    (places.stamps / name).write_text(value, encoding="utf-8")
