"""What stands on white paper for a camera, an event and a fault of several cameras.  Pure.

One table for all files: on paper the signs are drawn from it, in pages they are SVG from it.  As on
the wall, signs differ by shape first and by colour second; the colours are darker, for paper is
white.  Nothing here comes from outside but the one character that a language has for a kind.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Colour = (255, 255, 255)
INK: Colour = (23, 32, 44)
GREEN: Colour = (26, 127, 75)
AMBER: Colour = (222, 150, 12)
RED: Colour = (200, 42, 30)
BLUE: Colour = (33, 102, 172)
GREY: Colour = (104, 116, 130)

STATES = ("offline", "degraded", "unknown", "online")
"""The worst first; the order is that of legends."""
SEVERITIES = ("urgent", "difficult", "major", "minor")
DUES = ("late", "red", "amber", "green")
KINDS = ("safety", "opinion", "service", "emergency")
DUE_COLOURS = {"late": RED, "red": RED, "amber": AMBER, "green": BLUE}
ROUND_SIDES = 32


@dataclass(frozen=True, slots=True)
class Ring:
    """A filled ring of points; width is of its edge.  Units: half the sign's size."""

    points: Sequence[Point]
    fill: Colour
    edge: Colour = WHITE
    width: float = 0.16


@dataclass(frozen=True, slots=True)
class Stroke:
    points: Sequence[Point]
    colour: Colour
    width: float


@dataclass(frozen=True, slots=True)
class Letters:
    """Characters whose middle is at (0, down); size: their height."""

    text: str
    colour: Colour
    size: float
    down: float = 0.0


Piece = Ring | Stroke | Letters
Sign = tuple[Piece, ...]


def _round(radius: float, sides: int = ROUND_SIDES) -> list[Point]:
    turns = [2 * math.pi * number / sides for number in range(sides)]
    return [(radius * math.cos(turn), radius * math.sin(turn)) for turn in turns]


def _square(half: float) -> list[Point]:
    return [(-half, -half), (half, -half), (half, half), (-half, half)]


TRIANGLE: list[Point] = [(0, -1), (1, 0.85), (-1, 0.85)]
DIAMOND: list[Point] = [(0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)]


def _hatch(radius: float, step: float) -> list[Stroke]:
    """Chords of a circle, from the lower left to the upper right."""
    found = []
    count = math.floor(radius / step)
    for number in range(-count, count + 1):
        off = number * step
        half = math.sqrt(max(radius * radius - off * off, 0.0))
        # Along (1, -1)/√2, moved by `off` along (1, 1)/√2.
        along, across = half / math.sqrt(2), off / math.sqrt(2)
        ends = [(across - along, across + along), (across + along, across - along)]
        found.append(Stroke(ends, GREY, 0.14))
    return found


def camera(state: str) -> Sign:
    """The sign of a camera's state; of one that is none of these, unknown."""
    if state == "online":
        return (Ring(_round(0.52), GREEN),)
    if state == "degraded":
        return (
            Ring(TRIANGLE, AMBER),
            Stroke([(0, -0.35), (0, 0.2)], WHITE, 0.22),
            Stroke([(0, 0.5), (0, 0.52)], WHITE, 0.22),
        )
    if state == "offline":
        cross = ([(-0.4, -0.4), (0.4, 0.4)], [(-0.4, 0.4), (0.4, -0.4)])
        return (Ring(_square(0.85), RED), *(Stroke(line, WHITE, 0.26) for line in cross))
    return (Ring(_round(0.85), WHITE, GREY, 0.16), *_hatch(0.85, 0.34))


def event(severity: str, due: str, letter: str) -> Sign:
    """Shape for how severe it is, colour for how near the deadline; a dark rim when late."""
    shape = {"major": TRIANGLE, "urgent": DIAMOND, "difficult": _square(0.86)}.get(severity)
    late = due == "late"
    ring = Ring(
        shape or _round(0.92),
        DUE_COLOURS.get(due, GREY),
        INK if late else WHITE,
        0.24 if late else 0.16,
    )
    return (ring, Letters(letter, WHITE, 0.95, 0.25 if severity == "major" else 0.0))


def events(count: int, due: str) -> Sign:
    """Several events that stand together, as late as the worst."""
    edge = DUE_COLOURS.get(due, GREY)
    return (Ring(_round(1.1), WHITE, edge, 0.26), Letters(f"{count}", INK, 0.9))


def outage(count: str) -> Sign:
    """One fault of several cameras: a disc in a ring, the number of cameras in it."""
    return (
        Ring(_round(1.3), WHITE, RED, 0.14),
        Ring(_round(1.0), RED, RED, 0.0),
        Letters(count, WHITE, 0.95 if len(count) < 3 else 0.72),
    )


def hexed(colour: Colour) -> str:
    """As style sheets write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def svg(sign: Sign, size_px: float) -> str:
    """The sign as an SVG element with room for edges around it; size_px: of what is not edge."""
    side = size_px * 1.5
    parts = "".join(_svg(piece) for piece in sign)
    return (
        f'<svg width="{side:g}" height="{side:g}" viewBox="-1.5 -1.5 3 3" aria-hidden="true">'
        f"{parts}</svg>"
    )


def _svg(piece: Piece) -> str:
    if isinstance(piece, Ring):
        return (
            f'<polygon points="{_points(piece.points)}" fill="{hexed(piece.fill)}" '
            f'stroke="{hexed(piece.edge)}" stroke-width="{piece.width:g}" stroke-linejoin="round"/>'
        )
    if isinstance(piece, Stroke):
        return (
            f'<polyline points="{_points(piece.points)}" fill="none" '
            f'stroke="{hexed(piece.colour)}" stroke-width="{piece.width:g}" '
            'stroke-linecap="round"/>'
        )
    return (
        f'<text y="{piece.down + 0.36 * piece.size:g}" font-size="{piece.size:g}" '
        f'font-weight="700" text-anchor="middle" fill="{hexed(piece.colour)}">{piece.text}</text>'
    )


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.3g},{y:.3g}" for x, y in points)
