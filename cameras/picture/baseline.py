"""What one camera's good pictures are like in one light, learnt from themselves.  Pure.

A camera has up to three: for day, twilight and night (`cameras.picture.light`).
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from cameras.picture.finding import Exam
from cameras.picture.image import HEIGHT, WIDTH, Grey, Polygon, as_image, burned, small

REMEMBERED = 50
"""A new picture weighs a fiftieth at least: seasons are followed within weeks, and a fault that is
too slow to be found in one of fifty pictures is learnt (docs/design/picture-health.md)."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The mean of a measure and its usual distance from it (standard deviation)."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """measures: the usual values, by name.  count: the pictures learnt from.

    reference_png: the view, grey, 640 × 360, a PNG; `masks` are black in it.
    """

    measures: dict[str, Usual]
    count: int
    reference_png: bytes
    masks: tuple[tuple[tuple[float, float], ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "measures": {name: [usual.mean, usual.spread] for name, usual in self.measures.items()},
            "count": self.count,
            "reference_png": b64encode(self.reference_png).decode(),
            "masks": [[list(corner) for corner in mask] for mask in self.masks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Baseline":
        """Raises KeyError, TypeError or ValueError for what `to_json` never wrote."""
        return cls(
            {
                name: Usual(float(mean), float(spread))
                for name, (mean, spread) in data["measures"].items()
            },
            int(data["count"]),
            b64decode(data["reference_png"], validate=True),
            frozen(data["masks"]),
        )


def fresh(exam: Exam, frame_small: npt.NDArray[np.generic], masks: Sequence[Polygon]) -> Baseline:
    """A baseline of this one picture, whatever was found in it: an operator has said it is fine.

    frame_small: the picture that was examined, of any size.  Raises NoPicture.
    """
    usual = {name: Usual(value, 0.0) for name, value in exam.measures.items()}
    return Baseline(usual, 1, png_of(view_of(frame_small, masks)), frozen(masks))


def learn(
    baseline: Baseline | None,
    exam: Exam,
    frame_small: npt.NDArray[np.generic],
    masks: Sequence[Polygon],
) -> Baseline | None:
    """The baseline after one more picture.

    A picture with findings teaches nothing: the baseline comes back as it was, None as None.
    After a change of masks the view begins anew; the measures go on.  Raises NoPicture.
    """
    if exam.findings:
        return baseline
    if baseline is None:
        return fresh(exam, frame_small, masks)
    weight = 1 / min(baseline.count + 1, REMEMBERED)
    usual = dict(baseline.measures)
    for name, value in exam.measures.items():
        usual[name] = moved(usual[name], value, weight) if name in usual else Usual(value, 0.0)
    view = view_of(frame_small, masks)
    then = view_from(baseline.reference_png)
    if then is not None and frozen(masks) == baseline.masks:
        view = np.asarray(cv2.addWeighted(view, weight, then, 1 - weight, 0), np.uint8)
    return Baseline(usual, baseline.count + 1, png_of(view), frozen(masks))


def moved(usual: Usual, value: float, weight: float) -> Usual:
    """Exponential means of value and variance (T. Finch, "Incremental calculation of weighted mean
    and variance", 2009, section 9).
    """
    away = value - usual.mean
    variance = (1 - weight) * (usual.spread**2 + weight * away**2)
    return Usual(usual.mean + weight * away, sqrt(variance))


def view_of(frame: npt.NDArray[np.generic], masks: Sequence[Polygon]) -> Grey:
    image = burned(small(as_image(frame)), masks)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def view_from(png: bytes) -> Grey | None:
    """The view in a PNG of `png_of`; None if it is another thing."""
    data = np.frombuffer(png, np.uint8)
    view = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    if view is None or view.shape != (HEIGHT, WIDTH):
        return None
    return np.asarray(view, np.uint8)


def png_of(view: Grey) -> bytes:
    encoded, png = cv2.imencode(".png", view)
    if not encoded:
        raise ValueError("the view could not be encoded")
    return png.tobytes()


def frozen(masks: Sequence[Polygon]) -> tuple[tuple[tuple[float, float], ...], ...]:
    return tuple(tuple((float(x), float(y)) for x, y in mask) for mask in masks)
