"""Filters of a list as JSON that is kept, and back.  Pure.

They are a frozen dataclass whose every field has a plain default, which lets everything through.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

Filters = TypeVar("Filters")


def stored(filters: Any) -> dict[str, Any]:
    """Only what differs from a plain list."""
    return {name: value for name, value in asdict(filters).items() if value}


def restored(kind: type[Filters], kept: Mapping[str, Any]) -> Filters:
    """From JSON of today or of an earlier version: what is no longer known is left out."""
    known = {field.name: type(field.default) for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{n: value for n, value in kept.items() if type(value) is known.get(n)})
