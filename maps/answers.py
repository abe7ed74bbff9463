"""How a tile is answered, whichever way it was asked for: headers, packing, and what is kept."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from django.utils.http import parse_etags

from maps import queries, store
from maps.layers import Layer
from maps.store import Slot
from maps.tiles import Tile, block_of

FOR_EVER = "private, max-age=31536000, immutable"
# An answer under a name that is not (or no longer) that of what it holds must not be kept.
NOT_KEPT = "private, no-store"
# What changes at any time: kept, but never shown before we were asked whether it is still so.
ASKED_AGAIN = "private, no-cache"
NOT_AT_ALL = re.compile(r"q=0(\.0{0,3})?")
CONTENT_TYPE = "application/vnd.mapbox-vector-tile"
LINES = {200: "200 OK", 204: "204 No Content", 304: "304 Not Modified"}


class Asked(NamedTuple):
    """What of a request decides about its answer: whether it unpacks, and the tags it has."""

    unpacks: bool
    tags: str

    @classmethod
    def of(cls, environ: dict[str, Any]) -> "Asked":
        unpacks = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        return cls(unpacks, environ.get("HTTP_IF_NONE_MATCH", ""))

    @property
    def is_plain(self) -> bool:
        """Whether it is answered as nearly all are: whole and packed."""
        return self.unpacks and not self.tags

    def has(self, tag: str) -> bool:
        """Whether the reader has what bears the tag; weak and strong are one (RFC 9110, 13.1.2)."""
        if not self.tags:
            return False
        known = [one.removeprefix("W/") for one in parse_etags(self.tags)]
        return known == ["*"] or tag.removeprefix("W/") in known


@lru_cache(maxsize=256)
def takes_gzip(encodings: str) -> bool:
    """Whether an Accept-Encoding permits gzip, by its name or by * (RFC 9110, 12.5.3)."""
    weights = {}
    for part in encodings.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return NOT_AT_ALL.fullmatch(weight) is None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = field(default=b"", repr=False)

    @property
    def status_line(self) -> str:
        return LINES[self.status]


def kept(
    edition: str, asked: Asked, slot: Slot, draw: Callable[[Sequence[int]], Sequence[bytes]]
) -> Answer:
    """What the store has there under its present edition, or else draws (see `store.made`)."""
    tag = f'W/"{edition}"'
    if asked.has(tag):
        return Answer(304, _headers(FOR_EVER, tag))
    packed = store.find(slot)
    if packed is None:
        packed = store.made(slot, draw)
    return _answer(packed, asked, FOR_EVER, tag)


def kept_tile(
    edition: str, asked: Asked, layer: Layer, tile: Tile, scope: Sequence[str], now: datetime
) -> Answer:
    """A tile under its present edition; the first of a block has all of it drawn.

    Raises:
        Unavailable: as `queries.draw`.
    """

    def draw(places: Sequence[int]) -> list[bytes]:
        block = block_of(tile)
        tiles = [block[place] for place in places]
        drawn = queries.draw_all(layer, tiles, scope, now)
        return [drawn[one] for one in tiles]

    return kept(edition, asked, store.slot(edition, layer.name, tile), draw)


def moved(edition: str, asked: Asked, draw: Callable[[], bytes]) -> Answer:
    """What stands under the present edition, asked for under another name: nobody may keep it."""
    tag = f'W/"{edition}"'
    if asked.has(tag):
        return Answer(304, _headers(NOT_KEPT, tag))
    return _answer(store.packed(draw()), asked, NOT_KEPT, tag)


def passing(asked: Asked, content: bytes) -> Answer:
    """What may be another the next moment; its tag follows from what it holds."""
    tag = f'W/"{blake2b(content, digest_size=8).hexdigest()}"'
    if asked.has(tag):
        return Answer(304, _headers(ASKED_AGAIN, tag))
    return _answer(store.packed(content), asked, ASKED_AGAIN, tag)


def _answer(packed: bytes, asked: Asked, control: str, tag: str) -> Answer:
    headers = _headers(control, tag)
    if packed == EMPTY:
        return Answer(204, headers)
    if asked.unpacks:
        return Answer(200, [*headers, *_packed(), ("Content-Length", str(len(packed)))], packed)
    body = store.unpacked(packed)
    length = ("Content-Length", str(len(body)))
    return Answer(200, [*headers, ("Content-Type", CONTENT_TYPE), length], body)


def _packed() -> list[tuple[str, str]]:
    return [("Content-Type", CONTENT_TYPE), ("Content-Encoding", "gzip")]


def _headers(control: str, tag: str) -> list[tuple[str, str]]:
    return [
        ("Cache-Control", control),
        ("Vary", "Accept-Encoding, Cookie"),
        ("X-Content-Type-Options", "nosniff"),
        ("ETag", tag),
    ]


EMPTY = store.packed(b"")
