"""Paper that prints as it is meant: documents on A4 with captions, tables and page numbers, maps.

Made with fpdf2 and a Chinese font of the system, of which only the characters used go into the
file.  Characters that the font lacks (emoji, rare scripts) become a box: nothing is left out
without a sign, and nothing can break the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

from gis_server.errors import Unavailable
from gis_server.plain_text import one_line

FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wenquanyi/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
"""Where Debian's and others' packages put them; PDF_FONT names another one."""
MISSING = "□"

Colour = tuple[int, int, int]
INK: Colour = (23, 32, 44)
QUIET: Colour = (96, 108, 124)
LINE: Colour = (208, 215, 226)
HEAD: Colour = (31, 58, 95)
PAPER: Colour = (255, 255, 255)
BAND: Colour = (244, 246, 250)

MARGIN_MM = 12.0
TITLE_PT, HEADING_PT, TEXT_PT, CELL_PT, SMALL_PT = 16.0, 12.0, 9.5, 7.5, 7.5
MM_PER_PT = 25.4 / 72
RIM = 0.28
"""Width of the stroke around a text with a rim, of its size: half of it lies outside."""


def font_path() -> Path:
    """The font that documents are set in.

    Raises:
        Unavailable: there is none; the message names what to install.
    """
    named = [settings.PDF_FONT] if settings.PDF_FONT else FONTS
    for path in map(Path, named):
        if path.is_file():
            return path
    message = _(
        "PDF files need a Chinese font: install the package fonts-wqy-microhei, or set PDF_FONT to "
        "the path of a TrueType font."
    )
    raise Unavailable(message)


class _Paper(FPDF):
    """Pages with our font, and a foot that numbers them where there is one."""

    def __init__(self, landscape: bool, size: str = "A4") -> None:
        super().__init__("landscape" if landscape else "portrait", "mm", size)
        path = font_path()
        message = _("The font %(path)s cannot be used for PDF files: set PDF_FONT to another.")
        if not _begins_as_font(path):
            raise Unavailable(message % {"path": path})
        try:
            # Of a collection the first face; 文泉驿微米黑 has its proportional one there.
            self.add_font("Sans", "", path)
        except Exception as error:  # whatever a damaged font makes the library raise
            raise Unavailable(message % {"path": path}) from error
        self.set_font("Sans", size=TEXT_PT)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(False)
        self.foot = ""
        self.font = cast("TTFFont", self.fonts["sans"])
        self.known = set(self.font.cmap)

    def footer(self) -> None:
        if not self.foot:
            return
        self.set_font("Sans", size=SMALL_PT)
        self.set_text_color(*QUIET)
        self.set_xy(MARGIN_MM, self.h - MARGIN_MM + 2)
        self.cell(self.w - 2 * MARGIN_MM, 4, f"{self.page_no()} / {{nb}}", align="R")
        self.set_xy(MARGIN_MM, self.h - MARGIN_MM + 2)
        self.cell(self.w - 2 * MARGIN_MM - 20, 4, self.foot)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its share of the width, where its texts stand."""

    head: str
    share: float = 1.0
    align: str = "L"  # L, C, R


class Canvas:
    """Paper to draw on, still without a page; `content` ends it.

    Lengths are in millimetres from the top left; text sizes in points.
    """

    def __init__(
        self, title: str, made_at: datetime, *, landscape: bool = False, size: str = "A4"
    ) -> None:
        """size: a name of paper, such as "A3".

        Raises:
            Unavailable: the machine has no font for it.
        """
        self._widths: dict[str, float] = {}
        self.paper = _Paper(landscape, size)
        self.paper.set_title(self.drawable(title))
        self.paper.set_creation_date(made_at)

    # ---- Text -----------------------------------------------------------------------------------

    def put(
        self,
        x: float,
        y: float,
        text: str,
        size_pt: float = TEXT_PT,
        colour: Colour = INK,
        align: str = "L",
        halo: Colour | None = None,
    ) -> None:
        """One line whose top is at `y`; `x` is its left end, middle or right end.

        halo: a rim of this colour around it, so that it can be read over lines.
        """
        shown = self.drawable(text)
        if not shown:
            return
        shift = {"L": 0.0, "C": 0.5, "R": 1.0}[align]
        # Measured first: measuring sets another size.
        left = x - shift * self.width_of(shown, size_pt)
        self.paper.set_font("Sans", size=size_pt)
        if halo:
            self._rim(left, y + size_pt * MM_PER_PT, shown, size_pt, halo)
        self.paper.set_text_color(*colour)
        self.paper.text(left, y + size_pt * MM_PER_PT, shown)

    def _rim(self, x: float, y: float, shown: str, size_pt: float, colour: Colour) -> None:
        self.paper.set_draw_color(*colour)
        width = size_pt * MM_PER_PT * RIM
        with self.paper.local_context(text_mode=TextMode.STROKE, line_width=width):
            self.paper.text(x, y, shown)

    def drawable(self, text: str) -> str:
        """The text on one line, in characters that the font has."""
        known = self.paper.known
        return "".join(c if ord(c) in known else MISSING for c in one_line(text))

    def width_of(self, text: str, size_pt: float) -> float:
        return sum(self._unit(c) for c in text) * size_pt

    def lines(self, text: str, width: float, size_pt: float, most: int = 0) -> list[str]:
        """The text in lines that fit; broken between any two signs but inside words of letters.

        most: no more lines than that, the last with an ellipsis; 0 for all.
        """
        found, rest = list[str](), self.drawable(text)
        while rest:
            fitting = self._fitting(rest, width, size_pt)
            found.append(rest[:fitting].rstrip())
            rest = rest[fitting:].lstrip()
        if most and len(found) > most:
            found = found[:most]
            found[-1] = found[-1][:-1] + "…"
        return found or [""]

    def _fitting(self, text: str, width: float, size_pt: float) -> int:
        """How many characters of it go on a line; at least one."""
        room, end = width / size_pt, len(text)
        for number, character in enumerate(text):
            room -= self._unit(character)
            if room < 0:
                end = max(number, 1)
                break
        else:
            return end
        word = end
        while word and _is_of_word(text[word - 1]) and _is_of_word(text[end]):
            word -= 1
        # A word longer than the line, such as an address, is broken where the line ends.
        return word or end

    def _unit(self, character: str) -> float:
        """Width of a character in mm at a size of one point."""
        if character not in self._widths:
            self.paper.set_font("Sans", size=10)
            self._widths[character] = float(self.paper.get_string_width(character)) / 10
        return self._widths[character]

    # ---- Shapes ---------------------------------------------------------------------------------

    def line(
        self, x: float, y: float, to_x: float, to_y: float, colour: Colour = LINE, **style: Any
    ) -> None:
        """width: mm; dashes: (on, off) in mm."""
        self.paper.set_draw_color(*colour)
        self.paper.set_line_width(style.get("width", 0.2))
        on, off = style.get("dashes", (0, 0))
        self.paper.set_dash_pattern(dash=on, gap=off)
        self.paper.line(x, y, to_x, to_y)
        self.paper.set_dash_pattern()

    def fill(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.paper.set_fill_color(*colour)
        self.paper.rect(x, y, width, height, style="F")

    def polygon(
        self,
        points: Sequence[tuple[float, float]],
        fill: Colour | None = None,
        edge: Colour | None = None,
        width: float = 0.2,
    ) -> None:
        """A ring of points, filled, outlined, or both; width: mm."""
        if fill:
            self.paper.set_fill_color(*fill)
        if edge:
            self.paper.set_draw_color(*edge)
            self.paper.set_line_width(width)
        style = ("D" if edge else "") + ("F" if fill else "")
        if style:
            self.paper.polygon(points, style=style)

    def path(self, points: Sequence[tuple[float, float]], colour: Colour, width: float) -> None:
        """A line through points; width: mm."""
        self.paper.set_draw_color(*colour)
        self.paper.set_line_width(width)
        self.paper.polyline(points)

    def content(self) -> bytes:
        content = bytes(self.paper.output())
        # Only now: which characters go into the file is known at its end.
        self.paper.font.ttfont.close()
        return content


class Document(Canvas):
    """A document that is written from top to bottom; see `Canvas`."""

    def __init__(
        self,
        title: str,
        made_at: datetime,
        *,
        captions: Sequence[str] = (),
        foot: str = "",
        landscape: bool = False,
    ) -> None:
        """
        Raises:
            Unavailable: the machine has no font for it.
        """
        super().__init__(title, made_at, landscape=landscape)
        self.paper.foot = self.drawable(foot or title)
        self.paper.add_page()
        self.y = MARGIN_MM
        self.text(title, TITLE_PT)
        for line in captions:
            self.text(line, TEXT_PT, QUIET)
        self.y += 2

    # ---- Where things stand ---------------------------------------------------------------------

    @property
    def width(self) -> float:
        return float(self.paper.w) - 2 * MARGIN_MM

    @property
    def bottom(self) -> float:
        """Where a page's content ends."""
        return float(self.paper.h) - MARGIN_MM - 3

    def need(self, height: float) -> bool:
        """Begin a new page unless so much room is left; whether one was begun."""
        if self.y + height <= self.bottom:
            return False
        self.paper.add_page()
        self.y = MARGIN_MM
        return True

    # ---- Text -----------------------------------------------------------------------------------

    def heading(self, text: str) -> None:
        # Together with the first lines of what it heads.
        self.need(30)
        self.y += 3
        self.text(text, HEADING_PT, HEAD)
        self.y += 1

    def text(self, text: str, size_pt: float = TEXT_PT, colour: Colour = INK) -> None:
        """A paragraph over the whole width."""
        step = line_height(size_pt)
        for line in self.lines(text, self.width, size_pt):
            self.need(step)
            self.put(MARGIN_MM, self.y, line, size_pt, colour)
            self.y += step


def _begins_as_font(path: Path) -> bool:
    """OpenType 1.9, "Organization of an OpenType Font": the version, or the tag of a collection."""
    with path.open("rb") as file:
        return file.read(4) in {b"\x00\x01\x00\x00", b"true", b"ttcf", b"OTTO"}


def line_height(size_pt: float) -> float:
    return size_pt * MM_PER_PT * 1.4


def _is_of_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "._-/:@%")
