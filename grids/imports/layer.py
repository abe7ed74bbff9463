"""What every reader hands on: a source with layers, read in batches of typed columns.  Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gis_server.frames import AnyFrame
from grids.imports.problems import Details, Faults, Problem, Refused, Rows

BATCH_ROWS = 20_000

Shapes = NDArray[np.object_]


class Format(StrEnum):
    SHAPEFILE = "shapefile"
    GEOPACKAGE = "geopackage"
    GEOJSON = "geojson"
    KML = "kml"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True)
class Layer:
    """One table of a source: a layer of a GIS file, a sheet, or the whole CSV.

    geometry: the kind of shapes as the file states it ("Point", "MultiPolygon", "Unknown" when
        mixed or not stated); None for a table without shapes.
    frame: what the file states, when that is one we can read.
    crs_text: what the file states, in its own words; empty when it states nothing.
    count: rows, where the file tells without being read.
    refused: why this layer cannot be read while others of the same file can.
    """

    name: str
    columns: tuple[str, ...]
    geometry: str | None = None
    frame: AnyFrame | None = None
    crs_text: str = ""
    count: int | None = None
    refused: Refused | None = None

    @property
    def doubt(self) -> tuple[Problem, Details] | None:
        """Why a user must say which frame the shapes are in; None when the file does."""
        if self.geometry is None or self.frame is not None:
            return None
        if self.crs_text:
            return Problem.FRAME_UNKNOWN, {"crs": self.crs_text}
        return Problem.FRAME_NOT_STATED, {}


@dataclass(frozen=True)
class Batch:
    """Some rows of a layer, as they came.

    rows: (n,) what users see as the number of each row; see `CellFault.row`.
    table: n rows of attribute columns, named as `Layer.columns` (a layer without any has a table
        without rows: count by `rows`).
    geometry: (n,) shapes in the file's own frame, None where there is none; None for tables.
    faults: what the reader itself found, such as a formula without a value.
    """

    first_row: int
    rows: Rows
    table: pa.Table
    geometry: Shapes | None = None
    faults: Faults = field(default_factory=Faults)


Read = Callable[[Layer, int], Iterator[Batch]]


@dataclass(frozen=True)
class Source:
    """An opened file.  `encoding` is empty where the format leaves no choice."""

    format: Format
    encoding: str
    layers: tuple[Layer, ...]
    read: Read = field(repr=False)

    def batches(self, layer: Layer, size: int = BATCH_ROWS) -> Iterator[Batch]:
        """All rows in order, at most `size` at once (fewer where rows are large).

        Raises:
            Refused: now or after some batches, which are then to be thrown away.
        """
        if layer.refused is not None:
            raise layer.refused
        return self.read(layer, size)


def usable(layers: list[Layer]) -> tuple[Layer, ...]:
    """The layers of a file, when at least one of them can be read.

    Raises:
        Refused: none can; with the reason of the first.
    """
    for layer in layers:
        if layer.refused is None:
            return tuple(layers)
    raise layers[0].refused if layers and layers[0].refused else Refused(Problem.NO_ROWS)
