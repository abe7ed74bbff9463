"""The map of hot grids as a PNG, for documents that take pictures only."""

import cv2
import numpy as np

from events.briefings.blocks import Picture
from gis_server.errors import Unavailable

# From light to dark (ColorBrewer OrRd, Harrower and Brewer 2003), told apart in grey too; RGB.
COLOURS = {0: (255, 255, 255), 1: (253, 212, 158), 2: (252, 141, 89), 3: (179, 0, 0)}
EDGE = (150, 160, 172)
INK = (23, 32, 44)
MARGIN = 8


def png_of(picture: Picture) -> bytes:
    """Two pixels for each unit of the picture."""
    scale, size = 2, (picture.height + 2 * MARGIN, picture.width + 2 * MARGIN)
    image = np.full((size[0] * scale, size[1] * scale, 3), 255, dtype=np.uint8)
    rings = [
        (piece["heat"], (np.array(piece["ring"], dtype=np.int32) + MARGIN) * scale)
        for piece in picture.pieces
    ]
    for heat, ring in rings:
        cv2.fillPoly(image, [ring], COLOURS[heat][::-1], cv2.LINE_AA)
    for _heat, ring in rings:
        cv2.polylines(image, [ring], True, EDGE[::-1], 1, cv2.LINE_AA)
    for number, x, y in picture.numbers:
        at = ((x + MARGIN) * scale - 8 * len(number), (y + MARGIN) * scale + 10)
        cv2.putText(
            image, number, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 6, cv2.LINE_AA
        )
        cv2.putText(image, number, at, cv2.FONT_HERSHEY_SIMPLEX, 0.9, INK[::-1], 2, cv2.LINE_AA)
    done, content = cv2.imencode(".png", image)
    if not done:
        raise Unavailable("The map could not be drawn.")
    return bytes(content)
