"""Numbers in what comes from outside: only as everybody writes them.  Pure.

Python's own `int` and `float` read 1_000, full-width digits and "nan" too, and `int` raises where
more than 4,300 digits come.
"""

import math
import re

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]{1,25}(?:\.[0-9]{0,25})?|\.[0-9]{1,25})(?:[eE][+-]?[0-9]{1,3})?"
)


def whole_of(text: str) -> int | None:
    """A whole number of at most 19 digits, spaces around it left out; None for anything else."""
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else None


def decimal_of(text: str) -> float | None:
    """The same of a finite number, with a point or as 1e-5."""
    text = text.strip()
    if not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def decimals_of(text: str) -> list[float]:
    """Numbers with commas between.

    Raises:
        ValueError: one of them is none.
    """
    numbers = [decimal_of(part) for part in text.split(",")]
    found = [number for number in numbers if number is not None]
    if len(found) < len(numbers):
        raise ValueError("not a number")
    return found
