"""The server's Chinese font inside a page: of it the characters that the page uses, and no others.

A page is opened on machines that nobody here knows, such as a Linux without a Chinese font.  What
allows the font to go along is its licence: 文泉驿微米黑 is Apache-2.0, or GPL-3 with the exception
for fonts in documents.  Another font (PDF_FONT) says by itself whether it may (OpenType, OS/2,
fsType).
"""

import base64
import logging
import string
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from gis_server.errors import Unavailable
from gis_server.pdf_export import font_path

log = logging.getLogger(__name__)
FAMILY = "Briefing"
ALWAYS = string.printable + "×−"
"""Digits of the scale, and what Leaflet writes on its buttons, beside what a page tells itself."""
USE, RESTRICTED = 0x000F, 0x0002
NO_SUBSET, BITMAPS_ONLY = 0x0100, 0x0200
# Of type that is only shown on screens; hints and forms that depend on neighbours are not missed.
LEFT_OUT = ["GSUB", "GPOS", "GDEF", "DSIG", "FFTM", "vhea", "vmtx", "gasp", "fpgm", "prep", "cvt "]
NAMES_KEPT = [0, 1, 2, 13, 14]
"""Copyright, family, style, and the licence with its address."""


def face(text: Iterable[str]) -> str:
    """The rule of CSS with the font of these characters; empty where the server has none that may
    be used so: then a page takes the fonts of its machine.
    """
    try:
        font = _part(font_path(), "".join(text) + ALWAYS)
    except Unavailable:
        return ""
    except Exception:  # whatever a damaged font makes the library raise
        log.warning("the font cannot be put into pages", exc_info=True)
        return ""
    if not font:
        return ""
    data = base64.b64encode(font).decode()
    source = f'url(data:font/woff;base64,{data})format("woff")'
    return f'@font-face{{font-family:"{FAMILY}";src:{source}}}'


def _part(path: Path, text: str) -> bytes:
    """As WOFF; empty where the font's maker forbids it."""
    # Of a collection the first face, as on paper.  A damaged file TTFont itself would leave open.
    with path.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
        if not may_go_along(font["OS/2"].fsType):
            return b""
        options = subset.Options(
            flavor="woff", hinting=False, layout_features=[], notdef_outline=True,
            legacy_cmap=False, recalc_bounds=False, recalc_timestamp=False,
        )  # fmt: skip
        options.drop_tables += LEFT_OUT
        options.name_IDs = NAMES_KEPT
        cutter = subset.Subsetter(options)
        cutter.populate(text=text)
        cutter.subset(font)
        held = BytesIO()
        subset.save_font(font, held, options)
        return held.getvalue()


def may_go_along(fs_type: int) -> bool:
    """Whether a document may hold a part of the font's outlines."""
    return (fs_type & USE) != RESTRICTED and not fs_type & (NO_SUBSET | BITMAPS_ONLY)
