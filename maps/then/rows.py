"""Rows as they are told: columns once, then values alone; no more than can be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

MOST_EVENTS, MOST_CAMERAS = 20_000, 50_000
"""Of one moment; what is beyond is counted, and told as left out."""
MOST_CHANGES = 50_000
"""Of one span, of events and of cameras each; with more it is refused: half a story is none."""
TIMEOUT_MS = 8_000


@dataclass(frozen=True, slots=True)
class Rows:
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def told(self) -> dict[str, Any]:
        return {"columns": self.columns, "rows": self.rows}


def rows_of(sql: str, values: dict[str, Any], columns: Sequence[str]) -> Rows:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return Rows(tuple(columns), cursor.fetchall())


def prefixes_of(reach: Sequence[str]) -> list[str]:
    return [prefix for prefix in reach if prefix]
