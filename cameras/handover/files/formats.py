"""The formats by their names in addresses and plans."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cameras.handover.files import places, tables
from cameras.handover.files.heading import Heading
from cameras.handover.line import Line


@dataclass(frozen=True, slots=True)
class Format:
    """How a list becomes a file: its name, its ending, its media type, its maker.

    most_lines: more do not go into it; a page of paper takes longer to set than a row to write.
    """

    label: str
    ending: str
    media_type: str
    make: Callable[[Sequence[Line], Heading, datetime], bytes]
    most_lines: int = 20_000


XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS: dict[str, Format] = {
    "xlsx": Format("XLSX", "xlsx", XLSX_TYPE, tables.xlsx),
    "csv": Format("CSV", "csv", "text/csv; charset=utf-8", tables.csv),
    "pdf": Format("PDF", "pdf", "application/pdf", tables.pdf, most_lines=2_000),
    "geojson": Format("GeoJSON", "geojson", "application/geo+json", places.geojson),
    "kml": Format("KML", "kml", "application/vnd.google-earth.kml+xml", places.kml),
}
