"""The forms in which pictures are measured, kept and shown.  Pure numpy and OpenCV."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""BGR, shape (height, width, 3)."""
Grey = npt.NDArray[np.uint8]
"""Shape (height, width)."""
Polygon = Sequence[tuple[float, float]]
"""Corners (x, y) as shares, 0 to 1, of width and height."""

WIDTH, HEIGHT = 640, 360
"""Of the copy on which all is measured, so that thresholds hold for every camera."""
THUMB_WIDTH, THUMB_HEIGHT = 160, 90
MAX_SIDE = 16384


class NoPicture(ValueError):
    """These values are no picture that can be measured; the message says why."""


def as_image(picture: npt.NDArray[np.generic]) -> Image:
    """The picture as BGR of 8 bits, in its own size.

    picture: grey (h, w) or (h, w, 1), BGR (h, w, 3) or BGRA (h, w, 4); of 8 or 16 bits.

    Raises:
        NoPicture: empty, more than 16,384 pixels a side, or of another form.
    """
    if picture.ndim not in (2, 3) or not picture.size or max(picture.shape[:2]) > MAX_SIDE:
        raise NoPicture(f"an array of shape {picture.shape} is no picture")
    if picture.dtype == np.uint16:
        picture = (picture.astype(np.uint16) >> 8).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise NoPicture(f"pixels of type {picture.dtype}")
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    if channels == 1:
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_GRAY2BGR), np.uint8)
    if channels not in (3, 4):
        raise NoPicture(f"{channels} channels")
    return np.asarray(np.ascontiguousarray(picture[:, :, :3]), np.uint8)


def small(image: Image) -> Image:
    """The copy that is measured: 640 × 360, whatever the shape of the picture was; also of grey.

    Halves first, which OpenCV does five times as fast as other shares.
    """
    while image.shape[0] >= 2 * HEIGHT and image.shape[1] >= 2 * WIDTH:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        even = image[: half[1] * 2, : half[0] * 2]
        image = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    if image.shape[:2] == (HEIGHT, WIDTH):
        return image
    larger = image.shape[0] > 2 * HEIGHT or image.shape[1] > 2 * WIDTH
    way = cv2.INTER_AREA if larger else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (WIDTH, HEIGHT), interpolation=way), np.uint8)


def thumbnail(frame: npt.NDArray[np.generic]) -> Image:
    """The picture scaled into a box of 160 × 90, its shape kept.  Raises NoPicture."""
    image = as_image(frame)
    height, width = image.shape[:2]
    scale = min(THUMB_WIDTH / width, THUMB_HEIGHT / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def masked_area(masks: Sequence[Polygon], width: int, height: int) -> npt.NDArray[np.bool_]:
    """Where the polygons lie, shape (height, width); whoever touches a pixel covers it.

    Corners may lie out of the picture; polygons of less than three are left out.
    """
    area = np.zeros((height, width), np.uint8)
    for polygon in masks:
        if len(polygon) < 3:
            continue
        corners = np.clip(np.asarray(polygon, np.float64), -1.0, 2.0) * (width, height)
        outline = np.rint(corners).astype(np.int32)
        cv2.fillPoly(area, [outline], 1)
        cv2.polylines(area, [outline], isClosed=True, color=1)
    return np.asarray(area, np.bool_)


def burned(image: Image, masks: Sequence[Polygon]) -> Image:
    """A copy of the picture with the polygons black."""
    covered = image.copy()
    covered[masked_area(masks, image.shape[1], image.shape[0])] = 0
    return covered
