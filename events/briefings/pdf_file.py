"""A briefing on A4."""

from datetime import datetime

from events.briefings.blocks import Cells, Paper, Part, Picture
from events.briefings.pictures import COLOURS, EDGE
from gis_server.pdf_export import (
    INK,
    MARGIN_MM,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    Column,
    Document,
    line_height,
)
from gis_server.pdf_tables import add_table

HIGHEST_MAP_MM = 130.0


def as_pdf(paper: Paper, made_at: datetime) -> bytes:
    """
    Raises:
        Unavailable: the machine has no Chinese font.
    """
    document = Document(paper.title, made_at, captions=paper.captions)
    for part in paper.parts:
        _part(document, part)
    return document.content()


def _part(document: Document, part: Part) -> None:
    document.heading(part.heading)
    for text in part.texts:
        document.text(text)
    for one in part.warnings:
        document.text(f"• {one.text}")
        document.text(f"  {one.rule}", SMALL_PT, QUIET)
    if part.picture:
        _map(document, part.picture)
    if part.table:
        _table(document, part.table)


def _table(document: Document, table: Cells) -> None:
    shares = table.shares or [1.0] * len(table.heads)
    columns = [
        Column(head, share, "R" if number in table.numbers else "L")
        for number, (head, share) in enumerate(zip(table.heads, shares, strict=True))
    ]
    document.y += 1
    add_table(document, columns, table.rows)


def _map(document: Document, picture: Picture) -> None:
    """The polygons with their numbers; below them what the colours say."""
    scale = min(document.width / picture.width, HIGHEST_MAP_MM / max(picture.height, 1))
    document.need(picture.height * scale + 10)
    top, paper = document.y + 2, document.paper
    paper.set_line_width(0.1)
    paper.set_draw_color(*EDGE)
    for piece in picture.pieces:
        paper.set_fill_color(*COLOURS[piece["heat"]])
        points = [(MARGIN_MM + x * scale, top + y * scale) for x, y in piece["ring"]]
        paper.polygon(points, style="DF")
    for number, x, y in picture.numbers:
        at = MARGIN_MM + x * scale, top + y * scale - TEXT_PT * 0.18
        document.fill(at[0] - 1.6, at[1], 3.2, 3.2, (255, 255, 255))
        document.put(at[0], at[1], number, SMALL_PT, INK, "C")
    document.y = top + picture.height * scale + 2
    left = MARGIN_MM
    for heat, text in picture.legend:
        document.fill(left, document.y + 0.6, 4, 2.6, COLOURS[heat])
        document.put(left + 5.5, document.y, text, SMALL_PT, QUIET)
        left += 32
    document.y += line_height(SMALL_PT) + 2
