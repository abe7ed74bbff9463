"""A briefing as a document for word processors (DOCX)."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from events.briefings.blocks import Cells, Paper, Part
from events.briefings.pictures import COLOURS, png_of
from gis_server.plain_text import one_line

FONT, CHINESE = "Times New Roman", "宋体"
HEAD_FILL = "1F3A5F"
QUIET = RGBColor(96, 108, 124)
WIDTH_CM = 17.0
CELL_PT, TEXT_PT, SMALL_PT = 8.5, 10.5, 8.5


def as_docx(paper: Paper, made_at: datetime) -> bytes:
    """Texts are taken as texts, without what XML cannot hold; nothing in them is a field."""
    document = docx.Document()
    _set_up(document, paper, made_at)
    document.add_heading(one_line(paper.title), 0)
    for line in paper.captions:
        _small(document.add_paragraph(), line)
    for part in paper.parts:
        _part(document, part)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _set_up(document: Any, paper: Paper, made_at: datetime) -> None:
    """A4; one font for letters and one for Chinese, as offices have them."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    for name in ("Normal", "Title", "Heading 1"):
        style = document.styles[name]
        style.font.name = FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), CHINESE)
    document.styles["Normal"].font.size = Pt(TEXT_PT)
    document.styles["Title"].font.size = Pt(18)
    document.styles["Heading 1"].font.size = Pt(13)
    about = document.core_properties
    about.title, about.author, about.comments = one_line(paper.title)[:255], "gis-server", ""
    about.created = about.modified = made_at.replace(tzinfo=None)


def _part(document: Any, part: Part) -> None:
    document.add_heading(one_line(part.heading), 1)
    for text in part.texts:
        document.add_paragraph(one_line(text))
    for one in part.warnings:
        paragraph = document.add_paragraph(one_line(one.text), style="List Bullet")
        paragraph.add_run().add_break()
        _small(paragraph, one.rule)
    if part.picture:
        picture = part.picture
        width = min(WIDTH_CM, 16.0 * picture.width / max(picture.height, 1))
        document.add_picture(BytesIO(png_of(picture)), width=Cm(width))
        _legend(document.add_paragraph(), picture.legend)
    if part.table:
        _table(document, part.table)


def _legend(paragraph: Any, legend: Sequence[tuple[int, str]]) -> None:
    """What the colours say; so many squares too, for those who print in grey."""
    for heat, text in legend:
        paragraph.add_run("■" * heat).font.color.rgb = RGBColor(*COLOURS[heat])
        _small(paragraph, f" {text}   ", keep=True)


def _table(document: Any, cells: Cells) -> None:
    table = document.add_table(rows=1, cols=len(cells.heads))
    table.style, table.autofit = "Table Grid", False
    shares = cells.shares or [1.0] * len(cells.heads)
    widths = [Cm(WIDTH_CM * one / sum(shares)) for one in shares]
    # Some programs go by the columns, others by the cells.
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for cell, head, width in zip(table.rows[0].cells, cells.heads, widths, strict=True):
        _write(cell, head, width, is_head=True)
    _repeat(table.rows[0])
    for row in cells.rows:
        made = table.add_row().cells
        for number, (cell, text, width) in enumerate(zip(made, row, widths, strict=True)):
            _write(cell, text, width, right=number in cells.numbers)
    document.add_paragraph()


def _write(cell: Any, text: str, width: Any, *, right: bool = False, is_head: bool = False) -> None:
    cell.width = width
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(one_line(text))
    run.font.size = Pt(CELL_PT)
    if is_head:
        run.font.bold, run.font.color.rgb = True, RGBColor(255, 255, 255)
        fill = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", HEAD_FILL)):
            fill.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(fill)


def _repeat(row: Any) -> None:
    """The head again on each page."""
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(head)


def _small(paragraph: Any, text: str, *, keep: bool = False) -> None:
    """keep: our own text, with the spaces around it."""
    run = paragraph.add_run(text if keep else one_line(text))
    run.font.size, run.font.color.rgb = Pt(SMALL_PT), QUIET
