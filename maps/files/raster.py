"""A sheet as a picture: its PDF drawn by PDFium, the engine that browsers show PDF files with."""

from io import BytesIO
from threading import Lock

import pypdfium2

POINTS_PER_INCH = 72
_ONE_AT_A_TIME = Lock()
"""PDFium is not made for several threads."""


def png(pdf: bytes, dpi: int) -> bytes:
    """The first page as PNG, which says its resolution itself."""
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            image = document[0].render(scale=dpi / POINTS_PER_INCH).to_pil()
        finally:
            document.close()
    out = BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), compress_level=4)
    return out.getvalue()
