"""From what is asked to the bytes of a file, one function a kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from gis_server.models import User
from gis_server.openapi.schemas import GEOPACKAGE
from gis_server.pdf_export import Canvas
from maps.files import geopackage, page, raster, sheet
from maps.files.asked import Asked
from maps.files.content import Content, Most, extent_of, read
from maps.files.paper import view_of

PRINT_DPI, PREVIEW_DPI = 300, 96
ON_PAPER = Most(grids=20_000, spots=5_000)
IN_PAGE = Most(grids=3_000, spots=3_000)
IN_PACKAGE = Most(grids=20_000, spots=20_000)
FOOT_LINES, NARROWED_LINES = 4, 2


@dataclass(frozen=True, slots=True)
class Made:
    """content: the file's bytes, or the file itself where it is large.  rows: how much is in it."""

    content: bytes | IO[bytes]
    rows: int


def as_page(user: User, asked: Asked, now: datetime) -> Made:
    content = _read(user, asked, now, IN_PAGE)
    return Made(page.page(content), content.rows)


def as_package(user: User, asked: Asked, now: datetime) -> Made:
    content = _read(user, asked, now, IN_PACKAGE)
    return Made(geopackage.write(content), content.rows)


def _read(user: User, asked: Asked, now: datetime, most: Most) -> Content:
    extent = extent_of(user, asked)
    return read(user, asked, now, box=extent, extent=extent, most=most)


def as_pdf(user: User, asked: Asked, now: datetime) -> Made:
    """
    Raises:
        Invalid: too wide, or too much for one sheet.
        NotFound: nothing of the reader's lies there.
        Unavailable: the machine has no Chinese font.
    """
    lines = FOOT_LINES if asked.figure in ("coverage", "unseen") else 1
    lines += 0 if asked.is_landscape else 1
    lines += NARROWED_LINES if asked.narrowed else 0
    layout = sheet.layout_of(asked.paper, is_landscape=asked.is_landscape, foot_lines=lines)
    extent = extent_of(user, asked)
    view = view_of(extent, layout.map)
    content = read(user, asked, now, box=view.box, extent=extent, most=ON_PAPER)
    canvas = Canvas(content.title, now, landscape=asked.is_landscape, size=asked.paper)
    foot = sheet.foot_of(content, canvas, view.srid)[:lines]
    return Made(sheet.draw(content, view, layout, foot, canvas), content.rows)


def as_png(user: User, asked: Asked, now: datetime) -> Made:
    return _picture(user, asked, now, PRINT_DPI)


def as_preview(user: User, asked: Asked, now: datetime) -> Made:
    return _picture(user, asked, now, PREVIEW_DPI)


def _picture(user: User, asked: Asked, now: datetime, dpi: int) -> Made:
    made = as_pdf(user, asked, now)
    if not isinstance(made.content, bytes):
        raise TypeError("a sheet is bytes")
    return Made(raster.png(made.content, dpi), made.rows)


@dataclass(frozen=True, slots=True)
class Format:
    ending: str
    media_type: str
    make: Callable[[User, Asked, datetime], Made]


FORMATS = {
    "html": Format("html", "text/html; charset=utf-8", as_page),
    "pdf": Format("pdf", "application/pdf", as_pdf),
    "png": Format("png", "image/png", as_png),
    "gpkg": Format("gpkg", GEOPACKAGE, as_package),
}
