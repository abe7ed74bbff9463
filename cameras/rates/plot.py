"""Where the lines of a plot of rates run.  Pure: numbers in, places of an SVG picture out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 150, 14, 34
TICKS = 5
MOST_LABELS = 12
HIGHEST_LOW = 0.9
"""The axis reaches at least down to here, so that a good month does not look like a mountain."""
LABEL_GAP = 15


@dataclass(frozen=True, slots=True)
class Mark:
    """A text or level at a place of the picture."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """name: a word for the style sheet.  paths: "x,y x,y" of each stretch without a gap."""

    name: str
    text: str
    paths: list[str]
    dots: list[Mark]


@dataclass(frozen=True, slots=True)
class Plot:
    lines: list[Line]
    levels: list[Mark]
    labels: list[Mark]
    targets: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


Values = Sequence[float | None]


def plot(
    labels: Sequence[str],
    lines: Sequence[tuple[str, str, Values]],
    targets: Sequence[tuple[str, float]],
) -> Plot:
    """The picture of shares, 0 to 1, over evenly spaced labels; None leaves a gap.

    lines: name, text and a value for each label.  targets: text and level.
    """
    known = [value for _name, _text, values in lines for value in values if value is not None]
    low = lowest([*known, *(level for _text, level in targets)])
    return Plot(
        [line(name, text, values, labels, low) for name, text, values in lines],
        levels(low),
        below(labels),
        apart([Mark(WIDTH - RIGHT, y_of(level, low), text) for text, level in targets]),
    )


def lowest(values: Sequence[float]) -> float:
    """The lower end of the axis: a whole 5 % below everything."""
    least = min([*values, HIGHEST_LOW])
    return max(0.0, floor(round(least * 20, 6)) / 20)


def line(name: str, text: str, values: Values, labels: Sequence[str], low: float) -> Line:
    stretches: list[list[str]] = [[]]
    dots = []
    for number, value in enumerate(values):
        if value is None:
            stretches.append([])
            continue
        x, y = x_of(number, len(values)), y_of(value, low)
        stretches[-1].append(f"{x},{y}")
        dots.append(Mark(x, y, f"{labels[number]}: {percent(value)}"))
    return Line(name, text, [" ".join(one) for one in stretches if one], dots)


def percent(share: float) -> str:
    """Two decimals, cut and not rounded: what is below a target never reads as if it reached it."""
    return f"{floor(round(share * 10_000, 6)) / 100:.2f} %"


def levels(low: float) -> list[Mark]:
    values = [low + (1 - low) * tick / TICKS for tick in range(TICKS + 1)]
    return [Mark(LEFT, y_of(value, low), f"{value * 100:.4g} %") for value in values]


def below(labels: Sequence[str]) -> list[Mark]:
    step = max(1, -(-len(labels) // MOST_LABELS))
    return [
        Mark(x_of(number, len(labels)), HEIGHT - BOTTOM + 20, labels[number])
        for number in range(0, len(labels), step)
    ]


def apart(marks: Sequence[Mark]) -> list[Mark]:
    """The marks from top to bottom; texts that would touch stand together at the upper one."""
    found: list[Mark] = []
    for mark in sorted(marks, key=lambda one: one.y):
        if found and mark.y - found[-1].y < LABEL_GAP:
            found[-1] = Mark(found[-1].x, found[-1].y, f"{found[-1].text} · {mark.text}")
            found.append(Mark(mark.x, mark.y, ""))
        else:
            found.append(mark)
    return found


def x_of(number: int, count: int) -> float:
    inner = WIDTH - LEFT - RIGHT
    return round(LEFT + inner * (number / (count - 1) if count > 1 else 0.5), 1)


def y_of(value: float, low: float) -> float:
    inner = HEIGHT - TOP - BOTTOM
    return round(TOP + inner * (1 - (value - low) / (1 - low)), 1)
