"""Batches of positions as JSON.  Pure.

    {"fixes": [{"t": 1767225600, "lat": 37.88, "lon": 112.57, "accuracy": 5, "speed": 1.2,
                "bearing": 90, "battery": 67, "mock": false}, …]}

t (or timestamp): seconds, milliseconds or ISO 8601.  speed: metres a second.  battery: percent.
Columns of plain numbers are looked at all at once; whatever is not plain, one by one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import numpy as np

from patrols.intake.limits import MOST_IN_BATCH
from patrols.intake.rows import FIX, Array
from patrols.osmand import (
    EARLIEST,
    LATEST,
    MOST_SECONDS,
    BadFix,
    Flaw,
    degrees_of,
    number_of,
    seconds_of,
)

PLAIN = {float, int, type(None)}
NUMBERS = (
    ("accuracy_m", "accuracy"), ("speed_ms", "speed"), ("bearing", "bearing"),
    ("battery", "battery"),
)  # fmt: skip


class BadBatch(BadFix):
    """It is no batch at all."""


@dataclass(frozen=True, slots=True)
class Batch:
    """fixes: an array of FIX.  places: of each its index in what was sent.

    unreadable: why, of the others, by their index.  sender: whose batch it says it is.
    """

    fixes: Array
    places: Array
    unreadable: Mapping[int, str]
    sender: object = None


def read(body: bytes, zone: tzinfo) -> Batch:
    """The positions of a body; zone: of times that name none.

    Raises:
        BadBatch: no JSON, no list of fixes, or too many.
    """
    fixes, sender = _listed(body)
    columns = _columns(fixes)
    if columns is not None and _is_good(columns).all():
        return Batch(columns, np.arange(len(fixes)), {}, sender)
    return Batch(*_one_by_one(fixes, zone), sender)


def _listed(body: bytes) -> tuple[Sequence[Any], object]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadBatch(Flaw.NO_JSON) from None
    fixes = told.get("fixes") if isinstance(told, dict) else None
    if not isinstance(fixes, list):
        raise BadBatch(Flaw.NO_LIST, "fixes")
    if len(fixes) > MOST_IN_BATCH:
        raise BadBatch(Flaw.TOO_MANY, "fixes")
    return fixes, told.get("sender")


def _columns(fixes: Sequence[Any]) -> Array | None:
    """All at once, if they are plain numbers with milliseconds or seconds."""
    found = np.empty(len(fixes), FIX)
    try:
        t = [one["t"] for one in fixes]
        told = [("t", t), *((name, [one[name] for one in fixes]) for name in ("lon", "lat"))]
        told += [(name, [one.get(key) for one in fixes]) for name, key in NUMBERS]
        found["is_mock"] = [one.get("mock", False) is True for one in fixes]
        for name, values in told:
            if not set(map(type, values)) <= PLAIN:
                return None
            found[name] = values
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None
    in_ms = found["t"] > MOST_SECONDS
    found["t"][in_ms] /= 1000
    return found


def _is_good(fixes: Array) -> Array:
    """NaN and infinity are within no limits; what is not given may be NaN."""
    ok = (np.abs(fixes["lat"]) <= 90) & (np.abs(fixes["lon"]) <= 180)
    ok &= (fixes["t"] >= EARLIEST) & (fixes["t"] <= LATEST)
    for name, _key in NUMBERS:
        ok &= ~np.isinf(fixes[name])
    return np.asarray(ok)


def _one_by_one(fixes: Sequence[Any], zone: tzinfo) -> tuple[Array, Array, Mapping[int, str]]:
    rows: list[tuple[Any, ...]] = []
    places: list[int] = []
    unreadable: dict[int, str] = {}
    for place, one in enumerate(fixes):
        try:
            rows.append(_row(one, zone))
            places.append(place)
        except BadFix as error:
            unreadable[place] = str(error)
    return np.array(rows, FIX), np.array(places, np.int64), unreadable


def _row(one: Any, zone: tzinfo) -> tuple[Any, ...]:
    if not isinstance(one, dict):
        raise BadFix(Flaw.NO_OBJECT)
    time = one.get("t") if one.get("t") is not None else one.get("timestamp")
    if time is None or time == "":
        raise BadFix(Flaw.MISSING, "t")
    lat, lon = degrees_of(one)
    told = (number_of(one, key) for _name, key in NUMBERS)
    return (
        seconds_of(time, zone), lon, lat,
        *(float("nan") if value is None else value for value in told), one.get("mock") is True,
    )  # fmt: skip
