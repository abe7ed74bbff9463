"""Areas by name and code, for those who ask for one that is not theirs.

Names and codes of divisions are published (统计用区划代码), and nobody could ask for an area that
they cannot name.  So they may be found here beyond one's territory: these two and nothing else of a
division, and of a grid only whether its code exists.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gis_server.models import User
from gis_server.roles import covers
from grids.codes import DIGITS, DIVISION_DIGITS, Level, prefix
from grids.models import Division, Grid

MOST_FOUND = 20
LONGEST_TEXT = 40
# Names of areas begin here: every reader knows their city.
FIRST_NAMED = DIGITS[Level.DISTRICT]


@dataclass(frozen=True)
class Area:
    """Something that may be asked for; `path` names what it lies in too, highest first."""

    prefix: str
    path: str
    theirs: bool


@dataclass(frozen=True)
class Found:
    """At most `MOST_FOUND` areas by code; `complete` is False when there are more."""

    areas: list[Area]
    complete: bool


def find(user: User, text: str) -> Found:
    """Areas whose name holds the text, or whose code begins with it; a grid by its whole code.

    Two queries, three for a grid's code.
    """
    text = text.strip()[:LONGEST_TEXT]
    if not text or "\0" in text:
        return Found([], complete=True)
    divisions = Division.objects.filter(**{_field(text): text}).order_by("code")
    codes = list(divisions.values_list("code", flat=True)[: MOST_FOUND + 1])
    prefixes = [prefix(code) for code in codes[:MOST_FOUND]]
    if len(text) == DIGITS[Level.GRID] and is_known(text):
        prefixes.append(text)
    paths = paths_of(prefixes)
    areas = [Area(one, paths[one], covers(user.scope, one)) for one in prefixes]
    return Found(areas, complete=len(codes) <= MOST_FOUND)


def _field(text: str) -> str:
    return "code__startswith" if re.fullmatch("[0-9]+", text) else "name__icontains"


def is_known(prefix: str) -> bool:
    """Whether a division or grid has this prefix."""
    if not re.fullmatch("[0-9]{2,15}", prefix) or len(prefix) not in DIGITS.values():
        return False
    if len(prefix) == DIGITS[Level.GRID]:
        return Grid.objects.filter(code=prefix).exists()
    return Division.objects.filter(code=_padded(prefix)).exists()


def paths_of(prefixes: Iterable[str]) -> dict[str, str]:
    """Say where each prefix lies: the names from the district down, then the digits of what has no
    name: a grid's number, or a division that is not there (any more).  One query.
    """
    above = {one: _named_above(one) for one in prefixes}
    codes = {_padded(part) for parts in above.values() for part in parts}
    names = dict(Division.objects.filter(code__in=codes).values_list("code", "name"))
    return {one: _path(one, parts, names) for one, parts in above.items()}


def _named_above(prefix: str) -> list[str]:
    lengths = [digits for digits in DIGITS.values() if digits <= min(len(prefix), DIVISION_DIGITS)]
    named = [digits for digits in lengths if digits >= FIRST_NAMED] or lengths[-1:]
    return [prefix[:digits] for digits in named]


def _path(prefix: str, parts: list[str], names: dict[str, str]) -> str:
    named = [part for part in parts if _padded(part) in names]
    if not named:
        return prefix
    path = [names[_padded(part)] for part in named]
    rest = prefix[len(named[-1]) :]
    return " / ".join([*path, rest] if rest else path)


def _padded(prefix: str) -> str:
    return prefix.ljust(DIVISION_DIGITS, "0")
