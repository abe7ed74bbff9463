"""An exam of a picture: what is measured, and which faults are found.  Pure numpy and OpenCV.

Nothing here looks for people, faces or plates: only for what is wrong with the picture itself.
"""

from collections.abc import Sequence
from math import isfinite

import cv2
import numpy as np
import numpy.typing as npt

from cameras.picture.baseline import Baseline, view_from
from cameras.picture.compare import compared
from cameras.picture.finding import Exam, Finding
from cameras.picture.findings import found
from cameras.picture.image import Grey, Image, NoPicture, Polygon, as_image, small, thumbnail
from cameras.picture.measures import measured
from cameras.picture.motion import moving
from cameras.picture.tearing import tearing

__all__ = ["Exam", "Finding", "NoPicture", "examine", "thumbnail"]

MOST_FRAMES = 8
"""More frames are thinned to so many."""
MIN_STEP_S = 0.001
"""Frames that are not this much later than the one before are the same frame once more."""


def examine(
    frames: Sequence[npt.NDArray[np.generic]],
    times_s: Sequence[float],
    *,
    baseline: Baseline | None = None,
    masks: Sequence[Polygon] = (),
) -> Exam:
    """What the last of `frames` is like, and what happens between them.

    frames: of one stream, oldest first, as decoded, in their own size.  Four to eight over two
    seconds are enough; with one there is no judging of what takes time.  times_s: when each was,
    by the stream's own clock.  baseline: of this camera in this light.  masks: parts of the picture
    that are not held against the baseline's view, which has them black.

    Raises:
        NoPicture: there is no frame, or one is no picture (empty, too large, of a wrong type).
        ValueError: there are not as many times as frames.
    """
    numbers = measures_of(frames, times_s, baseline=baseline, masks=masks)
    return Exam(numbers, found(numbers, baseline))


def measures_of(
    frames: Sequence[npt.NDArray[np.generic]],
    times_s: Sequence[float],
    *,
    baseline: Baseline | None = None,
    masks: Sequence[Polygon] = (),
) -> dict[str, float]:
    """All numbers, by name, as `examine` takes and raises."""
    if len(frames) != len(times_s):
        raise ValueError(f"{len(frames)} frames and {len(times_s)} times")
    if not frames:
        raise NoPicture("there is no frame")
    times_s = [time_s if isfinite(time_s) else 0.0 for time_s in times_s]
    chosen = chosen_of(times_s)
    images = [as_image(frames[number]) for number in chosen]
    full = [grey_of(image) for image in images]
    greys = [small(grey) for grey in full]
    numbers = measured(small(images[-1])) | tearing(full)
    numbers |= moving(greys, [times_s[number] for number in chosen])
    reference = view_from(baseline.reference_png) if baseline else None
    if baseline is not None and reference is not None:
        numbers |= compared(greys[-1], reference, (*baseline.masks, *masks))
    return {name: round(value, 4) for name, value in numbers.items()}


def chosen_of(times_s: Sequence[float]) -> list[int]:
    """Which frames are looked at: those whose time goes on, thinned evenly, always the last.

    Time that goes backwards begins anew: a device has set its clock or started its stream again.
    """
    chosen: list[int] = []
    for number, time_s in enumerate(times_s):
        passed_s = time_s - times_s[chosen[-1]] if chosen else 0.0
        if passed_s <= -MIN_STEP_S:
            chosen = []
        elif chosen and passed_s < MIN_STEP_S:
            chosen.pop()
        chosen.append(number)
    places = np.linspace(0, len(chosen) - 1, min(len(chosen), MOST_FRAMES))
    return [chosen[round(float(place))] for place in places]


def grey_of(image: Image) -> Grey:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
