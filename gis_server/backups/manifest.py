"""What a backup says of itself, in `manifest.json`, which is written last.  Pure.

gis-server-20260301T183000Z/
    manifest.json    this
    database.dump    pg_dump's custom format
    media.sha256     one line a picture, as sha256sum writes and checks it
    media/…          the pictures
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gis_server.backups.errors import Damaged, Refused

FORMAT = 1
NAME, DUMP, PICTURES, MEDIA = "manifest.json", "database.dump", "media.sha256", "media"
MOST_BYTES = 16 * 2**20
PIECE_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the backup, by its name in the folder."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """extensions: of PostgreSQL, that the database has.  rows: of each table, as schema.table.
    migrations: by app, those that had been applied.  postgres: the server's version as a number,
    such as 150012.  database_bytes: on the server's disk, indexes and all.  vault_keys:
    fingerprints of the keys that open what is sealed in it.
    """

    name: str
    made_at: datetime
    version: str
    postgres: int
    extensions: list[str]
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    database_bytes: int
    pictures: int
    pictures_bytes: int
    vault_keys: list[str]
    parts: list[Part]

    @property
    def dump(self) -> Part:
        return next(part for part in self.parts if part.name == DUMP)

    @property
    def row_count(self) -> int:
        return sum(self.rows.values())


def written(manifest: Manifest) -> bytes:
    told = {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    return json.dumps({**told, "seal": _seal(told)}, indent=1, ensure_ascii=False).encode()


def _seal(told: Mapping[str, Any]) -> str:
    """A sum over everything else: a figure that has changed on the disk must not count rows."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read(folder: Path) -> Manifest:
    """The manifest of the backup in a folder.

    Raises:
        Refused: there is none, or a newer version has written it.
        Damaged: it cannot be read, or has changed since it was written.
    """
    try:
        with (folder / NAME).open("rb") as file:
            told = json.loads(file.read(MOST_BYTES))
    except FileNotFoundError:
        raise Refused(f"{folder} holds no backup: there is no {NAME} in it.") from None
    except ValueError:
        raise _damaged(folder) from None
    if not isinstance(told, dict):
        raise _damaged(folder)
    if isinstance(number := told.get("format"), int) and number > FORMAT:
        raise Refused(
            f"{folder.name} was written by a newer version of gis-server (format {number}): update"
            " gis-server first."
        )
    if told.pop("seal", None) != _seal(told):
        raise _damaged(folder)
    try:
        told.pop("format")
        told["parts"] = [Part(**part) for part in told["parts"]]
        return Manifest(**{**told, "made_at": datetime.fromisoformat(told["made_at"])})
    except (KeyError, TypeError, ValueError):
        raise _damaged(folder) from None


def _damaged(folder: Path) -> Damaged:
    return Damaged(f"{NAME} of {folder.name} is damaged: use another backup.")


def sum_of(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def check_part(folder: Path, part: Part) -> None:
    """Raise Damaged unless a part is what it was."""
    try:
        found = sum_of(folder / part.name)
    except OSError as error:
        raise Damaged(
            f"{part.name} of {folder.name} cannot be read ({error.strerror}): use another backup."
        ) from None
    if found != (part.size_bytes, part.sha256):
        raise Damaged(
            f"{part.name} of {folder.name} is damaged ({found[0]} bytes where there were"
            f" {part.size_bytes}, or another SHA-256): use another backup."
        )


def unknown_migrations(manifest: Manifest, known: Mapping[str, set[str]]) -> list[str]:
    """Migrations that the backup has and this version has not, as app.name.

    known: by app, the names of this version's migrations and of those that they replace.
    """
    return [
        f"{app}.{name}"
        for app, names in sorted(manifest.migrations.items())
        for name in names
        if name not in known.get(app, set())
    ]


def differences(wanted: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """A sentence for each table whose rows are not as many as the backup says."""
    return [
        f"{table} has {found.get(table, 'no table for its')} of {wanted.get(table, 0)} rows"
        for table in sorted(wanted.keys() | found.keys())
        if wanted.get(table) != found.get(table)
    ]
