"""How much a file may hold.  Pure."""

from dataclasses import dataclass, replace

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes unless the name says otherwise."""

    file_bytes: int = 2048 * MIB
    # What a zip may hold: all entries together, one against its packed size, and how many.
    inflated_bytes: int = 2048 * MIB
    inflation: int = 200  # times; a .dbf padded with blanks reaches 100
    zip_entries: int = 2000
    # openpyxl holds a workbook's shared texts in memory, at about five times their size.
    xlsx_inflated_bytes: int = 1024 * MIB
    xlsx_texts_bytes: int = 96 * MIB
    rows: int = 5_000_000
    columns: int = 500
    layers: int = 200
    # One shape: 2 million vertices.  GDAL needs a GeoJSON feature in memory several times.
    shape_bytes: int = 32 * MIB
    batch_bytes: int = 16 * MIB  # of the file, which one batch is made from


LIMITS = Limits()
# A table that a page reads at once, in the process that answers it.
TABLE = replace(
    LIMITS, file_bytes=10 * MIB, inflated_bytes=64 * MIB, zip_entries=200, rows=50_000,
    columns=100, layers=20, xlsx_inflated_bytes=64 * MIB, xlsx_texts_bytes=16 * MIB,
)  # fmt: skip
# Characters of one cell.  Readers cut what is longer just beyond it; `cells.clean` then says so.
CELL_CHARACTERS = 4000
