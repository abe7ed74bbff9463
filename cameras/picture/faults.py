"""What can be wrong with a picture: the closed list.  Pure.

The faults of the trade (视频质量诊断), each of which a technician treats in another way.
"""

from enum import StrEnum


class Fault(StrEnum):
    """LOST: the device sends a picture that says there is none: blue, black, or a test card.
    FLAT: one colour.  TORN: parts of the stream are missing or damaged (花屏).
    """

    LOST = "lost"
    FLAT = "flat"
    DARK = "dark"
    BRIGHT = "bright"
    LOW_CONTRAST = "low_contrast"
    BLURRED = "blurred"
    COLOUR_CAST = "colour_cast"
    NOISE = "noise"
    STRIPES = "stripes"
    TORN = "torn"
    FROZEN = "frozen"
    COVERED = "covered"
    MOVED = "moved"
    SHAKING = "shaking"
