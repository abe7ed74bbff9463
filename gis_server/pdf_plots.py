"""Plots on paper: lines over evenly spaced labels, and what they are to reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gis_server.pdf_export import (
    INK,
    LINE,
    MARGIN_MM,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    Colour,
    Document,
    line_height,
)

# Told apart also in grey and by people who do not see red and green (Okabe and Ito 2008).
COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (230, 159, 0),
)
TARGET: Colour = (170, 30, 30)
HEIGHT_MM, LEFT_MM, RIGHT_MM = 52.0, 14.0, 24.0
TICKS = 5
MOST_LABELS = 16


@dataclass(frozen=True, slots=True)
class Line:
    """A value for each label; None where nothing is known, which leaves a gap."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Target:
    """A level to be reached, such as 0.98."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Plot:
    """low, high: the ends of the axis.  percent: values are shares, shown as 98 %."""

    title: str
    labels: Sequence[str]
    lines: Sequence[Line]
    targets: Sequence[Target] = ()
    low: float = 0.0
    high: float = 1.0
    percent: bool = True


@dataclass(frozen=True, slots=True)
class _Frame:
    """The area of a plot on the page, mm."""

    left: float
    top: float
    width: float
    height: float

    def x(self, number: int, count: int) -> float:
        return self.left + self.width * (number / (count - 1) if count > 1 else 0.5)

    def y(self, plot: Plot, value: float) -> float:
        share = (value - plot.low) / (plot.high - plot.low)
        return self.top + self.height * (1 - min(max(share, 0.0), 1.0))


def add_plot(document: Document, plot: Plot) -> None:
    """Draw a plot over the whole width.

    Raises:
        ValueError: the axis has no length, or a line has not one value for each label.
    """
    if plot.high <= plot.low or any(len(one.values) != len(plot.labels) for one in plot.lines):
        raise ValueError("a plot needs a low end below its high one, and a value for each label")
    legend_rows = -(-len(plot.lines) // 3)
    document.need(HEIGHT_MM + 14 + legend_rows * line_height(SMALL_PT))
    document.put(MARGIN_MM, document.y, plot.title, TEXT_PT, INK)
    width = document.width - LEFT_MM - RIGHT_MM
    frame = _Frame(MARGIN_MM + LEFT_MM, document.y + 7, width, HEIGHT_MM)
    _axes(document, plot, frame)
    for target in plot.targets:
        _target(document, plot, frame, target)
    for line, colour in zip(plot.lines, _colours(len(plot.lines)), strict=True):
        _line(document, plot, frame, line, colour)
    document.y = frame.top + frame.height + 6
    _legend(document, plot)


def _colours(count: int) -> list[Colour]:
    return [COLOURS[number % len(COLOURS)] for number in range(count)]


def _axes(document: Document, plot: Plot, frame: _Frame) -> None:
    for tick in range(TICKS + 1):
        value = plot.low + (plot.high - plot.low) * tick / TICKS
        y = frame.y(plot, value)
        document.line(frame.left, y, frame.left + frame.width, y, LINE)
        document.put(frame.left - 1.5, y - 1.6, _shown(plot, value), SMALL_PT, QUIET, "R")
    step = max(1, -(-len(plot.labels) // MOST_LABELS))
    for number in range(0, len(plot.labels), step):
        x = frame.x(number, len(plot.labels))
        below = frame.top + frame.height + 1
        document.put(x, below, plot.labels[number], SMALL_PT, QUIET, "C")


def _shown(plot: Plot, value: float) -> str:
    if not plot.percent:
        return f"{value:g}"
    digits = 0 if plot.high - plot.low >= 0.1 else 1
    return f"{value * 100:.{digits}f} %"


def _target(document: Document, plot: Plot, frame: _Frame, target: Target) -> None:
    y, right = frame.y(plot, target.value), frame.left + frame.width
    document.line(frame.left, y, right, y, TARGET, width=0.35, dashes=(2, 1.2))
    name = document.lines(target.name, RIGHT_MM - 2, SMALL_PT, 1)[0]
    document.put(right + 1.5, y - 1.6, name, SMALL_PT, TARGET)


def _line(document: Document, plot: Plot, frame: _Frame, line: Line, colour: Colour) -> None:
    count = len(plot.labels)
    points = [
        None if value is None else (frame.x(number, count), frame.y(plot, value))
        for number, value in enumerate(line.values)
    ]
    for start, end in pairwise(points):
        if start and end:
            document.line(*start, *end, colour, width=0.5)
    for point in points:
        if point:
            document.fill(point[0] - 0.5, point[1] - 0.5, 1, 1, colour)


def _legend(document: Document, plot: Plot) -> None:
    third, step = document.width / 3, line_height(SMALL_PT)
    for number, line in enumerate(plot.lines):
        x = MARGIN_MM + (number % 3) * third
        y = document.y + (number // 3) * step
        document.fill(x, y + 0.8, 5, 1.4, COLOURS[number % len(COLOURS)])
        document.put(x + 7, y, document.lines(line.name, third - 9, SMALL_PT, 1)[0], SMALL_PT)
    document.y += -(-len(plot.lines) // 3) * step + 3
