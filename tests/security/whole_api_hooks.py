"""What makes requests of the fuzzer name things that there are, in places that are somewhere.

Loaded by the fuzzer's own process: no Django here.
"""

import json
import os
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case, HookContext
from schemathesis.core.parameters import ParameterLocation as P

PLACES: dict[str, list[Any]] = json.loads(os.environ.get("FUZZ_PLACES", "{}"))
"""By the names of places in addresses, and of fields in queries and bodies: what stands there."""
BOX: list[float] = json.loads(os.environ.get("FUZZ_BOX", "[-180, -90, 180, 90]"))
"""West, south, east, north: where something is."""
STRANGE = 4
"""One of so many keeps what the fuzzer has thought of."""
MOST_DEEP = 8


@schemathesis.hook
def map_case(_context: HookContext, case: "Case[Any]") -> "Case[Any]":
    if case.meta is None:
        return case
    # Of a request that is to be refused only the parts that are as described.
    about = case.operation.label
    good = {place for place, one in case.meta.components.items() if one.mode.is_positive}
    if P.PATH in good and isinstance(case.path_parameters, dict):
        case.path_parameters = led_home(case.path_parameters, about)
    if P.QUERY in good and isinstance(case.query, dict):
        case.query = led_home(case.query, about)
    if P.BODY in good:
        case.body = led_home(case.body, about)
    return case


def led_home(told: Any, about: str, depth: int = 0) -> Any:
    """What is sent, with names of things that there are, and with its points in the box."""
    if depth < MOST_DEEP and isinstance(told, dict):
        return {
            name: led_home(known_at(name, one, about), about, depth + 1)
            for name, one in told.items()
        }
    if depth < MOST_DEEP and isinstance(told, list):
        return in_box(told) if is_point(told) else [led_home(one, about, depth + 1) for one in told]
    return told


def known_at(name: str, value: Any, about: str) -> Any:
    turn = crc32(f"{about}{name}{value}".encode("utf-8", "replace"))
    is_ordinary = isinstance(value, str) or (isinstance(value, int) and value > 0)
    known = PLACES.get(name, []) if is_ordinary and turn % STRANGE else []
    return known[turn % len(known)] if known else value


def is_point(told: list[Any]) -> bool:
    return len(told) == 2 and all(type(one) in {int, float} for one in told)


def in_box(point: list[float]) -> list[float]:
    west, south, east, north = BOX
    x, y = (crc32(f"{axis}{one}".encode()) % 13 / 12 for axis, one in enumerate(point))
    return [west + x * (east - west), south + y * (north - south)]
