"""Answers that many readers of one reach share for a while, kept in the cache as bytes."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from django.core.cache import cache


def kept(
    name: str, reach: Sequence[str], turn: int, lasts_s: int, make: Callable[[], Any]
) -> bytes:
    """What `make` gives, as JSON; whoever asks in the same turn with the same reach gets the same.

    turn: counts the periods of time for which an answer counts, so that a new one begins for all
    readers at once, and none is older than a period.
    """
    asked = hashlib.sha256(",".join(sorted(reach)).encode()).hexdigest()[:32]
    key = f"figures:{name}:{turn}:{asked}"
    told: bytes | None = cache.get(key)
    if told is None:
        told = json.dumps(make(), ensure_ascii=False, separators=(",", ":")).encode()
        cache.set(key, told, lasts_s)
    return told
