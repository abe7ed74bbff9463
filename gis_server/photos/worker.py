"""Turns what a phone has sent into a JPEG of ours.  Runs as a process of its own, with no Django,
no network, no files and nobody's rights: whoever sends a photo sends bytes to a decoder.

Standard input: the photo.  Standard output: the JPEG, turned upright and without what the phone
wrote beside it (place, time, make).  Exit code 3: there is no picture in it.
"""

import os
import sys
from pathlib import Path

os.environ |= {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_IO_MAX_IMAGE_WIDTH": "16384",
    "OPENCV_IO_MAX_IMAGE_HEIGHT": "16384",
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(50_000_000),
    "OPENBLAS_NUM_THREADS": "1",
}
if __name__ == "__main__":
    # Isolated (-I), nothing of the project can be found before this.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
import numpy.typing as npt

from gis_server.confine import confine, seal

MAX_SIDE = 1600
QUALITY = 85
NO_PICTURE = 3
Image = npt.NDArray[np.uint8]


def main() -> None:
    data = sys.stdin.buffer.read()
    out = os.fdopen(os.dup(1), "wb")
    confine()
    cv2.setNumThreads(1)
    warm_up()
    seal()
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError):
        image = None
    if image is None or not image.size:
        os._exit(NO_PICTURE)
    out.write(coded(smaller(np.asarray(image, np.uint8))))
    out.flush()
    os._exit(0)


def warm_up() -> None:
    """Load what the libraries load at their first use, while files can still be opened."""
    image = np.zeros((8, 8, 3), np.uint8)
    for kind in (".jpg", ".png", ".webp"):
        data = cv2.imencode(kind, image)[1]
        cv2.imdecode(data, cv2.IMREAD_COLOR)
    smaller(np.zeros((4, MAX_SIDE + 4, 3), np.uint8))


def smaller(image: Image) -> Image:
    height, width = image.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def coded(image: Image) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])


if __name__ == "__main__":
    main()
