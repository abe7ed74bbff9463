"""Codes of divisions and grids.  Pure: text in, text out.

A division has 12 digits: 6 of the county (GB/T 2260: province 2, city 2, district 2), 3 of the
street or town, 3 of the community; what a higher division does not use is zero.  A grid has 15: its
community's 12 and a number, counted within the community in reading order (Beijing DB11 practice).
A grid within a grid has two digits more than that one, at most twice: 17 and 19.
"""

from collections.abc import Sequence
from enum import StrEnum

DIVISION_PATTERN = r"^[0-9]{12}$"
GRID_PATTERN = r"^[0-9]{15}([0-9]{2}){0,2}$"
_TWO, _THREE = r"(0[1-9]|[1-9][0-9])", r"(00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})"
CODE_PATTERN = (
    f"^{_TWO}(0{{10}}|{_TWO}(0{{8}}|{_TWO}(0{{6}}|{_THREE}(0{{3}}|{_THREE}"
    f"({_THREE}{_TWO}{{0,2}})?))))$"
)
"""What `level_of` takes and nothing else, for descriptions that other systems read."""


class Level(StrEnum):
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


# How many leading digits name a division of each level, highest first.
DIGITS: dict[Level, int] = {
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.DISTRICT: 6,
    Level.STREET: 9,
    Level.COMMUNITY: 12,
    Level.GRID: 15,
}
DIVISION_DIGITS = DIGITS[Level.COMMUNITY]
GRID_DIGITS = DIGITS[Level.GRID]
PART_DIGITS = 2  # that a grid within a grid adds
CODE_LENGTHS = (DIVISION_DIGITS, GRID_DIGITS, GRID_DIGITS + 2, GRID_DIGITS + 4)


class CodeFlaw(StrEnum):
    """Why a text is no code: a closed list."""

    NOT_DIGITS = "is not made of digits"
    LENGTH = "has not 12 digits (division) nor 15, 17 or 19 (grid)"
    LEVEL_LEFT_OUT = "leaves out a level"
    NO_GRID_NUMBER = "has the length of a grid, but no grid number"
    NO_PART_NUMBER = "has no number for the grid within its grid"
    NO_COMMUNITY = "is not the code of a community"
    NO_NUMBER = "is not a grid number from 1 to 999"


class BadCode(ValueError):
    """The text is no code of a division or grid."""

    def __init__(self, text: object, flaw: CodeFlaw) -> None:
        super().__init__(f"{text!r} {flaw}")
        self.flaw = flaw


def level_of(code: str) -> Level:
    """Say which level a code belongs to.

    Raises:
        BadCode: not 12, 15, 17 or 19 ASCII digits, or a group of zeros above a group that is none.
    """
    if not isinstance(code, str) or not code.isascii() or not code.isdigit():
        raise BadCode(code, CodeFlaw.NOT_DIGITS)
    if len(code) not in CODE_LENGTHS:
        raise BadCode(code, CodeFlaw.LENGTH)
    used = [level for level, group in _groups(code) if int(group)]
    if not used or used != list(DIGITS)[: len(used)]:
        raise BadCode(code, CodeFlaw.LEVEL_LEFT_OUT)
    if len(code) >= GRID_DIGITS and used[-1] is not Level.GRID:
        raise BadCode(code, CodeFlaw.NO_GRID_NUMBER)
    if "00" in (code[GRID_DIGITS:][:2], code[GRID_DIGITS:][2:]):
        raise BadCode(code, CodeFlaw.NO_PART_NUMBER)
    return used[-1]


def _groups(code: str) -> list[tuple[Level, str]]:
    starts = [0, *DIGITS.values()]
    return [
        (level, code[start:end])
        for start, (level, end) in zip(starts, DIGITS.items(), strict=False)
        if end <= len(code)
    ]


def prefix(code: str) -> str:
    """Cut a code to the digits that every code below it begins with.

    Raises:
        BadCode: see `level_of`.
    """
    level = level_of(code)
    return code if level is Level.GRID else code[: DIGITS[level]]


def parent_code(code: str) -> str | None:
    """Name the division or grid directly above, None for a province.

    Raises:
        BadCode: see `level_of`.
    """
    levels = list(DIGITS)
    level = level_of(code)
    if len(code) > GRID_DIGITS:
        return code[:-PART_DIGITS]
    above = levels.index(level) - 1
    if above < 0:
        return None
    return code[: DIGITS[levels[above]]].ljust(DIVISION_DIGITS, "0")


def grid_code(community: str, number: int) -> str:
    """Compose the code of a community's n-th grid.

    Raises:
        BadCode: `community` is no community, or the number is not 1 to 999.
    """
    if level_of(community) is not Level.COMMUNITY:
        raise BadCode(community, CodeFlaw.NO_COMMUNITY)
    if not 1 <= number <= 999:
        raise BadCode(number, CodeFlaw.NO_NUMBER)
    return f"{community}{number:03d}"


def reading_order(places: Sequence[tuple[float, float]], row_height: float) -> list[int]:
    """Order places west to east, then north to south, as their numbers should run.

    Args:
        places: (east, north) of each, in any one unit.
        row_height: places whose north differs by less than this from the row's first, its
            northernmost, are of one row; same unit.

    Returns:
        Indices into `places`, first number first.
    """
    southward = sorted(range(len(places)), key=lambda k: (-places[k][1], places[k][0]))
    rows: list[list[int]] = []
    for k in southward:
        if rows and places[rows[-1][0]][1] - places[k][1] < row_height:
            rows[-1].append(k)
        else:
            rows.append([k])
    return [k for row in rows for k in sorted(row, key=lambda k: (places[k][0], -places[k][1]))]
