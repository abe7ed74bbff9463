"""Columns of values as PostgreSQL reads arrays: each is one text.

psycopg2 would write `ARRAY['…'::timestamptz, …]`, an expression of which PostgreSQL parses every
element: several times the cost of reading an array, at both ends.
"""

from collections.abc import Iterable
from datetime import datetime


def numbers(values: Iterable[float | None]) -> str:
    """Whole numbers, floats and booleans."""
    return braced("NULL" if value is None else str(value) for value in values)


def times(values: Iterable[datetime | None]) -> str:
    return braced("NULL" if value is None else value.isoformat() for value in values)


def texts(values: Iterable[str]) -> str:
    """Texts of any content but NUL, which PostgreSQL has no way to store."""
    return braced(quoted(value) for value in values)


def quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def braced(fields: Iterable[str]) -> str:
    return "{" + ",".join(fields) + "}"
