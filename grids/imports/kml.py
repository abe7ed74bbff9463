"""KML, read as a stream.  Pure: nothing that the file links to is ever looked at.

Not read through GDAL: its KML drivers hold the whole document in memory (the older one leaves out
the attributes, too), and here a NetworkLink or an entity is heard of before anything is made of it.
KML is WGS84 by its standard (OGC 12-007r2, 6.2), but drawn on Chinese maps it is often GCJ-02, and
the file says nothing about it: so its frame counts as not stated.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from grids.imports.gis_files import is_utf8
from grids.imports.kinds import UTF16
from grids.imports.layer import Batch, Format, Layer, Source, usable
from grids.imports.limits import CELL_CHARACTERS, MIB, Limits
from grids.imports.problems import Faults, Problem, Refused

CHUNK = 256 * 1024
PLAIN_FIELDS = ("name", "description", "address", "phoneNumber")
SHAPES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"}
FOREIGN_SHAPES = {"Track", "MultiTrack", "Model"}
DEEPEST = 100
# Errors of expat that mean that the text ends too early (expat.h).
ENDS_EARLY = {"no element found", "unclosed token", "partial character", "unclosed CDATA section"}
KINDS = {
    "Point": "Point",
    "LineString": "LineString",
    "LinearRing": "LineString",
    "Polygon": "Polygon",
    "MultiGeometry": "Unknown",
}


Positions = NDArray[np.float64]


@dataclass
class Placemark:
    """One feature while it is read."""

    values: dict[str, str] = field(default_factory=dict)
    shapes: list[shapely.Geometry] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    rings: list[Positions] = field(default_factory=list)
    broken: bool = False


class Reader:
    """Listens to the parser and calls `done` with each placemark."""

    def __init__(self, done: Callable[[Placemark], None], limits: Limits) -> None:
        self.done = done
        self.limits = limits
        self.path: list[str] = []
        self.folders: list[str] = []
        self.text: list[str] = []
        self.text_length = 0
        self.mark: Placemark | None = None
        self.data_name = ""
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_: object) -> None:
        raise Refused(Problem.ENTITIES)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(" ", 1)[-1]
        if not self.path and tag != "kml":
            raise Refused(Problem.NOT_KML)
        if tag in {"NetworkLink", "NetworkLinkControl"}:
            raise Refused(Problem.NETWORK_LINK)
        if len(self.path) >= DEEPEST:
            raise Refused(Problem.NOT_KML)
        self.path.append(tag)
        self.text, self.text_length = [], 0
        if tag == "Placemark":
            self.mark = Placemark()
        elif tag == "Folder":
            self.folders.append("")
        elif tag in {"Data", "SimpleData"}:
            self.data_name = attributes.get("name", "").strip()
        elif self.mark is not None and tag in FOREIGN_SHAPES:
            self.mark.broken = True
        elif self.mark is not None and tag in SHAPES:
            self.mark.kinds.append(tag)
            self.mark.rings = [] if tag == "Polygon" else self.mark.rings

    def characters(self, text: str) -> None:
        self.text_length += len(text)
        if self.text_length > self.limits.shape_bytes:
            raise Refused(Problem.SHAPE_TOO_LARGE, limit_mb=self.limits.shape_bytes // MIB)
        self.text.append(text)

    def end(self, name: str) -> None:
        tag = self.path.pop()
        text = "".join(self.text).strip()
        self.text, self.text_length = [], 0
        if tag == "Folder":
            self.folders.pop()
        elif self.mark is None:
            if tag == "name" and self.folders and self.path[-1] == "Folder":
                self.folders[-1] = text
        elif tag == "Placemark":
            self._finish(self.mark)
        else:
            self._inside(self.mark, tag, text)

    def _finish(self, mark: Placemark) -> None:
        if folder := " / ".join(name for name in self.folders if name):
            mark.values.setdefault("folder", folder)
        self.mark = None
        self.done(mark)

    def _inside(self, mark: Placemark, tag: str, text: str) -> None:
        above = self.path[-1]
        if tag in PLAIN_FIELDS and above == "Placemark":
            mark.values.setdefault(tag, text[: CELL_CHARACTERS + 1])
        elif (tag == "SimpleData" or (tag == "value" and above == "Data")) and self.data_name:
            mark.values[self.data_name] = text[: CELL_CHARACTERS + 1]
        elif tag == "coordinates":
            mark.rings.append(self._positions(mark, text))
        elif tag in SHAPES - {"MultiGeometry"} and above not in {
            "outerBoundaryIs",
            "innerBoundaryIs",
        }:
            self._shape(mark, tag)

    @staticmethod
    def _positions(mark: Placemark, text: str) -> Positions:
        """(n, 2 or 3) numbers; all positions of a list have as many as the first."""
        several = text.split()
        parts = several[0].count(",") + 1 if several else 2
        uneven = any(one.count(",") != parts - 1 for one in several)
        try:
            numbers = np.array(",".join(several).split(",") if several else [], dtype=np.float64)
        except ValueError:
            uneven = True
        if uneven or parts not in {2, 3}:
            mark.broken = True
            return np.zeros((0, 2))
        return numbers.reshape(-1, parts)

    @staticmethod
    def _shape(mark: Placemark, tag: str) -> None:
        rings, mark.rings = mark.rings, []
        make: dict[str, Callable[[], shapely.Geometry]] = {
            "Point": lambda: _point(rings[0]),
            "LineString": lambda: shapely.LineString(rings[0]),
            "LinearRing": lambda: shapely.LineString(rings[0]),
            "Polygon": lambda: shapely.Polygon(rings[0], rings[1:]),
        }
        try:
            mark.shapes.append(make[tag]())
        except (ValueError, IndexError, TypeError, shapely.errors.ShapelyError):
            mark.broken = True


def _point(positions: Positions) -> shapely.Geometry:
    """
    Raises:
        ValueError: not exactly one position.
    """
    (only,) = positions
    return shapely.Point(only)


def shape_of(mark: Placemark) -> shapely.Geometry | None:
    """The placemark's shape: one, several of one kind as a multi, or a collection."""
    if not mark.shapes or mark.broken:
        return None
    if len(mark.shapes) == 1:
        return mark.shapes[0]
    kinds = {shape.geom_type for shape in mark.shapes}
    many = {
        frozenset({"Point"}): shapely.MultiPoint,
        frozenset({"LineString"}): shapely.MultiLineString,
        frozenset({"Polygon"}): shapely.MultiPolygon,
    }.get(frozenset(kinds), shapely.GeometryCollection)
    return many(mark.shapes)


def open_kml(path: Path, name: str, limits: Limits) -> Source:
    """All placemarks of a KML file as one layer; the folder they lie in is a column.

    Raises:
        Refused: no KML, cut off, or with links to elsewhere.
    """
    encoding = _encoding(path)
    columns: dict[str, None] = {}
    kinds: set[str] = set()
    count = 0
    for mark in _placemarks(path, encoding, limits):
        columns |= dict.fromkeys(mark.values)
        kinds.add(mark.kinds[0] if mark.kinds else "Unknown")
        count += 1
        if count > limits.rows:
            raise Refused(Problem.TOO_MANY_ROWS, limit=limits.rows)
        if len(columns) > limits.columns:
            raise Refused(Problem.TOO_MANY_COLUMNS, limit=limits.columns)
    geometry = KINDS[kinds.pop()] if len(kinds) == 1 and kinds <= set(KINDS) else "Unknown"
    empty = Refused(Problem.NO_ROWS) if count == 0 else None
    layer = Layer(name, tuple(columns), geometry, count=count, refused=empty)

    def read(layer: Layer, size: int) -> Iterator[Batch]:
        return _batches(path, encoding, layer, size, limits)

    return Source(Format.KML, encoding, usable([layer]), read)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(UTF16):
        return "utf-16"
    return "utf-8" if is_utf8(path) else "gb18030"


def _placemarks(path: Path, encoding: str, limits: Limits) -> Iterator[Placemark]:
    found: list[Placemark] = []
    reader = Reader(found.append, limits)
    decode = codecs.getincrementaldecoder(encoding)().decode
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                reader.parser.Parse(decode(chunk).removeprefix("\ufeff").encode(), False)
                yield from found
                found.clear()
            reader.parser.Parse(decode(b"", True).encode(), True)
            yield from found
    except UnicodeDecodeError as error:
        raise Refused(Problem.NOT_UTF8) from error
    except expat.ExpatError as error:
        early = expat.ErrorString(error.code) in ENDS_EARLY
        raise Refused(Problem.CUT_OFF if early else Problem.NOT_KML) from error


def _batches(path: Path, encoding: str, layer: Layer, size: int, limits: Limits) -> Iterator[Batch]:
    waiting: list[Placemark] = []
    first = 1
    for mark in _placemarks(path, encoding, limits):
        waiting.append(mark)
        if len(waiting) >= size:
            yield _batch(waiting, first, layer)
            first += len(waiting)
            waiting = []
    if waiting:
        yield _batch(waiting, first, layer)


def _batch(marks: list[Placemark], first: int, layer: Layer) -> Batch:
    rows = np.arange(first, first + len(marks), dtype=np.int64)
    faults = Faults()
    shapes = np.empty(len(marks), dtype=object)
    for k, mark in enumerate(marks):
        shapes[k] = shape_of(mark)
        if mark.broken:
            faults.note(int(rows[k]), "", Problem.SHAPE_UNREADABLE)
    columns = [
        pa.array([mark.values.get(name) or None for mark in marks], pa.string())
        for name in layer.columns
    ]
    return Batch(first, rows, pa.table(columns, names=list(layer.columns)), shapes, faults)
