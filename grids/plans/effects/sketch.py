"""A drawing of what a plan changes, as lines that a page shows and paper prints alike.  Pure.

North is up; lengths are true about the middle, as long as it is a district and no country.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_server.ellipsoid import metres_a_degree

WIDTH, HEIGHT, MARGIN = 960.0, 560.0, 24.0
BARS_M = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
LONGEST_BAR = 220.0
FEW_DOTS, MOST_LABELS = 150, 40


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Sketch:
    """before, after: paths of an SVG.  bar_m, bar: a length, in metres and as drawn."""

    width: float
    height: float
    before: list[str]
    after: list[str]
    labels: list[Label]
    dots: list[Dot]
    bar_m: int
    bar: float

    @property
    def dot(self) -> float:
        """The radius of a dot: many are small."""
        return 4.0 if len(self.dots) <= FEW_DOTS else 2.5

    @property
    def shown_labels(self) -> list[Label]:
        """None where there are so many that they would hide each other."""
        return self.labels if len(self.labels) <= MOST_LABELS else []

    @property
    def bar_y(self) -> float:
        """Above the lower edge."""
        return round(self.height - MARGIN / 2, 1)

    @property
    def bar_text(self) -> str:
        return f"{self.bar_m // 1000} km" if self.bar_m >= 1000 else f"{self.bar_m} m"


Placed = tuple[float, float, str, str]
"""Longitude, latitude, kind, title."""


def sketch(
    before: Sequence[shapely.Polygon],
    after: Sequence[tuple[str, shapely.Polygon]],
    dots: Iterable[Placed],
) -> Sketch | None:
    """None where there is nothing to draw."""
    shapes = [*before, *(shape for _text, shape in after)]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    to_east, to_north = metres_a_degree((south + north) / 2)
    wide_m, high_m = max((east - west) * to_east, 1.0), max((north - south) * to_north, 1.0)
    scale = min((WIDTH - 2 * MARGIN) / wide_m, (HEIGHT - 2 * MARGIN) / high_m)
    height = high_m * scale + 2 * MARGIN
    left = (WIDTH - wide_m * scale) / 2

    def laid(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        x = left + (corners[:, 0] - west) * (to_east * scale)
        y = MARGIN + (north - corners[:, 1]) * (to_north * scale)
        return np.column_stack([x, y])

    drawn = [shapely.transform(one, laid) for one in shapes]
    middles = [(text, shape.representative_point()) for text, shape in after]
    spots = list(dots)
    places = laid(np.array([one[:2] for one in spots]).reshape(-1, 2)).round(1).tolist()
    stands = laid(np.array([(one.x, one.y) for _t, one in middles]).reshape(-1, 2)).round(1)
    bar_m = max([one for one in BARS_M if one * scale <= LONGEST_BAR], default=BARS_M[0])
    return Sketch(
        WIDTH,
        round(height, 1),
        [path_of(one) for one in drawn[: len(before)]],
        [path_of(one) for one in drawn[len(before) :]],
        [Label(x, y, text) for (x, y), (text, _at) in zip(stands.tolist(), middles, strict=True)],
        [Dot(x, y, one[2], one[3]) for (x, y), one in zip(places, spots, strict=True)],
        bar_m,
        round(bar_m * scale, 1),
    )


def path_of(shape: Any) -> str:
    """The rings of a polygon as the path of an SVG, to a tenth of its unit."""
    thin = shape.simplify(0.2, preserve_topology=True)
    rings = [thin.exterior, *thin.interiors]
    return "".join(
        "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) + "Z"
        for ring in rings
    )
