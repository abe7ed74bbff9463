"""Positions as columns, and the bytes in which PostgreSQL takes and gives them.  Pure.

PostgreSQL's binary COPY (its manual, "COPY", File Formats): a head, each row as a count of fields
and each field as its length and big-endian bytes, a tail.  Rows of fixed-length fields without
nulls are thus one numpy array; what is not known travels as NaN.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from patrols.osmand import Position

Array = np.ndarray[Any, Any]

FIX = np.dtype(
    [
        ("t", "f8"),  # seconds since 1970
        ("lon", "f8"),  # degrees, WGS84
        ("lat", "f8"),
        ("accuracy_m", "f8"),  # NaN, here and below: it does not say
        ("speed_ms", "f8"),
        ("bearing", "f8"),
        ("battery", "f8"),  # percent
        ("is_mock", "?"),
    ]
)
UNKNOWN_M = -1.0
"""The radius of a position that the device itself does not stand by: as phones say that they know
none, so that `patrols.track` does not believe it."""
WORST_M, TOP_SPEED, FULL = 1e6, 1e4, 100.0
"""Numbers beyond these say nothing; larger ones do not fit into the table."""

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
EPOCH_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000."""
BYTES = {"u1", "V4096"}
KINDS = {"i2": 2, "i4": 4, "i8": 8, "f4": 4, "f8": 8, "u1": 1, "V4096": 4096}


def columns_of(positions: Sequence[Position]) -> Array:
    """An array of FIX in the order of the positions."""
    return np.array([_row(one) for one in positions], FIX)


def _row(one: Position) -> tuple[float | bool, ...]:
    nan = float("nan")
    accuracy = one.accuracy_m if one.is_valid else UNKNOWN_M
    told = (accuracy, one.speed_ms, one.bearing, one.battery)
    return (
        one.t, one.lon, one.lat, *(nan if value is None else value for value in told), one.is_mock
    )  # fmt: skip


def tidy(fixes: Array) -> Array:
    """The same with numbers as they are kept: times to the millisecond, nothing absurd."""
    fixes["t"] = np.round(fixes["t"], 3)
    fixes["accuracy_m"] = np.clip(fixes["accuracy_m"], UNKNOWN_M, WORST_M)
    fixes["speed_ms"] = np.clip(fixes["speed_ms"], 0, TOP_SPEED)
    fixes["bearing"] = fixes["bearing"] % 360
    fixes["battery"] = np.clip(fixes["battery"], 0, FULL)
    return fixes


def placed(t: Any, lon: Any, lat: Any) -> Array:
    """An array of FIX of which only times and places are known."""
    fixes = np.full(len(t), np.nan, FIX)
    fixes["t"], fixes["lon"], fixes["lat"], fixes["is_mock"] = t, lon, lat, False
    return fixes


def wire_type(kinds: Sequence[tuple[str, str]]) -> np.dtype[Any]:
    """The layout of a row of fields, named with their kinds (see KINDS): `count`, then of each
    field `name_` (its length) and `name`.
    """
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in kinds:
        fields += [(f"{name}_", ">i4"), (name, kind if kind in BYTES else f">{kind}")]
    return np.dtype(fields)


def to_wire(kinds: Sequence[tuple[str, str]], columns: Sequence[Any], size: int) -> bytes:
    """`size` rows as COPY … FROM STDIN BINARY reads them; a column may be one value for all."""
    rows = np.empty(size, wire_type(kinds))
    rows["count"] = len(kinds)
    for (name, kind), values in zip(kinds, columns, strict=True):
        rows[f"{name}_"], rows[name] = KINDS[kind], values
    return HEAD + rows.tobytes() + TAIL


def from_wire(kinds: Sequence[tuple[str, str]], told: bytes) -> Array:
    """The rows of a COPY … TO STDOUT BINARY without nulls.

    Raises:
        ValueError: other fields than these, or a null.
    """
    layout = wire_type(kinds)
    size, rest = divmod(len(told) - len(HEAD) - len(TAIL), layout.itemsize)
    if rest or not told.startswith(HEAD):
        raise ValueError("no rows of these fields")
    rows = np.frombuffer(told, layout, size, len(HEAD))
    for name, kind in kinds:
        if (rows[f"{name}_"] != KINDS[kind]).any():
            raise ValueError(f"a null in {name}")
    return rows


def seconds_of(us: Any) -> Array:
    """Seconds since 1970 of PostgreSQL's microseconds."""
    return (np.asarray(us, np.int64) + EPOCH_US) / 1e6


def microseconds_of(t: Any) -> Array:
    """PostgreSQL's microseconds of seconds since 1970, to the millisecond."""
    return np.round(np.asarray(t) * 1e3).astype(np.int64) * 1000 - EPOCH_US
