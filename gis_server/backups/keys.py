"""The keys of a server, in a file that is kept elsewhere than its backups.

Whoever has both can read the passwords of cameras; whoever has one of them cannot.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from psycopg2 import sql

from gis_server.backups.errors import Refused
from gis_server.vault import sealed_columns

WHAT = "keys of a gis-server"
VAULT_KEY = "VAULT_KEY"
MOST_BYTES = 1024 * 1024
# What `settings` reads as a secret, by the name of its variable.
SETTINGS = {
    "SECRET_KEY": "SECRET_KEY",
    VAULT_KEY: VAULT_KEY,
    "OIDC_CLIENT_SECRET": "OIDC_RP_CLIENT_SECRET",
    "EMAIL_PASSWORD": "EMAIL_HOST_PASSWORD",
    "BASE_MAP_KEY": "BASE_MAP_KEY",
    "METRICS_TOKEN": "METRICS_TOKEN",
}


def present() -> dict[str, str]:
    """The keys that this server has, by the names of their variables."""
    return {name: value for name, of in SETTINGS.items() if (value := getattr(settings, of))}


def fingerprints(vault_keys: str) -> list[str]:
    """A name for each key, from which nobody finds the key: it has 256 bits of chance."""
    return [
        hashlib.sha256(b"gis-server vault key " + key.strip().encode()).hexdigest()[:16]
        for key in vault_keys.split(",")
    ]


def write(file: Path, now: datetime, away_from: Sequence[Path]) -> None:
    """Write the keys to a new file that only its user may read.

    Raises:
        Refused: it is there already, cannot be written, or lies among what is backed up.
    """
    for folder in away_from:
        if file.resolve().is_relative_to(folder.resolve()):
            raise Refused(
                f"{file} lies in {folder}, where it would be found with what it opens: name a file"
                " elsewhere, best on another machine's disk."
            )
    told = {"what": WHAT, "made_at": now.isoformat(), "keys": present()}
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(told, out, indent=1)
            out.write("\n")
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:
        raise Refused(f"{file} is there already, and may be the only copy: name another.") from None
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror}): name another.") from None


def read(file: Path) -> dict[str, str]:
    """The keys that `write` has written.

    Raises:
        Refused: it cannot be read, or holds something else.
    """
    try:
        with file.open("rb") as source:
            told: Any = json.loads(source.read(MOST_BYTES))
        keys = dict(told["keys"]) if told["what"] == WHAT else {}
        MultiFernet([Fernet(key.strip()) for key in keys[VAULT_KEY].split(",")])
    except OSError as error:
        raise Refused(f"{file} cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(
            f"{file} is no file of keys: name the one that `backup --keys` wrote."
        ) from None
    return {name: str(keys[name]) for name in SETTINGS if name in keys}


def opened(cursor: Any, vault_keys: str) -> dict[str, tuple[int, int]]:
    """Of each column of sealed secrets in a database: how many open with these keys, of how many.

    Columns without any are left out.
    """
    box = MultiFernet([Fernet(key.strip()) for key in vault_keys.split(",")])
    found = {}
    for model, column in sealed_columns():
        asked = sql.SQL("SELECT {0} FROM {1} WHERE {0} IS NOT NULL")
        cursor.execute(asked.format(sql.Identifier(column), sql.Identifier(model._meta.db_table)))
        tokens = [bytes(token) for (token,) in cursor.fetchall()]
        if tokens:
            opens = sum(_opens(box, token) for token in tokens)
            found[f"{model._meta.label}.{column}"] = (opens, len(tokens))
    return found


def _opens(box: MultiFernet, token: bytes) -> bool:
    try:
        box.decrypt(token)
    except InvalidToken:
        return False
    return True


def put_in_place(keys: Mapping[str, str], stamp: str) -> tuple[list[str], list[str]]:
    """Write keys to the files that NAME_FILE names, those of before beside.

    Returns the names of those that are in place now, and of those that somebody must set.
    """
    placed, left = [], []
    for name, value in keys.items():
        path = os.environ.get(f"{name}_FILE", "").strip()
        if present().get(name) == value:
            placed.append(name)
        elif os.environ.get(name, "").strip() or not path:
            left.append(name)
        else:
            try:
                _replace(Path(path), value, stamp)
                placed.append(name)
            except OSError:  # the data are back already: somebody else can set a key
                left.append(name)
    return placed, left


def _replace(file: Path, value: str, stamp: str) -> None:
    fresh = file.with_name(f"{file.name}.restored-{stamp}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(value)
        out.flush()
        os.fsync(out.fileno())
    if file.exists():
        os.link(file, file.with_name(f"{file.name}.before-{stamp}"))
    fresh.replace(file)
