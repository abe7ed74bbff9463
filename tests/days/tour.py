"""Pictures for docs/tour.md, taken by the tests that go its ways.

`TOUR_PICTURES=docs/img/tour bin/test tests/days` makes them all; without it nothing is written, and
the tests prove all the same that every step of the tour can be taken.
"""

import os
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page

NAMED_IN = "TOUR_PICTURES"
WIDEST_PX = 1280
QUALITY = 80


def picture(page: Page, name: str) -> None:
    """Keep what the page shows as `name`.webp, no wider than a page of text."""
    if not (folder := os.environ.get(NAMED_IN)):
        return
    shown = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    height, width = shown.shape[:2]
    if width > WIDEST_PX:
        size = (WIDEST_PX, round(height * WIDEST_PX / width))
        shown = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    Path(folder).mkdir(parents=True, exist_ok=True)
    kept = Path(folder, f"{name}.webp")
    assert cv2.imwrite(str(kept), shown, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
